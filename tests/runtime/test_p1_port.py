"""The P1 port with real sockets: everyone gets the same telegram, nobody holds the others up."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from softmeter.runtime import p1_port
from softmeter.runtime.address import Address
from softmeter.runtime.loop import run
from softmeter.runtime.p1_port import P1Port


class Scene:
    def __init__(self) -> None:
        self.built = 0
        self.size = 0
        self.watchers = 0
        self.port = P1Port(Address("127.0.0.1", 0, "--p1"), self.telegram, self.watch)

    def telegram(self) -> bytes:
        self.built += 1
        return b"/%d%b!\n" % (self.built, bytes(self.size))

    def watch(self, watchers: int) -> None:
        self.watchers += watchers

    async def reader(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = await self.port.open()
        return await asyncio.open_connection(address.host, address.port)


def scene(story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        on = Scene()
        await on.port.open()
        try:
            await story(on)
        finally:
            await on.port.close()
            await asyncio.sleep(0)

    run(play())


def test_a_telegram_at_once_and_one_per_tick_built_once_for_all() -> None:
    async def story(on: Scene) -> None:
        readers = [await on.reader() for _ in range(5)]
        for reader, _ in readers:
            assert await reader.readline() == b"/1!\n"
        for number in (2, 3):
            on.port.tick()
            for reader, _ in readers:
                assert await reader.readline() == b"/%d!\n" % number
        assert on.built == 3
        assert on.watchers == on.port.readers == 5
        for _, writer in readers:
            writer.close()
        for _ in range(3):  # the first telegram to a closed socket is answered with a reset
            await asyncio.sleep(0.005)
            on.port.tick()
        await asyncio.sleep(0.005)
        assert on.watchers == on.port.readers == 0

    scene(story)


def test_without_readers_nothing_is_built() -> None:
    async def story(on: Scene) -> None:
        on.port.tick()
        assert on.built == 0

    scene(story)


def test_what_a_reader_sends_is_ignored_even_its_end() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        writer.write(b"/?!\r\n" * 1000)
        writer.write_eof()
        assert await reader.readline() == b"/1!\n"
        await asyncio.sleep(0.01)
        on.port.tick()
        assert await reader.readline() == b"/2!\n"
        writer.close()

    scene(story)


def test_a_slow_reader_is_dropped_and_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        on.size = 20_000
        address = await on.port.open()
        slow = socket.create_connection((address.host, address.port))
        reader, writer = await on.reader()
        await reader.readline()
        for _ in range(1000):
            on.port.tick()
            await reader.readline()
            if on.port.readers == 1:
                break
        assert on.port.readers == 1
        slow.close()
        writer.close()

    scene(story)
    assert [record.getMessage().split(" ", 1)[1] for record in caplog.records if record.levelname == "WARNING"] == [
        "dropped: it does not read"
    ]


def test_there_is_room_for_a_bounded_number(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(p1_port, "MOST_READERS", 2)

    async def story(on: Scene) -> None:
        readers = [await on.reader() for _ in range(2)]
        for reader, _ in readers:
            await reader.readline()
        reader, writer = await on.reader()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        assert on.port.readers == on.watchers == 2
        for _, one in (*readers, (reader, writer)):
            one.close()

    scene(story)
    assert "refused: 2 readers" in caplog.text


def test_closing_drops_the_readers() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        await reader.readline()
        await on.port.close()
        assert await reader.read() == b""
        writer.close()

    scene(story)
