"""The panel's routes."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import Message

from softmeter.apps.panel import server
from softmeter.apps.panel.contract import Lcd, PanelMeter, PanelState
from softmeter.apps.panel.controls import Bench, BenchOverride
from softmeter.apps.panel.server import STATIC, create_app
from softmeter.bench.bench import CONTROLS
from softmeter.bench.journal import Quantity as Overridable

LOCAL = "http://127.0.0.1:8080"


class Client:
    """Calls an application without a socket."""

    def __init__(self, app: FastAPI, base_url: str) -> None:
        self._app = app
        self._base_url = base_url

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def client(meter: PanelMeter) -> Client:
    return Client(create_app(meter), LOCAL)


def test_state_is_the_meters(client: Client, meter: PanelMeter) -> None:
    answer = client.get("/api/state")
    assert answer.status_code == 200
    assert PanelState.model_validate(answer.json()) == meter.state()
    assert answer.json()["lcd"]["numeric"] == "000001234"


def test_history_and_bench(client: Client) -> None:
    assert len(client.get("/api/history").json()) == 60
    assert client.get("/api/bench").json()["voltage_v"] is None


def test_press_reaches_the_meter(client: Client, meter: Any) -> None:
    assert client.post("/api/display/press", json={"duration_ms": 250}).status_code == 204
    assert meter.presses == [250]
    assert client.get("/api/state").json()["lcd"]["alphanumeric"] == "2.8.0"


def test_override_imposes_and_releases(client: Client) -> None:
    imposed = client.post("/api/bench/override", json={"voltage_v": 207.5, "power_factor": -0.8})
    assert (imposed.json()["voltage_v"], imposed.json()["power_factor"]) == (207.5, -0.8)
    released = client.post("/api/bench/override", json={"voltage_v": None})
    assert released.json() == {"power_factor": -0.8, "source": imposed.json()["source"]}  # what is imposed


@pytest.mark.parametrize("quantity", list(Overridable))
def test_the_panel_imposes_what_the_bench_takes(client: Client, quantity: Overridable) -> None:
    label, low, high = quantity.value
    for value, status in ((low, 200), (high, 200), (low - 0.1, 422), (high + 0.1, 422)):
        if value != 0:  # no voltage is refused by this meter itself
            assert client.post("/api/bench/override", json={label: value}).status_code == status


def test_links_are_made_worse_and_better_again(client: Client) -> None:
    bad = {"wan_drop": 0.1, "optical_latency_ms": 250, "p1_bits_per_s": 9600, "wan_limits": True, "link_seed": 7}
    assert client.post("/api/bench/override", json=bad).json().items() >= bad.items()
    assert client.get("/api/bench").json().items() >= bad.items()
    released = client.post("/api/bench/override", json=dict.fromkeys(bad)).json()
    assert not released.keys() & bad.keys()
    assert client.post("/api/bench/override", json={"wan_drop": 1}).status_code == 422


def test_everything_of_the_bench_can_be_imposed_and_released(client: Client) -> None:
    assert set(CONTROLS) == set(BenchOverride.model_fields) == set(Bench.model_fields) - {"source"}
    given = {
        "terminal_cover_open": True,
        "strong_field": True,
        "module_present": False,
        "temperature": -20,
        "faults": ["ram", "watchdog"],
    }
    imposed = client.post("/api/bench/override", json=given)
    assert imposed.status_code == 200
    assert {name: imposed.json()[name] for name in given} == given
    released = client.post("/api/bench/override", json=dict.fromkeys(given)).json()
    assert not released.keys() & given.keys()


@pytest.mark.parametrize(
    "body",
    [
        {"terminal_cover_open": 1},
        {"temperature": -41},
        {"temperature": "warm"},
        {"faults": ["nose"]},
        {"sealed_button": 3},
    ],
)
def test_what_cannot_surround_a_meter_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.post("/api/bench/override", json=body).status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("bench/override", {"voltag_v": 1}, "voltag_v: is not known here; did you mean voltage_v?"),
        (
            "bench/override",
            {"temperature": "warm", "wan_dorp": 0.1},
            "temperature: must be a number; wan_dorp: is not known here; did you mean wan_drop?",
        ),
        ("bench/press", {"buton": "sealed"}, "duration_ms: is missing; buton: is not known here; did you mean button?"),
        ("bench/time", {}, "give one of rate, step_s and jump_to"),
    ],
)
def test_everything_wrong_is_named_with_near_names(client: Client, path: str, body: dict[str, Any], says: str) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert (answer.status_code, answer.json()) == (422, {"error": "invalid", "message": says})


def test_buttons_are_pressed_by_name(client: Client, meter: Any) -> None:
    assert client.post("/api/bench/press", json={"button": "sealed", "duration_ms": 300}).status_code == 204
    assert client.post("/api/bench/press", json={"duration_ms": 5500}).status_code == 204
    assert (meter.buttons, meter.presses) == (["sealed", "display"], [300, 5500])
    assert client.post("/api/bench/press", json={"button": "red", "duration_ms": 1}).status_code == 422


def test_time_is_turned(client: Client, meter: Any) -> None:
    assert client.post("/api/bench/time", json={"rate": 60.0}).json()["rate"] == 60
    for body in ({"step_s": 1}, {"jump_to": "2026-03-29T00:59:50Z"}):
        assert client.post("/api/bench/time", json=body).status_code == 200
    assert len(meter.changes_of_time) == 3
    refused = client.post("/api/bench/time", json={"jump_to": "yesterday"})
    assert (refused.status_code, refused.json()["message"]) == (409, "time does not run back")


@pytest.mark.parametrize("body", [{}, {"rate": -1.0}, {"rate": 1.0, "step_s": 1}, {"step_s": 0}, {"step_s": 86_401}])
def test_time_that_cannot_be_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.post("/api/bench/time", json=body).status_code == 422


def test_the_interface_describes_itself(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/state",
        "/api/events",
        "/api/history",
        "/api/display/press",
        "/api/bench",
        "/api/bench/override",
        "/api/bench/press",
        "/api/bench/time",
        "/api/bench/sub-meters",
        "/api/bench/sub-meters/{place}",
    }
    override = document["components"]["schemas"]["BenchOverride"]["properties"]
    assert override["temperature"]["anyOf"][0]["minimum"] == -40


def test_what_is_not_stored_is_not_shown(meter: Any) -> None:
    app = create_app(meter)

    async def story() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            for path in ("/api/state", "/api/bench"):
                meter.storing = asyncio.Event()
                asking = asyncio.ensure_future(client.get(path))
                done, _ = await asyncio.wait([asking], timeout=0.02)
                assert not done
                meter.storing.set()
                assert (await asking).status_code == 200
        meter.storing = asyncio.Event()
        events = server._events(meter)
        telling = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.02)
        assert not telling.done()
        meter.storing.set()
        assert (await telling).startswith("id: 1\n")
        await events.aclose()

    asyncio.run(story())


def test_refusal_of_the_meter_is_named(client: Client) -> None:
    answer = client.post("/api/bench/override", json={"voltage_v": 0})
    assert (answer.status_code, answer.json()) == (409, {"error": "meter", "message": "no voltage, no meter"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/display/press", "{}"),
        ("/api/display/press", '{"duration_ms": -1}'),
        ("/api/display/press", '{"duration_ms": 60001}'),
        ("/api/display/press", '{"duration_ms": "long"}'),
        ("/api/display/press", '{"duration_ms": true}'),
        ("/api/display/press", '{"duration_ms": "1"}'),
        ("/api/display/press", '{"duration_ms": 1, "more": 2}'),
        ("/api/bench/time", '{"step_s": "1"}'),
        ("/api/bench/time", '{"step_s": true}'),
        ("/api/display/press", "[" * 4000),
        ("/api/bench/override", '{"voltage_v": 401}'),
        ("/api/bench/override", '{"voltage_v": NaN}'),
        ("/api/bench/override", '{"voltage_v": true}'),
        ("/api/bench/override", '{"voltage_v": "230"}'),
        ("/api/bench/override", '{"active_power_w": Infinity}'),
        ("/api/bench/override", '{"colour": 20}'),
        ("/api/bench/override", "null"),
        ("/api/bench/override", '{"voltage_v"'),
    ],
)
def test_bad_bodies_get_an_error_in_json(client: Client, meter: Any, path: str, body: str) -> None:
    before = meter.version
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]
    assert answer.json()["message"]
    assert meter.version == before


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/bench/time", "[]", "the body: must be a JSON object"),
        ("/api/bench/time", "null", "the body: must be a JSON object"),
        ("/api/bench/time", "", "the body: is missing"),
        ("/api/bench/time", '{"rate', "the body is no JSON: "),
        ("/api/bench/time", "{}", "give one of rate, step_s and jump_to"),
        ("/api/bench/sub-meters/x", "{}", "place: must be a whole number"),
        ("/api/bench/override", '{"faults": ["ram", "rom"]}', "faults.1: must be 'program_memory'"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(client: Client, path: str, body: str, message: str) -> None:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(message)


def test_page_comes_from_here_alone(client: Client) -> None:
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"^\s*//.*$|\s// .*$|; {3}//.*$", "", text, flags=re.MULTILINE), file.name
        assert len(text.splitlines()) < 400, file.name
        assert client.get(f"/{file.name}").headers["x-content-type-options"] == "nosniff"
    for path in ("/docs", "/redoc", "/openapi.json", "/../server.py", "/%2e%2e/server.py"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "http")


def test_events_follow_the_meter_and_end_with_it(meter: Any) -> None:
    async def read() -> list[dict[str, Any]]:
        events = server._events(meter)
        seen = [await anext(events)]
        meter.change(energy_wh=1_235_000, tick=2)
        seen.append(await anext(events))
        pending = asyncio.ensure_future(anext(events, "the end"))
        await asyncio.sleep(0)
        meter.end()
        assert await pending == "the end"
        return [json.loads(event.split("data: ")[1]) for event in seen]

    first, second = asyncio.run(read())
    assert (first["lcd"]["numeric"], second["lcd"]["numeric"]) == ("000001234", "000001235")
    assert second["version"] == first["version"] + 1


def test_event_reader_who_leaves_makes_room(meter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STREAM_LIMIT", 1)
    app = create_app(meter)
    headers = [(b"host", b"127.0.0.1:8080")]
    scope = {"type": "http", "method": "GET", "path": "/api/events", "query_string": b"", "headers": headers}

    async def come(*, reads: bool) -> tuple[asyncio.Task[None], int]:
        """A reader, who takes what he gets or does not, and the status of his answer."""
        status, told = 0, asyncio.Event()

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "http.response.body":
                told.set()
                if not reads:
                    await asyncio.Event().wait()

        task = asyncio.ensure_future(app(dict(scope), receive, send))
        await told.wait()
        return task, status

    async def story() -> None:
        for reads in (True, False):
            first, status = await come(reads=reads)
            assert status == 200
            second, status = await come(reads=True)
            assert status == 503
            await second
            first.cancel()
            await asyncio.wait([first])
        assert (await come(reads=True))[1] == 200

    asyncio.run(story())


def test_silence_is_broken_by_a_heartbeat(meter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEARTBEAT_S", 0.01)

    async def read() -> list[str]:
        events = server._events(meter)
        seen = [await anext(events), await anext(events)]
        meter.change()
        seen.append(await anext(events))
        await events.aclose()
        return seen

    state, heartbeat, news = asyncio.run(read())
    assert heartbeat.startswith(":")
    assert state.startswith("id: 1\n")
    assert news.startswith("id: 2\n")


@pytest.mark.parametrize(
    ("field", "text", "fits"),
    [
        ("numeric", "123456789", True),
        ("numeric", "123456.789", True),
        ("numeric", "1.2.3.4.5.6.7.8.9.", True),
        ("numeric", "1234567890", False),
        ("numeric", "-12345678.90", False),
        ("alphanumeric", "12:34:56", True),
        ("alphanumeric", "97.98.0", True),
        ("alphanumeric", "ABCDEFGHI", False),
    ],
)
def test_lcd_holds_what_fits(field: str, text: str, fits: bool) -> None:  # noqa: FBT001
    if fits:
        assert getattr(Lcd.model_validate({field: text}), field) == text
    else:
        with pytest.raises(ValidationError, match="positions"):
            Lcd.model_validate({field: text})


def test_absent_is_not_null() -> None:
    assert BenchOverride.model_validate({"voltage_v": None, "frequency_hz": 50.5}).changes() == {
        "voltage_v": None,
        "frequency_hz": 50.5,
    }


def test_static_files_are_packaged() -> None:
    assert {"index.html", "panel.css", "panel.js", "lcd.js"} <= {path.name for path in Path(STATIC).iterdir()}


def test_streams_are_limited(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STREAM_LIMIT", 0)
    answer = client.get("/api/events")
    assert (answer.status_code, answer.json()["message"]) == (503, "0 event streams are open already")
