"""The port of the pulses with real sockets: everyone gets the same lines, nobody holds the others up."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from meter.making import START, Made, steady
from runtime.turns import turns
from softmeter.instant import SECOND, Instant
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.pulse_feed import HeardPulses, PulseFeed
from softmeter.runtime.pulse_port import PulsePort


class Scene:
    def __init__(self, most_readers: int) -> None:
        heard = HeardPulses()
        self.made = Made(source=steady(i="65", pf="0.8"), outputs=heard)
        self.feed = PulseFeed(heard, self.made.meter, Barrier(lambda: False))
        self.port = PulsePort(Address("127.0.0.1", 0, "--pulses"), self.feed, most_readers=most_readers)
        self.second = 0

    def live(self, seconds: int) -> None:
        self.second += seconds
        self.made.actor.adopt(self.made.actor.advanced(Instant(START + self.second * SECOND)))
        self.feed.tick()

    async def reader(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = await self.port.open()
        return await asyncio.open_connection(address.host, address.port, limit=1 << 24)


def scene(story: Callable[[Scene], Coroutine[Any, Any, None]], most_readers: int = 10) -> None:
    async def play() -> None:
        on = Scene(most_readers)
        await on.port.open()
        try:
            await story(on)
        finally:
            await on.port.close()
            on.feed.end()
            await asyncio.sleep(0)

    run(play())


def test_all_readers_get_the_same_whatever_they_send_and_come_again_where_they_were() -> None:
    async def story(on: Scene) -> None:
        readers = [await on.reader() for _ in range(3)]
        openings = [json.loads(await reader.readline()) for reader, _ in readers]
        assert [opening["outputs"]["active"]["count"] for opening in openings] == [0, 0, 0]
        for _, writer in readers:
            writer.write(b'{"type":"meter"}\n' * 5000)
        readers[0][1].write_eof()
        on.live(60)
        heard = [await reader.readuntil(b'"number":390,') for reader, _ in readers]
        assert heard[0] == heard[1] == heard[2]
        numbers = [json.loads(line)["number"] for line in heard[0].splitlines()[:-1] if b'"active"' in line]
        assert numbers == list(range(1, 390))
        readers[0][1].close()
        await turns()
        on.live(1)
        again, writer = await on.reader()
        assert json.loads(await again.readline())["outputs"]["active"]["count"] == 405
        on.live(1)
        assert json.loads(await again.readline())["number"] == 304  # the reactive output comes next
        assert len(on.port) == 3
        for one in (writer, *(link for _, link in readers)):
            one.close()

    scene(story)


def test_a_slow_reader_is_dropped_and_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        address = await on.port.open()
        slow = socket.create_connection((address.host, address.port))
        reader, writer = await on.reader()
        await reader.readline()
        for _ in range(60):
            on.live(600)
            await reader.readuntil(b'"number":%d,"time"' % (on.second * 11_960_000 // 1_800_000))
            if len(on.port) == 1:
                break
        assert len(on.port) == 1
        slow.close()
        writer.close()

    scene(story)
    warnings = [record.getMessage().split(" ", 1)[1] for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["dropped: it does not read"]


def test_the_port_is_behind_without_readers_and_until_they_have_taken_all() -> None:
    async def story(on: Scene) -> None:
        relieved: list[bool] = []
        on.port.relieved.connect(lambda: relieved.append(on.port.behind))
        assert on.port.behind
        reader, writer = await on.reader()
        await reader.readline()
        while not relieved or on.port.behind:  # noqa: ASYNC110 - what is waited for happens in the operating system
            await asyncio.sleep(0.001)
        writer.transport.pause_reading()
        while not on.port.behind:
            on.live(60)
        relieved.clear()
        writer.transport.resume_reading()
        await reader.readuntil(b'"number":%d,"time"' % (on.second * 11_960_000 // 1_800_000))
        while on.port.behind:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert relieved
        assert not relieved[-1]
        writer.close()

    scene(story)


def test_when_it_is_full_the_longest_connected_gives_way(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        readers = [await on.reader() for _ in range(3)]
        for reader, _ in readers:
            await reader.readline()
        assert await readers[0][0].read() == b""
        assert len(on.port) == 2
        for _, writer in readers:
            writer.close()

    scene(story, most_readers=2)
    assert "gives way to another one" in caplog.text
