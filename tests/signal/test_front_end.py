from fractions import Fraction

import numpy as np
import pytest

from softmeter.metrology.metering import Metering
from softmeter.signal.constant import Constant
from softmeter.signal.front_end import Channel, FrontEnd, FrontEndWaveform
from softmeter.signal.grid import Grid, GridWaveform, Harmonic
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Measurements, Waveform

START = 1_767_225_600
LOAD = Constant(voltage_v=230.0, current_a=5.0, active_power_w=1150.0)
PLAIN = GridWaveform(Grid(Phase(Fraction("50.1")), (), (Harmonic(7, 0.3),), rate_hz=4000), LOAD)


def behind(front_end: FrontEnd) -> Measurements:
    return Metering(FrontEndWaveform(PLAIN, front_end)).measurements(START, 2)


def test_a_front_end_without_faults_changes_nothing() -> None:
    waveform = FrontEndWaveform(PLAIN, FrontEnd())
    assert isinstance(waveform, Waveform)
    first = START * 4000 - 5
    for channel, plain in zip(waveform.samples(first, 50)[1:], PLAIN.samples(first, 50)[1:], strict=True):
        assert np.array_equal(channel, plain)


def test_gain_and_temperature() -> None:
    warm = FrontEnd(Channel(0.01, drift_per_k=1e-4), Channel(-0.02), temperature_c=33.0)
    seconds = behind(warm)
    assert seconds.voltage_v == pytest.approx([230 * 1.011] * 2, rel=1e-6)
    assert seconds.current_a == pytest.approx([5 * 0.98 * np.sqrt(1.09)] * 2, rel=1e-6)


def test_offsets_are_direct_voltage_and_current() -> None:
    seconds = behind(FrontEnd(Channel(offset=2.0), Channel(offset=0.5)))
    assert seconds.shown_power_w == pytest.approx([1151.0] * 2, rel=1e-5)


@pytest.mark.parametrize("degrees", [0.05, -0.05, 1.0, 10.0])
def test_a_late_current_seems_inductive(degrees: float) -> None:
    seconds = behind(FrontEnd(lag_degrees=degrees))
    angle = np.radians(degrees * 50.1 / 50)
    assert seconds.reactive_power_var == pytest.approx([1150 * np.sin(angle)] * 2, rel=1e-4, abs=0.01)
    assert seconds.current_a == pytest.approx([5 * np.sqrt(1.09)] * 2, rel=1e-5)


def test_noise_has_its_strength_and_is_the_same_again() -> None:
    noisy = FrontEnd(Channel(noise=3.0), Channel(noise=0.4), seed=5)
    one, other = (FrontEndWaveform(PLAIN, noisy).samples(START * 4000, 8000) for _ in range(2))
    assert np.array_equal(one.current, other.current)
    plain = PLAIN.samples(START * 4000, 8000)
    volts, amperes = map(float, PLAIN.scale)
    voltage, current = (one.voltage - plain.voltage) * volts, (one.current - plain.current) * amperes
    assert [voltage.std(), current.std()] == pytest.approx([3.0, 0.4], rel=0.03)
    assert abs(np.corrcoef(voltage, current)[0, 1]) < 0.04
    assert (np.abs(voltage) < 6).mean() == pytest.approx(0.954, abs=0.01)


def test_few_bits_are_coarse() -> None:
    counts = FrontEndWaveform(PLAIN, FrontEnd(bits=12)).samples(START * 4000, 4000)
    assert not (counts.voltage % 4096).any()
