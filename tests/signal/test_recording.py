from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.signal.recording import Recording, natural_period_s
from softmeter.signal.samples import Column, joined
from softmeter.signal.table import Table

SECOND = 10**9


def table(times_s: list[float], **columns: list[float]) -> Table:
    times = np.array([round(time * SECOND) for time in times_s], dtype=np.int64)
    return Table(times, {Column(name): np.array(values, dtype=np.float64) for name, values in columns.items()})


def power(recording: Recording, first: int, count: int) -> list[float]:
    return [float(value) for value in recording.measurements(first, count).active_power_w]


def test_irregular_steps_hold_the_last_value() -> None:
    recording = Recording(table([10, 11, 14, 20], active_power_w=[100, 200, 50, 7]))
    assert power(recording, 8, 14) == [100, 100, 100, 200, 200, 200, 50, 50, 50, 50, 50, 50, 7, 7]


def test_samples_within_a_second_count_by_their_time() -> None:
    recording = Recording(table([0, 0.25, 0.75, 2.5], active_power_w=[1000, 2000, 400, 0]))
    assert power(recording, 0, 4) == [1000 * 0.25 + 2000 * 0.5 + 400 * 0.25, 400, 200, 0]


def test_a_sample_with_the_time_of_the_one_before_takes_its_place() -> None:
    recording = Recording(table([0, 1.5, 1.5, 3, 3], active_power_w=[1, 1000, 3, 4, 5]))
    assert power(recording, 0, 5) == [1, 2, 3, 5, 5]
    assert "sample:3: 2 samples have the time of the one before, whose place they take" in recording.findings


def test_looped_it_repeats_both_ways_in_time() -> None:
    recording = Recording(table([100, 101, 102], active_power_w=[1, 2, 3]), period_s=3)
    assert power(recording, 94, 14) == [1, 2, 3] * 4 + [1, 2]
    assert power(recording, 100 + 3 * 10**9 + 1, 2) == [2, 3]


@pytest.mark.parametrize(
    ("times", "period"),
    [([5], 1), ([0, 1, 2], 3), ([0.5, 1.5, 2.5], 4), ([0, 60, 120], 180), ([0, 0.1, 0.2], 1), ([7, 7, 7], 1)],
)
def test_natural_period(times: list[float], period: int) -> None:
    assert natural_period_s(table(times, voltage_v=[230.0] * len(times)).times_ns) == period


def test_missing_columns_are_derived_and_said_so() -> None:
    recording = Recording(table([0], active_power_w=[-800], reactive_power_var=[600], voltage_v=[250]))
    second = recording.measurements(0, 1)
    assert second.current_a.tolist() == [4.0]
    assert second.frequency_hz.tolist() == [50.0]
    assert recording.findings[:2] == (
        "frequency_hz is not recorded: 50 assumed",
        "current_a is not recorded: derived from power and voltage",
    )


def test_power_is_derived_sample_by_sample_from_a_signed_current() -> None:
    recording = Recording(table([0, 0.5], current_a=[2, -4], voltage_v=[230, 240]))
    second = recording.measurements(0, 1)
    assert second.active_power_w.tolist() == [(2 * 230 - 4 * 240) / 2]
    assert second.current_a.tolist() == [3.0]
    assert second.voltage_v.tolist() == [235.0]


def test_without_voltage_no_current_is_derived() -> None:
    second = Recording(table([0], active_power_w=[800], voltage_v=[0])).measurements(0, 1)
    assert second.current_a.tolist() == [0.0]


def test_gaps_are_told() -> None:
    recording = Recording(table([0, 1, 2, 62, 63, 163], active_power_w=[1.0] * 6))
    gap = "sample:5: 2 gaps, the longest of 100 s after 1970-01-01T00:01:03Z; the last value holds"
    assert gap in recording.findings


def test_no_seconds_are_no_measurements() -> None:
    for period in (None, 3):
        assert len(Recording(table([0], voltage_v=[230]), period).measurements(5, 0)) == 0


def test_measurements_with_a_hole_cannot_be_joined() -> None:
    recording = Recording(table([0], voltage_v=[230]))
    with pytest.raises(ValueError, match="cannot follow"):
        joined([recording.measurements(0, 2), recording.measurements(3, 1)])
    with pytest.raises(ValueError, match="no measurements"):
        joined([])


TIMES = st.lists(st.integers(0, 30_000_000_000), min_size=1, max_size=40).map(sorted)


def integral(times: list[int], values: list[float], begin: int, end: int) -> Fraction:
    """The integral of held values from `begin` to `end` (ns), exactly."""
    marks = sorted({begin, end, *(time for time in times if begin < time < end)})
    total = Fraction(0)
    for left, right in pairwise(marks):
        held = max((index for index, time in enumerate(times) if time <= left), default=0)
        total += Fraction(values[held]) * (right - left) / SECOND
    return total


@pytest.mark.slow
@given(TIMES, st.data())
def test_each_mean_is_the_exact_integral_of_its_second(times: list[int], data: st.DataObject) -> None:
    bounded = st.floats(-1e5, 1e5)
    values = data.draw(st.lists(bounded, min_size=len(times), max_size=len(times)))
    source = Recording(Table(np.array(times), {Column.ACTIVE_POWER: np.array(values)}))
    for second, mean in enumerate(power(source, -2, 36), start=-2):
        exact = integral(times, values, second * SECOND, (second + 1) * SECOND)
        assert abs(Fraction(mean) - exact) < Fraction(1, 10**8)


@pytest.mark.slow
@given(TIMES, st.one_of(st.none(), st.integers(1, 50)), st.integers(-40, 40), st.lists(st.integers(0, 30), max_size=6))
def test_partition_of_time_changes_nothing(
    times: list[int], period: int | None, first: int, lengths: list[int]
) -> None:
    values = np.sin(np.arange(len(times))) * 3e3
    source = Recording(Table(np.array(times), {Column.ACTIVE_POWER: values}), period)
    whole = source.measurements(first, sum(lengths))
    parts, second = [source.measurements(first, 0)], first
    for length in lengths:
        parts.append(source.measurements(second, length))
        second += length
    pieces = joined(parts)
    for name in Column:
        assert getattr(pieces, name).tolist() == getattr(whole, name).tolist()
