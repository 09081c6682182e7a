"""Overrides act at whole seconds, whatever the steps in which the supply is asked."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.bench.journal import Journal, Quantity
from softmeter.bench.supply import Supply
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.metrology.calibration import ONE, Calibration
from softmeter.metrology.metering import Metering
from softmeter.signal.constant import Constant
from softmeter.signal.faults import Fault
from softmeter.signal.grid import Grid, GridWaveform
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Measurements, joined


class Ramp:
    """A supply whose power is the number of the second."""

    findings = ()

    def measurements(self, first_second: int, count: int) -> Measurements:
        power_w = np.arange(first_second, first_second + count, dtype=float)
        ones = np.ones(count)
        return Measurements(first_second, 230 * ones, power_w / 230, power_w, 0 * ones, 50 * ones)


def journal_of(*commands: tuple[float, Quantity, float | None]) -> Journal:
    journal = Journal()
    for at_s, quantity, value in commands:
        journal.give(quantity, value, Instant(int(at_s * SECOND)))
    return journal


def test_an_empty_journal_changes_nothing() -> None:
    supply = Supply(Ramp(), Journal())
    assert supply.measurements(100, 5).active_power_w.tolist() == [100, 101, 102, 103, 104]


def test_a_command_acts_at_the_next_whole_second_until_released() -> None:
    journal = journal_of((101.2, Quantity.ACTIVE_POWER_W, 2300.0), (103.0, Quantity.ACTIVE_POWER_W, None))
    seen = Supply(Ramp(), journal).measurements(100, 5)
    assert seen.active_power_w.tolist() == [100, 101, 2300, 103, 104]
    assert seen.current_a[2] == pytest.approx(10.0)
    assert seen.current_a[1] == pytest.approx(101 / 230)


def test_a_power_factor_gives_reactive_power_of_its_sign() -> None:
    inductive = Supply(Ramp(), journal_of((0, Quantity.POWER_FACTOR, 0.8))).measurements(800, 1)
    capacitive = Supply(Ramp(), journal_of((0, Quantity.POWER_FACTOR, -0.8))).measurements(800, 1)
    assert inductive.reactive_power_var[0] == pytest.approx(600.0)
    assert capacitive.reactive_power_var[0] == pytest.approx(-600.0)
    assert inductive.current_a[0] == pytest.approx(1000 / 230)


def test_without_voltage_there_is_no_load() -> None:
    seen = Supply(Ramp(), journal_of((0, Quantity.VOLTAGE_V, 0.0))).measurements(100, 1)
    assert (seen.current_a[0], seen.active_power_w[0]) == (0.0, 0.0)


@given(st.lists(st.integers(1, 30), max_size=8), st.lists(st.floats(0, 200), max_size=6))
def test_any_partition_of_time_gives_the_same(cuts: list[int], times: list[float]) -> None:
    values = (1000.0, None, -500.0, 0.0, None, 42.0)
    journal = journal_of(*((at, Quantity.ACTIVE_POWER_W, values[k]) for k, at in enumerate(sorted(times))))
    supply = Supply(Ramp(), journal)
    whole = supply.measurements(0, 200)
    parts, begin = [], 0
    for cut in [*cuts, 200]:
        end = min(begin + cut, 200)
        if end > begin:
            parts.append(supply.measurements(begin, end - begin))
        begin = end
    pieces = joined(parts)
    assert pieces.active_power_w.tolist() == whole.active_power_w.tolist()[: len(pieces)]
    assert pieces.current_a.tolist() == whole.current_a.tolist()[: len(pieces)]


def test_replaced_commands_are_forgotten() -> None:
    journal = journal_of(*((at, Quantity.VOLTAGE_V, 220.0 + at) for at in range(10)))
    journal.forget_before(8)
    assert journal.of(Quantity.VOLTAGE_V) == [(8, 228.0), (9, 229.0)]
    assert journal.current(8)[Quantity.VOLTAGE_V] == 228.0


def test_of_many_commands_in_one_second_the_last_one_is_kept() -> None:
    """A slider that is dragged while time stands still must not fill the memory."""
    journal = journal_of(*((7.5, Quantity.ACTIVE_POWER_W, float(power)) for power in range(1000)))
    assert len(journal) == 1
    assert Supply(Ramp(), journal).measurements(8, 1).active_power_w[0] == 999.0


def test_a_release_is_forgotten_when_it_has_acted() -> None:
    journal = journal_of((1, Quantity.VOLTAGE_V, 220.0), (3, Quantity.VOLTAGE_V, None))
    journal.forget_before(3)
    assert len(journal) == 0
    assert Supply(Ramp(), journal).measurements(3, 1).voltage_v[0] == 230.0


@pytest.mark.parametrize(("quantity", "value"), [(Quantity.VOLTAGE_V, 401), (Quantity.FREQUENCY_HZ, float("nan"))])
def test_values_out_of_range_are_refused(quantity: Quantity, value: float) -> None:
    with pytest.raises(ConfigurationError, match=quantity.label):
        Journal().give(quantity, value, Instant(0))


def test_time_does_not_run_backwards() -> None:
    journal = journal_of((5, Quantity.VOLTAGE_V, 230.0))
    with pytest.raises(ConfigurationError, match="before the last"):
        journal.give(Quantity.VOLTAGE_V, None, Instant(4 * SECOND))


def test_what_waveforms_tell_stays_where_nothing_is_overridden() -> None:
    grid = Grid(Phase(Fraction(50)), rate_hz=400)
    metering = Metering(GridWaveform(grid, Constant(230.0, 5.0, -1150.0)), with_harmonics=True)
    given = metering.measurements(100, 4)
    journal = journal_of((101.0, Quantity.VOLTAGE_V, 180.0), (102.0, Quantity.VOLTAGE_V, None))
    supply = Supply(metering, journal)
    seen = supply.measurements(100, 4)
    assert seen.half_cycles_v is not None
    assert given.half_cycles_v is not None
    assert (seen.half_cycles_v[1] == 180.0).all()
    assert (seen.half_cycles_v[[0, 2, 3]] == given.half_cycles_v[[0, 2, 3]]).all()
    assert seen.faults is not None
    assert seen.faults.tolist() == [Fault.EXPORT, 0, Fault.EXPORT, Fault.EXPORT]
    assert seen.shown_power_w is not None
    assert given.shown_power_w is not None
    assert seen.shown_power_w.tolist() == given.shown_power_w.tolist()
    assert seen.harmonics is None
    assert supply.measurements(102, 2).harmonics is not None


def test_a_supply_is_calibrated_as_its_source_is() -> None:
    metering = Metering(GridWaveform(Grid(Phase(Fraction(50)), rate_hz=400), Constant(200.0)))
    calibrated = Supply(metering, Journal()).calibrated(Calibration(voltage_gain=ONE * 11 // 10))
    assert calibrated.measurements(100, 1).voltage_v[0] == pytest.approx(220.0, rel=1e-5)
    assert Supply(Ramp(), Journal()).calibrated(Calibration()).measurements(100, 1).active_power_w.tolist() == [100]
