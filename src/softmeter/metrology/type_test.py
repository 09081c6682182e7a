"""A type test of the metrology behind a front end: errors at every point, starting, no load, meter constant."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import Seconds, integrate
from softmeter.metrology.metering import Metering
from softmeter.metrology.pulses import MJ_PER_PULSE, pulse_instants
from softmeter.metrology.type_test_points import IMAX_A, IST_A, UN_V, AccuracyClass, Judged, Point, points
from softmeter.signal.constant import Constant
from softmeter.signal.front_end import FrontEnd, FrontEndWaveform
from softmeter.signal.grid import Grid, GridWaveform
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Integers

SECONDS = 20
"""A whole number of cycles at 49, 50 and 51 Hz."""
STARTING_S = 470
"""1.2 times the 391.3 s that the starting current needs for a pulse."""
NO_LOAD_S = 23 * 60
CONSTANT_S = 60

_ACTIVE = slice(Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT + 1)


class Result(NamedTuple):
    """What became of one test."""

    clause: str
    condition: str
    judged: str
    current_a: float
    error: float
    """% of the energy, or the change of that; for the other tests the figure in `unit`."""
    limit: float | None
    unit: str
    passed: bool | None
    """None where no limit is known."""


def count() -> int:
    """How many results `run` gives."""
    return sum(1 for _ in points()) + 4


def run(front_end: FrontEnd, rate_hz: int, accuracy_class: AccuracyClass) -> Iterator[Result]:
    """Test after test."""
    errors: dict[str, float] = {}
    for point in points():
        error = _error(point, front_end, rate_hz)
        errors.setdefault(point.condition, error)
        if point.reference:
            error -= errors[point.reference]
        limit = point.limits.get(accuracy_class)
        passed = None if limit is None else abs(error) <= limit
        yield Result(point.clause, point.condition, point.judged, point.current_a, error, limit, "%", passed)
    for name, power in (("import", UN_V * IST_A), ("export", -UN_V * IST_A)):
        yield _starting(name, power, front_end, rate_hz)
    yield _no_load(front_end, rate_hz)
    yield _constant(front_end, rate_hz)


def _error(point: Point, front_end: FrontEnd, rate_hz: int) -> float:
    """By how much the registers differ from the truth, in %."""
    apparent = point.voltage_v * point.current_a
    load = Constant(
        point.voltage_v, point.current_a, apparent * float(np.cos(point.angle)), apparent * float(np.sin(point.angle))
    )
    phase = Phase(Fraction(point.hz))
    grid = Grid(phase, point.voltage_harmonics, point.current_harmonics, rate_hz=rate_hz)
    seconds = _measured(grid, load, front_end, SECONDS)
    counted = seconds.active_mj if point.judged is Judged.ACTIVE else seconds.reactive_mvars
    return (float(counted.sum()) / (1000 * SECONDS * point.true_power) - 1) * 100


def _measured(grid: Grid, load: Constant, front_end: FrontEnd, seconds: int) -> Seconds:
    waveform = FrontEndWaveform(GridWaveform(grid, load), front_end)
    return integrate(Metering(waveform).measurements(0, seconds))


def _energy(load: Constant, front_end: FrontEnd, rate_hz: int, seconds: int) -> Integers:
    """|+A| + |-A| of each second, mJ."""
    grid = Grid(Phase(Fraction(50)), rate_hz=rate_hz)
    counted: Integers = quantities(_measured(grid, load, front_end, seconds))[_ACTIVE].sum(axis=0)
    return counted


def _starting(direction: str, power_w: float, front_end: FrontEnd, rate_hz: int) -> Result:
    energy = _energy(Constant(UN_V, IST_A, power_w), front_end, rate_hz, STARTING_S)
    pulses = pulse_instants(0, energy, 0)
    needed = float(pulses[0]) / 1e9 if len(pulses) else float("inf")
    return Result(
        "EN 50470-3, starting", f"20 mA, {direction}: first pulse", "active", IST_A, needed, STARTING_S, "s",
        needed <= STARTING_S,
    )  # fmt: skip


def _no_load(front_end: FrontEnd, rate_hz: int) -> Result:
    energy = _energy(Constant(1.15 * UN_V), front_end, rate_hz, NO_LOAD_S)
    pulses = len(pulse_instants(0, energy, 0))
    condition = "264.5 V, no current, 23 min: pulses"
    return Result("EN 50470-3, no load", condition, "active", 0.0, pulses, 1, "pulses", pulses <= 1)


def _constant(front_end: FrontEnd, rate_hz: int) -> Result:
    energy = _energy(Constant(UN_V, IMAX_A, UN_V * IMAX_A), front_end, rate_hz, CONSTANT_S)
    pulses = pulse_instants(0, energy, 0)
    given = np.searchsorted(pulses, np.arange(1, CONSTANT_S + 1) * 10**9, side="right")
    off = float(np.abs(energy.cumsum() - given * MJ_PER_PULSE).max()) / 3_600_000
    condition = "65 A, 60 s: register and pulses apart"
    return Result("EN 50470-3, meter constant", condition, "active", IMAX_A, off, 0.5, "Wh", off < 0.5)
