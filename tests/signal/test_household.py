from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.signal.appliances import APPLIANCES, Timetable, events
from softmeter.signal.household import Equipment, Household
from softmeter.signal.noise import lanes, uniform, words
from softmeter.signal.samples import Column, Floats, joined
from softmeter.signal.seasons import DAY
from softmeter.signal.shapes import SHAPES, Shape, spectra

MONDAY = 1_767_567_600
"""2026-01-05T00:00:00+01:00."""

MIDSUMMER = 1_781_992_800
"""2026-06-21T00:00:00+02:00."""

NAMES = tuple(Column)


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
    cycles = [
        event for event in events(3, MONDAY, DAY, Timetable(APPLIANCES)) if event.appliance.name == "refrigerator"
    ]
    assert len(cycles) in {32, 33}
    assert all(700 <= event.end - event.begin <= 1300 for event in cycles)
    assert all(before.end <= after.begin for before, after in pairwise(cycles))


def test_no_seconds_are_no_measurements() -> None:
    assert len(Household(0).measurements(MONDAY, 0)) == 0


YEAR = 1_767_222_000
"""2026-01-01T00:00:00+01:00, a Thursday."""
DAYS = np.arange(365)


def hours(equipment: Equipment, seed: int = 7) -> Floats:
    """The mean power (W) of each hour of a year: shape (365, 24)."""
    household = Household(seed, equipment)
    days = (household.measurements(YEAR + day * DAY, DAY).active_power_w for day in range(365))
    return np.stack([day.reshape(24, -1).mean(axis=1) for day in days])


@pytest.fixture(scope="module")
def plain() -> Floats:
    """A household without anything large."""
    return hours(Equipment(0, 0, 0))


@pytest.mark.slow
def test_a_year_of_a_plain_household(plain: Floats) -> None:
    assert 2_500 < plain.sum() / 1000 < 4_500
    winter, summer = plain[[*range(60), *range(334, 365)]].sum(), plain[151:243].sum()
    assert 1.02 < winter / summer < 1.4
    day = plain.mean(axis=0)
    assert 17 <= day.argmax() <= 20
    assert day[2:5].mean() < 0.4 * day[18:21].mean()
    weekend = (DAYS + 3) % 7 >= 5
    assert 1.02 < plain[weekend].sum(axis=1).mean() / plain[~weekend].sum(axis=1).mean() < 1.3
    assert plain[weekend, 11:13].mean() > 1.2 * plain[~weekend, 11:13].mean()


@pytest.mark.slow
def test_a_year_of_panels(plain: Floats) -> None:
    given = (plain - hours(Equipment(3_000, 0, 0))).clip(0, None)
    assert 800 < given.sum() / 3_000 < 1_150  # kWh for each kW of panels
    months = given[:360].reshape(12, 30, 24).sum(axis=(1, 2))
    assert months[5] > 4 * months[11]
    assert given[:, :3].sum() == 0
    daily = given.sum(axis=1)
    assert daily[152:213].std() > 0.15 * daily[152:213].mean()  # clouds


@pytest.mark.slow
def test_a_year_of_a_heat_pump_and_one_of_a_car(plain: Floats) -> None:
    heating = hours(Equipment(0, 0, 2_000)) - plain
    assert 2_500 < heating.sum() / 1000 < 6_000
    months = heating[:360].reshape(12, 30, 24).sum(axis=(1, 2))
    assert months[0] > 6 * months[6]
    assert heating.max() < 4_000
    charging = hours(Equipment(0, 3_680, 0)) - plain
    assert 1_000 < charging.sum() / 1000 < 3_500
    assert 17 <= charging.mean(axis=0).argmax() <= 22
    assert charging[:, 6:17].sum() < 0.05 * charging.sum()


def test_loads_by_shape_add_up_to_what_is_measured() -> None:
    source = Household(3, Equipment(2_000, 3_680, 2_000))
    for begin in (MONDAY + 17 * 3600, MIDSUMMER + 11 * 3600):
        seconds, loads = source.measurements(begin, 3600), source.loads(begin, 3600)
        assert loads.active_w.shape == (len(SHAPES), 3600)
        assert loads.active_w.sum(axis=0) == pytest.approx(seconds.active_power_w, abs=1e-9)
        assert loads.reactive_var.sum(axis=0) == pytest.approx(seconds.reactive_power_var, abs=1e-9)
        assert np.array_equal(source.loads(begin + 77, 5).active_w, loads.active_w[:, 77:82])
    assert loads.active_w[SHAPES.index(Shape.CORRECTED)].max() < 0
    assert source.loads(MONDAY, 0).active_w.shape == (len(SHAPES), 0)


def test_what_a_household_has_can_be_chosen() -> None:
    told = Household(1, Equipment(500, 7_360, 1_000)).findings[0]
    assert told.endswith("solar panels 500 W, heat pump 1000 W, electric car 7360 W")
    assert Household(1, Equipment(0, 0, 0)).findings[0].endswith("base load 67 W")


def test_shapes_are_what_was_recorded() -> None:
    shapes = dict(zip(SHAPES, np.abs(spectra()), strict=True))
    distortion = {shape: float(np.sqrt((share**2).sum())) for shape, share in shapes.items()}
    assert distortion[Shape.HEATER] < 0.03
    assert distortion[Shape.ELECTRONICS] == pytest.approx(0.72, abs=0.01)
    assert distortion[Shape.LAMP] > 1
    assert shapes[Shape.HALF_WAVE][2] == pytest.approx(0.45, abs=0.01)
    assert not spectra()[:, :2].any()
