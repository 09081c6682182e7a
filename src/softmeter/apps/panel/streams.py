"""Server-sent events: streams that stay open, of which there may be so many at once."""

from collections.abc import AsyncIterator, Callable, Sized

from fastapi import HTTPException
from fastapi.responses import StreamingResponse

HEARTBEAT_S = 15.0
"""A comment after this silence, so that a broken connection is noticed while time stands still."""


def event_stream(
    events: Callable[[], AsyncIterator[str] | AsyncIterator[bytes]], streams: Sized, most: int, what: str
) -> StreamingResponse:
    """One more stream of `events` beside the `streams` that are open.

    Raises:
        HTTPException: there are as many as there may be.
    """
    if len(streams) >= most:
        raise HTTPException(503, f"{most} {what} are open already")
    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})
