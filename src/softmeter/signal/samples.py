"""What happens at the terminals: waveform blocks, measurements per whole UTC second, and what sources of both can do.

Means over one second are what the meter of manual 2.2 works with: `E = ∫ u·i dt` with T = 1 s. A `Source` gives them at
once; a `Waveform` gives samples, out of which `metrology.metering` makes a `Source`.
"""

import itertools
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]


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
    rms value and never negative. `active_power_w` is the energy of exactly this second; `shown_power_w` is the mean
    power over a window with smooth edges, which does not ripple when mains cycles do not fit the second. Without one
    they are the same. What only waveforms can tell is None where there are none.
    """

    first_second: int
    voltage_v: Floats
    current_a: Floats
    active_power_w: Floats
    reactive_power_var: Floats
    frequency_hz: Floats
    shown_power_w: Floats | None = None
    _: KW_ONLY
    half_cycles_v: Floats | None = None
    """Effective voltages of single cycles, one every 10 ms: shape (n, 100)."""
    harmonics: Floats | None = None
    """Effective volts and amperes of the fundamental and the harmonics, order 1 first: shape (n, 2, orders)."""
    faults: Integers | None = None
    """Bits of `faults.Fault`, shape (n,)."""

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


class Scale(NamedTuple):
    """What one count of each channel stands for, exactly."""

    volts: Fraction
    amperes: Fraction


class Block(NamedTuple):
    """Voltage and current sampled together: arrays of shape (n,) in counts within ±`MAX_COUNT`."""

    first_sample: int
    voltage: Counts
    current: Counts

    def __len__(self) -> int:
        return len(self.voltage)


MAX_COUNT = 2**23 - 1
"""The greatest count of a converter of 24 bits. A second's sum of products then fits 64 bits at every rate."""

MAINS_V = (184.0, 276.0)
"""Effective voltages of mains of 230 V: ±20 %. What a recording has outside of it is worth a question."""

MAINS_HZ = (42.5, 57.5)
"""Frequencies that the meter measures."""

NO_COUNT = -MAX_COUNT - 1
"""The count of a sample that has no value."""

RATES_HZ = range(400, 50_001, 25)
"""Possible numbers of samples per second: 40 ms hold a whole number of them."""


@runtime_checkable
class Waveform(Protocol):
    """Where samples come from.

    Sample n stands for the time from n / rate to (n + 1) / rate seconds since 1970 and is taken in its middle, so sums
    of samples are integrals by the midpoint rule.
    """

    @property
    def rate_hz(self) -> int:
        """Samples per second, one of `RATES_HZ`."""
        ...

    @property
    def scale(self) -> Scale: ...

    def samples(self, first: int, count: int) -> Block:
        """`count` samples from the absolute index `first`: a pure function of its arguments."""
        ...

    @property
    def findings(self) -> tuple[str, ...]:
        """What was derived, defaulted or noticed, a line each."""
        ...


def rate_checked(rate_hz: int) -> int:
    """The rate, if it is one of `RATES_HZ`.

    Raises:
        ValueError: it is not.
    """
    if rate_hz not in RATES_HZ:
        raise ValueError(f"{rate_hz} samples per second: must be 400 to 50000, and a multiple of 25")
    return rate_hz


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
    columns = {name: _concatenated([getattr(piece, name) for piece in pieces]) for name in names}
    if columns["shown_power_w"] is None and any(piece.shown_power_w is not None for piece in pieces):
        shown = [piece.active_power_w if piece.shown_power_w is None else piece.shown_power_w for piece in pieces]
        columns["shown_power_w"] = np.concatenate(shown)
    return Measurements(pieces[0].first_second, **columns)


def _concatenated(parts: list[Any]) -> Any:
    """Arrays one after the other; None where one of them is missing."""
    return None if any(part is None for part in parts) else np.concatenate(parts)
