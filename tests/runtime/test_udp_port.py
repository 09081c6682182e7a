"""The WAN port on UDP with real sockets: hostile datagrams, crowds, two clients at once, answers held until stored."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from dlms.device import CLOCK, KEYS, MANAGEMENT_SAP, READOUT_SAP, SmallMeter
from dlms.link import CLIENT_TITLE, ber, initiate, plain_aarq
from dlms.test_pre_established import Told, limit, sealed, wrapped
from runtime.turns import turns
from softmeter.bench.link import Quality
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.server import UNASSOCIATED_S
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.runtime.address import Address
from softmeter.runtime.allowance import BURST_OCTETS, OCTETS_PER_S
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.udp_port import UdpPort
from softmeter.security.suites import Key
from softmeter.transport.tap import Host
from softmeter.transport.tcp import Address as Meter
from softmeter.transport.udp import AsyncUdpLink, open_udp
from softmeter.wire.types import Data, Tag, encode_data
from softmeter.wire.wrapper import Datagram, encode_datagram

TIME = AttributeReference(8, Obis.parse(CLOCK), 2)
SHIFT = MethodReference(8, Obis.parse(CLOCK), 6)
GET_OBJECTS = bytes.fromhex("C001C1000F0000280000FF0200")
ONE_SECOND = encode_data(Data(Tag.LONG, 1))
SECURE = Credentials(
    Mechanism.HLS_GMAC,
    family=Family.SERVICE,
    system_title=CLIENT_TITLE,
    encryption_key=Key(KEYS.unicast_encryption),
    authentication_key=Key(KEYS.authentication),
)
LLS = plain_aarq(None, "8A0207808B0760857405080201", ber(0xAC, b"\x80\x08" + KEYS.password))


@dataclass
class Scene:
    meter: SmallMeter
    barrier: Barrier
    port: UdpPort
    address: Address
    ahead_s: list[float]

    async def link(self, sap: int = 16, timeout_s: float = 3.0) -> AsyncUdpLink:
        return await open_udp(Meter(self.address.host, self.address.port, sap), timeout_s, tries=30)

    async def read_time(self, timeout_s: float = 3.0) -> bytes:
        client = Client(Credentials(), SeededEntropy(5))
        async with await self.link(timeout_s=timeout_s) as link:
            await link.run(client.associate())
            value = await link.run(client.get(TIME))
            await link.run(client.release())
            return value

    def shout(self, *datagrams: bytes, times: int = 1) -> list[socket.socket]:
        """Send each from a socket of its own."""
        sockets = []
        for octets in datagrams * times:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.sendto(octets, (self.address.host, self.address.port))
            one.setblocking(False)
            sockets.append(one)
        return sockets

    async def settled(self) -> None:
        """Everything sent so far has been served: the loop serves datagrams in their order."""
        await self.read_time()


def scene(
    story: Callable[[Scene], Coroutine[Any, Any, None]],
    host: str = "127.0.0.1",
    most: int = 256,
    made: Callable[[], SmallMeter] = SmallMeter,
) -> None:
    async def play() -> None:
        meter, ahead = made(), [0.0]
        barrier = Barrier(lambda: meter.must_store)
        port = UdpPort(
            Address(host, 0, "--wan"),
            lambda _, *pair: DatagramServer(meter, *pair),
            barrier,
            lambda: time.monotonic() + ahead[0],
            most=most,
        )
        try:
            await story(Scene(meter, barrier, port, await port.open(), ahead))
        finally:
            await port.close()
            await asyncio.sleep(0)

    run(play())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_meter_is_read(host: str) -> None:
    async def story(on: Scene) -> None:
        assert (await on.read_time())[:2] == b"\x09\x0c"

    scene(story, host)


def test_a_meter_is_read_over_a_line_that_loses_and_delays() -> None:
    async def story(on: Scene) -> None:
        on.port.line.up.quality = on.port.line.down.quality = Quality(latency_s=0.01, drop=0.2)
        began = time.monotonic()
        assert (await on.read_time())[:2] == b"\x09\x0c"
        assert time.monotonic() - began > 0.05

    scene(story)


def test_two_clients_at_once_of_one_address_each() -> None:
    async def work(on: Scene, sap: int, credentials: Credentials) -> None:
        client = Client(credentials, SeededEntropy(5))
        async with await on.link(sap) as link:
            await link.run(client.associate())
            for _ in range(20):
                assert (await link.run(client.get(TIME)))[:2] == b"\x09\x0c"
            await link.run(client.release())

    async def story(on: Scene) -> None:
        await asyncio.gather(work(on, 16, Credentials()), work(on, MANAGEMENT_SAP, SECURE), work(on, 16, Credentials()))

    scene(story)


def test_hostile_datagrams_are_dropped_and_nothing_is_remembered() -> None:
    async def story(on: Scene) -> None:
        state = on.meter.state
        get = encode_datagram(Datagram(16, 1, bytes.fromhex("C001C100080000010000FF0200")))
        bad = [b"", b"\0", get[:7], get[:-1], get + b"\0", b"\0\2" + get[2:], bytes(60_000), get[:6] + b"\xff\xff"]
        silent = on.shout(*bad, times=4)
        stranger = on.shout(get, encode_datagram(Datagram(1, 1, b"\xc8\x05\x30" + bytes(4))))
        await on.settled()
        for one in silent:
            with pytest.raises(BlockingIOError):
                one.recv(100)
        assert [one.recv(100)[8:9] for one in stranger] == [b"\xd8", b"\xd8"]
        assert len(on.port) == 1  # who read the time
        assert on.meter.state == state
        for one in silent + stranger:
            one.close()

    scene(story)


def test_a_crowd_does_not_displace_who_is_logged_in() -> None:
    async def story(on: Scene) -> None:
        client = Client(SECURE, SeededEntropy(5))
        async with await on.link(MANAGEMENT_SAP) as link:
            await link.run(client.associate())
            crowd = on.shout(encode_datagram(Datagram(16, 1, plain_aarq())), times=60)
            await on.settled()
            assert len(on.port) == 8
            assert (await link.run(client.get(TIME)))[:2] == b"\x09\x0c"
            for one in crowd:
                one.close()

    scene(story, most=8)


def test_where_all_are_logged_in_nobody_else_is_heard() -> None:
    async def story(on: Scene) -> None:
        crowd = on.shout(encode_datagram(Datagram(READOUT_SAP, 1, LLS)), times=4)
        with pytest.raises(Exception, match="no answer"):
            async with await on.link(timeout_s=0.05) as link:
                await link.run(Client(Credentials(), SeededEntropy(5)).associate())
        assert len(on.port) == 4
        on.ahead_s[0] = 3600.0
        on.port.expire()
        assert len(on.port) == 0
        assert (await on.read_time())[:2] == b"\x09\x0c"
        for one in crowd:
            one.close()

    scene(story, most=4)


def test_the_idle_are_forgotten_at_their_deadline() -> None:
    async def story(on: Scene) -> None:
        await on.read_time()
        assert len(on.port) == 1
        on.ahead_s[0] = UNASSOCIATED_S - 1
        on.port.expire()
        assert len(on.port) == 1
        on.ahead_s[0] = UNASSOCIATED_S + 1
        on.port.expire()
        assert len(on.port) == 0

    scene(story)


@pytest.mark.slow
def test_an_answer_waits_for_its_commit_and_the_change_is_made_once() -> None:
    async def story(on: Scene) -> None:
        client = Client(SECURE, SeededEntropy(5))
        async with await on.link(MANAGEMENT_SAP) as link:
            await link.run(client.associate())
            before = on.meter.clock.second
            done = asyncio.create_task(link.run(client.action(SHIFT, ONE_SECOND)))
            await asyncio.wait([done], timeout=0.35)  # long enough for the client to ask again
            assert not done.done()
            assert on.meter.clock.second == before + 1
            on.barrier.begin()
            on.meter.must_store = False
            on.barrier.end()
            await done
            assert on.meter.clock.second == before + 1

    scene(story)


def test_a_change_waits_while_the_meter_is_stored() -> None:
    async def story(on: Scene) -> None:
        client = Client(SECURE, SeededEntropy(5))
        async with await on.link(MANAGEMENT_SAP) as link:
            await link.run(client.associate())
            before = on.meter.clock.second
            on.meter.locked = True
            done = asyncio.create_task(link.run(client.action(SHIFT, ONE_SECOND)))
            await turns(50)
            assert not done.done()
            assert on.meter.clock.second == before
            on.meter.locked = False
            on.port.tick()
            assert on.meter.clock.second == before + 1
            on.barrier.begin()
            on.meter.must_store = False
            on.barrier.end()
            await done

    scene(story)


def test_messages_to_all_meters_wait_too_and_only_genuine_ones_are_remembered() -> None:
    async def story(on: Scene) -> None:
        on.meter.locked = True
        genuine = [wrapped(sealed(limit(number), number)) for number in (1, 2, 3)]
        forged = wrapped(sealed(limit(9), 9, damage=1))
        sockets = on.shout(genuine[0])
        for message in genuine[1:]:
            sockets[0].sendto(message, (on.address.host, on.address.port))
        sockets += on.shout(forged, times=5)
        await turns(50)
        assert (len(on.port), on.meter.changes) == (1, 0)
        on.meter.locked = False
        on.port.tick()
        assert (on.meter.limit, on.meter.changes) == (3, 3)
        for one in sockets:
            with pytest.raises(BlockingIOError):
                one.recv(100)
            one.close()

    scene(story, made=Told)


def test_who_has_the_key_of_a_fleet_keeps_nobody_out() -> None:
    async def story(on: Scene) -> None:
        crowd = [one for number in range(1, 6) for one in on.shout(wrapped(sealed(limit(number), number)))]
        await turns(50)
        assert (on.meter.limit, len(on.port)) == (5, 2)
        on.meter.must_store = False
        assert (await on.read_time())[:2] == b"\x09\x0c"
        for one in crowd:
            one.close()

    scene(story, made=Told, most=2)


@dataclass
class Ears:
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def received(self, octets: bytes) -> None:
        self.heard.append(("in", octets))

    def sent(self, octets: bytes) -> None:
        self.heard.append(("out", octets))

    def closed(self) -> None:
        self.heard.append(("end", b""))


def test_somebody_listens_in() -> None:
    ears = Ears()

    async def story(on: Scene) -> None:
        def tap(own: Host, peer: Host) -> Ears:
            assert own == (on.address.host, on.address.port)
            assert peer[0] == "127.0.0.1"
            return ears

        on.port.make_tap = tap
        await on.read_time(600.0)  # no request is sent again meanwhile

    scene(story)
    assert [way for way, _ in ears.heard] == ["in", "out"] * 3 + ["end"]


def flooded(address: Address) -> int:
    """How many octets of answers one sender without a secret gets before they stop."""
    opening, objects = (
        encode_datagram(Datagram(16, 1, apdu)) for apdu in (plain_aarq(initiate(pdu="FFFF")), GET_OBJECTS)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1.5)
        asking.connect((address.host, address.port))
        got, request = 0, opening
        while True:
            asking.send(request)
            try:
                got += len(asking.recv(65_536))
            except TimeoutError:
                return got
            request = objects


@pytest.mark.slow
def test_who_proves_nothing_cannot_have_somebody_flooded() -> None:
    async def story(on: Scene) -> None:
        began = time.monotonic()
        got = await asyncio.to_thread(flooded, on.address)
        assert BURST_OCTETS - 8192 <= got <= BURST_OCTETS + OCTETS_PER_S * (time.monotonic() - began)
        client = Client(SECURE, SeededEntropy(5))
        async with await on.link(MANAGEMENT_SAP) as link:
            await link.run(client.associate())
            assert (await link.run(client.get(TIME)))[:2] == b"\x09\x0c"

    scene(story)


def test_a_port_in_use_is_told() -> None:
    async def story(on: Scene) -> None:
        other = UdpPort(on.address, lambda _, *pair: DatagramServer(on.meter, *pair), on.barrier)
        with pytest.raises(ConfigurationError, match="in use"):
            await other.open()

    scene(story)


def test_it_closes_and_opens_with_the_power_at_the_same_place() -> None:
    async def story(on: Scene) -> None:
        await on.read_time()
        await on.port.close()
        assert len(on.port) == 0
        assert await on.port.open() == on.address
        assert (await on.read_time())[:2] == b"\x09\x0c"

    scene(story)
