"""The measurement system error, and power where the voltage is unknown."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.making import SETTINGS, dump, events
from softmeter.device.device import Device
from softmeter.device.measurement_check import QUIET_S, alive
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.energy import Quantity
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.signal.converter import Converter
from softmeter.signal.faults import SYSTEM_ERRORS, Fault
from softmeter.signal.samples import Block, Measurements

START = parse_instant("2026-01-05T00:00:00Z")
FIRST = START // SECOND
ERROR = 16


class Broken:
    """1 kW at 230 V; in some seconds something is wrong."""

    findings: tuple[str, ...] = ()

    def __init__(self, faults: dict[int, Fault]) -> None:
        self.faults = faults

    def measurements(self, first_second: int, count: int) -> Measurements:
        seconds = np.arange(first_second, first_second + count) - FIRST
        faults = np.array([int(self.faults.get(second, 0)) for second in seconds.tolist()], dtype=np.int64)
        ones = np.ones(count)
        unknown = (faults & Fault.NO_VALUE) != 0
        voltage = np.where(unknown, np.nan, 230 * ones)
        return Measurements(
            first_second, voltage, ones, 1000 * ones, 0 * ones, 50 * ones, faults=faults & ~int(Fault.NO_VALUE)
        )


def lived(faults: dict[int, Fault], seconds: int, cuts: tuple[int, ...] = ()) -> Device:
    meter = Device(SETTINGS, Broken(faults), START)
    for end in (*sorted(cuts), seconds):
        meter.advance(Instant(START + end * SECOND))
    return meter


def errors(meter: Device) -> list[str]:
    return [time[11:19] for time, code in events(meter) if code == ERROR]


def test_an_error_is_raised_once_while_it_lasts() -> None:
    meter = lived({**dict.fromkeys(range(100, 200), Fault.CURRENT_CLIPPED), 210: Fault.VOLTAGE_STUCK}, 300)
    assert errors(meter) == ["01:01:41"]
    assert meter.behaviours.measurement_check.present == Fault(0)
    assert lived(
        {100: Fault.CURRENT_CLIPPED, 110: Fault.VOLTAGE_CLIPPED}, 120
    ).behaviours.measurement_check.present == (Fault.CURRENT_CLIPPED | Fault.VOLTAGE_CLIPPED)


def test_an_error_that_was_gone_is_raised_again() -> None:
    once, again = {10: Fault.CURRENT_STUCK}, {10 + QUIET_S: Fault.CURRENT_STUCK}
    assert len(errors(lived(once | again, 300))) == 1
    assert len(errors(lived(once | {11 + QUIET_S: Fault.CURRENT_STUCK}, 300))) == 2


def test_the_error_register_keeps_its_bit_while_the_error_lasts() -> None:
    meter = lived(dict.fromkeys(range(100, 300), Fault.CURRENT_CLIPPED), 200)
    bit = 1 << 11
    assert meter.behaviours.alarms.error == bit
    meter.behaviours.alarms.clear_error(meter, 0)
    assert meter.behaviours.alarms.error == bit
    meter.advance(Instant(START + 400 * SECOND))
    meter.behaviours.alarms.clear_error(meter, 0)
    assert meter.behaviours.alarms.error == 0
    assert len(errors(meter)) == 1


@pytest.mark.parametrize("fault", [Fault.EXPORT, Fault.FREQUENCY_FAR_OFF])
def test_what_can_be_measured_is_no_error(fault: Fault) -> None:
    assert errors(lived({10: fault}, 60)) == []
    assert not fault & SYSTEM_ERRORS


def test_seconds_without_a_number_count_nothing_and_cut_no_power() -> None:
    meter = lived(dict.fromkeys(range(10, 20), Fault.NO_VALUE), 60)
    assert [code for _, code in events(meter)] == [ERROR]
    assert meter.registers.mj(Quantity.ACTIVE_IMPORT) == 50 * 1_000_000
    assert events(meter, 4) == []


def test_after_a_power_cut_the_meter_looks_anew() -> None:
    meter = lived(dict.fromkeys(range(10, 500), Fault.CURRENT_CLIPPED), 100)
    meter.resume(Instant(START + 200 * SECOND))
    meter.advance(Instant(START + 300 * SECOND))
    assert [code for _, code in events(meter)] == [ERROR, 1, 2, ERROR]


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.integers(0, 399), st.sampled_from([Fault.CURRENT_CLIPPED, Fault.NO_VALUE, Fault.EXPORT])),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_any_partition_raises_the_same(faults: dict[int, Fault], cuts: list[int]) -> None:
    whole, parts = lived(faults, 400), lived(faults, 400, tuple(cuts))
    assert dump(whole) == dump(parts)
    found = [second for second, fault in sorted(faults.items()) if fault & SYSTEM_ERRORS]
    gaps = sum(later - earlier > QUIET_S for earlier, later in pairwise(found))
    assert len(errors(whole)) == (gaps + 1 if found else 0)
    assert whole.behaviours.measurement_check.present == parts.behaviours.measurement_check.present


class Swapped:
    """230 V on the channel of the current, 5 A on that of the voltage."""

    findings: tuple[str, ...] = ()
    rate_hz = 400
    scale = Converter().scale

    def samples(self, first: int, count: int) -> Block:
        waves = np.cos(2 * np.pi * 50 * (np.arange(first, first + count) + 0.5) / 400)
        return Block(first, (463_000 * waves).astype(np.int32), (5_329_000 * waves).astype(np.int32))


def test_swapped_channels_are_told_by_a_meter_that_stays_on() -> None:
    seconds = integrate(Metering(Swapped()).measurements(FIRST, 3))
    assert seconds.faults is not None
    assert [Fault(flags) & SYSTEM_ERRORS for flags in seconds.faults.tolist()] == [Fault.CURRENT_WITHOUT_VOLTAGE] * 3
    assert alive(seconds, SETTINGS.cut_mv).all()
    assert (seconds.voltage_mv < SETTINGS.cut_mv).all()
    meter = Device(SETTINGS, Metering(Swapped()), START)
    meter.advance(Instant(START + 3 * SECOND))
    assert [code for _, code in events(meter)] == [ERROR]
