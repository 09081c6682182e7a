"""A tariff as people write it, both ways, with what has no plain form."""

import tomllib

import pytest

from softmeter.apps.tariff_file import TariffTable, calendar_of, described, special_days_of, tariff_text
from softmeter.clock import LAST_DAY, DateTime
from softmeter.device.calendar import FACTORY_CALENDAR, Calendar, Day, Season, Switch, Week
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import NO_SPECIAL_DAYS, SpecialDay, SpecialDays
from softmeter.errors import ConfigurationError

ODD = Calendar(
    b"\x01\xff",
    (
        Season(b"0x", DateTime(month=3, day=LAST_DAY, day_of_week=7, hour=2, minute=0, second=0), b'a "b"'),
        Season(b"S", DateTime(month=10, day=1, hour=0, minute=0, second=0), b'a "b"'),
    ),
    (Week(b'a "b"', (3,) * 7),),
    (Day(3, (Switch(0, 1), Switch(23_415, 2))), Day(4, ())),
)
SPECIAL = SpecialDays.of(
    [SpecialDay(1, Date(2026, 4, 27), 3), SpecialDay(5, Date(month=12, day=LAST_DAY), 4), SpecialDay(6, Date(day=1), 4)]
)


@pytest.mark.parametrize(("calendar", "special"), [(FACTORY_CALENDAR, NO_SPECIAL_DAYS), (ODD, SPECIAL)])
def test_what_is_written_is_read_as_it_was(calendar: Calendar, special: SpecialDays) -> None:
    text = tariff_text(described(calendar, special))
    table = TariffTable.model_validate(tomllib.loads(text)["tariff"])
    assert calendar_of(table).text == calendar.text
    assert special_days_of(table).entries == special.entries


def test_a_calendar_alone_says_nothing_of_special_days() -> None:
    assert "special_days" not in tariff_text(described(ODD, None))
    assert "special_days = []\n" in tariff_text(described(ODD, NO_SPECIAL_DAYS))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"0x01ff"', '"0x01f"'),
        ('"10-01"', '"0xffff0d01ff020000ff8000ff"'),
        ("2026-04-27", "2026-04-31"),
        ("index = 5", "index = 1"),
    ],
)
def test_what_is_no_tariff_is_refused(old: str, new: str) -> None:
    text = tariff_text(described(ODD, SPECIAL))
    assert old in text
    table = TariffTable.model_validate(tomllib.loads(text.replace(old, new))["tariff"])
    with pytest.raises(ConfigurationError):
        (calendar_of(table), special_days_of(table))
