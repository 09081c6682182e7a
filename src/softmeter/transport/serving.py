"""A device behind a TCP port or a serial line: the server of each connection, driven by asyncio.

For more than a small device (a disk that is slow, buffers that must be bounded, many peers) see what
`softmeter.runtime` does around the same servers.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.dlms.host import Host
from softmeter.dlms.optical import OpticalServer
from softmeter.dlms.server import Server
from softmeter.instant import LinkTime
from softmeter.transport.errors import TransportError
from softmeter.transport.serial import INTER_OCTET_S
from softmeter.transport.serial_transport import opened
from softmeter.transport.stream import PairStream
from softmeter.transport.udp_serving import Device, Report, serve_udp

_STALL_S = 60.0
"""How long a peer may leave its answers unread."""


class Connection(Protocol):
    """What serves one peer: `softmeter.dlms.server.Server`, `softmeter.dlms.hdlc_server.HdlcServer`."""

    @property
    def closed(self) -> bool: ...

    @property
    def deadline(self) -> LinkTime | None: ...

    def receive(self, data: bytes, now: LinkTime) -> Sequence[object]: ...

    def to_send(self) -> bytes: ...

    def expire(self, now: LinkTime) -> Sequence[object]: ...


Connect = Callable[[Any, LinkTime], Connection]


def _on_a_line(host: Host, now: LinkTime) -> HdlcServer:
    del now
    return HdlcServer(host, Station(inter_octet_s=INTER_OCTET_S))


async def serve_tcp(
    device: Device,
    host: str = "127.0.0.1",
    port: int = 4059,
    *,
    connect: Connect = Server,
    report: Report = lambda _: None,
) -> asyncio.Server:
    """Listen at a port; port 0 takes a free one. The device is served by one peer at a time, request by request.

    `connect` makes the server of a connection: with the wrapper unless told otherwise.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = PairStream("peer", reader, writer, _STALL_S)
        with contextlib.suppress(asyncio.CancelledError):  # at the end of the loop, where 3.11 would print a traceback
            await _serve(device, connect(device, _now()), stream, 0, report)

    return await asyncio.start_server(serve, host, port)


async def serve_serial(
    device: Device, path: str, baud: int = 9600, *, connect: Connect = _on_a_line, report: Report = lambda _: None
) -> None:
    """Serve a serial device or the path of a pseudo-terminal until the line is gone.

    `connect` makes the server: of HDLC at this speed unless told otherwise. One that changes its speed is a
    `softmeter.dlms.optical.OpticalServer`.

    Raises:
        TransportError: it cannot be opened.
        ConfigurationError: it is no serial device, or has no such speed.
    """
    stream = opened(path, baud, _STALL_S)
    await _serve(device, connect(device, _now()), stream, baud, report)


def serve_forever(
    device: Device, host: str = "127.0.0.1", port: int = 4059, *, report: Report = lambda _: None
) -> None:
    """Listen at a port until the process is ended, with the wrapper over TCP and UDP."""

    async def listen() -> None:
        async with await serve_tcp(device, host, port, report=report) as server:
            with contextlib.closing(await serve_udp(device, host, server.sockets[0].getsockname()[1], report=report)):
                await server.serve_forever()

    asyncio.run(listen())


async def _serve(device: Device, connection: Connection, stream: PairStream, baud: int, report: Report) -> None:
    """Serve one line to its end."""
    try:
        while not connection.closed:
            for event in await _heard(connection, stream):
                report(event)
            if device.must_store:
                device.store()
            speed = connection.baud if isinstance(connection, OpticalServer) else baud
            try:
                await stream.write(connection.to_send(), speed)
            except TransportError:
                for event in connection.receive(b"", _now()):
                    report(event)
    finally:
        await stream.close()


async def _heard(connection: Connection, stream: PairStream) -> Sequence[object]:
    """Wait for octets, for the end or for the deadline."""
    deadline = connection.deadline
    try:
        data = await stream.read(None if deadline is None else max(0.0, deadline - _now()))
    except TimeoutError:
        return connection.expire(_now())
    except TransportError:
        data = b""
    return connection.receive(data, _now())


def _now() -> LinkTime:
    return LinkTime(time.monotonic())


__all__ = ["Connect", "Connection", "Device", "Report", "serve_forever", "serve_serial", "serve_tcp", "serve_udp"]
