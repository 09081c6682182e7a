"""Waveforms through a whole device: nothing behind the terminals knows where its measurements come from."""

from fractions import Fraction

import numpy as np
import pytest

from device.making import SETTINGS, Recorder
from softmeter.device.device import Device
from softmeter.device.registers import ACTIVE_SUM
from softmeter.instant import SECOND, Instant
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.metrology.pulses import MJ_PER_PULSE
from softmeter.signal.grid import Grid, GridWaveform, Harmonic, Level
from softmeter.signal.household import Household
from softmeter.signal.phase import Phase

START, SECONDS = 1_767_225_600 + 11 * 3600, 300
DARK = Level(Fraction(START + 100), Fraction(START + 110), 0.0)
GRID = Grid(Phase(Fraction(50), wander_hz=0.03), (Harmonic(5, 0.03),), (Harmonic(3, 0.2),), (DARK,), rate_hz=400)


def device() -> Device:
    return Device(SETTINGS, Metering(GridWaveform(GRID, Household(7))), Instant(START * SECOND))


@pytest.mark.slow
def test_a_device_counts_what_the_metrology_gives() -> None:
    meter, recorder = device(), Recorder()
    meter.advance(Instant((START + SECONDS) * SECOND), recorder)
    seconds = integrate(Metering(GridWaveform(GRID, Household(7))).measurements(START, SECONDS))
    lit = seconds.voltage_mv >= SETTINGS.cut_mv
    assert 10 <= np.count_nonzero(~lit) <= 12
    counted = quantities(seconds)[:, lit].sum(axis=1)
    assert [meter.registers.mj(quantity) for quantity in Quantity] == counted.tolist()
    assert len(recorder.active) == meter.registers.mj(*ACTIVE_SUM) // MJ_PER_PULSE


@pytest.mark.slow
def test_a_device_may_be_advanced_in_any_steps_and_forked() -> None:
    whole, steps = device(), device()
    whole.advance(Instant((START + SECONDS) * SECOND))
    for second in range(0, SECONDS, 7):
        twin = steps.fork()
        twin.advance(Instant((START + second) * SECOND))
        steps = steps.fork()
        steps.advance(Instant((START + second) * SECOND))
        assert twin.registers.saved() == steps.registers.saved()
    steps.advance(Instant((START + SECONDS) * SECOND))
    assert steps.registers.saved() == whole.registers.saved()
    assert steps.instantaneous == whole.instantaneous
