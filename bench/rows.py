"""A row of the benchmark that is no request: what the meter does by itself, beside what others need for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Figure(NamedTuple):
    """One figure of the meter and those beside it."""

    value: float
    unit: str
    beside: str = ""
    """What others need for the same in the same run, in words."""


class Alone(NamedTuple):
    """What is measured, and what the design asks for."""

    title: str
    goal: str
    measure: Callable[..., Figure]
    """Called with `quick`, whether a short look is enough."""

    def row(self, *, quick: bool) -> dict[str, Any]:
        figure = self.measure(quick=quick)
        return {
            "row": self.title,
            "meter": figure.value,
            "unit": figure.unit,
            "beside": figure.beside,
            "goal": self.goal,
        }
