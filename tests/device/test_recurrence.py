"""Times and dates with wildcards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.device.recurrence import Day, Time, next_local
from softmeter.device.zone import FOREVER
from softmeter.errors import ConfigurationError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(text: str) -> int:
    return int((datetime.fromisoformat(f"{text}+00:00") - EPOCH).total_seconds())


def told(second: int) -> str:
    return (EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("time", "date", "after", "expected"),
    [
        ("00000000", "FFFFFF01FF", "2026-01-31 23:59:59", "2026-02-01 00:00:00"),
        ("00000000", "FFFFFF01FF", "2026-02-01 00:00:00", "2026-03-01 00:00:00"),
        ("00000000", "FFFFFFFFFF", "2026-12-31 12:00:00", "2027-01-01 00:00:00"),
        ("0C1E0000", "FFFFFFFEFF", "2028-02-03 00:00:00", "2028-02-29 12:30:00"),
        ("0C1E0000", "FFFFFFFDFF", "2026-02-03 00:00:00", "2026-02-27 12:30:00"),
        ("02000000", "FFFF03FE07", "2026-01-01 00:00:00", "2026-03-29 02:00:00"),
        ("FF0F0000", "FFFFFFFFFF", "2026-05-05 10:15:00", "2026-05-05 11:15:00"),
        ("FFFFFF00", "FFFFFFFFFF", "2026-05-05 10:15:59", "2026-05-05 10:16:00"),
        ("06000000", "FFFFFFFF01", "2026-11-22 00:00:00", "2026-11-23 06:00:00"),
        ("00000000", "FFFF021D01", "2026-01-01 00:00:00", "2044-02-29 00:00:00"),
        ("08000000", "07EA0B16FF", "2026-11-22 07:59:59", "2026-11-22 08:00:00"),
    ],
)
def test_the_next_time_that_is_meant(time: str, date: str, after: str, expected: str) -> None:
    found = next_local(Time.decode(bytes.fromhex(time)), Day.decode(bytes.fromhex(date)), local(after))
    assert told(found) == expected


def test_a_date_that_has_passed_never_comes() -> None:
    date = Day.decode(bytes.fromhex("07EA0B16FF"))
    assert next_local(Time(8, 0, 0), date, local("2026-11-22 08:00:00")) == FOREVER


@given(
    st.tuples(st.sampled_from([0, 5, 23, 0xFF]), st.sampled_from([0, 59, 0xFF]), st.sampled_from([0, 30, 0xFF])),
    st.tuples(
        st.sampled_from([2026, 0xFFFF]),
        st.sampled_from([2, 7, 0xFF]),
        st.sampled_from([1, 28, 0xFD, 0xFE, 0xFF]),
        st.sampled_from([3, 7, 0xFF]),
    ),
    st.integers(local("2026-01-01 00:00:00"), local("2026-12-31 00:00:00")),
)
def test_no_earlier_time_was_meant(time: tuple[int, int, int], date: tuple[int, int, int, int], after: int) -> None:
    """Looking from just before what was found, or from any time between, finds the same."""
    found = next_local(Time(*time), Day(*date), after)
    for later in (found - 1, (after + found) // 2):
        if after <= later < found < FOREVER:
            assert next_local(Time(*time), Day(*date), later) == found


@pytest.mark.parametrize(
    "octets", ["FFFF0DFFFF", "FFFF021EFF", "FFFFFFFF08", "FFFFFF00FF", "FFFF01", "FFFE0101FF", "083A0101FF"]
)
def test_what_is_no_date_is_refused(octets: str) -> None:
    with pytest.raises(ConfigurationError):
        Day.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("octets", ["18000000", "003C0000", "00003C00", "0000"])
def test_what_is_no_time_is_refused(octets: str) -> None:
    with pytest.raises(ConfigurationError):
        Time.decode(bytes.fromhex(octets))
