"""Bench time: exact at any rate, back and forth, across a restart."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime, at_second
from softmeter.runtime.bench_time import HIGHEST_RATE, LAST, BenchTime, resumed

START = at_second(1_790_000_000)
rates = st.one_of(st.integers(1, 100_000).map(float), st.sampled_from([0.1, 0.5, 2.5]))


@given(rate=rates, passed_ns=st.integers(0, 10**15))
def test_time_is_exact_however_often_it_is_asked(rate: float, passed_ns: int) -> None:
    bench = BenchTime(START, rate, LinkTime(1000.0))
    now = LinkTime(1000.0 + passed_ns / SECOND)
    true_ns = round(now * SECOND) - 1000 * SECOND
    assert bench.at(now) == min(START + int(true_ns * Fraction(rate)), LAST)


@given(rate=rates, earlier=st.floats(0, 1e6), later=st.floats(0, 1e6))
def test_time_never_goes_back(rate: float, earlier: float, later: float) -> None:
    bench = BenchTime(START, rate, LinkTime(0.0))
    first, second = sorted((earlier, later))
    assert START <= bench.at(LinkTime(first)) <= bench.at(LinkTime(second)) <= LAST


@given(rate=rates, seconds=st.integers(0, 10**6))
def test_when_is_the_inverse(rate: float, seconds: int) -> None:
    bench = BenchTime(START, rate, LinkTime(50.0))
    instant = Instant(START + seconds * SECOND)
    when = bench.when(instant)
    assert when is not None
    assert abs(bench.at(when) - instant) <= 4 * max(1, rate)


def test_at_rate_zero_time_stands_still() -> None:
    bench = BenchTime(START, 0, LinkTime(0.0))
    assert bench.at(LinkTime(1e6)) == START
    assert bench.when(Instant(START + 1)) is None
    assert bench.real_ns(SECOND) == 0


def test_time_ends_where_a_meters_clock_ends() -> None:
    bench = BenchTime(Instant(LAST - SECOND), 3600, LinkTime(0.0))
    assert bench.at(LinkTime(5.0)) == LAST
    assert bench.when(Instant(LAST + 1)) is None


def test_anchor_moves_time() -> None:
    bench = BenchTime(START, 60, LinkTime(0.0))
    bench.anchor(Instant(START + 7), LinkTime(10.0))
    assert bench.at(LinkTime(9.0)) == START + 7
    assert bench.at(LinkTime(11.0)) == START + 7 + 60 * SECOND


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), HIGHEST_RATE + 1])
def test_impossible_rates_are_named(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="--rate"):
        BenchTime(START, rate, LinkTime(0.0))


@pytest.mark.parametrize(
    ("wall", "rate", "off_for", "expected"),
    [
        (100, 1, None, 100),
        (100, 60, None, 6000),
        (100, 0, None, 0),
        (-5, 1, None, 0),
        (100, 1, 7, 7),
        (100, 0, 7, 7),
    ],
)
def test_time_goes_on_after_a_restart(wall: int, rate: float, off_for: int | None, expected: int) -> None:
    real = 1_800_000_000 * SECOND
    off = None if off_for is None else off_for * SECOND
    assert resumed(START, real, real + wall * SECOND, rate, off) == START + expected * SECOND
