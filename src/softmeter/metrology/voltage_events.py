"""Undervoltage, overvoltage and missing voltage, told from effective voltages as they come (manual 5.3.3, 9.2).

A condition holds from when the voltage came into its band; it is told once it has stayed there for the band's time. So
it is left in the same way as it is entered: when another one has lasted. Undervoltage that turns into missing voltage
before it is told waits for what comes of that: missing voltage that lasts is told alone, a short one is undervoltage.
"""

from collections.abc import Iterator
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.signal.samples import Integers


class Condition(IntEnum):
    """What the voltage is."""

    NORMAL = 0
    UNDERVOLTAGE = 1
    OVERVOLTAGE = 2
    MISSING = 3


class VoltageLimits(NamedTuple):
    """Where bands end, and for how long the voltage must stay in one: `<=` is below, `>=` above.

    Once inside a band the voltage is outside again only when `hysteresis_mv` beyond its end.
    """

    sag_mv: int = 207_000
    swell_mv: int = 253_000
    missing_mv: int = 115_000
    sag_s: int = 60
    swell_s: int = 60
    missing_s: int = 60
    hysteresis_mv: int = 0

    def checked(self) -> "VoltageLimits":
        """The limits, if they are possible (manual 9.2).

        Raises:
            ConfigurationError: one is out of range.
        """
        for name, (least, greatest) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= greatest:
                raise ConfigurationError(f"{value} lies outside {least} to {greatest}", f"voltage limit {name}")
        return self

    def duration_ns(self, condition: Condition, left: Condition) -> int:
        """How long `condition` must last to be told after `left`; normal voltage, as long as what it ends."""
        decisive = left if condition is Condition.NORMAL else condition
        seconds = {
            Condition.UNDERVOLTAGE: self.sag_s,
            Condition.OVERVOLTAGE: self.swell_s,
            Condition.MISSING: self.missing_s,
            Condition.NORMAL: 0,
        }
        return seconds[decisive] * SECOND

    def condition(self, voltage_mv: int, before: Condition) -> Condition:
        """The band of a voltage that follows one in the band `before`."""
        margin = self.hysteresis_mv
        if voltage_mv <= self.missing_mv + margin * (before is Condition.MISSING):
            return Condition.MISSING
        if voltage_mv <= self.sag_mv + margin * (before in _LOW):
            return Condition.UNDERVOLTAGE
        if voltage_mv >= self.swell_mv - margin * (before is Condition.OVERVOLTAGE):
            return Condition.OVERVOLTAGE
        return Condition.NORMAL

    def calm(self, voltages_mv: Integers) -> bool:
        """Whether all voltages are normal, whatever was before."""
        low, high = self.sag_mv + self.hysteresis_mv, self.swell_mv - self.hysteresis_mv
        return bool(voltages_mv.min() > low and voltages_mv.max() < high)

    @property
    def edges(self) -> Integers:
        """Voltages above which another band may begin."""
        margin = self.hysteresis_mv
        low, high = (self.missing_mv, self.sag_mv), self.swell_mv - 1
        return np.unique([*low, *(edge + margin for edge in low), high, high - margin])


FACTORY_LIMITS = VoltageLimits()

_LOW = (Condition.UNDERVOLTAGE, Condition.MISSING)
_RANGES = {
    "sag_mv": (120_000, 228_000),
    "swell_mv": (232_000, 300_000),
    "missing_mv": (10_000, 119_000),
    "sag_s": (1, 300),
    "swell_s": (1, 300),
    "missing_s": (1, 300),
    "hysteresis_mv": (0, 10_000),
}


class Told(NamedTuple):
    """A condition that has lasted long enough, and the one it ends."""

    condition: Condition
    begin: Instant
    known: Instant
    """The end of the value with which it had."""
    ended: Condition
    ended_begin: Instant
    ended_extreme_mv: int
    """The lowest voltage of the condition that ended, of overvoltage the highest."""


class Watch(NamedTuple):
    """How far a watch over a voltage has come; made anew for each span, so an old one stays as it was."""

    told: Condition = Condition.NORMAL
    """The condition told last."""
    since: Instant = Instant(0)
    extreme_mv: int = 0
    run: Condition | None = None
    """The band the voltage is in."""
    run_since: Instant = Instant(0)
    run_extreme_mv: int = 0
    low_since: Instant = Instant(0)
    """Since when the voltage has been low, if it is: undervoltage or missing."""
    low_extreme_mv: int = 0

    def interrupted(self) -> "Watch":
        """After a time that was not watched: the condition told stays, what had not lasted yet is forgotten."""
        return self._replace(run=None)


def watched(
    watch: Watch, limits: VoltageLimits, voltages_mv: Integers, begin: Instant, step_ns: int
) -> tuple[Watch, list[Told]]:
    """Watch on: each voltage holds for `step_ns`, the first from `begin`."""
    told: list[Told] = []
    for first, last in _stretches(limits, voltages_mv):
        stretch = voltages_mv[first:last]
        at, end = Instant(begin + first * step_ns), Instant(begin + last * step_ns)
        band = limits.condition(int(stretch[0]), watch.told if watch.run is None else watch.run)
        if _waited(watch, limits, band, at):
            told.append(_told(watch, Condition.UNDERVOLTAGE, watch.low_since, at + step_ns))
            watch = watch._replace(told=Condition.UNDERVOLTAGE, since=watch.low_since, extreme_mv=watch.low_extreme_mv)
        watch = _joined(watch, band, at, int(stretch.max() if band is Condition.OVERVOLTAGE else stretch.min()))
        start, extreme = _candidate(watch, band)
        known = max(at + step_ns, at - (at - start - limits.duration_ns(band, watch.told)) // step_ns * step_ns)
        if band is not watch.told and known <= end:
            told.append(_told(watch, band, start, known))
            watch = watch._replace(told=band, since=start, extreme_mv=extreme)
    return watch, told


def _waited(watch: Watch, limits: VoltageLimits, band: Condition, at: Instant) -> bool:
    """Whether low voltage that has lasted ends, and was not told because missing voltage was under way."""
    ends = watch.run is Condition.MISSING and band not in _LOW and watch.told not in _LOW
    return ends and at - watch.low_since >= limits.duration_ns(Condition.UNDERVOLTAGE, watch.told)


def _told(watch: Watch, condition: Condition, begin: Instant, known: int) -> Told:
    return Told(condition, begin, Instant(known), watch.told, watch.since, watch.extreme_mv)


def _stretches(limits: VoltageLimits, voltages_mv: Integers) -> Iterator[tuple[int, int]]:
    """First and last of the voltages between the same edges."""
    zones = np.searchsorted(limits.edges, voltages_mv, side="left")
    changes = (np.flatnonzero(zones[1:] != zones[:-1]) + 1).tolist()
    return pairwise([0, *changes, len(voltages_mv)])


def _joined(watch: Watch, band: Condition, at: Instant, extreme_mv: int) -> Watch:
    """The watch after a stretch in a band that began at an instant, before anything is told."""
    furthest = max if band is Condition.OVERVOLTAGE else min
    if band is watch.run:
        watch = watch._replace(run_extreme_mv=furthest(watch.run_extreme_mv, extreme_mv))
    else:
        if watch.run is Condition.MISSING and watch.told is Condition.UNDERVOLTAGE:  # it did not last
            watch = watch._replace(extreme_mv=min(watch.extreme_mv, watch.run_extreme_mv))
        if band in _LOW and watch.run not in _LOW:
            watch = watch._replace(low_since=at, low_extreme_mv=extreme_mv)
        watch = watch._replace(run=band, run_since=at, run_extreme_mv=extreme_mv)
    if band in _LOW:
        watch = watch._replace(low_extreme_mv=min(watch.low_extreme_mv, extreme_mv))
    if band is watch.told:
        watch = watch._replace(extreme_mv=furthest(watch.extreme_mv, extreme_mv))
    return watch


def _candidate(watch: Watch, band: Condition) -> tuple[Instant, int]:
    """Since when the band has lasted, and its furthest voltage."""
    if band is Condition.UNDERVOLTAGE and watch.told is not Condition.MISSING:
        return watch.low_since, watch.low_extreme_mv
    return watch.run_since, watch.run_extreme_mv
