"""The special days table."""

import pytest

from softmeter.clock import days_from_civil
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import MOST_SPECIAL_DAYS, NO_SPECIAL_DAYS, SpecialDay, SpecialDays
from softmeter.errors import ConfigurationError, StorageError

CHRISTMAS = SpecialDay(7, Date(month=12, day=25), 3)
KINGS_DAY = SpecialDay(2, Date(2026, 4, 27), 4)
LAST_SUNDAYS = SpecialDay(9, Date(day=0xFE, day_of_week=7), 5)
TABLE = SpecialDays.of([CHRISTMAS, KINGS_DAY, LAST_SUNDAYS])


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ((2026, 4, 27), 4),
        ((2027, 4, 27), None),
        ((2026, 12, 25), 3),
        ((2099, 12, 25), 3),
        ((2026, 4, 26), 5),  # the last Sunday of April
        ((2026, 4, 19), None),
        ((2026, 2, 28), None),
    ],
)
def test_dates_with_wildcards(date: tuple[int, int, int], expected: int | None) -> None:
    assert TABLE.day_id(days_from_civil(*date), range(256)) == expected


@pytest.mark.manual("6.leap-year")
def test_a_leap_day_is_special_in_leap_years_only() -> None:
    leap = SpecialDays.of([SpecialDay(1, Date(month=2, day=29), 1)])
    assert leap.day_id(days_from_civil(2028, 2, 29), {1}) == 1
    assert leap.day_id(days_from_civil(2027, 3, 1), {1}) is None


def test_an_entry_replaces_the_one_of_its_index() -> None:
    other = CHRISTMAS._replace(day_id=8)
    assert TABLE.with_entry(other).entries == (KINGS_DAY, other, LAST_SUNDAYS)
    assert TABLE.without(7).entries == (KINGS_DAY, LAST_SUNDAYS)
    with pytest.raises(ConfigurationError, match="no entry 8"):
        TABLE.without(8)


@pytest.mark.manual("7.two-hundred-special-days")
def test_two_hundred_fit() -> None:
    full = SpecialDays.of(SpecialDay(number, Date(2026, 1, 1), 0) for number in range(MOST_SPECIAL_DAYS))
    assert SpecialDays.decode(full.octets) == full
    assert full.with_entry(SpecialDay(0, Date(2027, 1, 1), 0)).entries[0].date.year == 2027
    with pytest.raises(ConfigurationError, match="201 special days"):
        full.with_entry(SpecialDay(200, Date(2026, 1, 1), 0))


@pytest.mark.parametrize(
    "entries",
    [[CHRISTMAS, CHRISTMAS], [CHRISTMAS._replace(date=Date(month=2, day=30))], [SpecialDay(1, Date(1, 13), 0)]],
)
def test_broken_tables_are_refused(entries: list[SpecialDay]) -> None:
    with pytest.raises(ConfigurationError):
        SpecialDays.of(entries)


def test_what_is_stored_is_read_back_or_said_to_be_damaged() -> None:
    assert SpecialDays.decode(TABLE.octets) == TABLE
    assert SpecialDays.decode(b"") == NO_SPECIAL_DAYS
    with pytest.raises(StorageError, match="special days"):
        SpecialDays.decode(TABLE.octets[:-1])
