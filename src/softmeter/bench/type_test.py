"""A type test of the metrology behind a front end: errors at every point, starting, no load, meter constant."""

from collections.abc import Iterator
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

import numpy as np

from softmeter.bench.type_test_limits import AccuracyClass, Limit, Mark
from softmeter.bench.type_test_points import IMAX_A, IREF_A, IST_A, SECONDS, UN_V, Judged, Point, points
from softmeter.bench.type_test_signals import Switched, Turns
from softmeter.metrology.calibration import NEUTRAL, Calibration
from softmeter.metrology.calibration_procedure import Reading, calibrate
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import Seconds, integrate
from softmeter.metrology.metering import Metering
from softmeter.metrology.pulses import MJ_PER_PULSE, pulse_instants
from softmeter.signal.constant import Constant
from softmeter.signal.front_end import REFERENCE_C, FrontEnd, FrontEndWaveform
from softmeter.signal.grid import Grid, GridWaveform
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Integers, Waveform

STARTING_S = 470
"""1.2 times the 391.3 s that the starting current needs for a pulse."""
NO_LOAD_S = 23 * 60
CONSTANT_S = 60
REPETITIONS = 5
CALIBRATION_FACTOR = 0.5
"""Inductive: there a lag shows most."""

_ACTIVE = slice(Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT + 1)
_NOMINAL = Phase(Fraction(50))
_OTHERS = 5
"""Tests that are no points: repeatability, starting both ways, no load, meter constant."""


class System(NamedTuple):
    """The measurement system that is tested."""

    front_end: FrontEnd
    rate_hz: int
    calibration: Calibration = NEUTRAL

    def seconds(self, grid: Grid, load: Constant, count: int, turns: Turns | None = None) -> Seconds:
        """What it measures of a load."""
        metering = Metering(self._seen(grid, load, turns), self.calibration)
        return integrate(metering.measurements(0, count))

    def calibrated(self) -> "System":
        """The same system, calibrated with a load of 230 V, 5 A, PF 0.5 ind as a reference meter would see it.

        Raises:
            ConfigurationError: it is too far off for that.
        """
        active, reactive = UN_V * IREF_A * CALIBRATION_FACTOR, UN_V * IREF_A * sqrt(1 - CALIBRATION_FACTOR**2)
        seen = self._seen(Grid(_NOMINAL, rate_hz=self.rate_hz), Constant(UN_V, IREF_A, active, reactive), None)
        return self._replace(calibration=calibrate(seen, Reading(UN_V, active, reactive), 0))

    def _seen(self, grid: Grid, load: Constant, turns: Turns | None) -> Waveform:
        waveform: Waveform = GridWaveform(grid, load)
        return FrontEndWaveform(waveform if turns is None else Switched(waveform, turns), self.front_end)


class Result(NamedTuple):
    """What became of one test."""

    clause: str
    condition: str
    judged: str
    current_a: float
    error: float
    """% of the energy, or the change of that; for the other tests the figure in `unit`."""
    limit: float | None
    """None where none is given for the class."""
    mark: str
    """How well the limit is known; empty where there is none."""
    unit: str
    passed: bool | None
    """None where there is no limit."""


def count() -> int:
    """How many results `run` gives."""
    return sum(1 for _ in points(REFERENCE_C)) + _OTHERS


def run(system: System, accuracy_class: AccuracyClass) -> Iterator[Result]:
    """Test after test."""
    errors: dict[str, float] = {}
    for point in points(system.front_end.temperature_c):
        error = _error(point, system)
        errors.setdefault(point.condition, error)
        if point.reference:
            error -= errors[point.reference]
        limit = point.limits.get(accuracy_class)
        yield _result(point.clause, point.condition, point.judged, point.current_a, error, limit, "%")
    yield _repeatability(system)
    for name, power in (("import", UN_V * IST_A), ("export", -UN_V * IST_A)):
        yield _starting(name, power, system)
    yield _no_load(system)
    yield _constant(system)


def _result(
    clause: str, condition: str, judged: str, current: float, error: float, limit: Limit | None, unit: str
) -> Result:
    if limit is None:
        return Result(clause, condition, str(judged), current, error, None, "", unit, None)
    passed = abs(error) <= limit.greatest
    return Result(clause, condition, str(judged), current, error, limit.greatest, str(limit.mark), unit, passed)


def _error(point: Point, system: System) -> float:
    """By how much the registers differ from the truth, in %."""
    apparent = point.voltage_v * point.current_a
    load = Constant(
        point.voltage_v, point.current_a, apparent * float(np.cos(point.angle)), apparent * float(np.sin(point.angle))
    )
    phase = Phase(Fraction(point.hz))
    grid = Grid(phase, point.voltage_harmonics, point.current_harmonics, rate_hz=system.rate_hz)
    front_end = system.front_end
    warmer = front_end._replace(temperature_c=front_end.temperature_c + point.warmer_k)
    seconds = system._replace(front_end=warmer).seconds(grid, load, point.seconds, point.turns)
    counted = seconds.active_mj if point.judged is Judged.ACTIVE else seconds.reactive_mvars
    return (float(counted.sum()) / (1000 * point.seconds * point.true_power) - 1) * 100


def _energy(load: Constant, system: System, seconds: int) -> Integers:
    """|+A| + |-A| of each second, mJ."""
    measured = system.seconds(Grid(_NOMINAL, rate_hz=system.rate_hz), load, seconds)
    counted: Integers = quantities(measured)[_ACTIVE].sum(axis=0)
    return counted


def _repeatability(system: System) -> Result:
    power = UN_V * IREF_A
    energy = _energy(Constant(UN_V, IREF_A, power), system, REPETITIONS * SECONDS)
    errors = energy.reshape(REPETITIONS, SECONDS).sum(axis=1) / (10 * SECONDS * power)
    condition = f"{REPETITIONS} times {SECONDS} s at {IREF_A:g} A, PF 1: spread"
    return _result("IEC 62052-11, repeatability", condition, "active", IREF_A, float(np.ptp(errors)), None, "%")


def _starting(direction: str, power_w: float, system: System) -> Result:
    energy = _energy(Constant(UN_V, IST_A, power_w), system, STARTING_S)
    pulses = pulse_instants(0, energy, 0)
    needed = float(pulses[0]) / 1e9 if len(pulses) else float("inf")
    limit = Limit(STARTING_S)
    return _result("EN 50470-3, starting", f"20 mA, {direction}: first pulse", "active", IST_A, needed, limit, "s")


def _no_load(system: System) -> Result:
    energy = _energy(Constant(1.15 * UN_V), system, NO_LOAD_S)
    pulses = len(pulse_instants(0, energy, 0))
    condition = "264.5 V, no current, 23 min: pulses"
    return _result("EN 50470-3, no load", condition, "active", 0.0, pulses, Limit(1, Mark.VERIFIED), "imp")


def _constant(system: System) -> Result:
    energy = _energy(Constant(UN_V, IMAX_A, UN_V * IMAX_A), system, CONSTANT_S)
    pulses = pulse_instants(0, energy, 0)
    given = np.searchsorted(pulses, np.arange(1, CONSTANT_S + 1) * 10**9, side="right")
    off = float(np.abs(energy.cumsum() - given * MJ_PER_PULSE).max()) / 3_600_000
    condition = "65 A, 60 s: register and pulses apart"
    result = _result("EN 50470-3, meter constant", condition, "active", IMAX_A, off, Limit(0.5, Mark.OWN), "Wh")
    return result._replace(passed=off < 0.5)
