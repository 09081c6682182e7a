from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.signal.constant import Constant
from softmeter.signal.grid import Grid, GridWaveform, Harmonic, Level, half_waves
from softmeter.signal.household import Equipment, Household
from softmeter.signal.loads import Loads
from softmeter.signal.phase import Phase
from softmeter.signal.prefetched import PrefetchedLoads
from softmeter.signal.samples import Floats, Measurements
from softmeter.signal.shapes import SHAPES, Shape, spectra

START = 1_767_225_600
STEADY = Phase(Fraction(50))
LOAD = Constant(voltage_v=230.0, current_a=5.0, active_power_w=575.0, reactive_power_var=-995.93)


def channels(waveform: GridWaveform, second: int = START) -> tuple[Floats, Floats]:
    """Volts and amperes of a second."""
    block = waveform.samples(second * waveform.rate_hz, waveform.rate_hz)
    volts, amperes = map(float, waveform.scale)
    return block.voltage.astype(np.float64) * volts, block.current.astype(np.float64) * amperes


def test_a_load_has_its_power() -> None:
    voltage, current = channels(GridWaveform(Grid(STEADY), LOAD))
    quarter = np.roll(voltage, 40)  # 90 degrees later
    assert (voltage * current).mean() == pytest.approx(575.0, rel=1e-6)
    assert (quarter * current).mean() == pytest.approx(-995.93, rel=1e-6)
    assert np.sqrt((voltage**2).mean()) == pytest.approx(230.0, rel=1e-7)


def test_harmonics_have_their_share_and_phase() -> None:
    grid = Grid(STEADY, (Harmonic(5, 0.1, 30.0),), (Harmonic(5, 0.4), Harmonic(3, 0.2)))
    load = Constant(voltage_v=230.0, current_a=5.0, active_power_w=1150.0)
    voltage, current = channels(GridWaveform(grid, load))
    spectrum = np.fft.rfft([voltage, current]) / 4000 / np.sqrt(2)
    fundamental = spectrum[:, 50]
    assert np.abs(spectrum[0, 250] / fundamental[0]) == pytest.approx(0.1, rel=1e-5)
    assert np.angle(spectrum[0, 250] / fundamental[0] ** 5) == pytest.approx(np.radians(30), abs=1e-5)
    assert np.abs(spectrum[1, [150, 250]] / fundamental[1]) == pytest.approx([0.2, 0.4], rel=1e-5)
    assert (voltage * current).mean() == pytest.approx(1150 * (1 + 0.04 * np.cos(np.radians(30))), rel=1e-6)


def test_half_waves_of_different_height() -> None:
    voltage, _ = channels(GridWaveform(Grid(STEADY, half_waves(0.02), rate_hz=16_000), LOAD))
    assert voltage.max() == pytest.approx(230 * np.sqrt(2) * 1.02, rel=1e-3)
    assert voltage.min() == pytest.approx(-230 * np.sqrt(2) * 0.98, rel=1e-3)


def test_levels_begin_and_end_within_a_second() -> None:
    levels = (
        Level(Fraction(START) + Fraction(1, 4), Fraction(START + 1), 0.4),
        Level(Fraction(START + 1), Fraction(START + 2), 0.0),
    )
    plain, changed = (GridWaveform(Grid(STEADY, levels=which), LOAD) for which in ((), levels))
    for at, factors in ((START - 1, [1, 1]), (START, [1, 0.4]), (START + 1, [0, 0]), (START + 2, [1, 1])):
        for before, after in zip(channels(plain, at), channels(changed, at), strict=True):
            expected = before * np.repeat(factors, [2000, 6000])
            assert np.abs(after - expected).max() < 1e-4


def test_without_voltage_there_is_no_current() -> None:
    voltage, current = channels(GridWaveform(Grid(STEADY), Constant(voltage_v=0.0, active_power_w=100.0)))
    assert not voltage.any()
    assert not current.any()


@pytest.mark.slow
@given(st.integers(-3, 3), st.lists(st.integers(0, 2000), min_size=1, max_size=6))
def test_any_span_holds_the_same_samples(second: int, lengths: list[int]) -> None:
    waveform = GridWaveform(Grid(Phase(Fraction("50.3")), rate_hz=400), LOAD)
    first = (START + second) * 400 + 17
    parts, at = [], first
    for length in lengths:
        parts.append(waveform.samples(at, length))
        at += length
    whole = GridWaveform(Grid(Phase(Fraction("50.3")), rate_hz=400), LOAD).samples(first, at - first)
    assert len(whole) == at - first
    for channel in (1, 2):
        assert np.array_equal(np.concatenate([part[channel] for part in parts]), whole[channel])


def test_what_the_rate_cannot_hold_is_left_out_and_told() -> None:
    grid = Grid(STEADY, (Harmonic(3, 0.1), Harmonic(5, 0.1)), (Harmonic(9, 0.5),), rate_hz=400)
    waveform = GridWaveform(grid, LOAD)
    assert waveform.findings[-1] == "harmonics of order 5, 9 lie above half the sample rate and are left out"
    voltage, _ = channels(waveform)
    assert np.abs(np.fft.rfft(voltage)[150]) / 200 == pytest.approx(23 * np.sqrt(2), rel=1e-4)
    with pytest.raises(ValueError, match="401 samples per second"):
        GridWaveform(Grid(STEADY, rate_hz=401), LOAD)


class OneShape:
    """A load of 460 W and 200 var, all of one shape."""

    findings: tuple[str, ...] = ()

    def __init__(self, shape: Shape) -> None:
        self.at = SHAPES.index(shape)

    def measurements(self, first_second: int, count: int) -> Measurements:
        return Constant(active_power_w=460.0, reactive_power_var=200.0).measurements(first_second, count)

    def loads(self, _: int, count: int) -> Loads:
        loads = Loads(np.zeros((len(SHAPES), count)), np.zeros((len(SHAPES), count)))
        loads.active_w[self.at], loads.reactive_var[self.at] = 460.0, 200.0
        return loads


@pytest.mark.parametrize("shape", SHAPES)
def test_loads_have_the_harmonics_of_their_shape(shape: Shape) -> None:
    voltage, current = channels(GridWaveform(Grid(STEADY), OneShape(shape)))
    spectrum = np.fft.rfft(current)[50::50][:40] / 4000
    fundamental = spectrum[0]
    # relative to the fundamental, wherever it is: a shape moves as a whole
    relative = spectrum / np.abs(fundamental) * (np.abs(fundamental) / fundamental) ** np.arange(1, 41)
    assert relative[1:] == pytest.approx(spectra()[SHAPES.index(shape), 2:], abs=2e-5)
    assert (voltage * current).mean() == pytest.approx(460.0, rel=1e-6)
    assert (np.roll(voltage, 40) * current).mean() == pytest.approx(200.0, rel=1e-6)


def test_a_household_draws_harmonics_and_keeps_its_power() -> None:
    source = Household(3, Equipment(3_000, 3_680, 2_000))
    waveform = GridWaveform(Grid(STEADY, rate_hz=4_000), PrefetchedLoads(source))
    evening = 1_767_640_000
    voltage, current = channels(waveform, evening)
    means = source.measurements(evening, 1)
    assert (voltage * current).mean() == pytest.approx(means.active_power_w[0], rel=1e-5)
    spectrum = np.abs(np.fft.rfft(current))
    assert spectrum[150] > 0.01 * spectrum[50]
    again = GridWaveform(Grid(STEADY, rate_hz=4_000), source)
    assert np.array_equal(channels(again, evening)[1], current)
    slow = GridWaveform(Grid(STEADY, rate_hz=400), source)  # up to the third harmonic
    assert (np.prod(channels(slow, evening), axis=0)).mean() == pytest.approx(means.active_power_w[0], rel=1e-5)


def test_the_level_of_the_mains() -> None:
    voltage, current = channels(GridWaveform(Grid(STEADY, level=0.9), LOAD))
    assert np.sqrt((voltage**2).mean()) == pytest.approx(207.0, rel=1e-7)
    assert (voltage * current).mean() == pytest.approx(575.0 * 0.81, rel=1e-6)
