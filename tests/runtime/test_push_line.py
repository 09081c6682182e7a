"""Pushes over a line that is not perfect, and what who listens in hears of them."""

import asyncio
import contextlib
import socket
import struct
import time

import pytest

from runtime.pushing import Receiver, Scene, push, scene
from softmeter.bench.link import Quality
from softmeter.device.push_setting import Service
from softmeter.instant import LinkTime


class Noted:
    """Who listens in on pushes."""

    def __init__(self) -> None:
        self.octets: list[bytes] = []
        self.began = asyncio.Event()
        self.ended = 0

    def received(self, octets: bytes) -> None:
        raise AssertionError(octets)

    def sent(self, octets: bytes) -> None:
        self.octets.append(octets)
        self.began.set()

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
    async def story(on: Scene) -> None:
        receiver, noted = Receiver(), Noted()
        on.port.make_taps[Service.TCP] = lambda _, __: noted
        on.line.up.quality = Quality(bits_per_s=1000)
        on.waiting = [push(1, await receiver.open())._replace(datagrams=(b"first", bytes(10_000)))]
        on.port.tick()
        await noted.began.wait()
        on.online = False
        on.port.tick()
        assert on.line.up.free_in(LinkTime(time.monotonic())) < 0.2
        receiver.close()

    scene(story)


@pytest.mark.slow
@pytest.mark.parametrize("service", Service)
def test_what_the_line_takes_for_a_push_is_not_held_against_its_receiver(service: Service) -> None:
    async def story(on: Scene) -> None:
        receiver = Receiver()
        on.line.up.quality = Quality(bits_per_s=8000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.bind(("127.0.0.1", 0))
            port = link.getsockname()[1] if service is Service.UDP else await receiver.open()
            await on.tries(push(1, port, service=service)._replace(datagrams=(bytes(1250),)))
        if service is Service.TCP:
            receiver.close()

    scene(story, time_out_s=1)


def test_a_receiver_that_goes_while_the_line_still_has_the_push_has_it_fail() -> None:
    async def story(on: Scene) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            on.line.up.quality = Quality(latency_s=0.05)
            on.waiting = [push(1, listening.getsockname()[1])]
            on.port.tick()
            link, _ = await asyncio.get_running_loop().sock_accept(listening)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.close()
            await on.ticks(1)
        assert on.settled == [(1, False)]

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
