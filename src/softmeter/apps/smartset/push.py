"""`smartset push listen`: takes pushes over TCP and UDP, prints and keeps them."""

import asyncio
import contextlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.push_opening import Opening, Push, key_sets
from softmeter.apps.smartset.settings import Settings
from softmeter.dlms.sealing import KeySet
from softmeter.errors import ConfigurationError, MeterError, RemoteProtocolError
from softmeter.runtime.address import Address, peer_name
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.loop import run
from softmeter.transport.tap import host_of
from softmeter.wire.wrapper import Datagram, Reassembly, decode_datagram

MOST_SENDERS = 256
SILENCE_S = 60.0
"""After so long without an octet a connection is closed."""
_TABLE = """CREATE TABLE IF NOT EXISTS pushes (
    received TEXT NOT NULL, sender TEXT NOT NULL, client INTEGER NOT NULL, meter TEXT, repeated INTEGER NOT NULL,
    time TEXT, number INTEGER NOT NULL, "values" TEXT NOT NULL, encoded BLOB NOT NULL)"""


class Keeping(Protocol):
    """Where pushes are kept."""

    def __call__(self, push: Push) -> None:
        """Keep one; it is on the disk when this returns."""
        ...


def listen_for_pushes(settings: Settings, at: str, store: Path | None, count: int | None) -> None:
    """Listen until `count` pushes came, or somebody ends it.

    Raises:
        ConfigurationError: a file or the place cannot be used.
    """
    keys = key_sets(settings)
    address = Address.parse(at, "--at")
    with _kept(store) as keep:
        run(_Listening(settings, keys, keep, count).listen(address))


@contextlib.contextmanager
def _kept(store: Path | None) -> Iterator[Keeping]:
    if store is None:
        yield lambda _: None
    elif store.suffix == ".jsonl":
        with store.open("a", encoding="utf-8") as file:

            def write(push: Push) -> None:
                file.write(json.dumps(push.as_json(), ensure_ascii=False) + "\n")
                file.flush()

            yield write
    elif store.suffix in {".sqlite", ".db"}:
        try:
            with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as database:
                database.execute(_TABLE)
                yield lambda push: _insert(database, push)
        except sqlite3.Error as error:
            raise ConfigurationError(f"cannot be used: {error}", str(store)) from error
    else:
        raise ConfigurationError(f"{store.name} is neither .jsonl nor .sqlite", "--store")


def _insert(database: sqlite3.Connection, push: Push) -> None:
    known = push.as_json()
    row = {**known, "values": json.dumps(known["values"], ensure_ascii=False), "encoded": push.octets}
    database.execute("INSERT INTO pushes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(row.values()))


class _Listening:
    """Both sockets, and what came."""

    def __init__(self, settings: Settings, keys: dict[int, KeySet], keep: Keeping, count: int | None) -> None:
        self._settings = settings
        self._keys = keys
        self._keep = keep
        self._left = count
        self._highest: dict[tuple[int, str], int] = {}
        self._entropy = SystemEntropy()
        self._serving: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._done: asyncio.Event = asyncio.Event()

    async def listen(self, address: Address) -> None:
        listening = await address.listen()
        address = address.bound(listening)
        server = await asyncio.start_server(self._serve, sock=listening)
        loop = asyncio.get_running_loop()
        datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=await address.datagrams())
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
        if self._settings.json:
            print_json(push.as_json())
        else:
            print(push.as_text())
        sys.stdout.flush()
        self._keep(push)
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self._done.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = peer_name(writer.transport)
        self._serving[writer] = asyncio.current_task()
        try:
            if len(self._serving) <= MOST_SENDERS:
                await self._read(reader, sender)
        except (OSError, TimeoutError, RemoteProtocolError) as error:
            print(f"smartset: from {sender}: {error or 'silence'}", file=sys.stderr, flush=True)
        finally:
            del self._serving[writer]
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, sender: str) -> None:
        stream, opening = Reassembly(), self.opening(sender)
        while True:
            async with asyncio.timeout(SILENCE_S):
                octets = await reader.read(65_536)
            stream.receive(octets)
            if not octets:
                return
            while (datagram := stream.take()) is not None:
                self.take(opening, sender, datagram)


class _Datagrams(asyncio.DatagramProtocol):
    """The UDP side: a bounded number of senders, each with its blocks."""

    def __init__(self, listening: _Listening) -> None:
        self._listening = listening
        self._openings: dict[str, Opening] = {}

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        host, port = host_of(addr)
        sender = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        opening = self._openings.pop(sender, None) or self._listening.opening(sender)
        self._openings[sender] = opening
        if len(self._openings) > MOST_SENDERS:
            del self._openings[next(iter(self._openings))]
        try:
            datagram = decode_datagram(data)
        except RemoteProtocolError as error:
            print(f"smartset: from {sender}: {error}", file=sys.stderr, flush=True)
            return
        self._listening.take(opening, sender, datagram)
