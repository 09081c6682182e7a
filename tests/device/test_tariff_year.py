"""The rate through whole years, against a calendar walked by hand: at each switch and each quarter of an hour."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from device.making import SETTINGS, device
from softmeter.clock import DateTime
from softmeter.device.calendar import Calendar, Day, Season, Switch, Week
from softmeter.device.clock import Clock
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import SpecialDay, SpecialDays
from softmeter.device.tariff import Tariff
from softmeter.device.zone import AMSTERDAM
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import integrate

CALENDAR = Calendar(
    b"year",
    (
        Season(b"spring", DateTime(month=3, day=1, hour=5), b"A"),
        Season(b"summer", DateTime(month=6, day=21), b"B"),
        Season(b"autumn", DateTime(month=10, day=0xFE, day_of_week=7, hour=2), b"A"),
        Season(b"winter", DateTime(month=12, day=1), b"C"),
    ),
    (Week(b"A", (1, 1, 1, 1, 1, 2, 3)), Week(b"B", (4, 4, 4, 4, 4, 4, 3)), Week(b"C", (1, 2, 1, 2, 1, 3, 3))),
    (
        Day(1, (Switch(0, 1), Switch(7 * 3600, 2), Switch(9 * 3600 + 90, 3), Switch(23 * 3600, 1))),
        Day(2, (Switch(2 * 3600 + 1800, 4), Switch(2 * 3600 + 2700, 2))),
        Day(3, ()),
        Day(4, tuple(Switch(hour * 10_800, 1 + hour % 4) for hour in range(8))),
        Day(9, (Switch(12 * 3600, 4),)),
    ),
)
SPECIAL = SpecialDays.of(
    [
        SpecialDay(1, Date(month=12, day=25), 9),
        SpecialDay(2, Date(2028, 2, 29), 9),
        SpecialDay(3, Date(day=13, day_of_week=5), 3),
        SpecialDay(4, Date(month=5), 77),
    ]
)


def last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=last.isoweekday() % 7)


def local(second: int) -> datetime:
    """Dutch time, reckoned by hand."""
    utc = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
    begin = datetime.combine(last_sunday(utc.year, 3), datetime.min.time()) + timedelta(hours=1)
    end = datetime.combine(last_sunday(utc.year, 10), datetime.min.time()) + timedelta(hours=1)
    return utc + timedelta(hours=2 if begin <= utc < end else 1)


def profile(now: datetime) -> list[tuple[int, int]]:
    """The switches of the day as it is seen at a time: seconds and rates."""
    if (now.month, now.day) == (12, 25) or now.date() == date(2028, 2, 29):
        return [(43_200, 4)]
    if now.day == 13 and now.isoweekday() == 5:
        return []
    marks = {
        "A": datetime(now.year, 3, 1, 5),  # noqa: DTZ001 - local on purpose
        "B": datetime(now.year, 6, 21),  # noqa: DTZ001
        "A again": datetime.combine(last_sunday(now.year, 10), datetime.min.time()) + timedelta(hours=2),
        "C": datetime(now.year, 12, 1),  # noqa: DTZ001
    }
    begun = [name for name, start in marks.items() if start <= now]
    week = {"A": (1, 1, 1, 1, 1, 2, 3), "B": (4, 4, 4, 4, 4, 4, 3), "C": (1, 2, 1, 2, 1, 3, 3)}
    number = week[begun[-1][0] if begun else "C"][now.isoweekday() - 1]
    return {
        1: [(0, 1), (25_200, 2), (32_490, 3), (82_800, 1)],
        2: [(9000, 4), (9900, 2)],
        3: [],
        4: [(hour * 10_800, 1 + hour % 4) for hour in range(8)],
    }[number]


def rate(now: datetime) -> int:
    """The last switch that has passed, today or on a day before."""
    midnight = now.replace(hour=0, minute=0, second=0)
    passed = [one for start, one in profile(now) if start <= (now - midnight).seconds]
    while not passed:
        midnight -= timedelta(days=1)
        passed = [one for _, one in profile(midnight + timedelta(hours=23, minutes=59, seconds=59))]
    return passed[-1]


@pytest.mark.slow
@pytest.mark.parametrize("year", [2026, 2028])
def test_a_year_of_rates_is_that_of_the_calendar(year: int) -> None:
    begin = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(year + 1, 1, 2, tzinfo=UTC).timestamp())
    clock, tariff = Clock(AMSTERDAM, 7, Instant(begin * SECOND)), Tariff(CALENDAR, 1, SPECIAL)
    CALENDAR.check()
    tariff.evaluate(clock, begin)
    switches = 0
    for second in range(begin, end, 900):
        while tariff.due <= second:
            due, before = tariff.due, tariff.rate
            assert before == rate(local(due - 1)), local(due - 1)
            tariff.evaluate(clock, due, anew=False)
            assert tariff.rate == rate(local(due)), local(due)
            switches += tariff.rate != before
        assert tariff.rate == rate(local(second)), local(second)
    assert switches > 1000


@pytest.mark.slow
def test_each_rate_counts_the_energy_of_its_seconds() -> None:
    """Three weeks with a Friday the 13th, two power cuts and the night in which summer time begins."""
    cuts = [("2026-03-12T22:10:30Z", "2026-03-13T09:00:00Z"), ("2026-03-29T00:59:30Z", "2026-03-29T02:00:30Z")]
    settings = replace(SETTINGS, tariff=CALENDAR, special_days=SPECIAL)
    meter = device("2026-03-10T00:00:00Z", *cuts, settings=settings)
    begin, end = (parse_instant(text) // SECOND for text in ("2026-03-10T00:00:00Z", "2026-03-31T00:00:00Z"))
    meter.advance(Instant(end * SECOND))
    counted = quantities(integrate(meter.source.measurements(begin, end - begin)))[Quantity.ACTIVE_IMPORT]
    for first, last in cuts:
        counted[parse_instant(first) // SECOND - begin : parse_instant(last) // SECOND - begin] = 0
    expected = dict.fromkeys(range(1, 5), 0)
    for index, energy in enumerate(counted.reshape(-1, 30).sum(axis=1).tolist()):
        expected[rate(local(begin + 30 * index))] += energy
    assert {one: meter.registers.mj(Quantity.ACTIVE_IMPORT, rate=one) for one in range(1, 5)} == expected
    assert min(expected.values()) > 0
