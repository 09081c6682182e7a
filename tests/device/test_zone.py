"""Zones and daylight saving, against the calendar of zoneinfo."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from softmeter.clock import DAYLIGHT_SAVING, DateTime
from softmeter.device.zone import AMSTERDAM, FOREVER, Zone
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, parse_instant


def utc(text: str) -> int:
    return parse_instant(text) // SECOND


def rule(octets: str) -> DateTime:
    return DateTime.decode(bytes.fromhex(octets + "FF8000FF"))


SYDNEY = Zone(-600, rule("FFFF0A0107020000"), rule("FFFF040107030000"), 60, enabled=True)


@pytest.mark.parametrize(("zone", "name"), [(AMSTERDAM, "Europe/Amsterdam"), (SYDNEY, "Australia/Sydney")])
@pytest.mark.manual("6.summer-time")
def test_deviations_are_those_of_the_calendar(zone: Zone, name: str) -> None:
    try:
        official = ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no time zone data")
    for second in range(utc("2024-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"), 50_021):
        offset = datetime.fromtimestamp(second, UTC).astimezone(official).utcoffset()
        assert offset is not None
        assert -zone.segment(second).deviation_min * 60 == offset.total_seconds()


def test_segments_meet_at_the_change() -> None:
    change = utc("2026-03-29T01:00:00Z")
    assert AMSTERDAM.segment(change - 1) == (utc("2025-10-26T01:00:00Z"), change, -60, False)
    assert AMSTERDAM.segment(change) == (change, utc("2026-10-25T01:00:00Z"), -120, True)
    assert AMSTERDAM.segment(change).shift == -7200


def test_without_daylight_saving_there_is_one_segment() -> None:
    zone = replace(AMSTERDAM, enabled=False)
    assert zone.segment(utc("2026-07-01T00:00:00Z")) == (-FOREVER, FOREVER, -60, False)


def test_rules_with_a_year_hold_once() -> None:
    once = replace(AMSTERDAM, begin=rule("07EA0401FF020000"), end=rule("07EA0901FF030000"))
    assert not once.segment(utc("2026-03-30T00:00:00Z")).daylight_saving
    assert once.segment(utc("2026-05-01T00:00:00Z")).daylight_saving
    assert not once.segment(utc("2027-05-01T00:00:00Z")).daylight_saving
    assert once.segment(utc("2027-05-01T00:00:00Z")).end == FOREVER


def test_a_date_beside_a_yearly_rule_changes_what_it_can() -> None:
    """A client sets begin and end one after the other; in between nothing changes that is no change."""
    begun = replace(AMSTERDAM, begin=rule("07EA0401FF020000"))
    spring, autumn = utc("2026-04-01T01:00:00Z"), utc("2026-10-25T01:00:00Z")
    assert begun.segment(utc("2026-01-01T00:00:00Z")).end == spring
    assert begun.segment(spring) == (spring, autumn, -120, True)
    assert begun.segment(autumn) == (autumn, FOREVER, -60, False)
    assert begun.segment(utc("2029-05-01T00:00:00Z"))[1:] == (FOREVER, -60, False)
    ended = replace(AMSTERDAM, end=rule("07EA0901FF030000"))
    assert ended.segment(utc("2026-08-31T23:00:00Z"))[1:] == (utc("2026-09-01T01:00:00Z"), -120, True)
    assert ended.segment(utc("2029-12-01T00:00:00Z"))[1:] == (FOREVER, -120, True)


MEANT = [
    (DateTime(2026, 7, 1, hour=12, minute=0, second=0), "2026-07-01T10:00:00Z"),
    (DateTime(2026, 1, 1, hour=12, minute=0, second=0), "2026-01-01T11:00:00Z"),
    (DateTime(2026, 7, 1, hour=12, minute=0, second=0, status=0), "2026-07-01T11:00:00Z"),
    (DateTime(2026, 7, 1, hour=12, minute=0, second=0, status=DAYLIGHT_SAVING), "2026-07-01T10:00:00Z"),
    (DateTime(2026, 7, 1, 3, 12, 0, 0, deviation_min=0), "2026-07-01T12:00:00Z"),
    (DateTime(2026, 10, 25, hour=2, minute=30, second=0), "2026-10-25T00:30:00Z"),  # twice; the first is meant
    (DateTime(2026, 10, 25, hour=2, minute=30, second=0, status=0), "2026-10-25T01:30:00Z"),
]


@pytest.mark.parametrize(("moment", "expected"), MEANT)
def test_the_second_a_client_means(moment: DateTime, expected: str) -> None:
    assert AMSTERDAM.utc_second(moment) == utc(expected)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"standard_min": 721}, "time zone of 721"),
        ({"daylight_saving_min": -121}, "deviation of -121"),
        ({"begin": DateTime()}, "names no month"),
    ],
)
def test_impossible_zones_are_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(AMSTERDAM, **change)  # type: ignore[arg-type]
