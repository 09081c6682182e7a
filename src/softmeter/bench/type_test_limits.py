"""How far a meter may be off: limits of EN 50470-3, IEC 62053-23, IEC 62052-11 and of MID 2014/32/EU, annex V.

Every limit says whether a second source was found for it. Most of those of the standards are generally known, but were
not read in the standards themselves; a report says so beside each. What is known for one class only is not guessed for
others.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class AccuracyClass(StrEnum):
    """Classes of EN 50470-3 and of the MID."""

    A = "A"
    B = "B"
    C = "C"


class Mark(StrEnum):
    """Where a limit comes from."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    OWN = "own"
    """Of this program; no standard's."""


class Limit(NamedTuple):
    """The greatest possible figure, and how well that is known."""

    greatest: float
    mark: Mark = Mark.UNVERIFIED


Limits = Mapping[AccuracyClass, Limit]
"""By class; a class that is missing has none."""


def active(*, below_itr: bool) -> Limits:
    """EN 50470-3: errors of active energy at reference conditions, %."""
    if below_itr:
        return _each(Limit(2.5), Limit(1.5), Limit(1.0))
    return _each(Limit(2.0), Limit(1.0, Mark.VERIFIED), Limit(0.5))


def reactive(percent: float) -> Limits:
    """IEC 62053-23, class 2, which goes with every class of active energy."""
    return _each(*(Limit(percent) for _ in AccuracyClass))


def influence(percent: float) -> Limits:
    """The change that one quantity may cause, %: known for class B."""
    return {AccuracyClass.B: Limit(percent)}


_MID = (
    (5, 30, (3.5, 2.0, 1.0), (3.5, 2.0, 0.7)),
    (-10, 40, (5.0, 2.5, 1.3), (4.5, 2.5, 1.0)),
    (-25, 55, (7.0, 3.5, 1.7), (7.0, 3.5, 1.3)),
    (-40, 70, (9.0, 4.0, 2.0), (9.0, 4.0, 1.5)),
)
"""Directive 2014/32/EU, annex V, table 2, one phase: °C from and to, classes A, B, C below Itr and from Itr on."""


def permissible(temperature_c: float, *, below_itr: bool) -> Limits:
    """MID: what may be wrong under rated operating conditions, %; nothing outside -40 to 70 °C."""
    for coldest, warmest, low, rest in _MID:
        if coldest <= temperature_c <= warmest:
            return _each(*(Limit(percent, Mark.VERIFIED) for percent in (low if below_itr else rest)))
    return {}


def _each(a: Limit, b: Limit, c: Limit) -> Limits:
    return {AccuracyClass.A: a, AccuracyClass.B: b, AccuracyClass.C: c}
