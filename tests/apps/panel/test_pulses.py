"""Pulses as server-sent events: the lines of the stream, until the meter or the reader goes."""

import asyncio
import json

import httpx
import pytest
from fastapi import FastAPI

from meter.making import START, Made, steady
from softmeter.apps.panel import pulses
from softmeter.apps.panel.contract import PanelMeter
from softmeter.apps.panel.pulses import pulse_routes
from softmeter.apps.panel.server import create_app
from softmeter.instant import SECOND, Instant
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.pulse_feed import HeardPulses, PulseFeed


class Scene:
    def __init__(self) -> None:
        heard = HeardPulses()
        self.made = Made(source=steady(), outputs=heard)
        self.watchers = 0
        self.feed = PulseFeed(heard, self.made.meter, Barrier(lambda: False), self.watch)

    def watch(self, watchers: int) -> None:
        self.watchers += watchers

    def live(self, until_s: int) -> None:
        self.made.actor.adopt(self.made.actor.advanced(Instant(START + until_s * SECOND)))
        self.feed.tick()


async def answered(app: FastAPI, until: asyncio.Task[None] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as client:
        answer = await client.get("/api/pulses")
    if until is not None:
        await until
    return answer


def test_each_line_is_an_event_and_the_stream_ends_with_the_meter() -> None:
    on = Scene()
    app = FastAPI()
    app.include_router(pulse_routes(on.feed))

    async def lead() -> None:
        while not on.watchers:  # noqa: ASYNC110 - the reader comes by the application
            await asyncio.sleep(0)
        for second in (2, 4):
            await asyncio.sleep(0)
            on.live(second)
        for _ in range(10):
            await asyncio.sleep(0)
        on.feed.end()

    async def play() -> httpx.Response:
        return await answered(app, asyncio.ensure_future(lead()))

    answer = asyncio.run(play())
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(event.removeprefix("data: ")) for event in answer.text.split("\n\n") if event]
    assert [event.get("number") for event in events] == [None, 1, 2]
    assert events[0]["type"] == "meter"
    assert on.watchers == 0


def test_there_is_an_end_of_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "STREAM_LIMIT", 0)
    app = FastAPI()
    app.include_router(pulse_routes(Scene().feed))
    assert asyncio.run(answered(app)).status_code == 503


def test_those_who_come_at_once_are_counted_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "STREAM_LIMIT", 2)
    on = Scene()
    app = FastAPI()
    app.include_router(pulse_routes(on.feed))

    async def play() -> tuple[list[int], int]:
        asking = [asyncio.ensure_future(answered(app)) for _ in range(5)]
        while sum(one.done() for one in asking) < 3 and on.watchers < 3:  # noqa: ASYNC110 - the application is asked
            await asyncio.sleep(0)
        on.feed.end()
        first = sorted(one.status_code for one in await asyncio.gather(*asking))
        asking = [asyncio.ensure_future(answered(app)) for _ in range(2)]
        return first, sum(one.status_code == 200 for one in await asyncio.gather(*asking))

    assert asyncio.run(play()) == ([200, 200, 503, 503, 503], 2)
    assert on.watchers == 0


def test_the_panel_of_a_running_meter_has_them(meter: PanelMeter) -> None:
    assert "/api/pulses" in create_app(meter, pulses=Scene().feed).openapi()["paths"]
    assert "/api/pulses" not in create_app(meter).openapi()["paths"]
