"""The stream of pulses in the panel's interface.

    GET  /api/pulses    server-sent events: one for each line of the stream, as docs/pulses.md describes them

A reader who is too far behind is given up: his stream ends.
"""

import asyncio
from collections.abc import AsyncGenerator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from softmeter.apps.panel.streams import HEARTBEAT_S, EventStreams
from softmeter.runtime.pulse_feed import PulseFeed

STREAM_LIMIT = 16
"""Streams of pulses open at once."""
MOST = 1 << 30
"""All lines that may leave now: what a reader is to get is bounded by the feed."""


def pulse_routes(feed: PulseFeed) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api")
    streams = EventStreams(lambda: STREAM_LIMIT, "streams of pulses")

    @router.get("/pulses")
    async def pulses() -> StreamingResponse:
        return streams.open(_events(feed))

    return router


async def _events(feed: PulseFeed) -> AsyncGenerator[bytes]:
    """Every line as a server-sent event, until the meter or the reader goes."""
    ready = asyncio.Event()
    subscription = feed.subscribe(ready.set)
    try:
        while not subscription.lost:
            ready.clear()
            if lines := subscription.taken(MOST):
                yield b"".join([b"data: %b\n\n" % line for line in lines.splitlines()])
                ready.set()
                continue
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await ready.wait()
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        feed.unsubscribe(subscription)
