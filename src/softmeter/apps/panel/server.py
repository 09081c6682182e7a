"""The panel's web server: the page, its state, and the button and bench it can touch.

The JSON is that of `contract`; who may call is decided in `gate`. Routes:

    GET  /                     the page and its files
    GET  /api/state            `PanelState`
    GET  /api/events           server-sent events: a `PanelState` at once, then one with every change
    GET  /api/history          list of `PowerSample`, the last minutes
    POST /api/display/press    `Press`; 204
    GET  /api/bench            `Bench`
    POST /api/bench/override   `BenchOverride`; answers `Bench`
    POST /api/bench/press      `BenchPress`; 204
    POST /api/bench/time       `TimeChange`; answers `Time`
    ...  /api/bench/sub-meters  as `sub_meters` says
    GET  /api/pulses           as `pulses` says
    GET  /api/openapi.json     all of this as OpenAPI

Errors are `{"error": code, "message": text}` with a 4xx status.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from softmeter import __version__
from softmeter.apps.checking import our_words
from softmeter.apps.panel.contract import PanelMeter, PanelState, PowerSample, Time
from softmeter.apps.panel.controls import Bench, BenchOverride, BenchPress, TimeChange
from softmeter.apps.panel.gate import Gate, Rules
from softmeter.apps.panel.message import Message, Press
from softmeter.apps.panel.pulses import pulse_routes
from softmeter.apps.panel.streams import HEARTBEAT_S, EventStreams
from softmeter.apps.panel.sub_meters import NoSubMeters, SubMeters, sub_meter_routes
from softmeter.errors import MeterError
from softmeter.runtime.pulse_feed import PulseFeed

__all__ = ["PanelMeter", "PanelState", "create_app"]

STREAM_LIMIT = 64
"""Event streams open at once; a browser that reloads leaves its old one for a moment."""
STATIC = Path(__file__).parent / "static"


def create_app(
    meter: PanelMeter,
    *,
    token: str | None = None,
    allowed_hosts: Collection[str] = (),
    sub_meters: SubMeters | None = None,
    pulses: PulseFeed | None = None,
) -> FastAPI:
    """Build the panel of `meter`, and of its simulated `sub_meters` and the stream of its `pulses` where it has some.

    `allowed_hosts` are the names besides loopback under which it may be called ("*": any, for a panel on all
    addresses); they need a `token`.

    Raises:
        ValueError: a host that is not loopback, without a token.
    """
    rules = Rules.of(token, allowed_hosts)
    app = FastAPI(
        title="softmeter panel", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.include_router(_routes(meter))
    app.include_router(sub_meter_routes(sub_meters or NoSubMeters(), meter.stored))
    if pulses is not None:
        app.include_router(pulse_routes(pulses))
    app.mount("/", StaticFiles(directory=STATIC, html=True))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(MeterError, _refused_by_meter)
    app.add_middleware(Gate, rules=rules)
    return app


def _routes(meter: PanelMeter) -> APIRouter:
    router = APIRouter(prefix="/api")
    streams = EventStreams(lambda: STREAM_LIMIT, "event streams")

    @router.get("/state")
    async def state() -> PanelState:
        return await _shown(meter)

    @router.get("/events")
    async def events() -> StreamingResponse:
        return streams.open(_events(meter))

    @router.get("/history")
    async def history() -> Sequence[PowerSample]:
        return meter.recent_power()

    @router.post("/display/press", status_code=204)
    async def press(body: Press) -> None:
        await meter.press(body.duration_ms)

    @router.get("/bench")
    async def bench() -> Bench:
        return (await _shown(meter)).bench

    @router.post("/bench/override", response_model_exclude_none=True)
    async def override(body: BenchOverride) -> Bench:
        await meter.override(body.changes())
        return (await _shown(meter)).bench

    @router.post("/bench/press", status_code=204)
    async def bench_press(body: BenchPress) -> None:
        await meter.press(body.duration_ms, body.button)

    @router.post("/bench/time")
    async def bench_time(body: TimeChange) -> Time:
        await meter.retime(body)
        return (await _shown(meter)).time

    return router


async def _shown(meter: PanelMeter) -> PanelState:
    """What is visible now, once it is stored."""
    state = meter.state()
    await meter.stored()
    return state


async def _events(meter: PanelMeter) -> AsyncGenerator[str]:
    """Every state of the meter as a server-sent event, until the meter or the reader goes."""
    waiting: asyncio.Task[bool] | None = None
    try:
        state = await _shown(meter)
        yield _event(state)
        while True:
            waiting = waiting or asyncio.ensure_future(meter.wait_changed(state.version))
            done, _ = await asyncio.wait({waiting}, timeout=HEARTBEAT_S)
            if not done:
                yield ": still here\n\n"
                continue
            if not waiting.result():
                return
            waiting = None
            state = await _shown(meter)
            yield _event(state)
    finally:
        if waiting is not None:
            waiting.cancel()


def _event(state: PanelState) -> str:
    return f"id: {state.version}\nevent: state\ndata: {state.model_dump_json()}\n\n"


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Name everything that is wrong, and why."""
    asked = getattr(request.scope.get("endpoint"), "__annotations__", {}).get("body", Message)
    found = error.errors() if isinstance(error, RequestValidationError) else []
    text = "; ".join(_wrong(one, asked) for one in found) or "the request is not valid"
    return JSONResponse({"error": "invalid", "message": text}, status_code=422)


def _wrong(found: Mapping[str, Any], asked: type[BaseModel]) -> str:
    if found["type"] == "json_invalid":
        return f"the body is no JSON: {found['ctx']['error']}"
    where = ".".join(map(str, found["loc"][1:]))  # behind what part of the request it is
    if where:
        return f"{where}: {our_words(found, asked)}"
    match found["type"]:
        case "value_error":  # says it all
            return our_words(found, asked)
        case "missing":
            return f"the body: {our_words(found, asked)}"
        case _:
            return "the body: must be a JSON object"


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = str(error.detail) if isinstance(error, HTTPException) else "error"
    return JSONResponse({"error": "http", "message": text}, status_code=status)


async def _refused_by_meter(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "meter", "message": str(error)}, status_code=409)
