"""Averages, minima and maxima of measurement periods, with power cuts and changes of the clock in them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.making import dump, restored
from softmeter.device.adjustment import set_clock, shift_clock
from softmeter.device.averages import DARK, Averages
from softmeter.device.device import Device
from softmeter.device.profile import Catalogue, Column, ProfileSettings, clock_column
from softmeter.device.settings import DeviceSettings
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.energy import Quantity
from softmeter.signal.faults import Fault
from softmeter.signal.samples import Measurements

START = parse_instant("2026-01-05T00:00:00Z")
FIRST = START // SECOND
QUALITY = Catalogue(
    [clock_column("clock"), Column("U", "u4", lambda device: device.behaviours.averages.shown(device).voltage_mv)]
)
SETTINGS = DeviceSettings(QUALITY, (ProfileSettings("quality", ("clock", "U"), 600, 100),))


class Swinging:
    """220 V and 1 kW; dark, or different, in spans of seconds."""

    findings: tuple[str, ...] = ()

    def __init__(self, dark: tuple[int, int] = (0, 0), other: tuple[int, int] = (0, 0), unknown: int = -1) -> None:
        self.dark, self.other, self.unknown = dark, other, unknown

    def measurements(self, first_second: int, count: int) -> Measurements:
        seconds = np.arange(first_second, first_second + count) - FIRST
        other = (seconds >= self.other[0]) & (seconds < self.other[1])
        dark = (seconds >= self.dark[0]) & (seconds < self.dark[1])
        voltage = np.where(dark, 0.0, np.where(other, 236.5, 220.0))
        power = np.where(other, -3000.0, 1000.0)
        reactive = np.where(other, -400.0, 300.0)
        faults = np.where(seconds == self.unknown, int(Fault.VOLTAGE_STUCK), 0)
        return Measurements(
            first_second, voltage, np.abs(power) / 250, power, reactive, np.full(count, 50.0), faults=faults
        )


def lived(seconds: float, source: Swinging) -> Device:
    meter = Device(SETTINGS, source, START)
    meter.advance(Instant(START + int(seconds * SECOND)))
    return meter


def shown(meter: Device) -> Averages:
    return meter.behaviours.averages.shown(meter)


def quality(meter: Device) -> list[int]:
    ring = meter.profile("quality").ring
    return [int(value) for value in ring.rows()["U"]]


def test_a_period_is_shown_when_it_has_ended() -> None:
    assert shown(lived(599, Swinging())) == DARK
    meter = lived(600, Swinging(other=(0, 150)))
    expected = Averages(
        voltage_mv=224_125,
        least_voltage_mv=220_000,
        greatest_voltage_mv=236_500,
        current_ma=6_000,
        least_current_ma=4_000,
        greatest_current_ma=12_000,
        active_import_mw=750_000,
        active_export_mw=750_000,
        reactive_import_mvar=225_000,
        reactive_export_mvar=100_000,
        power_factor_permille=0,
        powered_s=600,
    )
    assert shown(meter) == expected
    meter.advance(Instant(START + 1199 * SECOND))
    assert shown(meter) == expected
    meter.advance(Instant(START + 1200 * SECOND))
    assert shown(meter)._replace(power_factor_permille=0) == Averages(
        220_000, 220_000, 220_000, 4_000, 4_000, 4_000, 1_000_000, 0, 300_000, 0, 0, 600
    )
    assert shown(meter).power_factor_permille == 957  # 1000 / hypot(1000, 300), rounded down


@pytest.mark.manual("9.3.powered-samples")
def test_220_v_stay_220_v_when_half_the_period_was_dark() -> None:
    meter = lived(600, Swinging(dark=(100, 400)))
    averages = shown(meter)
    assert (averages.voltage_mv, averages.least_voltage_mv, averages.current_ma) == (220_000, 220_000, 4_000)
    assert averages.active_import_mw == 500_000  # the energy of 300 s over 600 s
    assert averages.powered_s == 300
    assert meter.registers.mj(Quantity.ACTIVE_IMPORT) == 300 * 1_000_000


def test_rows_have_the_averages_of_their_own_period() -> None:
    assert quality(lived(1800, Swinging(other=(600, 1200)))) == [220_000, 236_500, 220_000]
    # The cut begins in the third period and ends in the sixth; the fourth and the fifth are dark.
    meter = lived(4200, Swinging(dark=(1500, 3500), other=(1200, 1300)))
    assert quality(meter) == [220_000, 220_000, 225_500, 0, 0, 220_000, 220_000]


def test_at_power_up_the_last_period_is_that_of_the_cut_or_dark() -> None:
    assert shown(lived(1300, Swinging(dark=(900, 1290)))).voltage_mv == 220_000
    assert shown(lived(1900, Swinging(dark=(900, 1890)))) == DARK
    assert shown(lived(1190, Swinging(dark=(900, 1180)))).powered_s == 600


def test_a_stopped_process_is_a_power_cut() -> None:
    meter = restored(lived(900, Swinging(other=(600, 750))))
    meter.resume(Instant(START + 1000 * SECOND))
    meter.advance(Instant(START + 1200 * SECOND))
    averages = shown(meter)
    assert averages.powered_s == 500
    assert averages.voltage_mv == round((150 * 236_500 + 350 * 220_000) / 500)
    assert dump(restored(meter)) == dump(meter)


def test_a_clock_set_within_the_period_ends_nothing() -> None:
    meter = lived(300, Swinging())
    shift_clock(meter, meter.now, 100)
    meter.advance(Instant(START + 499 * SECOND))
    assert shown(meter) == DARK
    meter.advance(Instant(START + 500 * SECOND))
    assert shown(meter).powered_s == 500


def test_a_clock_set_over_the_end_ends_the_period() -> None:
    meter = lived(300, Swinging())
    set_clock(meter, meter.now, meter.clock.date_time(Instant(meter.now + 900 * SECOND)))
    assert shown(meter).powered_s == 300
    meter.advance(Instant(START + 900 * SECOND))
    assert shown(meter).powered_s == 600
    assert quality(meter)[:2] == [220_000, 220_000]


def test_another_period_begins_at_once() -> None:
    meter = lived(130, Swinging())
    meter.behaviours.averages.set_period(meter, 60)
    meter.advance(Instant(START + 180 * SECOND))
    assert shown(meter).powered_s == 50
    meter.advance(Instant(START + 240 * SECOND))
    assert shown(meter).powered_s == 60
    assert restored(meter).behaviours.averages.period_s == 60
    with pytest.raises(ConfigurationError, match="420 s; possible are 1, 5, 10, 15, 30, 60 minutes"):
        meter.behaviours.averages.set_period(meter, 420)


def test_seconds_of_unknown_voltage_do_not_count() -> None:
    averages = shown(lived(600, Swinging(other=(5, 6), unknown=5)))
    assert (averages.greatest_voltage_mv, averages.powered_s) == (220_000, 599)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(0, 3000), st.integers(0, 2500)),
    st.lists(st.integers(0, 4000 * SECOND), max_size=8),
)
def test_any_partition_gives_the_same(dark: tuple[int, int], cuts: list[int]) -> None:
    source = Swinging(dark=(dark[0], sum(dark)), other=(700, 1900))
    whole, parts = lived(4000, source), Device(SETTINGS, source, START)
    for cut in sorted(cuts):
        parts.advance(Instant(START + cut))
    parts.advance(Instant(START + 4000 * SECOND))
    assert dump(whole) == dump(parts)
    assert shown(whole) == shown(parts)
