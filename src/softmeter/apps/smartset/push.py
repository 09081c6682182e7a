"""`smartset push listen`: takes pushes over TCP and UDP, prints and keeps them."""

import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.push_opening import MeterKeys, Opening, Push, meter_keys
from softmeter.apps.smartset.push_store import Kept, opened
from softmeter.apps.smartset.settings import Settings
from softmeter.errors import ConfigurationError, MeterError, RemoteProtocolError, StorageError
from softmeter.runtime.address import BACKLOG, Address, peer_name
from softmeter.runtime.descriptors import raised_limit, room
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.loop import run
from softmeter.transport.tap import host_of
from softmeter.wire.wrapper import Datagram, Reassembly, decode_datagram, encode_datagram

MOST_SENDERS = 4096
"""Beyond these, or as many as the system allows, whoever was silent longest gives way: a street may call at once."""
MOST_CORRESPONDENTS = 256
"""Senders over UDP that may be in the middle of a push."""
MOST_HELD_OCTETS = 1 << 26
"""Of pushes that are not whole yet, over TCP and over UDP each; beyond these, too, the one silent longest gives way."""
SILENCE_S = 60.0
"""After so long without an octet, or in which an answer is not read, a connection is closed."""


def listen_for_pushes(
    settings: Settings, more_keys: Sequence[Path], at: str, store: Path | None, count: int | None
) -> None:
    """Listen until `count` pushes came, or somebody ends it.

    Raises:
        ConfigurationError: a file or the place cannot be used.
        StorageError: not all could be kept.
    """
    keys = meter_keys(settings, more_keys)
    address = Address.parse(at, "--at")
    with opened(store) as kept:
        listening = _Listening(settings, keys, kept, count)
        run(listening.listen(address))
    if listening.lost:
        raise StorageError(f"{listening.lost} of the pushes not kept in {store}; they were printed")


class _Listening:
    """Both sockets, and what came."""

    def __init__(self, settings: Settings, keys: Sequence[MeterKeys], kept: Kept, count: int | None) -> None:
        self.lost = 0
        """How many could not be kept."""
        self._settings = settings
        self._keys = keys
        self._keep = kept.keep
        self._left = count
        self._highest = kept.highest
        self._entropy = SystemEntropy()
        self._serving: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}  # the one silent longest first
        self._done: asyncio.Event = asyncio.Event()
        self._most = room(MOST_SENDERS, raised_limit())
        self._held: dict[asyncio.StreamWriter, int] = {}  # of those who hold anything

    async def listen(self, address: Address) -> None:
        listening = await address.listen()
        address = address.bound(listening)
        try:
            bound = await address.datagrams()
        except ConfigurationError:
            listening.close()
            raise
        server = await asyncio.start_server(self._serve, sock=listening, backlog=BACKLOG)
        datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Datagrams(self), sock=bound)
        print(f"listening at {address} on TCP and UDP", file=sys.stderr, flush=True)
        try:
            await self._done.wait()
        finally:
            server.close()
            datagrams.close()
            for writer in self._serving:
                writer.transport.abort()  # its reader ends by itself then; a cancelled one would be complained about
            await asyncio.gather(*[task for task in self._serving.values() if task is not None])

    def opening(self, sender: str) -> Opening:
        """What opens the pushes of a sender."""
        return Opening(sender, self._keys, self._highest, self._entropy)

    def take(self, opening: Opening, sender: str, datagram: Datagram) -> None:
        """One datagram of a sender, who is told of only when it completes a push."""
        if self._done.is_set():
            return
        try:
            push = opening.receive(datagram)
        except MeterError as error:
            print(f"smartset: from {sender}: {error}", file=sys.stderr, flush=True)
            return
        if push is None:
            return
        try:
            self._keep(push)
        except (OSError, sqlite3.Error) as error:
            self.lost += 1
            print(f"smartset: from {sender}: not kept: {error}", file=sys.stderr, flush=True)
        self._show(push)
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self._done.set()

    def _show(self, push: Push) -> None:
        """Print a push; where whoever read has gone, this is the end."""
        try:
            if self._settings.json:
                print_json(push.as_json())
            else:
                print(push.as_text())
            sys.stdout.flush()
        except BrokenPipeError:
            self._done.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = peer_name(writer.transport)
        self._serving[writer] = asyncio.current_task()
        if len(self._serving) > self._most:
            self._send_away(next(iter(self._serving)))
        try:
            await self._read(reader, writer, sender)
        except (OSError, TimeoutError, RemoteProtocolError) as error:
            print(f"smartset: from {sender}: {error or 'silence'}", file=sys.stderr, flush=True)
        finally:
            del self._serving[writer]
            self._held.pop(writer, None)
            writer.close()

    def _heard(self, writer: asyncio.StreamWriter) -> None:
        """Somebody said something, or leaves: all others have been silent longer."""
        self._serving[writer] = self._serving.pop(writer)

    def _send_away(self, silent: asyncio.StreamWriter) -> None:
        silent.transport.abort()
        self._heard(silent)

    def _hold(self, writer: asyncio.StreamWriter, octets: int) -> None:
        """Somebody holds so many octets of a push now; where all hold too many, others give way."""
        self._held.pop(writer, None)
        if octets:
            self._held[writer] = octets
        while len(self._held) > 1 and sum(self._held.values()) > MOST_HELD_OCTETS:
            silent = next(iter(self._held))
            del self._held[silent]
            self._send_away(silent)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str) -> None:
        stream, opening = Reassembly(), self.opening(sender)
        while True:
            async with asyncio.timeout(SILENCE_S):
                octets = await reader.read(65_536)
            stream.receive(octets)
            if not octets:
                return
            self._heard(writer)
            while (datagram := stream.take()) is not None:
                self.take(opening, sender, datagram)
                for answer in opening.to_send():
                    writer.write(encode_datagram(answer))
            self._hold(writer, opening.held)
            async with asyncio.timeout(SILENCE_S):
                await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    """The UDP side: a bounded number of senders, each with its blocks."""

    def __init__(self, listening: _Listening) -> None:
        self._listening = listening
        self._openings: dict[str, Opening] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        host, port = host_of(addr)
        sender = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        opening = self._openings.pop(sender, None) or self._listening.opening(sender)
        self._openings[sender] = opening
        if len(self._openings) > MOST_CORRESPONDENTS:
            del self._openings[next(iter(self._openings))]
        try:
            datagram = decode_datagram(data)
        except RemoteProtocolError as error:
            print(f"smartset: from {sender}: {error}", file=sys.stderr, flush=True)
            return
        self._listening.take(opening, sender, datagram)
        if opening.held:
            self._make_room()
        for answer in opening.to_send():
            if self._transport is not None:
                self._transport.sendto(encode_datagram(answer), addr)

    def _make_room(self) -> None:
        """Forget what those silent longest began to push, where all together hold too much."""
        held = sum([opening.held for opening in self._openings.values()])
        for sender in list(self._openings)[:-1]:
            if held <= MOST_HELD_OCTETS:
                return
            held -= self._openings.pop(sender).held
