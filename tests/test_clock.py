"""Civil time, date-times and stamps."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.clock import (
    DAYLIGHT_SAVING,
    INVALID,
    STAMP,
    DateTime,
    Stamp,
    civil_from_days,
    days_from_civil,
    days_in_month,
    encode_stamps,
    weekday,
)
from softmeter.errors import DecodeError

EPOCH = date(1970, 1, 1)

# fmt: off
DATE_TIMES = [
    ("07E60A1F010C00000000 3C00", DateTime(2022, 10, 31, 1, 12, 0, 0, 0, 60, 0), "2022-10-31T12:00:00-01:00"),
    ("07EA0705 07 0D0102 00 FF88 80", DateTime(2026, 7, 5, 7, 13, 1, 2, 0, -120, 0x80), "2026-07-05T13:01:02+02:00"),
    ("07EA0705 FF 0D0102 FF 8000 FF", DateTime(2026, 7, 5, 255, 13, 1, 2), "2026-07-05T13:01:02"),
    ("07EA0105 01 0D0102 63 014A 00", DateTime(2026, 1, 5, 1, 13, 1, 2, 99, 330, 0), "2026-01-05T13:01:02-05:30"),
    ("FFFF03FE 07 020000 FF 8000 FF", DateTime(month=3, day=0xFE, day_of_week=7, hour=2, minute=0, second=0),
     "*-03-FE(Sun)T02:00:00"),
    ("FFFFFDFD FF FFFFFF FF 8000 FF", DateTime(month=0xFD, day=0xFD), "*-FD-FDT*:*:*"),
    ("07EAFFFF FF FFFFFF FF 8000 FF", DateTime(2026), "2026-*-*T*:*:*"),
]

BROKEN = [
    "07EA0705070D010200FF88", "07EA0705070D010200FF888000",  # length
    "07EA0D05070D010200FF8800", "07EA0005070D010200FF8800",  # month
    "07EA0720070D010200FF8800", "07EA0700070D010200FF8800",  # day
    "07EA071F080D010200FF8800", "07EA070500 0D010200FF8800",  # day of week
    "07EA070507180102 00FF8800", "07EA0705070D3C0200FF8800", "07EA0705070D013C00FF8800",  # time
    "07EA0705070D010264FF8800", "07EA0705070D010200 02D100",  # hundredths, deviation
    "07EA021DFF0D010200FF8800",  # 29 February 2026
]
# fmt: on


@pytest.mark.parametrize(("octets", "moment", "text"), DATE_TIMES)
def test_date_times_both_ways(octets: str, moment: DateTime, text: str) -> None:
    assert DateTime.decode(bytes.fromhex(octets)) == moment
    assert moment.encode() == bytes.fromhex(octets)
    assert moment.iso() == text


@pytest.mark.parametrize("octets", BROKEN)
def test_broken_date_times_are_refused(octets: str) -> None:
    with pytest.raises(DecodeError):
        DateTime.decode(bytes.fromhex(octets))


@given(st.dates())
def test_the_calendar_is_that_of_the_standard_library(day: date) -> None:
    days = (day - EPOCH).days
    assert days_from_civil(day.year, day.month, day.day) == days
    assert civil_from_days(days) == (day.year, day.month, day.day)
    assert weekday(days) == day.isoweekday()


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [(2024, 2, 29), (2026, 2, 28), (2100, 2, 28), (2000, 2, 29), (2026, 4, 30), (2026, 12, 31)],
)
def test_days_in_month(year: int, month: int, expected: int) -> None:
    assert days_in_month(year, month) == expected


@given(st.integers(0, 2**32 - 1), st.integers(-840, 720), st.sampled_from([0, INVALID, DAYLIGHT_SAVING, 0x8F]))
def test_stamps_hold_time_deviation_and_status(second: int, deviation_min: int, status: int) -> None:
    stamp = Stamp.of(second, deviation_min, status)
    assert (stamp.deviation_min, stamp.status) == (deviation_min, status)
    moment = stamp.date_time
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second - deviation_min * 60)
    assert (moment.year, moment.month, moment.day) == (local.year, local.month, local.day)
    assert (moment.hour, moment.minute, moment.second) == (local.hour, local.minute, local.second)
    assert moment.day_of_week == local.isoweekday()
    assert moment.local_second == second - deviation_min * 60
    assert DateTime.decode(moment.encode()) == moment


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(-840, 720), st.sampled_from([0, 1, 0x80])), max_size=20)
)
def test_many_stamps_are_encoded_like_one(rows: list[tuple[int, int, int]]) -> None:
    stamps = [Stamp.of(*row) for row in rows]
    encoded = encode_stamps(np.array(stamps, STAMP))
    assert encoded.shape == (len(rows), 12)
    assert [bytes(row) for row in encoded] == [stamp.date_time.encode() for stamp in stamps]


def test_what_is_definite() -> None:
    moment = DateTime(2026, 7, 5, hour=13, minute=1, second=2)
    assert moment.is_definite
    for field in ("year", "month", "day", "hour", "minute", "second"):
        values = {name: getattr(moment, name) for name in moment.__slots__}
        values[field] = getattr(DateTime(), field)
        assert not DateTime(**values).is_definite
