"""Calibration constants under their seal."""

from fractions import Fraction

import pytest

from device.making import SETTINGS, Varying, dump, restored
from softmeter.bench.journal import Journal
from softmeter.bench.supply import Supply
from softmeter.device.device import Device
from softmeter.device.surroundings import CALM
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.calibration import NEUTRAL, ONE, Calibration
from softmeter.metrology.metering import Metering
from softmeter.signal.constant import Constant
from softmeter.signal.grid import Grid, GridWaveform
from softmeter.signal.phase import Phase

START = parse_instant("2026-01-05T00:00:00Z")
OTHER = Calibration(ONE * 11 // 10, ONE, 1_000)


def device() -> Device:
    waveform = GridWaveform(Grid(Phase(Fraction(50)), rate_hz=400), Constant(200.0, 1.0, 200.0))
    return Device(SETTINGS, Supply(Metering(waveform), Journal()), START)


def lived(meter: Device, seconds: int) -> int:
    """The voltage shown then."""
    meter.advance(Instant(START + seconds * SECOND))
    return round(meter.instantaneous.voltage_mv, -2)


@pytest.mark.manual("3.3.calibration-sealed")
def test_constants_change_only_while_the_seal_is_broken() -> None:
    meter = device()
    sealed = meter.behaviours.calibration
    with pytest.raises(ConfigurationError, match="the calibration seal is whole"):
        sealed.set(meter, OTHER)
    assert (sealed.constants, lived(meter, 2)) == (NEUTRAL, 200_000)
    sealed.seal_broken = True
    with pytest.raises(ConfigurationError, match="corrects more than"):
        sealed.set(meter, Calibration(2 * ONE))
    sealed.set(meter, OTHER)
    assert lived(meter, 4) == 220_000
    sealed.set(meter, NEUTRAL)
    assert lived(meter, 6) == 200_000


def test_constants_and_seal_outlive_a_power_cut() -> None:
    meter = device()
    meter.behaviours.calibration.seal_broken = True
    meter.behaviours.calibration.set(meter, OTHER)
    lived(meter, 3)
    twin = restored(meter)
    assert dump(twin) == dump(meter)
    twin.source = device().source
    twin.resume(Instant(START + 10 * SECOND))
    assert lived(twin, 12) == 220_000
    assert twin.behaviours.calibration.seal_broken


def test_a_fork_may_be_calibrated_by_itself() -> None:
    meter = device()
    twin = meter.fork()
    twin.behaviours.calibration.seal_broken = True
    twin.behaviours.calibration.set(twin, OTHER)
    assert (lived(meter, 2), lived(twin, 2)) == (200_000, 220_000)
    assert not meter.behaviours.calibration.seal_broken


def test_measurements_of_seconds_have_nothing_to_calibrate() -> None:
    meter = Device(SETTINGS, Varying(), START)
    meter.behaviours.calibration.seal_broken = True
    with pytest.raises(ConfigurationError, match="nothing to calibrate"):
        meter.behaviours.calibration.set(meter, OTHER)


def test_what_is_set_at_the_broken_seal_holds_and_stays_when_the_seal_is_renewed() -> None:
    meter = device()
    sealed = meter.behaviours.calibration
    tenth = CALM._replace(voltage_gain_ppm=100_000, current_lag_ns=500)
    sealed.felt(meter, CALM, tenth)
    assert sealed.constants == NEUTRAL
    broken = tenth._replace(calibration_seal_broken=1)
    sealed.felt(meter, CALM, broken)
    assert sealed.constants == Calibration(round(ONE * 1.1), ONE, 500)
    assert lived(meter, 2) == 220_000
    sealed.felt(meter, broken, CALM)
    assert not sealed.seal_broken
    assert lived(meter, 4) == 220_000


def test_a_broken_seal_before_measurements_of_seconds_changes_nothing() -> None:
    meter = Device(SETTINGS, Varying(), START)
    meter.behaviours.calibration.felt(meter, CALM, CALM._replace(calibration_seal_broken=1, voltage_gain_ppm=5))
    assert meter.behaviours.calibration.constants == NEUTRAL
