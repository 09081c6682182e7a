"""A device behind a TCP port: the server of each connection, driven by asyncio.

For more than a small device (a disk that is slow, buffers that must be bounded, many peers) see what
`softmeter.runtime` does around the same servers.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from softmeter.dlms.host import Host
from softmeter.dlms.server import Server
from softmeter.instant import LinkTime

_CHUNK = 1 << 16


class Device(Host, Protocol):
    """A host that can store what must survive, such as `softmeter.dlms.standalone.Standalone`."""

    def store(self) -> None: ...


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
Report = Callable[[object], None]
"""Told of each event, such as those of `softmeter.dlms.host`."""


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
        connection = connect(device, _now())
        try:
            while not connection.closed:
                await _serve_once(device, connection, reader, writer, report)
        finally:
            writer.close()

    return await asyncio.start_server(serve, host, port)


def serve_forever(
    device: Device, host: str = "127.0.0.1", port: int = 4059, *, report: Report = lambda _: None
) -> None:
    """Listen at a port until the process is ended."""

    async def listen() -> None:
        async with await serve_tcp(device, host, port, report=report) as server:
            await server.serve_forever()

    asyncio.run(listen())


async def _serve_once(
    device: Device, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, report: Report
) -> None:
    """Wait for octets or for the deadline, and answer."""
    try:
        data = await _received(reader, connection.deadline)
        events = connection.expire(_now()) if data is None else connection.receive(data, _now())
        for event in events:
            report(event)
        if device.must_store:
            device.store()
        writer.write(connection.to_send())
        await writer.drain()
    except ConnectionError:
        for event in connection.receive(b"", _now()):
            report(event)


async def _received(reader: asyncio.StreamReader, deadline: LinkTime | None) -> bytes | None:
    """What arrived, nothing at the end of the stream; None when the deadline has passed."""
    try:
        async with asyncio.timeout(None if deadline is None else max(0.0, deadline - _now())):
            return await reader.read(_CHUNK)
    except TimeoutError:
        return None


def _now() -> LinkTime:
    return LinkTime(time.monotonic())
