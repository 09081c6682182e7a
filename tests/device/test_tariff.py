"""Tariff tables."""

from dataclasses import replace

import pytest

from softmeter.clock import DAY_S, DateTime, days_from_civil
from softmeter.device.clock import Clock
from softmeter.device.tariff import FACTORY_TABLE, Season, Switch, Tariff, TariffTable
from softmeter.device.zone import AMSTERDAM
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, parse_instant


def start(month: int, day: int) -> DateTime:
    return DateTime(month=month, day=day)


DAY_AND_NIGHT = TariffTable(
    seasons=(Season("all", start(1, 1), "week"),),
    weeks={"week": (1, 1, 1, 1, 1, 2, 2)},
    days={1: (Switch(7 * 3600, 2), Switch(23 * 3600, 1)), 2: (Switch(0, 1),)},
)
SEASONS = TariffTable(
    seasons=(Season("summer", start(4, 1), "S"), Season("winter", start(10, 15), "W")),
    weeks={"S": (1,) * 7, "W": (2,) * 7},
    days={1: (Switch(0, 3),), 2: (Switch(0, 4),), 3: ()},
)


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return days_from_civil(2026, month, day) * DAY_S + hour * 3600 + minute * 60


@pytest.mark.parametrize(("hour", "rate"), [(0, 1), (5, 1), (6, 2), (11, 2), (12, 3), (18, 4), (23, 4)])
def test_the_factory_table(hour: int, rate: int) -> None:
    assert FACTORY_TABLE.rate_at(local(1, 5, hour, 59)) == rate


@pytest.mark.parametrize(
    ("month", "day", "hour", "minute", "rate"),
    [(1, 5, 6, 59, 1), (1, 5, 7, 0, 2), (1, 9, 22, 59, 2), (1, 9, 23, 0, 1), (1, 10, 12, 0, 1), (1, 12, 3, 0, 1)],
)
def test_day_and_night(month: int, day: int, hour: int, minute: int, rate: int) -> None:
    assert DAY_AND_NIGHT.rate_at(local(month, day, hour, minute)) == rate


@pytest.mark.parametrize(("month", "day", "rate"), [(1, 1, 4), (3, 31, 4), (4, 1, 3), (10, 14, 3), (10, 15, 4)])
def test_seasons_and_the_last_one_of_the_year_before(month: int, day: int, rate: int) -> None:
    assert SEASONS.rate_at(local(month, day)) == rate


def test_seasons_of_years_to_come_do_not_count_yet() -> None:
    later = replace(SEASONS, seasons=(Season("A", DateTime(2030, 4, 1), "S"), Season("B", DateTime(2031, 4, 1), "W")))
    assert later.rate_at(local(6, 1)) == 4


def test_before_the_first_switch_the_day_before_goes_on() -> None:
    assert DAY_AND_NIGHT.rate_at(local(1, 6, 6, 59)) == 1
    evening = replace(DAY_AND_NIGHT, days={1: (Switch(20 * 3600, 4),), 2: ()})
    assert evening.rate_at(local(1, 12, 19, 59)) == 4  # Monday: Saturday and Sunday switch nothing
    assert replace(DAY_AND_NIGHT, days={1: (), 2: ()}).rate_at(local(1, 12)) is None


def test_the_highest_rate_in_use() -> None:
    assert (FACTORY_TABLE.highest_rate, DAY_AND_NIGHT.highest_rate) == (4, 2)


def test_the_next_switch_is_midnight_at_the_latest() -> None:
    assert DAY_AND_NIGHT.next_switch(local(1, 5, 7)) == local(1, 5, 23)
    assert DAY_AND_NIGHT.next_switch(local(1, 5, 23)) == local(1, 6)
    assert SEASONS.next_switch(local(1, 5, 1)) == local(1, 6)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"seasons": ()}, "1 to 6 seasons"),
        ({"seasons": (Season("all", start(1, 1), "none"),)}, "week 'none' does not exist"),
        ({"weeks": {"week": (1, 1)}}, "not seven days"),
        ({"weeks": {"week": (1, 1, 1, 1, 1, 2, 3)}}, "not seven days"),
        ({"days": {1: (Switch(0, 5),), 2: ()}}, "rates are 1 to 4"),
        ({"days": {1: (Switch(7200, 1), Switch(3600, 2)), 2: ()}}, "follow each other"),
        ({"days": {1: (Switch(DAY_S, 1),), 2: ()}}, "within the day"),
        ({"days": {1: tuple(Switch(hour, 1) for hour in range(9)), 2: ()}}, "9 switches"),
    ],
)
def test_broken_tables_are_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(DAY_AND_NIGHT, **change)  # type: ignore[arg-type]


def test_switches_follow_local_time_on_the_day_summer_time_begins() -> None:
    begin = parse_instant("2026-03-28T23:00:00Z")
    clock, tariff = Clock(AMSTERDAM, 7, begin), Tariff(FACTORY_TABLE, 1)
    seen = []
    second = begin // SECOND
    while second < begin // SECOND + 23 * 3600:
        tariff.evaluate(clock, second)
        seen.append((clock.stamp_of(second).date_time.iso()[11:16], tariff.name))
        second = tariff.due
    assert seen == [("00:00", "0001"), ("03:00", "0001"), ("06:00", "0002"), ("12:00", "0003"), ("18:00", "0004")]


def test_the_default_rate_counts_while_the_clock_is_invalid_or_the_table_empty() -> None:
    begin = parse_instant("2026-01-05T12:00:00Z")
    clock, tariff = Clock(AMSTERDAM, 7, begin), Tariff(FACTORY_TABLE, 2)
    clock.invalid = True
    tariff.evaluate(clock, begin // SECOND)
    assert tariff.rate == 2
    clock.invalid = False
    empty = Tariff(replace(DAY_AND_NIGHT, days={1: (), 2: ()}), 1)
    empty.evaluate(clock, begin // SECOND)
    assert empty.rate == 1
