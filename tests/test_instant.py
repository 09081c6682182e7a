"""Instants and how people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, at_second, iso, parse_instant, whole_second

WRITTEN = [
    ("1970-01-01T00:00:00Z", 0),
    ("2026-01-31T12:00:00Z", 1_769_860_800 * SECOND),
    ("2026-01-31T13:00:00+01:00", 1_769_860_800 * SECOND),
    ("2026-01-31T12:00:00", 1_769_860_800 * SECOND),
    (" 2026-01-31 ", 1_769_817_600 * SECOND),
    ("2026-01-31T12:00:00.25Z", 1_769_860_800 * SECOND + 250_000_000),
    ("1971-01-01T00:30:00+01:00", 31_534_200 * SECOND),
]


@pytest.mark.parametrize(("text", "instant"), WRITTEN)
def test_parse(text: str, instant: int) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "12:00", "2026-02-29"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write it like"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "1970-01-01T00:30:00+01:00"])
def test_times_a_clock_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="1970 to 2105"):
        parse_instant(text)


@given(st.integers(0, 2**32 * 1000 - 1))
def test_milliseconds_survive_being_written(milliseconds: int) -> None:
    instant = Instant(milliseconds * 1_000_000)
    assert parse_instant(iso(instant)) == instant


def test_a_fraction_is_written_only_where_there_is_one() -> None:
    assert iso(Instant(SECOND + 999_999)) == "1970-01-01T00:00:01Z"
    assert iso(Instant(SECOND + 1_000_000)) == "1970-01-01T00:00:01.001Z"


def test_whole_seconds() -> None:
    assert whole_second(Instant(3 * SECOND - 1)) == 2
    assert whole_second(at_second(3)) == 3
