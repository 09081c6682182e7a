"""Setting the clock: slewing, events, status bits and rows."""

from dataclasses import replace
from itertools import pairwise

import pytest

from device.making import advance, device, dump, events, rows
from softmeter.clock import DAYLIGHT_SAVING, DateTime
from softmeter.device.adjustment import (
    preset_clock,
    round_clock,
    set_clock,
    set_zone,
    shift_clock,
    take_preset,
)
from softmeter.device.device import Device
from softmeter.device.zone import AMSTERDAM
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, at_second, parse_instant


def local(text: str, deviation_min: int = -60, status: int = 0) -> DateTime:
    """A local time, written like 2026-01-05 20:42:00, as a client sends it."""
    utc = parse_instant(text) // SECOND + deviation_min * 60
    return DateTime.of(utc, deviation_min, status)


def at(meter: Device, text: str) -> Device:
    advance(meter, text)
    return meter


def test_a_small_difference_is_slewed_without_a_trace() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:14:50Z")
    shift_clock(meter, meter.now, 7)
    assert events(meter) == []
    advance(meter, "2026-01-05T12:14:56Z")
    assert rows(meter) == []
    advance(meter, "2026-01-05T12:14:57Z")  # 7 s later the clock has gained 3.5 s
    assert rows(meter) == [("2026-01-05T13:15:00+01:00", 0)]
    advance(meter, "2026-01-05T12:29:53Z")
    assert rows(meter)[1:] == [("2026-01-05T13:30:00+01:00", 0)]
    assert meter.clock.time(meter.now) - meter.now == 7 * SECOND


@pytest.mark.parametrize("by_s", [-7, -3, 1, 7])
@pytest.mark.manual("6.chronology")
def test_a_slewing_clock_is_monotonic_and_misses_no_row(by_s: int) -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:14:57.3Z")
    shift_clock(meter, meter.now, by_s)
    instants = [Instant(meter.now + step * SECOND // 7) for step in range(140)]
    times = [meter.clock.time(instant) for instant in instants]
    assert all(SECOND // 14 - 2 <= after - before <= 3 * SECOND // 14 + 2 for before, after in pairwise(times))
    for instant in instants:
        meter.advance(instant)
    advance(meter, "2026-01-05T13:15:08Z")
    assert [time[11:19] for time, _ in rows(meter)] == ["13:15:00", "13:30:00", "13:45:00", "14:00:00", "14:15:00"]
    assert meter.clock.time(meter.now) == meter.now + by_s * SECOND


def test_shifts_add_up_while_the_first_is_still_slewed() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:05:00Z")
    shift_clock(meter, meter.now, 6)
    advance(meter, "2026-01-05T12:05:04Z")
    assert meter.clock.time(meter.now) - meter.now == 2 * SECOND
    shift_clock(meter, meter.now, -1)
    advance(meter, "2026-01-05T12:06:00Z")
    assert meter.clock.time(meter.now) - meter.now == 5 * SECOND


def test_a_client_sets_the_clock_a_little_after_the_last_tick() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:05:00Z")
    later = parse_instant("2026-01-05T12:05:00.75Z")
    set_clock(meter, later, local("2026-01-05T14:00:00Z"))
    assert meter.clock.date_time(later) == local("2026-01-05T14:00:00Z")
    assert events(meter) == [("2026-01-05T13:05:00+01:00", 4), ("2026-01-05T14:00:00+01:00", 5)]


@pytest.mark.manual("8.2.clock-adjusted")
def test_forward_within_the_period_marks_its_row() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:20:00Z")
    set_clock(meter, meter.now, local("2026-01-05T13:28:00Z"))
    advance(meter, "2026-01-05T12:37:00Z")
    assert rows(meter) == [
        ("2026-01-05T13:15:00+01:00", 0),
        ("2026-01-05T13:30:00+01:00", 0x20),
        ("2026-01-05T13:45:00+01:00", 0),
    ]
    assert events(meter) == [("2026-01-05T13:20:00+01:00", 4), ("2026-01-05T13:28:00+01:00", 5)]


def test_forward_over_boundaries_closes_the_period_and_skips_the_rest() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:20:00Z")
    set_clock(meter, meter.now, local("2026-01-05T16:05:00Z"))
    advance(meter, "2026-01-05T12:45:00Z")
    assert rows(meter) == [
        ("2026-01-05T13:15:00+01:00", 0),
        ("2026-01-05T13:30:00+01:00", 0x20),
        ("2026-01-05T16:15:00+01:00", 0x20),
        ("2026-01-05T16:30:00+01:00", 0),
    ]


def test_forward_onto_a_boundary_closes_the_period_once() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:20:00Z")
    set_clock(meter, meter.now, local("2026-01-05T13:30:00Z"))
    advance(meter, "2026-01-05T12:35:00Z")
    assert [status for _, status in rows(meter)] == [0, 0x20, 0x20]
    assert rows(meter)[-1][0] == "2026-01-05T13:45:00+01:00"


def test_backward_within_the_period_marks_its_row() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:28:00Z")
    set_clock(meter, meter.now, local("2026-01-05T13:16:00Z"))
    advance(meter, "2026-01-05T12:42:00Z")
    assert rows(meter) == [("2026-01-05T13:15:00+01:00", 0), ("2026-01-05T13:30:00+01:00", 0x20)]


def test_backward_over_boundaries_keeps_old_rows_and_repeats_times() -> None:
    meter = at(device("2026-01-05T20:00:00Z"), "2026-01-05T20:35:00Z")
    set_clock(meter, meter.now, local("2026-01-05T20:42:00Z"))
    advance(meter, "2026-01-05T20:54:00Z")
    assert rows(meter) == [
        ("2026-01-05T21:15:00+01:00", 0),
        ("2026-01-05T21:30:00+01:00", 0),
        ("2026-01-05T21:45:00+01:00", 0x20),
        ("2026-01-05T20:45:00+01:00", 0x20),
        ("2026-01-05T21:00:00+01:00", 0),
    ]


def test_times_that_come_again_have_second_rows_and_nothing_is_counted_twice() -> None:
    meter = at(device("2026-01-05T20:00:00Z"), "2026-01-05T20:15:05Z")
    set_clock(meter, meter.now, local("2026-01-05T21:14:50Z"))
    advance(meter, "2026-01-05T20:46:00Z")
    assert rows(meter) == [
        ("2026-01-05T21:15:00+01:00", 0),
        ("2026-01-05T21:30:00+01:00", 0x20),  # the period that the change cut off, with its nominal end
        ("2026-01-05T21:15:00+01:00", 0x20),
        ("2026-01-05T21:30:00+01:00", 0),
        ("2026-01-05T21:45:00+01:00", 0),
    ]
    counted = meter.profile("load").ring.rows()["+A"].tolist()
    assert counted == sorted(counted)


@pytest.mark.parametrize(
    ("start", "days"),
    [
        ("2028-02-27T22:00:00Z", ["2028-02-28", "2028-02-29", "2028-03-01"]),
        ("2026-02-27T22:00:00Z", ["2026-02-28", "2026-03-01"]),
        ("2100-02-27T22:00:00Z", ["2100-02-28", "2100-03-01"]),
    ],
)
@pytest.mark.slow
def test_leap_years(start: str, days: list[str]) -> None:
    meter = device(start)
    meter.advance(Instant(meter.now + len(days) * 86_400 * SECOND - 7200 * SECOND))
    assert [time[:10] for time, _ in rows(meter, "daily")] == days


def test_setting_over_midnight_closes_the_day_too() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T20:00:00Z")
    set_clock(meter, meter.now, local("2026-01-06T00:10:00Z"))
    assert rows(meter, "daily") == [("2026-01-06T00:00:00+01:00", 0x20)]
    assert meter.tariff.rate == 1


@pytest.mark.manual("5.3.clock-adjusted")
def test_setting_over_the_change_of_summer_time_is_no_event_3() -> None:
    meter = at(device("2026-03-29T00:00:00Z"), "2026-03-29T00:10:00Z")
    set_clock(meter, meter.now, local("2026-03-29T03:20:00Z", -120, DAYLIGHT_SAVING))
    assert [code for _, code in events(meter)] == [4, 5]
    advance(meter, "2026-03-29T00:20:00Z")
    assert rows(meter) == [("2026-03-29T01:15:00+01:00", 0x20), ("2026-03-29T03:30:00+02:00", 0x28)]


@pytest.mark.slow
@pytest.mark.manual("6.setting-makes-valid")
def test_setting_an_invalid_clock_makes_it_valid() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:10:00Z", "2026-01-11T12:00:00Z"))
    advance(meter, "2026-01-11T12:02:00Z")
    set_clock(meter, meter.now, local("2026-01-11T13:02:00Z"))
    assert meter.clock.date_time(meter.now).status == 0
    assert meter.tariff.rate == 3
    advance(meter, "2026-01-11T12:30:00Z")
    assert rows(meter) == [
        ("2026-01-05T13:15:00+01:00", 0xA6),
        ("2026-01-11T13:15:00+01:00", 0x20),
        ("2026-01-11T13:30:00+01:00", 0),
    ]


def test_rounding() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:22:40Z")
    round_clock(meter, meter.now, 60)
    assert meter.clock.date_time(meter.now) == local("2026-01-05T13:23:00Z")
    round_clock(meter, meter.now, 900)
    assert meter.clock.date_time(meter.now) == local("2026-01-05T13:30:00Z")
    with pytest.raises(ConfigurationError, match="no multiples"):
        round_clock(meter, meter.now, 0)


def test_preset_time_counts_only_while_it_is_valid() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:01:00Z")
    with pytest.raises(ConfigurationError, match="no preset"):
        take_preset(meter, meter.now)
    times = [local(f"2026-01-05T{time}:00Z") for time in ("15:00", "13:05", "13:10")]
    preset_clock(meter, *times)
    with pytest.raises(ConfigurationError, match="no preset"):
        take_preset(meter, meter.now)
    advance(meter, "2026-01-05T12:06:00Z")
    take_preset(meter, meter.now)
    assert meter.clock.date_time(meter.now) == local("2026-01-05T15:00:00Z")


@pytest.mark.parametrize(
    "moment",
    [
        DateTime(2026, 1, 5, 2, 12, 0, 0),  # a Monday
        DateTime(hour=12, minute=0, second=0),
        DateTime(1970, 1, 1, hour=0, minute=0, second=0),
        DateTime(2107, 1, 1, hour=0, minute=0, second=0),
        DateTime(2106, 2, 8, hour=0, minute=0, second=0),
    ],
)
def test_an_impossible_time_changes_nothing(moment: DateTime) -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:01:00Z")
    before = dump(meter)
    with pytest.raises(ConfigurationError):
        set_clock(meter, meter.now, moment)
    with pytest.raises(ConfigurationError):
        shift_clock(meter, meter.now, 901)
    assert dump(meter) == before


@pytest.mark.manual("6.limit")
def test_the_limit_decides_between_slewing_and_setting() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:01:00Z")
    meter.clock.limit_s = 0
    shift_clock(meter, meter.now, 1)
    assert [code for _, code in events(meter)] == [4, 5]
    meter.clock.limit_s = 60
    shift_clock(meter, meter.now, 60)
    assert len(events(meter)) == 2


def test_another_time_zone_keeps_utc_and_moves_the_grid() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:01:00Z")
    set_zone(meter, meter.now, replace(AMSTERDAM, standard_min=-330, enabled=False))
    assert meter.clock.date_time(meter.now).iso() == "2026-01-05T17:31:00+05:30"
    assert meter.clock.time(meter.now) == meter.now
    advance(meter, "2026-01-05T18:31:00Z")
    assert rows(meter, "daily") == [("2026-01-06T00:00:00+05:30", 0)]
    assert events(meter) == []


def test_first_second_is_the_inverse_of_time() -> None:
    meter = at(device("2026-01-05T12:00:00Z"), "2026-01-05T12:01:00.4Z")
    shift_clock(meter, meter.now, -5)
    clock = meter.clock
    for second in range(meter.now // SECOND, meter.now // SECOND + 30):
        first = clock.hands.first_second(second)
        assert clock.time(at_second(first)) >= second * SECOND > clock.time(at_second(first - 1))
