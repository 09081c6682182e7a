from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, at_second
from softmeter.metrology.voltage_events import Condition, Told, VoltageLimits, Watch, watched
from softmeter.signal.samples import Integers

QUICK = VoltageLimits(sag_s=3, swell_s=2, missing_s=4)
LOW, HIGH, GONE, FINE = Condition.UNDERVOLTAGE, Condition.OVERVOLTAGE, Condition.MISSING, Condition.NORMAL


def story(told: list[Told]) -> list[tuple[Condition, int, int]]:
    """Condition, begin and when it was known, in seconds."""
    return [(each.condition, each.begin // SECOND, each.known // SECOND) for each in told]


def volts(*pieces: tuple[int, int]) -> Integers:
    """Seconds of voltages in mV: (volts, seconds) after each other."""
    return np.concatenate([np.full(seconds, 1000 * level) for level, seconds in pieces])


STORIES = {
    "a sag and what follows": ([(230, 5), (200, 6), (230, 5)], [(LOW, 5, 8), (FINE, 11, 14)]),
    "too short": ([(230, 5), (200, 2), (230, 9), (260, 1), (230, 9), (110, 2), (230, 9)], []),
    "a swell": ([(230, 5), (260, 2), (230, 2)], [(HIGH, 5, 7), (FINE, 7, 9)]),
    "missing voltage alone": ([(230, 5), (110, 9), (230, 9)], [(GONE, 5, 9), (FINE, 14, 18)]),
    "a slope into missing voltage": ([(230, 5), (150, 2), (110, 9), (230, 9)], [(GONE, 7, 11), (FINE, 16, 20)]),
    "undervoltage, then missing": (
        [(230, 5), (150, 4), (110, 9), (230, 9)],
        [(LOW, 5, 8), (GONE, 9, 13), (FINE, 18, 22)],
    ),
    "missing, then undervoltage": (
        [(230, 5), (110, 5), (150, 9), (230, 9)],
        [(GONE, 5, 9), (LOW, 10, 13), (FINE, 19, 22)],
    ),
    "a short dip into missing": ([(230, 5), (150, 1), (110, 3), (150, 3)], [(LOW, 5, 10)]),
    "low long enough in two bands": ([(230, 5), (150, 2), (110, 3), (230, 9)], [(LOW, 5, 11), (FINE, 10, 13)]),
    "normal does not last": ([(200, 9), (230, 2), (200, 9), (230, 3)], [(LOW, 0, 3), (FINE, 20, 23)]),
    "from low to high": ([(200, 9), (260, 9)], [(LOW, 0, 3), (HIGH, 9, 11)]),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str) -> None:
    pieces, expected = STORIES[name]
    _, told = watched(Watch(), QUICK, volts(*pieces), at_second(0), SECOND)
    assert story(told) == expected


@pytest.mark.parametrize(
    ("voltage_mv", "condition"),
    [
        (115_000, GONE),
        (115_001, LOW),
        (207_000, LOW),
        (207_001, FINE),
        (252_999, FINE),
        (253_000, HIGH),
    ],
)
def test_bands_end_to_the_millivolt(voltage_mv: int, condition: Condition) -> None:
    _, told = watched(Watch(), VoltageLimits(), np.full(60, voltage_mv), at_second(0), SECOND)
    assert story(told) == ([] if condition is FINE else [(condition, 0, 60)])
    assert watched(Watch(), VoltageLimits(), np.full(59, voltage_mv), at_second(0), SECOND)[1] == []


def test_what_ended_is_told_with_its_furthest_voltage() -> None:
    pieces = [(200, 4), (190, 1), (205, 3), (110, 2), (201, 2), (230, 3), (255, 2), (270, 1), (230, 9)]
    _, told = watched(Watch(), QUICK, volts(*pieces), at_second(100), SECOND)
    assert [(each.condition, each.ended, each.ended_begin // SECOND, each.ended_extreme_mv) for each in told[1:]] == [
        (FINE, LOW, 100, 110_000),
        (HIGH, FINE, 112, 230_000),
        (FINE, HIGH, 115, 270_000),
    ]


def test_half_cycles_tell_the_begin_to_10_ms() -> None:
    values = np.full(1000, 230_000)
    values[137:800] = 150_000
    _, told = watched(Watch(), QUICK, values, at_second(50), SECOND // 100)
    assert [(each.begin, each.known) for each in told] == [(51_370_000_000, 54_370_000_000)]


def test_hysteresis_keeps_a_band_until_the_voltage_is_well_outside() -> None:
    values = volts((206, 1), (208, 2), (206, 1), (208, 3), (252, 1), (253, 1), (252, 2), (230, 5))
    assert watched(Watch(), QUICK, values, at_second(0), SECOND)[1] == []
    _, told = watched(Watch(), QUICK._replace(hysteresis_mv=2_000), values, at_second(0), SECOND)
    assert story(told) == [(LOW, 0, 3), (HIGH, 8, 10), (FINE, 11, 13)]


def test_an_interrupted_watch_keeps_what_was_told() -> None:
    watch, _ = watched(Watch(), QUICK, volts((200, 5)), at_second(0), SECOND)
    watch, told = watched(watch.interrupted(), QUICK, volts((230, 3)), at_second(90), SECOND)
    assert story(told) == [(FINE, 90, 93)]
    pending, _ = watched(watch, QUICK, volts((200, 2)), at_second(93), SECOND)
    assert watched(pending.interrupted(), QUICK, volts((200, 2)), at_second(95), SECOND)[1] == []


LEVELS = st.sampled_from([100, 110, 116, 150, 206, 207, 208, 230, 252, 253, 254, 270])
PIECES = st.lists(st.tuples(LEVELS, st.integers(1, 7)), min_size=1, max_size=40)


@pytest.mark.slow
@settings(max_examples=100)
@given(PIECES, st.lists(st.integers(1, 200), max_size=10), st.sampled_from([0, 1_500, 5_000]))
def test_any_partition_tells_the_same(pieces: list[tuple[int, int]], cuts: list[int], hysteresis_mv: int) -> None:
    limits, values = QUICK._replace(hysteresis_mv=hysteresis_mv), volts(*pieces)
    whole, told = watched(Watch(), limits, values, at_second(0), SECOND)
    watch, parts = Watch(), list[Told]()
    for begin, end in pairwise(sorted({0, len(values), *(cut for cut in cuts if cut < len(values))})):
        watch, more = watched(watch, limits, values[begin:end], at_second(begin), SECOND)
        parts += more
    assert parts == told
    assert watch == whole


@pytest.mark.slow
@settings(max_examples=100)
@given(PIECES)
def test_what_is_told_lasted_and_alternates(pieces: list[tuple[int, int]]) -> None:
    values = volts(*pieces)
    _, told = watched(Watch(), QUICK, values, at_second(0), SECOND)
    for each in told:
        assert each.known - each.begin >= QUICK.duration_ns(each.condition, each.ended)
        spanned = values[each.begin // SECOND : each.known // SECOND]
        bands = {
            QUICK.condition(int(value), FINE)
            for value in spanned[: QUICK.duration_ns(each.condition, each.ended) // SECOND]
        }
        assert bands <= ({LOW, GONE} if each.condition is LOW else {each.condition})
    assert all(before.condition is after.ended for before, after in pairwise(told))
    assert all(before.known - after.known <= -SECOND for before, after in pairwise(told))


@pytest.mark.parametrize(
    ("name", "value"),
    [("sag_mv", 119_999), ("swell_mv", 300_001), ("missing_mv", 120_000), ("sag_s", 0), ("swell_s", 301)],
)
def test_limits_out_of_range_are_refused(name: str, value: int) -> None:
    with pytest.raises(ConfigurationError, match=f"{value} lies outside"):
        VoltageLimits(**{name: value}).checked()
    assert VoltageLimits().checked() == VoltageLimits()
    assert Instant(0) == Watch().since
