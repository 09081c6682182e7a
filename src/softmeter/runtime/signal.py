"""Tell whoever listens that something happened: callbacks for ports, a coroutine for pages."""

import asyncio
from collections.abc import Callable


class Signal:
    """Something that happens again and again. Used from one event loop only."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []
        self._waiting: asyncio.Future[None] | None = None

    def connect(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` each time; returns a function that ends it."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    async def wait(self) -> None:
        """Return when it happens next."""
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._waiting)

    def fire(self) -> None:
        """It happens now."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.set_result(None)
        for callback in tuple(self._callbacks):
            callback()
