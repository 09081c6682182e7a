"""A device behind a port, read by sessions of both kinds."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dlms.test_standalone import LEVEL_VALUE, Tank, tank
from softmeter.dlms.hdlc_server import HdlcServer
from softmeter.dlms.host import AssociationOpened, AssociationReleased, AttributeSet, TimedOut
from softmeter.dlms.server import UNASSOCIATED_S, Server
from softmeter.dlms.typed import Attribute
from softmeter.errors import AccessError
from softmeter.instant import LinkTime
from softmeter.transport.errors import TransportError
from softmeter.transport.hdlc import HdlcLink, HdlcOptions
from softmeter.transport.serving import Connect, serve_tcp
from softmeter.transport.session import associated, open_async_session, open_session
from softmeter.transport.tcp import Address
from softmeter.wire.types import octets, u32

LEVEL, NAME = Attribute(1, 2, u32), Attribute(1, 2, octets)


class Kept(Tank):
    """Counts how often it was stored."""

    stored = 0

    def store(self) -> None:
        self.stored += 1
        super().store()


def kept() -> Kept:
    made = tank()
    return Kept(made.dictionary, made.clients.values(), system_title=made.system_title, entropy=made.entropy)


class Port:
    """A server in a thread of its own."""

    def __init__(self, device: Tank, connect: Connect) -> None:
        self.events: list[object] = []
        self.address = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(device, connect)), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self, device: Tank, connect: Connect) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with await serve_tcp(device, port=0, connect=connect, report=self.events.append) as server:
            self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self._ready.set()
            await self._stop.wait()


@contextmanager
def listening(device: Tank, connect: Connect = Server) -> Iterator[Port]:
    port = Port(device, connect)
    try:
        yield port
    finally:
        port.close()


def test_a_session_reads_sets_and_releases() -> None:
    device = kept()
    with listening(device) as port:
        with open_session(port.address) as session:
            assert session.get(LEVEL, "0-0:96.1.0") == 7
            session.put(NAME, "0-0:96.1.1", b"barrel")
        assert device.stored == 1
        kinds = [type(event) for event in port.events]
    assert kinds[:3] == [AssociationOpened, AttributeSet, AssociationReleased]


def test_the_same_with_asyncio() -> None:
    async def read(address: str) -> list[int]:
        async with open_async_session(address) as one, open_async_session(Address.parse(address)) as other:
            await one.put(NAME, "0-0:96.1.1", b"barrel")
            return [await one.get(LEVEL, "0-0:96.1.0"), await other.run(other.client.read(LEVEL_VALUE, u32))]

    with listening(tank()) as port:
        assert asyncio.run(read(port.address)) == [7, 7]


def test_an_error_ends_the_session_without_a_release() -> None:
    with listening(tank()) as port:
        with pytest.raises(AccessError), open_session(port.address) as session:
            session.get(LEVEL, "0-0:96.1.9")
        with open_session(port.address) as session:
            assert session.get(LEVEL, "0-0:96.1.0") == 7
        reasons = [event.reason for event in port.events if isinstance(event, AssociationReleased)]
    assert reasons == ["the connection was closed", "released by the client"]


def test_the_same_device_behind_hdlc() -> None:
    device = tank()
    with listening(device, lambda host, _: HdlcServer(host)) as port:
        options = HdlcOptions()
        with HdlcLink.tcp(Address.parse(port.address), options) as link, associated(link) as session:
            assert session.get(LEVEL, "0-0:96.1.0") == 7


def test_silence_ends_a_connection() -> None:
    def connect(host: Tank, now: LinkTime) -> Server:
        return Server(host, LinkTime(now - UNASSOCIATED_S))

    with listening(tank(), connect) as port:
        with pytest.raises(TransportError, match="closed the connection"), open_session(port.address, timeout_s=5.0):
            pass
        assert any(isinstance(event, TimedOut) for event in port.events)
