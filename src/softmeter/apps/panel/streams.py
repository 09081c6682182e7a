"""Server-sent events: streams that stay open, of which there may be so many at once."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from fastapi import HTTPException
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

HEARTBEAT_S = 15.0
"""A comment after this silence, so that a broken connection is noticed while time stands still."""


class EventStreams:
    """The open streams of one kind, called `what` in words: at most so many."""

    def __init__(self, most: Callable[[], int], what: str) -> None:
        self._most = most
        self._what = what
        self._open = 0

    def __len__(self) -> int:
        return self._open

    def open(self, events: AsyncGenerator[str] | AsyncGenerator[bytes]) -> StreamingResponse:
        """One more stream; whether there is room for it is seen when it begins."""
        return _EventStream(self, events)

    def enter(self) -> None:
        """One begins.

        Raises:
            HTTPException: there are as many as there may be.
        """
        if self._open >= self._most():
            raise HTTPException(503, f"{self._most()} {self._what} are open already")
        self._open += 1

    def leave(self) -> None:
        """One has ended."""
        self._open -= 1


class _EventStream(StreamingResponse):
    """One stream, counted from its first octet to its last."""

    def __init__(self, streams: EventStreams, events: AsyncGenerator[str] | AsyncGenerator[bytes]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"cache-control": "no-store"})
        self._streams = streams
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._streams.enter()
        try:
            async with aclosing(self._events):
                await super().__call__(scope, receive, send)
        finally:
            self._streams.leave()
