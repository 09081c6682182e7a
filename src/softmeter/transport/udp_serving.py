"""A device behind a UDP port, one server for each correspondent, driven by asyncio (IEC 62056-47).

A correspondent is a peer's address with a client and a server address. It is remembered once it has asked for an
association; what else comes from a stranger is answered and forgotten. What is no datagram of the wrapper is dropped.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from softmeter.dlms.associations import Standing
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.dlms.host import Host
from softmeter.errors import DecodeError
from softmeter.instant import LinkTime
from softmeter.transport.tap import host_of
from softmeter.wire.wrapper import decode_datagram

MOST_CORRESPONDENTS = 64
_AARQ = b"\x60"

Report = Callable[[object], None]
"""Told of each event, such as those of `softmeter.dlms.host`."""
_Key = tuple[object, int, int]


class Device(Host, Protocol):
    """A host that can store what must survive, such as `softmeter.dlms.standalone.Standalone`."""

    def store(self) -> None: ...


class UdpServer(asyncio.DatagramProtocol):
    """A device behind a UDP port; made by `serve_udp`."""

    def __init__(self, device: Device, report: Report) -> None:
        self._device = device
        self._report = report
        self._known: dict[_Key, DatagramServer] = {}
        """Whoever was heard least recently comes first."""
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return host_of(None if self._transport is None else self._transport.get_extra_info("sockname"))

    def close(self) -> None:
        """Stop listening, and forget everybody."""
        if self._timer is not None:
            self._timer.cancel()
        for server in self._known.values():
            self._tell(server.close())
        self._known.clear()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        try:
            source, destination, apdu = decode_datagram(data)
        except DecodeError:
            return
        key = addr, source, destination
        server = self._known.pop(key, None)
        is_remembered = server is not None or apdu[:1] == _AARQ
        if server is None:
            if is_remembered and not self._has_room():
                return
            server = DatagramServer(self._device, source, destination, _now())
        if is_remembered:
            self._known[key] = server
        self._tell(server.receive(apdu, _now()))
        if self._device.must_store:
            self._device.store()
        for octets in server.to_send():
            if self._transport is not None:
                self._transport.sendto(octets, addr)
        self._arm()

    def _has_room(self) -> bool:
        """Make room where it is full: who has proved to know a secret stays, of the others the most idle goes."""
        if len(self._known) < MOST_CORRESPONDENTS:
            return True
        least = min(self._known, key=lambda key: self._known[key].standing)
        if self._known[least].standing is Standing.SECRET:
            return False
        self._tell(self._known.pop(least).close())
        return True

    def _arm(self) -> None:
        deadlines = [server.deadline for server in self._known.values()]
        nearest = min((one for one in deadlines if one is not None), default=None)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if nearest is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, nearest - _now()), self._expire)

    def _expire(self) -> None:
        now = _now()
        for key, server in tuple(self._known.items()):
            if server.deadline is not None and server.deadline <= now:
                self._tell(server.expire(now))
            if server.closed:
                del self._known[key]
        self._arm()

    def _tell(self, events: Sequence[object]) -> None:
        for event in events:
            self._report(event)


async def serve_udp(
    device: Device, host: str = "127.0.0.1", port: int = 4059, *, report: Report = lambda _: None
) -> UdpServer:
    """Listen at a UDP port; port 0 takes a free one. `close` ends it."""
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(lambda: UdpServer(device, report), local_addr=(host, port))
    return server


def _now() -> LinkTime:
    return LinkTime(time.monotonic())
