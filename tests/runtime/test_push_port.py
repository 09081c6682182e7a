"""Pushes over real sockets: what arrives, what is told back, what may not be connected to."""

import asyncio
import contextlib
import socket

import pytest

from held_port import held_port
from meter.asking import call, put
from meter.making import START, Made
from meter.pushing import destination, name, opened, values
from runtime.pushing import Receiver, Scene, push, scene
from softmeter.device.events import Event
from softmeter.device.push_setting import Service
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.meter.push import Outgoing, outgoing
from softmeter.obis import Obis
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.push_places import Places
from softmeter.runtime.push_port import PushPort


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
            link.settimeout(60)
            on.waiting = [push(1, link.getsockname()[1], service=Service.UDP)]
            await on.ticks(1)
            assert [link.recv(100), link.recv(100)] == [b"first1", b"second"]
        assert on.settled == [(1, True)]

    scene(story)


def test_nobody_there_is_told_back() -> None:
    async def story(on: Scene) -> None:
        with held_port() as port:
            on.waiting = [push(1, port)]
            await on.ticks(1)
        assert on.settled == [(1, False)]

    scene(story)


def test_who_never_answers_is_given_up() -> None:
    async def story(on: Scene) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            where = full.getsockname()
            crowd = [socket.socket() for _ in range(4)]
            for one in crowd:
                one.setblocking(False)
                one.connect_ex(where)
            on.waiting = [push(1, where[1])]
            await on.ticks(1)
            assert on.settled == [(1, False)]
            for one in crowd:
                one.close()

    scene(story, time_out_s=0.05)


def test_who_takes_only_part_of_a_push_has_not_got_it_and_is_left() -> None:
    whole, links = bytes(10_000_000), list[socket.socket]()

    async def story(on: Scene) -> None:
        while not links:  # a busy machine may not even have connected
            on.waiting = [push(1, deaf.getsockname()[1])._replace(datagrams=(whole,))]
            await on.ticks(len(on.settled) + 1)
            with contextlib.suppress(BlockingIOError):
                links.append(deaf.accept()[0])
        assert not any(arrived for _, arrived in on.settled)

    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        deaf.setblocking(False)
        scene(story, time_out_s=0.05)
    with links[0] as link:
        link.settimeout(60)
        taken = sum(map(len, iter(lambda: link.recv(65_536), b"")))
    assert taken < len(whole)


def test_who_accepts_and_closes_at_once_has_not_got_a_push() -> None:
    async def story(on: Scene) -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as hasty:
            hasty.setblocking(False)
            on.waiting = [push(1, hasty.getsockname()[1])]
            on.port.tick()
            (await loop.sock_accept(hasty))[0].close()
            await on.ticks(1)
            assert on.settled == [(1, False)]

    scene(story)


class TwoPlaces(Places):
    """A host with two addresses; they are given here."""

    ports = 0, 0

    async def found(self, host: str, port: int) -> list[tuple[int, tuple[str, int]]]:  # noqa: ARG002 - these instead
        return [(socket.AF_INET, ("127.0.0.1", one)) for one in self.ports]


@pytest.mark.slow
def test_where_one_address_of_a_host_is_silent_the_next_one_gets_the_push() -> None:
    both = TwoPlaces()

    async def story(on: Scene) -> None:
        receiver, crowd = Receiver(), [socket.socket() for _ in range(4)]
        with contextlib.ExitStack() as stack:
            full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for one in crowd:
                stack.enter_context(one)
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            both.ports = full.getsockname()[1], await receiver.open()
            await on.tries(push(1, 1))
        receiver.close()

    scene(story, both, time_out_s=1)


@pytest.mark.parametrize("allowed", [("192.0.2.0/24",), ("head-end.example",)])
def test_a_place_that_is_not_allowed_is_never_connected_to(allowed: tuple[str, ...]) -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        on.waiting = [push(1, await receiver.open())]
        await on.ticks(1)
        assert (on.settled, receiver.octets) == ([(1, False)], [])
        receiver.close()

    scene(story, Places(allowed))


@pytest.mark.parametrize("allowed", ["*", "localhost", "127.0.0.1"])
def test_a_place_is_allowed_by_name_network_or_as_any(allowed: str) -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        on.waiting = [push(1, await receiver.open(), "localhost")]
        await on.ticks(1)
        assert on.settled == [(1, True)]
        receiver.close()

    scene(story, Places([allowed]))


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

    async def story(port: int) -> None:
        made = Made()
        device = made.meter.device
        receiver = Receiver()
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
        with held_port() as port:
            async with asyncio.timeout(60):
                await story(port)

    run(play())
    assert call(Made(), 40, name(4), 1) == 250  # without a destination there is nothing to push
