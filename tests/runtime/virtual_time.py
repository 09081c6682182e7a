"""A loop whose time is simulated and an executor that works at once: real time in tests that take none."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Patient(selectors.DefaultSelector):
    """Does not wait: lets the loop's time pass instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("nothing will ever happen any more")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualTime:
    """Runs coroutines in simulated time; `monotonic` and `wall` are its clocks."""

    def __init__(self) -> None:
        self._selector = Patient()

    def monotonic(self) -> float:
        return self._selector.now

    def wall(self) -> int:
        return 1_800_000_000_000_000_000 + round((self._selector.now - 1000) * 1e9)

    def pass_by(self, seconds: float) -> None:
        self._selector.now += seconds

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        def loop() -> asyncio.AbstractEventLoop:
            made = asyncio.SelectorEventLoop(self._selector)
            made.time = self.monotonic  # type: ignore[method-assign]
            return made

        with asyncio.Runner(loop_factory=loop) as runner:
            return runner.run(coroutine)


class AtOnce(Executor):
    """Works in the caller's thread."""

    def submit(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  what an executor does
            future.set_exception(error)
        return future
