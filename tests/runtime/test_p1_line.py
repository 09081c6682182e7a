"""The P1 port on a pseudo-terminal: whoever holds the other end open asks for telegrams."""

import asyncio
import os
import select
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from runtime.turns import PATIENCE_S, until
from softmeter.bench.link import Line, Quality
from softmeter.errors import ConfigurationError
from softmeter.instant import LinkTime
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.optical_port import PTY, SerialAddress
from softmeter.runtime.p1_line import BAUD, P1Line
from softmeter.runtime.p1_port import Telegrams


class Scene:
    def __init__(self) -> None:
        self.built = self.watchers = self.size = 0
        self.owed = False
        self.barrier = Barrier(lambda: self.owed)
        self.over = Line("p1", b"seed", bits_per_octet=10)
        telegrams = Telegrams(self.telegram, self.barrier)
        self.line = P1Line(SerialAddress(PTY, BAUD), telegrams, self.watch, self.over)

    def telegram(self) -> bytes:
        self.built += 1
        return b"/%d%b!\n" % (self.built, b"x" * self.size)

    def watch(self, watchers: int) -> None:
        self.watchers += watchers


class Reader:
    """The other end."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.heard = b""

    async def until(self, end: bytes) -> bytes:
        """All that was heard, when it ends so."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.heard.endswith(end):
                await asyncio.sleep(0.002)
                if select.select([self.file], [], [], 0)[0]:
                    self.heard += os.read(self.file, 65_536)
        heard, self.heard = self.heard, b""
        return heard

    def close(self) -> None:
        os.close(self.file)


def scene(story: Callable[[Scene, str], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        on = Scene()
        path = (await on.line.open()).path
        try:
            await story(on, path)
        finally:
            await on.line.close()

    run(play())


def test_nothing_is_made_until_somebody_asks() -> None:
    async def story(on: Scene, path: str) -> None:
        on.line.tick()
        assert (on.built, on.line.behind) == (0, True)
        reader = Reader(path)
        assert await reader.until(b"!\n") == b"/1!\n"
        assert (on.watchers, on.line.behind) == (1, False)
        on.line.tick()
        assert await reader.until(b"!\n") == b"/2!\n"
        reader.close()
        await until(lambda: on.watchers == 0)
        on.line.tick()
        assert (on.built, on.line.behind) == (2, True)
        await on.line.close()
        assert not on.line.behind
        await on.line.open()
        assert on.line.behind

    scene(story)


def test_a_bad_line_brings_a_telegram_late_damaged_and_whole_in_length() -> None:
    async def story(on: Scene, path: str) -> None:
        on.size = 500
        reader = Reader(path)
        whole = await reader.until(b"!\n")
        on.over.up.quality = Quality(latency_s=0.05, bits_per_s=100_000, damage=0.5)
        began = asyncio.get_running_loop().time()
        on.line.tick()
        async with asyncio.timeout(PATIENCE_S):
            while len(reader.heard) < len(whole):
                await asyncio.sleep(0.002)
                if select.select([reader.file], [], [], 0)[0]:
                    reader.heard += os.read(reader.file, 65_536)
        assert asyncio.get_running_loop().time() - began > 0.09
        assert sum(a != b for a, b in zip(reader.heard, whole.replace(b"/1", b"/2"), strict=True)) in {1, 2, 3}
        reader.close()

    scene(story)


def test_a_telegram_that_gets_lost_takes_its_time_on_the_line_and_none_overtakes_it() -> None:
    async def story(on: Scene, path: str) -> None:
        on.size = 500
        reader = Reader(path)
        await reader.until(b"!\n")
        on.over.up.quality = Quality(bits_per_s=1000, drop=0.999)
        for _ in range(20):
            on.line.tick()
        assert on.line.behind
        assert 2 < on.over.up.free_in(LinkTime(asyncio.get_running_loop().time())) < 6
        reader.close()

    scene(story)


def test_who_comes_anew_hears_nothing_old() -> None:
    async def story(on: Scene, path: str) -> None:
        reader = Reader(path)
        await until(lambda: on.watchers == 1)
        reader.close()
        await until(lambda: on.watchers == 0)
        on.line.tick()
        again = Reader(path)
        assert await again.until(b"!\n") == b"/2!\n"
        again.close()

    scene(story)


def test_a_reader_who_is_slow_gets_whole_telegrams_all_the_same() -> None:
    async def story(on: Scene, path: str) -> None:
        on.size = 30_000
        reader = Reader(path)
        await until(lambda: on.watchers == 1)
        assert on.line.behind
        on.line.tick()
        on.line.tick()
        assert await reader.until(b"!\n") == b"/1" + b"x" * 30_000 + b"!\n"
        await until(lambda: not on.line.behind)
        on.size = 0
        on.line.tick()
        assert await reader.until(b"!\n") == b"/4!\n"
        reader.close()

    scene(story)


def test_sending_stops_at_once_when_the_request_drops() -> None:
    async def story(on: Scene, path: str) -> None:
        on.size = 30_000
        reader = Reader(path)
        await until(lambda: on.watchers == 1)
        reader.close()
        await until(lambda: on.watchers == 0)
        on.size = 0
        on.line.tick()
        again = Reader(path)
        assert await again.until(b"!\n") == b"/2!\n"
        again.close()

    scene(story)


def test_a_telegram_waits_for_the_commit_of_what_it_may_reveal() -> None:
    async def story(on: Scene, path: str) -> None:
        on.owed = True
        reader = Reader(path)
        await until(lambda: on.watchers == 1)
        assert on.line.behind
        on.barrier.begin()
        on.owed = False
        on.barrier.end()
        assert await reader.until(b"!\n") == b"/1!\n"
        reader.close()

    scene(story)


def test_a_closed_port_is_opened_again_at_the_same_place() -> None:
    async def story(on: Scene, path: str) -> None:
        await on.line.close()
        assert (await on.line.open()).path == path
        reader = Reader(path)
        assert await reader.until(b"!\n") == b"/1!\n"
        reader.close()

    scene(story)


def test_who_listens_in_hears_each_request_apart() -> None:
    heard: list[bytes] = []

    class Ears:
        def received(self, octets: bytes) -> None:
            heard.append(octets)

        def sent(self, octets: bytes) -> None:
            heard.append(octets)

        def closed(self) -> None:
            heard.append(b"end")

    async def story(on: Scene, path: str) -> None:
        on.line.listen_in(lambda _, __: Ears())
        reader = Reader(path)
        await reader.until(b"!\n")
        reader.close()
        await until(lambda: on.watchers == 0)

    scene(story)
    assert heard == [b"/1!\n", b"end"]


def test_a_device_that_is_not_there_is_named() -> None:
    async def play() -> None:
        line = P1Line(SerialAddress("/dev/no-such-line", BAUD), Telegrams(bytes, Barrier(lambda: False)))
        with pytest.raises(ConfigurationError, match="no-such-line"):
            await line.open()

    run(play())


def test_a_line_without_modem_lines_asks_always() -> None:
    async def play() -> None:
        near, far = os.openpty()
        line = P1Line(SerialAddress(os.ttyname(far), BAUD), Telegrams(lambda: b"/1!\n", Barrier(lambda: False)))
        await line.open()
        await until(lambda: bool(select.select([near], [], [], 0)[0]))
        assert os.read(near, 100) == b"/1!\n"
        await line.close()
        os.close(near)
        os.close(far)

    run(play())
