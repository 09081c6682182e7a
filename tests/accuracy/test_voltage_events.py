"""Goal A8: of 1000 scripted sags, swells and interruptions each is found once, and begins when it began.

The script is the truth and knows nothing of the meter. Front end: 24 bits, otherwise ideal, 4000 samples per second.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pytest

from accuracy.terminals import Terminals
from accuracy.truth import AMPERES_PER_COUNT, VOLTS_PER_COUNT
from softmeter.instant import SECOND, at_second
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.metrology.voltage_events import Condition, Told, VoltageLimits, Watch, watched
from softmeter.signal.samples import Counts

EVENTS = 1000
LONGER = VoltageLimits(sag_s=1, swell_s=1, missing_s=1)
KINDS = {
    Condition.UNDERVOLTAGE: (116.0, 206.95),
    Condition.OVERVOLTAGE: (253.05, 299.0),
    Condition.MISSING: (0.0, 114.95),
}
"""Effective volts that are this condition: to 0.05 V of the thresholds 207, 253 and 115 V."""


class Scripted(NamedTuple):
    """A time at another voltage."""

    begin_s: float
    end_s: float
    volts: float
    condition: Condition


def script(seed: int, count: int, shortest_s: float, longest_s: float, pause_s: float = 1.1) -> list[Scripted]:
    """Events with normal voltage between them, for `pause_s` to three seconds more."""
    chance = random.Random(seed)  # noqa: S311  (a script, no secret)
    events, at = [], 2.0
    for _ in range(count):
        condition = chance.choice(list(KINDS))
        begin = at + chance.uniform(pause_s, pause_s + 3)
        at = begin + chance.uniform(shortest_s, longest_s)
        events.append(Scripted(begin, at, chance.uniform(*KINDS[condition]), condition))
    return events


class Supply:
    """A cosine whose amplitude follows a script."""

    def __init__(self, events: list[Scripted], hz: float) -> None:
        self.hz = hz
        self.edges = np.array([edge for event in events for edge in event[:2]])
        self.volts = np.array([230.0, *(volts for event in events for volts in (event.volts, 230.0))])

    def counts(self, rate_hz: int, first: int, count: int) -> tuple[Counts, Counts]:
        times = (np.arange(first, first + count) + 0.5) / rate_hz
        cosine = np.sqrt(2) * np.cos(2 * np.pi * self.hz * times)
        level = self.volts[np.searchsorted(self.edges, times)]
        voltage = np.rint(level * cosine / VOLTS_PER_COUNT).astype(np.int32)
        return voltage, np.rint(level / 100 * cosine / AMPERES_PER_COUNT).astype(np.int32)


def found(events: list[Scripted], hz: float, limits: VoltageLimits) -> list[Told]:
    """What is told of the supply, minute by minute."""
    metering = Metering(Terminals(Supply(events, hz), 4000))
    watch, told = Watch(), list[Told]()
    for first in range(0, int(events[-1].end_s) + 8, 60):
        cycles = integrate(metering.measurements(first, 60)).half_cycles_mv
        assert cycles is not None
        watch, more = watched(watch, limits, cycles.ravel(), at_second(first), SECOND // 100)
        told += more
    return told


@pytest.mark.slow
@pytest.mark.parametrize(("hz", "seed"), [(50.0, 1), (47.6, 2), (52.4, 3), (49.97, 4)])
def test_each_of_1000_events_is_found_once_at_its_time(hz: float, seed: int) -> None:
    events = script(seed, EVENTS // 4, 1.05, 4)
    told = found(events, hz, LONGER)
    disturbances = [each for each in told if each.condition is not Condition.NORMAL]
    assert [each.condition for each in disturbances] == [event.condition for event in events]
    assert len(told) == 2 * len(events)
    for each, event in zip(disturbances, events, strict=True):
        assert abs(each.begin / SECOND - event.begin_s) <= 0.025
    for each, event in zip(told[1::2], events, strict=True):
        assert each.condition is Condition.NORMAL
        assert abs(each.begin / SECOND - event.end_s) <= 0.025
        if event.condition is not Condition.OVERVOLTAGE:
            assert each.ended_extreme_mv == pytest.approx(1000 * event.volts, abs=600)  # 0.26 % of Un


@pytest.mark.slow
def test_shorter_events_are_not_told() -> None:
    assert found(script(5, 250, 0.02, 0.95), 50.03, LONGER) == []


@pytest.mark.slow
def test_thresholds_are_met_to_50_mv() -> None:
    for volts, condition in ((206.95, Condition.UNDERVOLTAGE), (253.05, Condition.OVERVOLTAGE)):
        events = [Scripted(3.0, 9.0, volts, condition)]
        assert found(events, 49.3, LONGER)[0].condition is condition
    for volts in (207.05, 252.95):
        assert found([Scripted(3.0, 9.0, volts, Condition.NORMAL)], 49.3, LONGER) == []


@pytest.mark.slow
def test_seconds_find_1000_events_to_the_second() -> None:
    events = script(6, EVENTS, 62.0, 70.0, 62.0)
    # The effective value of a second is the root of the mean of squares, in closed form.
    squares = np.full(int(events[-1].end_s) + 80, 230.0**2)
    for event in events:
        seconds = np.arange(int(event.begin_s), int(event.end_s) + 1)
        inside = np.minimum(seconds + 1, event.end_s) - np.maximum(seconds, event.begin_s)
        squares[seconds] += inside * (event.volts**2 - 230.0**2)
    voltage = np.rint(1000 * np.sqrt(squares)).astype(np.int64)
    _, told = watched(Watch(), VoltageLimits(), voltage, at_second(0), SECOND)
    disturbances = [each for each in told if each.condition is not Condition.NORMAL]
    assert [each.condition for each in disturbances] == [event.condition for event in events]
    for each, event in zip(disturbances, events, strict=True):
        assert abs(each.begin / SECOND - event.begin_s) <= 1
    assert [abs(each.begin / SECOND - event.end_s) <= 1 for each, event in zip(told[1::2], events, strict=True)] == (
        [True] * EVENTS
    )
