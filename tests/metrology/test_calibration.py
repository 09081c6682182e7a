from fractions import Fraction
from math import acos, cos, sin

import numpy as np
import pytest

from softmeter.errors import ConfigurationError
from softmeter.metrology.calibration import GREATEST_LAG_NS, NEUTRAL, ONE, CalibratedWaveform, Calibration
from softmeter.metrology.calibration_procedure import Reading, calibrate, corrected
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.signal.constant import Constant
from softmeter.signal.converter import Converter
from softmeter.signal.front_end import Channel, FrontEnd, FrontEndWaveform
from softmeter.signal.grid import Grid, GridWaveform, Harmonic
from softmeter.signal.phase import Phase
from softmeter.signal.samples import MAX_COUNT, Block

START = 1_767_225_600
POOR = FrontEnd(voltage=Channel(gain=0.012), current=Channel(gain=-0.034), lag_degrees=1.5)


def load(current_a: float, angle: float) -> Constant:
    apparent = 230.0 * current_a
    return Constant(230.0, current_a, apparent * cos(angle), apparent * sin(angle))


REFERENCE_LOAD = acos(0.5)


def plain(current_a: float, angle: float, fifth: float = 0.0) -> FrontEndWaveform:
    """A load behind the poor front end, perhaps with fifth harmonics in voltage and current."""
    grid = Grid(Phase(Fraction(50)), (Harmonic(5, 0.25 * fifth),), (Harmonic(5, fifth),))
    return FrontEndWaveform(GridWaveform(grid, load(current_a, angle)), POOR)


@pytest.fixture(scope="module")
def found() -> Calibration:
    reference = Reading(230.0, 575.0, 1150.0 * sin(REFERENCE_LOAD))
    return calibrate(plain(5.0, REFERENCE_LOAD), reference, START, 3)


def test_the_constants_are_those_that_undo_the_front_end(found: Calibration) -> None:
    assert found.voltage_gain / ONE == pytest.approx(1 / 1.012, rel=1e-6)
    assert found.current_gain / ONE == pytest.approx(1 / 0.966, rel=1e-6)
    assert found.lag_ns == pytest.approx(1.5 / 360 / 50 * 1e9, abs=2)


@pytest.mark.slow
@pytest.mark.parametrize("angle", [0.0, REFERENCE_LOAD, -acos(0.8), 2.5])
@pytest.mark.parametrize("current_a", [0.25, 65.0])
def test_a_calibrated_meter_is_right_at_every_load(found: Calibration, current_a: float, angle: float) -> None:
    seconds = integrate(Metering(plain(current_a, angle), found).measurements(START, 4))
    apparent = 230.0 * current_a
    assert seconds.active_mj.sum() == pytest.approx(4000 * apparent * cos(angle), rel=2e-5, abs=2e-5 * 4000 * apparent)
    assert seconds.reactive_mvars.sum() == pytest.approx(4000 * apparent * sin(angle), abs=5e-5 * 4000 * apparent)
    assert seconds.voltage_mv.tolist() == [230_000] * 4


def test_without_calibration_it_is_not() -> None:
    seconds = integrate(Metering(plain(5.0, REFERENCE_LOAD)).measurements(START, 2))
    assert abs(seconds.active_mj.sum() / 1_150_000 - 1) > 0.02


@pytest.mark.slow
def test_the_lag_is_a_delay_and_fits_harmonics_too(found: Calibration) -> None:
    seconds = integrate(Metering(plain(5.0, 0.0, 0.4), found).measurements(START, 4))
    assert seconds.active_mj.sum() == pytest.approx(4000 * 1150.0 * 1.04, rel=2e-5)


def test_neutral_constants_change_no_sample() -> None:
    given = plain(5.0, 1.0)
    for calibration in (NEUTRAL, Calibration(ONE + 12_345, ONE - 54_321)):
        calibrated = CalibratedWaveform(given, calibration)
        block, bare = calibrated.samples(START * 8000 + 17, 9000), given.samples(START * 8000 + 17, 9000)
        assert block.voltage.tolist() == bare.voltage.tolist()
        assert block.current.tolist() == bare.current.tolist()
    assert calibrated.scale.volts == given.scale.volts * Fraction(ONE + 12_345, ONE)
    assert calibrated.findings[-1] == "calibrated: voltage x 1.000736, current x 0.996762, current late by 0 ns"


class Ends:
    """A voltage that stays, a current that is driven beyond the converter for a while."""

    findings: tuple[str, ...] = ()
    rate_hz = 4000
    scale = Converter().scale

    def samples(self, first: int, count: int) -> Block:
        numbers = np.arange(first, first + count)
        waves = np.clip(np.rint(1.2 * MAX_COUNT * np.cos(2 * np.pi * 50 * numbers / 4000)), -MAX_COUNT, MAX_COUNT)
        return Block(first, np.full(count, 1_000_003, dtype=np.int32), waves.astype(np.int32))


def test_a_lag_leaves_constants_and_clipped_samples_alone() -> None:
    block = CalibratedWaveform(Ends(), Calibration(lag_ns=30_000)).samples(0, 4000)
    bare = Ends().samples(0, 4000)
    clipped = np.abs(bare.current) == MAX_COUNT
    assert (block.current[clipped] == bare.current[clipped]).all()
    assert block.voltage.tolist() == bare.voltage.tolist()
    swapped = CalibratedWaveform(Constants(), Calibration(lag_ns=-70_000)).samples(5, 100)
    assert swapped.current.tolist() == [1_000_003] * 100


class Constants(Ends):
    def samples(self, first: int, count: int) -> Block:
        block = Ends.samples(self, first, count)
        return Block(first, block.voltage, block.voltage)


@pytest.mark.parametrize(
    "wrong", [Calibration(ONE * 13 // 10), Calibration(current_gain=ONE // 2), Calibration(lag_ns=GREATEST_LAG_NS + 1)]
)
def test_corrections_too_great_are_refused(wrong: Calibration) -> None:
    with pytest.raises(ConfigurationError, match="corrects more than"):
        wrong.checked()
    assert NEUTRAL.checked() == NEUTRAL


def test_a_procedure_without_load_or_with_a_wrong_reference_is_refused() -> None:
    good = Reading(230.0, 575.0, 996.0)
    for measured, reference, match in (
        (Reading(230.0, 1.0, 1.0), good, "the meter sees 230 V"),
        (good, Reading(3.0, 575.0, 996.0), "the reference sees 3 V"),
        (Reading(float("nan"), 575.0, 996.0), good, "the meter sees nan"),
        (good, Reading(300.0, 575.0, 996.0), "corrects more than 20 %"),
        (good, Reading(230.0, -575.0, -996.0), "corrects more than 200000"),
    ):
        with pytest.raises(ConfigurationError, match=match):
            corrected(NEUTRAL, measured, reference)


def test_a_source_is_calibrated_in_place_of_what_it_was() -> None:
    metering = Metering(plain(5.0, 0.0))
    once = metering.calibrated(Calibration(ONE * 11 // 10))
    twice = once.calibrated(Calibration(ONE * 9 // 10)).calibrated(Calibration(ONE * 11 // 10))
    voltages = [each.measurements(START, 1).voltage_v[0] for each in (metering, once, twice)]
    assert voltages[1] == voltages[2] == pytest.approx(1.1 * voltages[0])
    assert once.calibrated(NEUTRAL).measurements(START, 1).voltage_v[0] == voltages[0]
