"""The P1 port with real sockets: everyone gets the same telegram, nobody holds the others up."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from runtime.turns import turns, until
from softmeter.bench.link import Line, Quality
from softmeter.runtime import p1_port
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.loop import run
from softmeter.runtime.p1_port import P1Port, Telegrams


class Scene:
    def __init__(self, most_readers: int) -> None:
        self.built = 0
        self.size = 0
        self.watchers = 0
        self.owed = False
        self.barrier = Barrier(lambda: self.owed)
        self.line = Line("p1", b"")
        telegrams, address = Telegrams(self.telegram, self.barrier), Address("127.0.0.1", 0, "--p1")
        self.port = P1Port(address, telegrams, self.watch, most_readers=most_readers, line=self.line)

    def telegram(self) -> bytes:
        self.built += 1
        return b"/%d%b!\n" % (self.built, bytes(self.size))

    def watch(self, watchers: int) -> None:
        self.watchers += watchers

    async def reader(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = await self.port.open()
        return await asyncio.open_connection(address.host, address.port)


def scene(story: Callable[[Scene], Coroutine[Any, Any, None]], most_readers: int = MOST.p1) -> None:
    async def play() -> None:
        on = Scene(most_readers)
        await on.port.open()
        try:
            await story(on)
        finally:
            await on.port.close()
            await asyncio.sleep(0)

    run(play())


@pytest.mark.manual("11.5.periodically")
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
            await turns()
            on.port.tick()
        await turns()
        assert on.watchers == on.port.readers == 0

    scene(story)


def test_without_readers_nothing_is_built() -> None:
    async def story(on: Scene) -> None:
        on.port.tick()
        assert on.built == 0

    scene(story)


@pytest.mark.manual("11.5.one-way")
def test_what_a_reader_sends_is_ignored_even_its_end() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        writer.write(b"/?!\r\n" * 1000)
        writer.write_eof()
        assert await reader.readline() == b"/1!\n"
        await turns()
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


def test_when_it_is_full_the_longest_connected_gives_way(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        readers = [await on.reader() for _ in range(3)]
        for reader, _ in readers:
            assert await reader.readline() == b"/1!\n"
        assert await readers[0][0].read() == b""
        on.port.tick()
        for reader, _ in readers[1:]:
            assert await reader.readline() == b"/2!\n"
        assert on.port.readers == on.watchers == 2
        for _, writer in readers:
            writer.close()

    scene(story, most_readers=2)
    assert "gives way to another one" in caplog.text


def test_when_it_is_full_whoever_is_behind_gives_way_first() -> None:
    async def story(on: Scene) -> None:
        good, writer = await on.reader()
        await good.readline()
        address = await on.port.open()
        slow = socket.create_connection((address.host, address.port))
        on.size = 20_000
        while not any(one.transport.get_write_buffer_size() for one in on.port._readers):
            on.port.tick()
            await good.readline()
        late, also = await on.reader()
        await late.readline()
        on.port.tick()
        assert len(await good.readline()) == len(await late.readline()) > on.size
        assert on.port.readers == 2
        slow.close()
        for one in (writer, also):
            one.close()

    scene(story, most_readers=2)


def test_a_telegram_waits_for_the_commit_of_what_it_may_reveal() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        assert await reader.readline() == b"/1!\n"
        on.owed = True
        on.port.tick()
        late, also = await on.reader()
        hearing = [asyncio.ensure_future(one.readline()) for one in (reader, late)]
        done, _ = await asyncio.wait(hearing, timeout=0.02)
        assert not done
        on.barrier.begin()
        on.owed = False
        on.barrier.end()
        assert await asyncio.gather(*hearing) == [b"/2!\n"] * 2
        for link in (writer, also):
            link.close()

    scene(story)


def test_after_a_failed_commit_no_telegram_leaves() -> None:
    async def story(on: Scene) -> None:
        on.barrier.begin()
        on.barrier.fail()
        reader, writer = await on.reader()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await reader.read(1)
        writer.close()

    scene(story)


def test_closing_drops_the_readers() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        await reader.readline()
        await on.port.close()
        assert await reader.read() == b""
        writer.close()

    scene(story)


def test_who_listens_in_hears_every_telegram_and_what_readers_say() -> None:
    heard: list[tuple[str, bytes]] = []

    class Ears:
        def received(self, octets: bytes) -> None:
            heard.append(("in", octets))

        def sent(self, octets: bytes) -> None:
            heard.append(("out", octets))

        def closed(self) -> None:
            heard.append(("end", b""))

    async def story(on: Scene) -> None:
        on.port.listen_in(lambda _, __: Ears())
        reader, writer = await on.reader()
        assert await reader.readline() == b"/1!\n"
        writer.write(b"?")
        on.port.tick()
        assert await reader.readline() == b"/2!\n"
        writer.close()

    scene(story)
    assert [item for item in heard if item[0] != "in"] == [("out", b"/1!\n"), ("out", b"/2!\n"), ("end", b"")]
    assert ("in", b"?") in heard


def test_a_closed_port_holds_nobody_up_and_one_that_is_open_again_waits_for_readers() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        await reader.readline()
        await on.port.close()
        assert not on.port.behind
        assert await reader.read() == b""
        assert not on.port.behind
        await on.port.open()
        assert on.port.behind
        writer.close()

    scene(story)


def test_the_port_is_behind_without_readers_and_until_they_have_taken_all() -> None:
    async def story(on: Scene) -> None:
        relieved: list[bool] = []
        on.port.relieved.connect(lambda: relieved.append(on.port.behind))
        assert on.port.behind
        address = await on.port.open()
        slow = socket.create_connection((address.host, address.port))
        while not relieved:  # noqa: ASYNC110 - what is waited for happens in the operating system
            await asyncio.sleep(0.001)
        assert not on.port.behind
        on.size = 20_000
        taken = 0
        while not on.port.behind:
            on.port.tick()
            taken += 1
        relieved.clear()
        slow.setblocking(False)
        loop, heard = asyncio.get_running_loop(), b""
        while not relieved:
            heard += await loop.sock_recv(slow, 1 << 20)
        assert not relieved[-1]
        while heard.count(b"!") <= taken:
            heard += await loop.sock_recv(slow, 1 << 20)
        assert [heard.count(b"/%d\0" % number) for number in range(2, taken + 2)] == [1] * taken
        slow.close()

    scene(story)


def test_a_slow_line_to_the_readers_brings_every_telegram_later() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.reader()
        assert await reader.readline() == b"/1!\n"
        on.line.up.quality = Quality(latency_s=0.04)
        for number in (2, 3):
            began = asyncio.get_running_loop().time()
            on.port.tick()
            assert await reader.readline() == b"/%d!\n" % number
            assert asyncio.get_running_loop().time() - began > 0.03
        writer.close()

    scene(story)


def test_a_line_that_gets_worse_while_a_reader_is_behind_lets_him_catch_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p1_port, "BUFFER_LIMIT", 20_000_000)

    async def story(on: Scene) -> None:
        on.size = 10_000_000
        reader, writer = await on.reader()
        await reader.read(1)
        assert on.port.behind
        on.size = 10
        on.line.up.quality = Quality(latency_s=0.02)
        on.port.tick()
        while not (await reader.read(1 << 20)).endswith(b"!\n"):
            pass
        await until(lambda: not on.port.behind)
        on.port.tick()
        assert on.port.behind  # over the line, too, it is known what has not left yet
        assert (await reader.readline()).startswith(b"/3")
        await until(lambda: not on.port.behind)
        writer.close()

    scene(story)
