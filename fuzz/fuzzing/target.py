"""What is fuzzed: a function of octets, and the only errors it may raise."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

SLOWEST_S = 0.05
"""CPU seconds one input may take."""
spent_s = time.process_time
"""Seconds of CPU time of this process up to now."""


class FaultError(Exception):
    """Something that must not happen, happened; `kind` is what: slow, answer, state, service, or an error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


Input = Callable[[Random], bytes]
"""Draws one input."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader, or one way into a live meter.

    `draw` makes inputs by grammar, out of which, and of the seeds, a `Mutator` makes others, unless it is `whole`.
    `settle` is run after each batch and raises `FaultError` where something was left behind. `remake` makes a target
    with state anew. `run` may say how many seconds of its own should count; otherwise all of them do.
    """

    name: str
    run: Callable[[bytes], float | None]
    errors: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]
    draw: Input | None = None
    settle: Callable[[], None] = lambda: None
    remake: Callable[[], "Target"] | None = None
    tokens: tuple[bytes, ...] = ()
    whole: bool = False
    slowest_s: float = SLOWEST_S


def attempt(target: Target, octets: bytes) -> float:
    """Give `octets` to the target; returns the seconds of CPU time it took.

    Raises:
        FaultError: it raised something else than its documented errors.
    """
    began = spent_s()
    told: float | None = None
    try:
        told = target.run(octets)
    except target.errors:
        pass
    except FaultError:
        raise
    except Exception as error:
        raise FaultError(f"{type(error).__name__} at {_place(error)}", str(error)) from error
    return spent_s() - began if told is None else told


def check(target: Target, octets: bytes) -> float:
    """As `attempt`; an input that seems slow is tried again: the machine may have been in the way.

    Raises:
        FaultError: as `attempt`, or it is too slow every time.
    """
    spent = attempt(target, octets)
    if spent > target.slowest_s:
        for _ in range(3):
            again = target.remake() if target.remake else target
            spent = min(spent, attempt(again, octets))
        if spent > target.slowest_s:
            raise FaultError("slow", f"{spent * 1000:.0f} ms of CPU time at least")
    return spent


def _place(error: BaseException) -> str:
    places = list(_places(error))
    return next((place for place in reversed(places) if "softmeter" in place), places[-1] if places else "?")


def _places(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        yield f"{trace.tb_frame.f_code.co_filename.rpartition('/src/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
