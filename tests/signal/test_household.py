from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.signal.appliances import DAY, events
from softmeter.signal.household import Household
from softmeter.signal.noise import lanes, uniform, words
from softmeter.signal.samples import Floats, Measurements, joined

MONDAY = 1_767_567_600
"""2026-01-05T00:00:00+01:00."""

MIDSUMMER = 1_781_992_800
"""2026-06-21T00:00:00+02:00."""

NAMES = Measurements.__slots__[1:-1]


def test_the_mixing_is_splitmix64() -> None:
    # The sequence of SplitMix64 with seed 1234567, from the reference implementation: key 0, counters 1, 2, 3 above it.
    step, mask = 0x9E3779B97F4A7C15, 2**64 - 1

    def plain(state: int) -> int:
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return mixed ^ (mixed >> 31)

    assert [plain((1234567 + k * step) & mask) for k in (1, 2)] == [6457827717110365317, 3203168211198807973]
    key = plain((5 + 9 * step) & mask)
    assert words(5, 9, np.arange(3)).tolist() == [plain((key + k * step) & mask) for k in range(3)]


def test_chance_is_even() -> None:
    drawn = uniform(1, 2, np.arange(100_000))
    assert np.histogram(drawn, 10, (0, 1))[0].tolist() == pytest.approx([10_000] * 10, abs=400)
    parts = lanes(words(1, 2, np.arange(20_000)))
    assert parts.shape == (4, 20_000)
    assert parts.mean(axis=1).tolist() == pytest.approx([0.5] * 4, abs=0.01)
    assert np.abs(np.corrcoef(parts) - np.eye(4)).max() < 0.03


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**32),
    st.lists(st.one_of(st.integers(0, 200), st.integers(0, 20_000)), min_size=1, max_size=5),
)
def test_partition_of_time_changes_nothing(seed: int, first: int, lengths: list[int]) -> None:
    source = Household(seed)
    whole = source.measurements(first, sum(lengths))
    second, parts = first, []
    for length in lengths:
        parts.append(source.measurements(second, length))
        second += length
    pieces = joined(parts)
    assert len(whole) == sum(lengths)
    for name in NAMES:
        assert np.array_equal(getattr(pieces, name), getattr(whole, name))


def test_single_seconds_are_those_of_the_day() -> None:
    source = Household(7)
    day = source.measurements(MONDAY, DAY)
    for second in range(0, DAY, 6_173):
        alone = source.measurements(MONDAY + second, 1)
        assert [getattr(alone, name)[0] for name in NAMES] == [getattr(day, name)[second] for name in NAMES]


@pytest.mark.parametrize("seed", range(4))
def test_values_are_plausible(seed: int) -> None:
    for begin in (MONDAY, MIDSUMMER):
        day = Household(seed).measurements(begin, DAY)
        assert day.voltage_v.min() > 207
        assert day.voltage_v.max() < 253
        assert 49.9 < day.frequency_hz.min() < day.frequency_hz.max() < 50.1
        assert day.current_a.max() < 65
        apparent = np.hypot(day.active_power_w, day.reactive_power_var)
        assert np.allclose(day.current_a * day.voltage_v, apparent)
        assert -5_000 < day.active_power_w.min() < day.active_power_w.max() < 15_000


def energy_kwh(power_w: Floats) -> float:
    return float(power_w.sum()) / 3.6e6


@pytest.mark.slow
def test_the_seasons() -> None:
    source = Household(7)
    winter = np.concatenate([source.measurements(MONDAY + day * DAY, DAY).active_power_w for day in range(7)])
    summer = np.concatenate([source.measurements(MIDSUMMER + day * DAY, DAY).active_power_w for day in range(7)])
    assert 30 < energy_kwh(np.clip(winter, 0, None)) < 150
    assert energy_kwh(np.clip(summer, None, 0)) < -20
    assert energy_kwh(np.clip(winter, None, 0)) > -10
    night = winter.reshape(7, DAY)[:, 2 * 3600 : 4 * 3600]
    evening = winter.reshape(7, DAY)[:, 18 * 3600 : 21 * 3600]
    assert evening.mean() > 2 * night.mean()
    assert night.min() > 40


def test_households_differ_but_share_the_frequency() -> None:
    one, other = Household(1).measurements(MONDAY, 3600), Household(2).measurements(MONDAY, 3600)
    assert not np.array_equal(one.active_power_w, other.active_power_w)
    assert np.abs(one.frequency_hz - other.frequency_hz).max() < 0.005
    assert Household(1).findings[0].startswith("synthetic household 1: 18 appliances, base load ")


def test_a_refrigerator_runs_in_cycles() -> None:
    cycles = [event for event in events(3, MONDAY, DAY) if event.appliance.name == "refrigerator"]
    assert len(cycles) in {32, 33}
    assert all(700 <= event.end - event.begin <= 1300 for event in cycles)
    assert all(before.end <= after.begin for before, after in pairwise(cycles))


def test_no_seconds_are_no_measurements() -> None:
    assert len(Household(0).measurements(MONDAY, 0)) == 0
