"""The panel on a real socket: crowds, those who take their time, and its end."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest

from runtime.turns import PATIENCE_S, turns
from softmeter.apps.panel import serving as panel_serving
from softmeter.apps.panel.contract import PanelMeter
from softmeter.apps.panel.server import create_app
from softmeter.apps.panel.serving import serving
from softmeter.runtime.address import Address
from softmeter.runtime.loop import run

pytestmark = pytest.mark.slow

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
GET_BENCH = b"GET /api/bench HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET_EVENTS = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF_A_POST = (
    b"POST /api/bench/override HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 4000\r\n\r\n{"voltage_v": 400}'
)


@dataclass
class Scene:
    address: Address
    links: list[Link]

    async def visit(self, sent: bytes = b"") -> Link:
        link = await asyncio.open_connection(self.address.host, self.address.port)
        link[1].write(sent)
        await turns()  # so that the order of visits is the order of calls
        self.links.append(link)
        return link


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of a meter that does not end by itself are given up soon."""
    monkeypatch.setattr(panel_serving, "GRACE_S", 0.05)


def scene(meter: PanelMeter, story: Callable[[Scene], Coroutine[Any, Any, None]], most_visitors: int = 4) -> float:
    """Play a story; returns how long its end took, in seconds."""

    async def play() -> float:
        async with serving(create_app(meter), Address("127.0.0.1", 0, "--panel"), most_visitors) as address:
            on = Scene(address, [])
            async with asyncio.timeout(PATIENCE_S):
                await story(on)
            ending = time.monotonic()
        took = time.monotonic() - ending
        for _, writer in on.links:
            writer.close()
        await asyncio.sleep(0.01)
        return took

    return run(play())


def scene_with_ticks(meter: Any, story: Callable[[Scene], Coroutine[Any, Any, None]], most_visitors: int = 4) -> float:
    """As `scene`, on a meter that ticks."""

    async def ticking(on: Scene) -> None:
        async def tick() -> None:
            while True:
                await asyncio.sleep(0.01)
                meter.change(tick=meter.tick + 1)

        task = asyncio.create_task(tick())
        try:
            await story(on)
        finally:
            task.cancel()

    return scene(meter, ticking, most_visitors)


async def answer(link: Link) -> Any:
    """The next answer's content; None where there is none."""
    try:
        head = await link[0].readuntil(b"\r\n\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        return None
    assert head.startswith(b"HTTP/1.1 200 OK")
    length = next(line.split(b":")[1] for line in head.splitlines() if line.startswith(b"content-length"))
    return json.loads(await link[0].readexactly(int(length)))


async def event(link: Link) -> bytes:
    return await link[0].readuntil(b"event: state")


def test_requests_follow_one_another_on_one_connection(meter: PanelMeter) -> None:
    async def story(on: Scene) -> None:
        link = await on.visit()
        for _ in range(3):
            link[1].write(GET_BENCH)
            assert (await answer(link))["source"] == "constant"
        link[1].write(GET_BENCH * 2)
        assert await answer(link) == await answer(link)

    scene(meter, story)


def test_a_crowd_that_asks_nothing_makes_room(meter: PanelMeter, caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        stream = await on.visit(GET_EVENTS)
        await event(stream)
        crowd = [await on.visit(sent) for sent in (b"", b"GET /", HALF_A_POST, b"", b"", b"")]
        honest = await on.visit(GET_BENCH)
        assert await answer(honest)
        assert [await link[0].read() for link in crowd[:4]] == [b""] * 4
        await event(stream)

    scene_with_ticks(meter, story)
    assert "gives way to another one" in caplog.text


def test_when_all_are_busy_the_next_is_refused(meter: PanelMeter, caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        streams = [await on.visit(GET_EVENTS) for _ in range(2)]
        for one in streams:
            await event(one)
        assert await answer(await on.visit(GET_BENCH)) is None
        for one in streams:
            await event(one)

    scene_with_ticks(meter, story, most_visitors=2)
    assert "refused: 2 visitors are busy" in caplog.text


@pytest.mark.parametrize("sent", [b"", b"GET /api", HALF_A_POST])
def test_whoever_takes_too_long_is_dropped(meter: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(panel_serving, "REQUEST_S", 0.5)
    monkeypatch.setattr(panel_serving, "SWEEP_S", 0.01)

    async def story(on: Scene) -> None:
        stream = await on.visit(GET_EVENTS)
        reader, writer = await on.visit(sent)

        async def drip() -> None:
            while sent and not writer.is_closing():
                await asyncio.sleep(0.005)
                writer.write(b" ")

        dripping = asyncio.create_task(drip())
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        dripping.cancel()
        for _ in range(3):
            await event(stream)

    scene_with_ticks(meter, story)
    assert meter.bench.voltage_v is None


def test_whoever_does_not_read_is_dropped(
    meter: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "softmeter.panel")
    monkeypatch.setattr(panel_serving, "STALL_S", 0.1)
    monkeypatch.setattr(panel_serving, "SWEEP_S", 0.01)

    async def story(on: Scene) -> None:
        _, writer = await on.visit()
        history = b"GET /api/history HTTP/1.1\r\nHost: localhost\r\n\r\n"
        while not writer.is_closing():
            writer.write(history * 20)
            await asyncio.sleep(0.001)

    scene(meter, story)
    assert "it takes too long" in caplog.text


@pytest.mark.parametrize("visits", [[HALF_A_POST] * 20, [GET_EVENTS] * 3, [b"", b"GET /", GET_BENCH, GET_EVENTS]])
def test_the_end_is_quick_and_quiet(meter: Any, caplog: pytest.LogCaptureFixture, visits: list[bytes]) -> None:
    async def story(on: Scene) -> None:
        for sent in visits:
            await on.visit(sent)

    assert scene(meter, story, most_visitors=30) < panel_serving.REQUEST_S / 2
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert meter.bench.voltage_v is None


def test_an_answer_that_never_comes_ends_with_the_process(meter: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def stuck(_: int) -> None:
        await asyncio.Event().wait()

    meter.press = stuck

    async def story(on: Scene) -> None:
        body = b'{"duration_ms": 100}'
        await on.visit(
            b"POST /api/display/press HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        await turns()

    assert scene(meter, story) < panel_serving.REQUEST_S / 2
    assert not caplog.records
