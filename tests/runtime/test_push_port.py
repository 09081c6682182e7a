"""Pushes over real sockets: what arrives, what is told back, what may not be connected to."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from meter.asking import call, put
from meter.making import START, Made
from meter.test_push import destination, name, opened, values
from softmeter.bench.link import Line, Quality
from softmeter.device.events import Event
from softmeter.device.push_setting import Service
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime
from softmeter.meter.push import Outgoing, outgoing
from softmeter.obis import Obis
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.push_places import LOOPBACK, Places
from softmeter.runtime.push_port import PushPort


class Receiver:
    """Takes what comes by TCP."""

    def __init__(self, *, closes: bool = True) -> None:
        self.octets: list[bytes] = []
        self.arrived = asyncio.Event()
        self._closes = closes
        self._kept: list[asyncio.StreamWriter] = []

    async def open(self, host: str = "127.0.0.1") -> int:
        self._server = await asyncio.start_server(self._serve, host, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.octets.append(await reader.read())
        self.arrived.set()
        if self._closes:
            writer.close()
        self._kept.append(writer)

    def close(self) -> None:
        self._server.close()
        for writer in self._kept:
            writer.close()


class Scene:
    def __init__(self, allowed: tuple[str, ...] = LOOPBACK, time_out_s: float = 5) -> None:
        self.waiting: list[Outgoing] = []
        self.settled: list[tuple[int, bool]] = []
        self.owed = False
        self.barrier = Barrier(lambda: self.owed)
        self.online = True
        self.line = Line("wan", b"seed")
        places = Places(allowed)
        self.port = PushPort(
            self.take,
            self.settle,
            self.barrier,
            places,
            online=lambda: self.online,
            time_out_s=time_out_s,
            line=self.line,
        )

    def take(self) -> list[Outgoing]:
        taken, self.waiting = self.waiting, []
        return taken

    def settle(self, number: int, arrived: bool) -> None:  # noqa: FBT001 - as the port calls it
        self.settled.append((number, arrived))

    async def ticks(self, count: int) -> None:
        while len(self.settled) < count:
            self.port.tick()
            await asyncio.sleep(0.002)


def scene(story: Callable[[Scene], Coroutine[Any, Any, None]], *allowed: str) -> None:
    async def play() -> None:
        on = Scene(allowed or LOOPBACK)
        try:
            async with asyncio.timeout(10):
                await story(on)
        finally:
            await on.port.close()
            await asyncio.sleep(0.01)

    run(play())


def push(number: int, port: int, host: str = "127.0.0.1", service: Service = Service.TCP) -> Outgoing:
    return Outgoing(number, service, host, port, (b"first%d" % number, b"second"))


@pytest.mark.parametrize(("host", "at"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "::1")])
def test_a_push_arrives_whole_by_address_and_by_name(host: str, at: str) -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        try:
            port = await receiver.open(at)
        except OSError:
            pytest.skip("this machine has no IPv6")
        on.waiting = [push(1, port, host), push(2, port, host)]
        await on.ticks(2)
        assert receiver.octets == [b"first1second", b"first2second"]
        assert on.settled == [(1, True), (2, True)]
        receiver.close()

    scene(story)


def test_a_push_by_udp_is_one_datagram_for_each_block() -> None:
    async def story(on: Scene) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.bind(("127.0.0.1", 0))
            link.settimeout(2)
            on.waiting = [push(1, link.getsockname()[1], service=Service.UDP)]
            await on.ticks(1)
            assert [link.recv(100), link.recv(100)] == [b"first1", b"second"]
        assert on.settled == [(1, True)]

    scene(story)


class Noted:
    """Who listens in on pushes."""

    def __init__(self) -> None:
        self.octets: list[bytes] = []
        self.ended = 0

    def received(self, octets: bytes) -> None:
        raise AssertionError(octets)

    def sent(self, octets: bytes) -> None:
        self.octets.append(octets)

    def closed(self) -> None:
        self.ended += 1


def test_a_push_goes_over_the_line_of_the_wan_and_is_heard_by_who_listens_in() -> None:
    async def story(on: Scene) -> None:
        receiver, noted = Receiver(), Noted()
        port = await receiver.open()
        on.port.make_taps[Service.TCP] = lambda _, peer: noted if peer == ("127.0.0.1", port) else Noted()
        on.line.up.quality = Quality(latency_s=0.05, bits_per_s=10_000, damage=0.999)
        on.waiting = [push(1, port)]
        began = asyncio.get_running_loop().time()
        await on.ticks(1)
        assert asyncio.get_running_loop().time() - began > 0.09
        assert noted.octets == [b"first1", b"second"]
        assert noted.ended == 1
        (came,) = receiver.octets
        assert len(came) == len(b"first1second")
        assert came != b"first1second"
        receiver.close()

    scene(story)


def test_a_push_that_is_given_up_leaves_the_line_to_others() -> None:
    async def story(_: Scene) -> None:
        receiver, on = Receiver(), Scene(time_out_s=0.05)
        on.line.up.quality = Quality(bits_per_s=1000)
        on.waiting = [push(1, await receiver.open())._replace(datagrams=(bytes(10_000),))]
        await on.ticks(1)
        assert on.settled == [(1, False)]
        assert on.line.up.free_in(LinkTime(time.monotonic())) < 0.2
        receiver.close()

    scene(story)


def test_a_datagram_that_is_pushed_arrives_whole_or_not_at_all() -> None:
    async def story(on: Scene) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.bind(("127.0.0.1", 0))
            link.setblocking(False)
            on.line.up.quality = Quality(drop=0.5)
            datagrams = tuple(bytes((number,)) * 1000 for number in range(20))
            on.waiting = [push(1, link.getsockname()[1], service=Service.UDP)._replace(datagrams=datagrams)]
            await on.ticks(1)
            came = list[bytes]()
            with contextlib.suppress(BlockingIOError):
                while True:
                    came.append(link.recv(2000))
        assert 0 < len(came) < 20
        assert set(came) <= set(datagrams)

    scene(story)


def test_nobody_there_is_told_back() -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        port = await receiver.open()
        receiver.close()
        await asyncio.sleep(0.01)
        on.waiting = [push(1, port)]
        await on.ticks(1)
        assert on.settled == [(1, False)]

    scene(story)


def test_who_never_answers_is_given_up() -> None:
    async def story(_: Scene) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            where = full.getsockname()
            crowd = [socket.socket() for _ in range(4)]
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(where)
            on = Scene(time_out_s=0.05)
            on.waiting = [push(1, where[1])]
            await on.ticks(1)
            assert on.settled == [(1, False)]
            for one in crowd:
                one.close()

    scene(story)


@pytest.mark.parametrize("allowed", [("192.0.2.0/24",), ("head-end.example",)])
def test_a_place_that_is_not_allowed_is_never_connected_to(allowed: tuple[str, ...]) -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        on.waiting = [push(1, await receiver.open())]
        await on.ticks(1)
        assert (on.settled, receiver.octets) == ([(1, False)], [])
        receiver.close()

    scene(story, *allowed)


@pytest.mark.parametrize("allowed", ["*", "localhost", "127.0.0.1"])
def test_a_place_is_allowed_by_name_network_or_as_any(allowed: str) -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        on.waiting = [push(1, await receiver.open(), "localhost")]
        await on.ticks(1)
        assert on.settled == [(1, True)]
        receiver.close()

    scene(story, allowed)


@pytest.mark.parametrize("entry", ["", "127.0.0.1/8", "a/b", "a b"])
def test_an_entry_that_is_no_place_is_refused(entry: str) -> None:
    with pytest.raises(ConfigurationError, match="push_to"):
        Places([entry])


def test_nothing_leaves_before_its_counter_is_stored() -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        on.owed = True
        on.waiting = [push(1, await receiver.open())]
        on.port.tick()
        await asyncio.sleep(0.02)
        assert receiver.octets == []
        on.barrier.begin()
        on.owed = False
        on.barrier.end()
        await receiver.arrived.wait()
        await on.ticks(1)
        assert on.settled == [(1, True)]
        receiver.close()

    scene(story)


def test_closing_in_the_middle_leaves_the_push_unsettled() -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver(closes=False)
        on.waiting = [push(1, await receiver.open()), push(2, 1)]
        on.port.tick()
        await receiver.arrived.wait()
        await on.port.close()
        on.port.tick()
        assert on.settled == []
        receiver.close()

    scene(story)


def test_with_the_link_goes_what_was_under_way_and_the_last_gasp_waits_for_nobody() -> None:
    async def story(on: Scene) -> None:
        deaf, receiver = Receiver(closes=False), Receiver()
        port = await receiver.open()
        on.waiting = [push(1, await deaf.open()), push(2, port)]
        on.port.tick()
        await deaf.arrived.wait()
        on.online = False
        on.waiting = [push(3, port)]
        on.port.tick()
        await on.ticks(1)
        for _ in range(5):
            on.port.tick()
            await asyncio.sleep(0.002)
        assert (on.settled, receiver.octets) == ([(3, True)], [b"first3second"])
        deaf.close()
        receiver.close()

    scene(story)


def test_an_alarm_of_a_meter_arrives_at_a_real_listener() -> None:
    """Descriptor, monitor, script, push setup, keys, wrapper, socket; the first try fails, the second one goes."""

    async def story() -> None:
        made = Made()
        device = made.meter.device
        receiver = Receiver()
        port = await receiver.open()
        receiver.close()
        await asyncio.sleep(0.01)
        put(made, 40, name(4), 3, destination(b"127.0.0.1:%d" % port))
        barrier = Barrier(lambda: False)
        told: list[bool] = []

        def settle(number: int, arrived: bool) -> None:  # noqa: FBT001
            told.append(arrived)
            device.behaviours.pushes.settle(device, number, arrived=arrived)

        pushes = PushPort(lambda: outgoing(made.meter), settle, barrier, Places(), online=lambda: True)
        device.behaviours.alarms.allow(0, 0xFFFF_FFFF)
        device.record(Event.METER_COVER_REMOVED)
        while not told:
            pushes.tick()
            await asyncio.sleep(0.002)
        assert told == [False]
        again = await asyncio.start_server(receiver._serve, "127.0.0.1", port)
        device.advance(Instant(START + 61 * SECOND))
        while len(told) < 2:
            pushes.tick()
            await asyncio.sleep(0.002)
        assert told == [False, True]
        again.close()
        await pushes.close()
        sent = Outgoing(1, Service.TCP, "", 1, (receiver.octets[0],))
        found = values(opened(sent))
        assert found[0].value == Obis.parse(name(4)).octets
        assert found[2].value == 1 << 13

    async def play() -> None:
        async with asyncio.timeout(10):
            await story()

    run(play())
    assert call(Made(), 40, name(4), 1) == 250  # without a destination there is nothing to push
