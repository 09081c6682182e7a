"""Weeks of bad voltage: which averages are judged, and when (EN 50160)."""

import pytest

from device.making import SETTINGS, events, restored
from device.test_power_quality import START, Levels, at
from softmeter.device.adjustment import set_clock
from softmeter.device.device import Device
from softmeter.device.events import Log
from softmeter.device.voltage_quality import Week
from softmeter.instant import SECOND, Instant, parse_instant

PERIOD_S, WEEK_S = 600, 7 * 86_400
WEEK_END = WEEK_S - 3600
"""Seconds after the Monday `START` at which the next one begins in local time."""
FIRST = WEEK_END - 48 * PERIOD_S
BAD = ("2026-01-12T00:00:00+01:00", 92)


def lived(seconds: int, *spans: tuple[int, int, float]) -> Device:
    """A meter whose first week has 48 periods; seconds, and those of spans with another voltage, count from then."""
    meter = Device(SETTINGS, Levels(*[(FIRST + begin, FIRST + end, volts) for begin, end, volts in spans]), at(FIRST))
    meter.advance(at(FIRST + seconds))
    return meter


def bad(meter: Device) -> list[tuple[str, int]]:
    return [line for line in events(meter, Log.POWER_QUALITY) if line[1] == BAD[1]]


@pytest.mark.parametrize(
    ("periods", "volts", "expected"),
    [
        (2, 206.9, []),  # two of 48 may lie outside the narrow range, three may not
        (3, 206.9, [BAD]),
        (3, 207.0, []),
        (3, 253.0, []),
        (1, 253.1, [BAD]),  # none may lie outside the wide range
        (1, 195.4, [BAD]),
        (1, 195.5, []),
    ],
)
@pytest.mark.manual("5.2.voltage-quality")
def test_a_week_is_judged_at_its_end(periods: int, volts: float, expected: list[tuple[str, int]]) -> None:
    meter = lived(48 * PERIOD_S - 1, (0, periods * PERIOD_S, volts))
    assert bad(meter) == []
    meter.advance(at(WEEK_END))
    assert bad(meter) == expected
    assert bool(meter.behaviours.alarms.words[1].register & 1 << 14) is bool(expected)
    assert meter.behaviours.voltage_quality.saved()["judged"] == 0  # the next week is a new one


def test_periods_that_were_dark_for_a_while_are_not_judged() -> None:
    meter = lived(8 * 3600, (0, 300, 0.0), (300, 600, 150.0), (7200, 7801, 0.0))
    assert bad(meter) == []


def test_a_week_that_ends_in_the_dark_is_judged_when_power_is_back() -> None:
    meter = lived(8 * 3600 + 7200, (0, 600, 150.0), (8 * 3600 - 5, 8 * 3600 + 3600, 0.0))
    assert bad(meter) == [BAD]
    assert meter.behaviours.voltage_quality.due == START // SECOND + WEEK_END + WEEK_S


def test_the_running_week_outlives_a_power_cut() -> None:
    meter = lived(3600, (0, 600, 150.0))
    twin = restored(meter)
    assert twin.behaviours.voltage_quality.saved() == meter.behaviours.voltage_quality.saved()
    twin.advance(at(WEEK_END))
    assert bad(twin) == [BAD]


@pytest.mark.parametrize(("day", "expected"), [("20", [BAD]), ("11", []), ("04", [])])
def test_a_clock_set_into_another_week_judges_the_one_it_leaps_out_of(
    day: str, expected: list[tuple[str, int]]
) -> None:
    meter = lived(3600, (0, 600, 150.0))
    set_clock(meter, meter.now, meter.clock.date_time(Instant(parse_instant(f"2026-01-{day}T11:00:00Z"))))
    assert bad(meter) == expected


def test_a_clock_set_into_another_week_begins_it() -> None:
    meter = lived(3600, (0, 600, 150.0))
    set_clock(meter, meter.now, meter.clock.date_time(Instant(parse_instant("2026-01-20T11:00:00Z"))))
    assert meter.behaviours.voltage_quality.saved()["judged"] == 0
    assert meter.behaviours.voltage_quality.due == parse_instant("2026-01-25T23:00:00Z") // SECOND


def test_an_average_is_judged_by_both_ranges() -> None:
    week = Week()
    for voltage_mv in (230_000, 207_000, 206_999, 253_000, 253_001, 195_500, 195_499):
        week = week.and_one(voltage_mv)
    assert week == (7, 4, 2)
    assert week.is_bad
    assert not Week().is_bad
