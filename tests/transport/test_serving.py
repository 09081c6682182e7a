"""A device behind a port, read by sessions of both kinds."""

import asyncio
import os
import threading
import tty
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from dlms.test_standalone import LEVEL_VALUE, Tank, tank
from softmeter.dlms.client import Client
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.hdlc_server import HdlcServer
from softmeter.dlms.host import AssociationOpened, AssociationReleased, AttributeSet, TimedOut
from softmeter.dlms.optical import OpticalServer
from softmeter.dlms.server import UNASSOCIATED_S, Server
from softmeter.dlms.typed import Attribute
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError
from softmeter.instant import LinkTime
from softmeter.transport.errors import TransportError
from softmeter.transport.hdlc import HdlcLink, HdlcOptions, open_hdlc_serial
from softmeter.transport.serving import Connect, serve_serial, serve_tcp, serve_udp
from softmeter.transport.session import associated, async_associated, open_async_session, open_session
from softmeter.transport.tcp import Address
from softmeter.transport.udp import open_udp
from softmeter.transport.udp_serving import MOST_CORRESPONDENTS
from softmeter.wire.mode_e import Identification
from softmeter.wire.mode_e_link import ModeEServer
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
        assert self._ready.wait(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

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


async def level_over_udp(port: int) -> int:
    async with await open_udp(Address("127.0.0.1", port), 3.0) as link, async_associated(link) as session:
        return await session.get(LEVEL, "0-0:96.1.0")


def test_the_same_device_on_udp() -> None:
    async def story() -> None:
        device = kept()
        events: list[object] = []
        server = await serve_udp(device, port=0, report=events.append)
        async with await open_udp(Address(*server.address), 3.0) as link, async_associated(link) as session:
            await session.put(NAME, "0-0:96.1.1", b"barrel")
        assert await level_over_udp(server.address[1]) == 7
        assert device.stored == 1
        server.close()
        assert [type(event) for event in events[:3]] == [AssociationOpened, AttributeSet, AssociationReleased]

    asyncio.run(story())


def test_a_crowd_on_udp_leaves_room_for_the_next() -> None:
    async def story() -> None:
        server = await serve_udp(tank(), port=0)
        async with AsyncExitStack() as crowd:
            for _ in range(MOST_CORRESPONDENTS + 3):  # each from a port of its own, and none releases
                link = await crowd.enter_async_context(await open_udp(Address(*server.address), 3.0))
                await link.run(Client(Credentials(), SeededEntropy(1)).associate())
            assert await level_over_udp(server.address[1]) == 7
        server.close()

    asyncio.run(story())


@pytest.mark.parametrize("mode_e", [False, True])
def test_the_same_device_on_a_serial_line(mode_e: bool) -> None:  # noqa: FBT001
    """With mode E both ends go from 300 baud to the speed that the device names."""

    def optical(host: Tank, _: LinkTime) -> OpticalServer:
        opening = ModeEServer(Identification("KWQ", "5", "TANK"), lambda: (), "1", reaction_s=0.01)
        return OpticalServer(opening, HdlcServer(host))

    async def story() -> None:
        near, far = os.openpty()
        tty.setraw(near)
        path = os.ttyname(far)
        relayed, other = os.openpty()
        tty.setraw(other)
        pump = asyncio.create_task(joined(near, relayed))
        serving = asyncio.create_task(
            serve_serial(tank(), path, 300, connect=optical) if mode_e else serve_serial(tank(), path)
        )
        async with (
            await open_hdlc_serial(os.ttyname(other), HdlcOptions(mode_e=mode_e)) as link,
            async_associated(link) as session,
        ):
            assert await session.get(LEVEL, "0-0:96.1.0") == 7
        pump.cancel()
        serving.cancel()
        await asyncio.gather(pump, serving, return_exceptions=True)
        for file in (near, far, relayed, other):
            os.close(file)

    asyncio.run(story())


async def joined(one: int, other: int) -> None:
    """A cable between two pseudo-terminals."""
    loop = asyncio.get_running_loop()
    for this, that in ((one, other), (other, one)):
        loop.add_reader(this, lambda this=this, that=that: os.write(that, os.read(this, 4096)))  # type: ignore[misc]
    try:
        await asyncio.Event().wait()
    finally:
        loop.remove_reader(one)
        loop.remove_reader(other)
