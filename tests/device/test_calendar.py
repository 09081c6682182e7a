"""Calendars: which switch holds at a local time, and which tables are refused."""

from dataclasses import replace

import pytest

from softmeter.clock import DAY_S, DateTime, days_from_civil
from softmeter.device.calendar import FACTORY_CALENDAR, Action, Calendar, Day, Season, Switch, Week
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import SpecialDay, SpecialDays
from softmeter.errors import ConfigurationError, StorageError


def start(month: int, day: int, hour: int = 0) -> DateTime:
    return DateTime(month=month, day=day, hour=hour)


DAY_AND_NIGHT = Calendar(
    name=b"test",
    seasons=(Season(b"all", start(1, 1), b"week"),),
    weeks=(Week(b"week", (1, 1, 1, 1, 1, 2, 2)),),
    days=(Day(1, (Switch(7 * 3600, 2), Switch(23 * 3600, 1))), Day(2, (Switch(0, 1),))),
)
SEASONS = Calendar(
    name=b"",
    seasons=(Season(b"summer", start(4, 1), b"S"), Season(b"winter", start(10, 15), b"W")),
    weeks=(Week(b"S", (1,) * 7), Week(b"W", (2,) * 7)),
    days=(Day(1, (Switch(0, 3),)), Day(2, (Switch(0, 4),)), Day(3, ())),
)


def local(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> int:
    return days_from_civil(year, month, day) * DAY_S + hour * 3600 + minute * 60


def rate(calendar: Calendar, at: int, special: SpecialDays = SpecialDays()) -> int | None:  # noqa: B008 - it is fixed
    action = calendar.action(at, special)
    return action and action.selector


@pytest.mark.parametrize(("hour", "expected"), [(0, 1), (5, 1), (6, 2), (11, 2), (12, 3), (18, 4), (23, 4)])
def test_the_factory_calendar(hour: int, expected: int) -> None:
    assert rate(FACTORY_CALENDAR, local(1, 5, hour, 59)) == expected


@pytest.mark.parametrize(
    ("month", "day", "hour", "minute", "expected"),
    [(1, 5, 6, 59, 1), (1, 5, 7, 0, 2), (1, 9, 22, 59, 2), (1, 9, 23, 0, 1), (1, 10, 12, 0, 1), (1, 12, 3, 0, 1)],
)
def test_day_and_night(month: int, day: int, hour: int, minute: int, expected: int) -> None:
    assert rate(DAY_AND_NIGHT, local(month, day, hour, minute)) == expected


@pytest.mark.parametrize(("month", "day", "expected"), [(1, 1, 4), (3, 31, 4), (4, 1, 3), (10, 14, 3), (10, 15, 4)])
def test_seasons_and_the_last_one_of_the_year_before(month: int, day: int, expected: int) -> None:
    assert rate(SEASONS, local(month, day)) == expected


def test_a_season_begins_at_its_hour() -> None:
    morning = replace(SEASONS, seasons=(SEASONS.seasons[0]._replace(start=start(4, 1, 6)), SEASONS.seasons[1]))
    assert [rate(morning, local(4, 1, hour)) for hour in (0, 5, 6, 23)] == [4, 4, 3, 3]
    assert morning.next_look(local(4, 1, 1)) == local(4, 1, 6)


def test_seasons_of_years_to_come_do_not_count_yet() -> None:
    later = (Season(b"A", DateTime(2030, 4, 1), b"S"), Season(b"B", DateTime(2031, 4, 1), b"W"))
    assert rate(replace(SEASONS, seasons=later), local(6, 1)) == 4


def test_before_the_first_switch_the_day_before_goes_on() -> None:
    assert rate(DAY_AND_NIGHT, local(1, 6, 6, 59)) == 1
    evening = replace(DAY_AND_NIGHT, days=(Day(1, (Switch(20 * 3600, 4),)), Day(2, ())))
    # Monday: Saturday and Sunday switch nothing.
    assert evening.action(local(1, 12, 19, 59)) == Action(local(1, 9, 20), 4)
    assert rate(replace(DAY_AND_NIGHT, days=(Day(1, ()), Day(2, ()))), local(1, 12)) is None


@pytest.mark.manual("7.special-days-precede")
def test_a_special_day_takes_precedence_and_is_ignored_where_its_day_does_not_exist() -> None:
    special = SpecialDays.of(
        [
            SpecialDay(3, Date(month=1, day=6), 2),
            SpecialDay(1, Date(2026, 1, 7), 9),
            SpecialDay(2, Date(day_of_week=4), 2),
        ]
    )
    assert rate(DAY_AND_NIGHT, local(1, 6, 12), special) == 1
    assert rate(DAY_AND_NIGHT, local(1, 6, 12, year=2027), special) == 1
    assert rate(DAY_AND_NIGHT, local(1, 7, 12), special) == 2  # a Wednesday; day 9 does not exist
    assert rate(DAY_AND_NIGHT, local(1, 8, 12), special) == 1  # any Thursday
    assert DAY_AND_NIGHT.next_look(local(1, 6, 1), special) == local(1, 7)


def test_the_first_special_day_by_index_wins() -> None:
    special = SpecialDays.of([SpecialDay(2, Date(month=1, day=6), 1), SpecialDay(1, Date(month=1), 2)])
    assert rate(DAY_AND_NIGHT, local(1, 6, 12), special) == 1


def test_the_highest_rate_in_use() -> None:
    assert (FACTORY_CALENDAR.highest_rate, DAY_AND_NIGHT.highest_rate) == (4, 2)


def test_the_next_look_is_at_midnight_at_the_latest() -> None:
    assert DAY_AND_NIGHT.next_look(local(1, 5, 7)) == local(1, 5, 23)
    assert DAY_AND_NIGHT.next_look(local(1, 5, 23)) == local(1, 6)
    assert SEASONS.next_look(local(1, 5, 1)) == local(1, 6)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"name": b"x" * 33}, "33 octets"),
        ({"seasons": tuple(Season(b"%d" % n, start(n, 1), b"week") for n in range(1, 8))}, "7 seasons; 6"),
        ({"seasons": (Season(b"all", start(1, 1), b"week"),) * 2}, "two seasons 'all'"),
        ({"seasons": (Season(b"all", DateTime(), b"week"),)}, "names no month"),
        ({"weeks": tuple(Week(b"%d" % n, (1,) * 7) for n in range(5))}, "5 weeks; 4"),
        ({"weeks": (Week(b"week", (1, 1)),)}, "not seven days"),
        ({"days": tuple(Day(n, ()) for n in range(9))}, "9 days; 8"),
        ({"days": (Day(1, ()), Day(1, ()))}, "two days 1"),
        ({"days": (Day(1, (Switch(0, 5),)), Day(2, ()))}, "rates are 1 to 4"),
        ({"days": (Day(1, (Switch(7200, 1), Switch(3600, 2))), Day(2, ()))}, "follow each other"),
        ({"days": (Day(1, (Switch(DAY_S, 1),)), Day(2, ()))}, "within the day"),
        ({"days": (Day(1, tuple(Switch(hour, 1) for hour in range(9))), Day(2, ()))}, "9 switches"),
    ],
)
@pytest.mark.manual("2.4.weeks")
@pytest.mark.manual("7.sizes")
def test_broken_tables_are_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(DAY_AND_NIGHT, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"seasons": ()}, "without a season"),
        ({"seasons": (Season(b"all", start(1, 1), b"none"),)}, "week 'none' does not exist"),
        ({"weeks": (Week(b"week", (1, 1, 1, 1, 1, 2, 3)),)}, "day 3 does not exist"),
    ],
)
@pytest.mark.manual("7.integrity")
def test_what_does_not_fit_together_is_found_from_season_to_day(change: dict[str, object], match: str) -> None:
    broken = replace(DAY_AND_NIGHT, **change)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=match):
        broken.check()


@pytest.mark.manual("7.unreferenced-stay")
def test_weeks_and_days_that_nobody_refers_to_may_stay() -> None:
    replace(SEASONS, weeks=(*SEASONS.weeks, Week(b"spare", (77,) * 7))).check()


@pytest.mark.parametrize("calendar", [FACTORY_CALENDAR, DAY_AND_NIGHT, SEASONS])
def test_what_is_stored_is_read_back(calendar: Calendar) -> None:
    assert Calendar.parse(calendar.text) == calendar


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", FACTORY_CALENDAR.text[:-1], FACTORY_CALENDAR.text.replace("53", "5x")]
)
def test_what_is_stored_and_damaged_is_said_to_be(text: str) -> None:
    with pytest.raises(StorageError, match="calendar"):
        Calendar.parse(text)
