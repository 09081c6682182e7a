"""What a type-test laboratory tests: EN 50470-3 (active, classes A, B, C) and IEC 62053-23 (reactive, class 2).

The limits were not read in the standards themselves but are generally known; a report says so. Meter: 230 V, 50 Hz,
0.25-5(65) A, direct connection: Itr is 0.5 A, Iref 5 A, Imax 65 A (manual 2.3).
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from math import acos, asin, atan, cos, degrees, pi, radians, sin, sqrt
from typing import NamedTuple

import numpy as np

from softmeter.signal.grid import Harmonic, half_waves

UN_V, IMIN_A, ITR_A, IREF_A, IMAX_A, IST_A = 230.0, 0.25, 0.5, 5.0, 65.0, 0.02
HIGHEST_SHAPED_ORDER = 39


class AccuracyClass(StrEnum):
    """Classes of EN 50470-3."""

    A = "A"
    B = "B"
    C = "C"


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
    """Effective value of the fundamental."""
    angle: float
    """By which it lags, in radians."""
    limits: Mapping[AccuracyClass, float]
    """% of the energy, or of its change where there is a `reference`; empty where none is known."""
    voltage_v: float = UN_V
    hz: int = 50
    voltage_harmonics: tuple[Harmonic, ...] = ()
    current_harmonics: tuple[Harmonic, ...] = ()
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
        return power


def points() -> Iterator[Point]:
    """All tests of accuracy, those at reference conditions first."""
    yield from _active()
    yield from _reactive()
    yield from _influences()


def _each(a: float, b: float, c: float) -> Mapping[AccuracyClass, float]:
    return {AccuracyClass.A: a, AccuracyClass.B: b, AccuracyClass.C: c}


_DIRECTIONS = (("import", 0.0), ("export", pi))
_FACTORS = (("PF 1", 0.0), ("PF 0.5 ind", acos(0.5)), ("PF 0.8 cap", -acos(0.8)))


def _active() -> Iterator[Point]:
    for direction, turn in _DIRECTIONS:
        for factor, angle in _FACTORS:
            for current in (IMIN_A, ITR_A, 1.0, IREF_A, IMAX_A / 2, IMAX_A):
                if current < ITR_A and angle:
                    continue
                limits = _each(2.5, 1.5, 1.0) if current < ITR_A else _each(2.0, 1.0, 0.5)
                condition = f"{current:g} A, {factor}, {direction}"
                yield Point("EN 50470-3, accuracy", condition, Judged.ACTIVE, current, angle + turn, limits)


def _reactive() -> Iterator[Point]:
    for direction, turn in _DIRECTIONS:
        for side, sign in (("ind", 1), ("cap", -1)):
            for sine, least, tighter, first, rest in (
                (1.0, IMIN_A, ITR_A, 2.5, 2.0),
                (0.5, ITR_A, 1.0, 2.5, 2.0),
                (0.25, 1.0, 1.0, 2.5, 2.5),
            ):
                for current in (IMIN_A, ITR_A, 1.0, IREF_A, IMAX_A / 2, IMAX_A):
                    if current < least:
                        continue
                    limit = first if current < tighter else rest
                    condition = f"{current:g} A, sin {sine:g} {side}, {direction}"
                    angle = sign * asin(sine) + turn
                    limits = _each(limit, limit, limit)
                    yield Point("IEC 62053-23, accuracy", condition, Judged.REACTIVE, current, angle, limits)


def _influences() -> Iterator[Point]:
    def point(condition: str, current: float, limit: float, reference: str, angle: float = 0.0) -> Point:
        limits = {AccuracyClass.B: limit}
        return Point(
            "EN 50470-3, influence", condition, Judged.ACTIVE, current, angle, limits, reference=f"{reference}, import"
        )

    for factor, angle, of_voltage, of_frequency in ((*_FACTORS[0], 0.7, 0.5), (*_FACTORS[1], 1.0, 0.7)):
        for current in (ITR_A, IREF_A, IMAX_A):
            at = f"{current:g} A, {factor}"
            for change, limit in ((-20, 3), (-10, 1), (10, 1), (15, 3)):
                changed = point(f"{change:+d} % voltage, {at}", current, limit * of_voltage, at, angle)
                yield changed._replace(voltage_v=UN_V * (1 + change / 100))
            for hz in (49, 51):
                yield point(f"{hz} Hz, {at}", current, of_frequency, at, angle)._replace(hz=hz)
    fifth = point("fifth harmonic 10 % U, 40 % I", IMAX_A / 2, 0.8, f"{IMAX_A / 2:g} A, PF 1")
    yield fifth._replace(voltage_harmonics=(Harmonic(5, 0.1),), current_harmonics=(Harmonic(5, 0.4),))
    half = point("half-waves, direct current", IMAX_A / 2 / sqrt(2), 3.0, f"{IMAX_A / 2:g} A, PF 1")
    yield half._replace(current_harmonics=half_waves(1.0))
    current, lag, shape = phase_fired(IREF_A / 2)
    yield point("phase-fired at 90 degrees", current, 3.0, f"{IREF_A:g} A, PF 1", lag)._replace(current_harmonics=shape)


def phase_fired(current_a: float) -> tuple[float, float, tuple[Harmonic, ...]]:
    """A sine of `current_a` that flows only in the second half of each half-wave.

    Returns the effective value of its fundamental, by how much that lags, and its harmonics, band-limited.
    """
    fundamental = complex(1 / 2, -1 / pi)
    lag = atan(2 / pi)
    shape = []
    for order in range(3, HIGHEST_SHAPED_ORDER + 1, 2):
        low, high = 1 - order, 1 + order
        cosine = sum((cos(k * pi / 2) - cos(k * pi)) / k for k in (high, low)) / pi
        sine = (sin(high * pi / 2) / high - sin(low * pi / 2) / low) / pi
        turned = complex(cosine, -sine) * np.exp(1j * order * (pi / 2 + lag))
        shape.append(Harmonic(order, float(abs(turned) / abs(fundamental)), degrees(float(np.angle(turned)))))
    return current_a * abs(fundamental), lag, tuple(shape)
