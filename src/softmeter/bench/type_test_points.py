"""What a type-test laboratory tests: EN 50470-3 (active energy), IEC 62053-23 (reactive), MID 2014/32/EU, annex V.

Meter: 230 V, 50 Hz, 0.25-5(65) A, direct connection: Itr is 0.5 A, Iref 5 A, Imax 65 A (manual 2.3). The limits are
those of `type_test_limits`.
"""

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from itertools import product
from math import acos, asin, cos, pi, radians, sin, sqrt
from typing import NamedTuple

from softmeter.bench.type_test_limits import Limits, active, influence, permissible, reactive
from softmeter.bench.type_test_signals import Turns, phase_fired
from softmeter.signal.grid import Harmonic, half_waves

UN_V, IMIN_A, ITR_A, IREF_A, IMAX_A, IST_A = 230.0, 0.25, 0.5, 5.0, 65.0, 0.02
CURRENTS_A = (IMIN_A, ITR_A, 1.0, IREF_A, IMAX_A / 2, IMAX_A)
SECONDS = 20
"""A whole number of cycles at 49, 50 and 51 Hz, and of bursts."""
ACTIVE_CLAUSE, REACTIVE_CLAUSE = "EN 50470-3, accuracy", "IEC 62053-23, accuracy"
MID_CLAUSE = "MID 2014/32/EU, annex V"


class Judged(StrEnum):
    """Which register is judged."""

    ACTIVE = "active"
    REACTIVE = "reactive"


class Point(NamedTuple):
    """One test: a load held for some seconds, and how far the register may be off."""

    clause: str
    condition: str
    judged: Judged
    current_a: float
    """Effective value of the fundamental, while it flows."""
    angle: float
    """By which it lags, in radians."""
    limits: Limits
    """% of the energy, or of its change where there is a `reference`; empty where none is known."""
    voltage_v: float = UN_V
    hz: int = 50
    voltage_harmonics: tuple[Harmonic, ...] = ()
    current_harmonics: tuple[Harmonic, ...] = ()
    turns: Turns | None = None
    warmer_k: float = 0.0
    """By how much the front end is warmer than it is otherwise."""
    seconds: int = SECONDS
    reference: str = ""
    """The condition of the point whose error is subtracted."""

    @property
    def true_power(self) -> float:
        """W or var: the sum over the orders that voltage and current share."""
        apparent = self.voltage_v * self.current_a
        if self.judged is Judged.REACTIVE:
            return apparent * sin(self.angle)
        power = apparent * cos(self.angle)
        for order, ratio, phase in self.voltage_harmonics:
            for other, share, lag in self.current_harmonics:
                if order == other and order:
                    power += apparent * ratio * share * cos(radians(phase - lag) + order * self.angle)
        return power if self.turns is None else power * self.turns.share


def points(temperature_c: float) -> Iterator[Point]:
    """All tests of accuracy, those at reference conditions first; limits of the MID depend on the temperature."""
    yield from _active()
    yield from _reactive()
    yield from _influences()
    yield from _load_steps()
    yield from _permissible(temperature_c)


_DIRECTIONS = (("import", 0.0), ("export", pi))
_FACTORS = (("PF 1", 0.0), ("PF 0.5 ind", acos(0.5)), ("PF 0.8 cap", -acos(0.8)))


def _active() -> Iterator[Point]:
    for (direction, turn), (factor, angle), current in product(_DIRECTIONS, _FACTORS, CURRENTS_A):
        below_itr = current < ITR_A
        if below_itr and angle:
            continue
        condition = f"{current:g} A, {factor}, {direction}"
        yield Point(ACTIVE_CLAUSE, condition, Judged.ACTIVE, current, angle + turn, active(below_itr=below_itr))


def _reactive() -> Iterator[Point]:
    sines = ((1.0, IMIN_A, ITR_A, 2.5, 2.0), (0.5, ITR_A, 1.0, 2.5, 2.0), (0.25, 1.0, 1.0, 2.5, 2.5))
    for (direction, turn), (side, sign), (sine, least, tighter, first, rest) in product(
        _DIRECTIONS, (("ind", 1), ("cap", -1)), sines
    ):
        for current in CURRENTS_A:
            if current < least:
                continue
            condition = f"{current:g} A, sin {sine:g} {side}, {direction}"
            limits = reactive(first if current < tighter else rest)
            yield Point(REACTIVE_CLAUSE, condition, Judged.REACTIVE, current, sign * asin(sine) + turn, limits)


def _influence(of: str, condition: str, current: float, limit: float, at: str, angle: float = 0.0) -> Point:
    clause, reference = f"EN 50470-3, influence of {of}", f"{at}, import"
    return Point(clause, condition, Judged.ACTIVE, current, angle, influence(limit), reference=reference)


def _influences() -> Iterator[Point]:
    loads = [
        (f"{current:g} A, {factor}", current, angle, limits)
        for factor, angle, *limits in ((*_FACTORS[0], 0.7, 0.5, 0.05), (*_FACTORS[1], 1.0, 0.7, 0.07))
        for current in (ITR_A, IREF_A, IMAX_A)
    ]
    for (at, current, angle, limits), (change, times) in product(loads, ((-20, 3), (-10, 1), (10, 1), (15, 3))):
        changed = _influence("voltage", f"{change:+d} % voltage, {at}", current, times * limits[0], at, angle)
        yield changed._replace(voltage_v=UN_V * (1 + change / 100))
    for (at, current, angle, limits), hz in product(loads, (49, 51)):
        yield _influence("frequency", f"{hz} Hz, {at}", current, limits[1], at, angle)._replace(hz=hz)
    for (at, current, angle, limits), kelvin in product(loads, (-10, 10)):
        changed = _influence("temperature", f"{kelvin:+d} K, {at}", current, 10 * limits[2], at, angle)
        yield changed._replace(warmer_k=kelvin)
    yield from _shapes()


def _shapes() -> Iterator[Point]:
    half_imax, iref = f"{IMAX_A / 2:g} A, PF 1", f"{IREF_A:g} A, PF 1"
    fifth = _influence("harmonics", "fifth harmonic 10 % U, 40 % I", IMAX_A / 2, 0.8, half_imax)
    yield fifth._replace(voltage_harmonics=(Harmonic(5, 0.1),), current_harmonics=(Harmonic(5, 0.4),))
    half = _influence("direct current", "half-waves, direct current", IMAX_A / 2 / sqrt(2), 3.0, half_imax)
    yield half._replace(current_harmonics=half_waves(1.0))
    current, lag, shape = phase_fired(IREF_A / 2)
    fired = _influence("odd harmonics", "phase-fired at 90 degrees", current, 3.0, iref, lag)
    yield fired._replace(current_harmonics=shape)
    bursts = _influence("sub-harmonics", "bursts, 2 cycles on and 2 off", IREF_A / 2, 3.0, iref)
    yield bursts._replace(turns=Turns(Fraction(1, 25), Fraction(1, 25)))


def _load_steps() -> Iterator[Point]:
    for on, off, seconds in (("10", "10", 60), ("5", "5", 60), ("5", "0.5", 55)):
        steps = _influence("load steps", f"{on} s on, {off} s off", IREF_A, 2.0, f"{IREF_A:g} A, PF 1")
        turns = Turns(Fraction(on), Fraction(off))
        yield steps._replace(clause="IEC 62052-11, fast load steps", turns=turns, seconds=seconds)


def _permissible(temperature_c: float) -> Iterator[Point]:
    """Corners of the rated operating conditions; 0.9 to 1.1 Un and 0.98 to 1.02 fn are unverified."""
    for current, (factor, angle), share, hz in product((IMIN_A, ITR_A, IMAX_A), _FACTORS, (0.9, 1.1), (49, 51)):
        condition = f"{current:g} A, {factor}, {share * UN_V:g} V, {hz} Hz"
        limits = permissible(temperature_c, below_itr=current < ITR_A)
        yield Point(MID_CLAUSE, condition, Judged.ACTIVE, current, angle, limits, voltage_v=share * UN_V, hz=hz)
