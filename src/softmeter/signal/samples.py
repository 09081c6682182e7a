"""Measurements per whole UTC second, and what every source of them can do.

Means over one second are what the meter of manual 2.2 works with: `E = ∫ u·i dt` with T = 1 s.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Column(StrEnum):
    """The measured quantities, by the names they have in `Measurements` and in recordings."""

    VOLTAGE = "voltage_v"
    CURRENT = "current_a"
    ACTIVE_POWER = "active_power_w"
    REACTIVE_POWER = "reactive_power_var"
    FREQUENCY = "frequency_hz"


class Limits(NamedTuple):
    """The least and the greatest value a source may give."""

    least: float
    greatest: float


LIMITS = {
    Column.VOLTAGE: Limits(0.0, 1_000.0),
    Column.CURRENT: Limits(-10_000.0, 10_000.0),
    Column.ACTIVE_POWER: Limits(-1e6, 1e6),
    Column.REACTIVE_POWER: Limits(-1e6, 1e6),
    Column.FREQUENCY: Limits(0.0, 100.0),
}
"""Far beyond any household, and small enough that decades of millijoules fit 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """Means over whole UTC seconds: entry k covers [first_second + k, first_second + k + 1).

    All arrays have shape (n,). Active power is positive on import, reactive power when inductive; the current is an
    rms value and never negative.
    """

    first_second: int
    voltage_v: Floats
    current_a: Floats
    active_power_w: Floats
    reactive_power_var: Floats
    frequency_hz: Floats

    def __len__(self) -> int:
        return len(self.voltage_v)


class Source(Protocol):
    """Where measurements come from."""

    def measurements(self, first_second: int, count: int) -> Measurements:
        """The measurements of `count` seconds: a pure function of its arguments, so any partition gives the same."""
        ...

    @property
    def findings(self) -> tuple[str, ...]:
        """What was derived, defaulted or noticed, a line each."""
        ...


def joined(parts: Iterable[Measurements]) -> Measurements:
    """Measurements that follow each other, as one.

    Raises:
        ValueError: there is none, or one does not begin where the one before it ends.
    """
    pieces = list(parts)
    if not pieces:
        raise ValueError("no measurements to join")
    for before, after in itertools.pairwise(pieces):
        if after.first_second != before.first_second + len(before):
            message = f"measurements of second {after.first_second} cannot follow {before.first_second} + {len(before)}"
            raise ValueError(message)
    if len(pieces) == 1:
        return pieces[0]
    names = [field.name for field in fields(Measurements)[1:]]
    columns = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in names}
    return Measurements(pieces[0].first_second, **columns)
