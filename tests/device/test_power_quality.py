"""Sags, swells and missing voltage in the device: log, counters, limits, power cuts."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.making import SETTINGS, dump, events, restored
from softmeter.bench.journal import Journal, Quantity
from softmeter.bench.supply import Supply
from softmeter.device.behaviour import Block
from softmeter.device.device import Device
from softmeter.device.events import Log
from softmeter.device.power_quality import Disturbance
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.metrology.voltage_events import Condition, VoltageLimits
from softmeter.signal.constant import Constant
from softmeter.signal.grid import Grid, GridWaveform, Level
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Measurements

START = parse_instant("2026-01-05T00:00:00Z")
FIRST = START // SECOND
QUALITY = Log.POWER_QUALITY


class Levels:
    """230 V, but for spans of seconds (begin, end, volts)."""

    findings: tuple[str, ...] = ()

    def __init__(self, *spans: tuple[int, int, float]) -> None:
        self.spans = spans

    def measurements(self, first_second: int, count: int) -> Measurements:
        seconds = np.arange(first_second, first_second + count) - FIRST
        voltage, zeros = np.full(count, 230.0), np.zeros(count)
        for begin, end, volts in self.spans:
            voltage[(seconds >= begin) & (seconds < end)] = volts
        return Measurements(first_second, voltage, zeros, zeros, zeros, zeros + 50)


def device(*spans: tuple[int, int, float]) -> Device:
    return Device(SETTINGS, Levels(*spans), START)


def lived(seconds: int, *spans: tuple[int, int, float]) -> Device:
    meter = device(*spans)
    meter.advance(at(seconds))
    return meter


def at(seconds: float) -> Instant:
    return Instant(START + int(seconds * SECOND))


def lines(meter: Device) -> list[tuple[str, int]]:
    """Local minutes and seconds of the lines of the power quality log."""
    return [(time[11:19], code) for time, code in events(meter, QUALITY)]


SPANS = ((10, 100, 207.0), (200, 300, 253.0), (400, 520, 110.0), (520, 600, 180.0), (700, 759, 200.0))


@pytest.mark.manual("9.2.start-of-the-condition")
def test_lines_bear_the_begin_of_the_condition() -> None:
    meter = lived(900, *SPANS)
    assert lines(meter) == [
        ("01:00:10", 76),
        ("01:01:40", 85),
        ("01:03:20", 79),
        ("01:05:00", 85),
        ("01:06:40", 82),
        ("01:08:40", 76),
        ("01:10:00", 85),
    ]
    quality = meter.behaviours.power_quality
    counted = [quality.count(kind) for kind in (Condition.UNDERVOLTAGE, Condition.OVERVOLTAGE, Condition.MISSING)]
    assert (counted, quality.condition) == ([2, 1, 1], Condition.NORMAL)


@pytest.mark.manual("5.3.voltage")
def test_a_line_is_written_when_the_condition_has_lasted() -> None:
    meter = lived(69, *SPANS)
    assert lines(meter) == []
    meter.advance(at(70))
    assert lines(meter) == [("01:00:10", 76)]
    assert meter.behaviours.power_quality.condition is Condition.UNDERVOLTAGE
    assert meter.behaviours.power_quality.last(Condition.UNDERVOLTAGE) is None


def test_the_last_of_each_kind_is_known_with_duration_and_magnitude() -> None:
    quality = lived(900, *SPANS, (30, 31, 190.0), (250, 255, 260.5)).behaviours.power_quality
    assert quality.last(Condition.UNDERVOLTAGE) == Disturbance(at(520), at(600), 180_000)
    assert quality.last(Condition.OVERVOLTAGE) == Disturbance(at(200), at(300), 260_500)
    assert quality.last(Condition.MISSING) == Disturbance(at(400), at(520), 110_000)
    assert Disturbance(at(0), at(59.99), 0).duration_s == 59


def test_a_power_cut_is_no_missing_voltage_and_ends_nothing() -> None:
    meter = lived(900, (10, 100, 200.0), (100, 300, 0.0), (400, 430, 200.0), (430, 440, 0.0), (440, 470, 200.0))
    assert lines(meter) == [("01:00:10", 76), ("01:05:00", 85)]
    assert [code for _, code in events(meter)] == [1, 2, 1, 2]
    last = meter.behaviours.power_quality.last(Condition.UNDERVOLTAGE)
    assert last == Disturbance(at(10), at(300), 200_000)


def test_what_was_told_outlives_a_power_cut_and_what_was_not_does_not() -> None:
    meter = lived(100, (10, 130, 200.0))
    assert dump(restored(meter)) == dump(meter)
    meter = restored(meter)
    meter.resume(at(120))
    assert meter.behaviours.power_quality.condition is Condition.UNDERVOLTAGE
    meter.advance(at(300))
    assert lines(meter) == [("01:00:10", 76), ("01:02:10", 85)]
    pending = restored(lived(60, (10, 100, 200.0)))
    pending.resume(at(61))
    pending.advance(at(300))
    assert lines(pending) == []


def test_limits_can_be_set_and_are_checked() -> None:
    meter = device((10, 200, 219.0))
    quality = meter.behaviours.power_quality
    quality.set_limits(quality.limits._replace(sag_mv=220_000, sag_s=5))
    meter.advance(at(300))
    assert lines(meter) == [("01:00:10", 76), ("01:03:20", 85)]
    assert restored(meter).behaviours.power_quality.limits == quality.limits
    with pytest.raises(ConfigurationError, match="sag_mv"):
        quality.set_limits(VoltageLimits(sag_mv=229_000))
    assert quality.limits.sag_mv == 220_000


def test_other_limits_let_what_was_pending_begin_anew() -> None:
    meter = lived(60, (10, 300, 200.0))
    quality = meter.behaviours.power_quality
    quality.set_limits(quality.limits._replace(sag_s=20))
    meter.advance(at(90))
    assert lines(meter) == [("01:01:00", 76)]


def test_a_command_in_seconds_that_were_looked_at_before_is_seen() -> None:
    journal = Journal()
    meter = Device(SETTINGS, Supply(Levels(), journal), START)
    meter.advance(at(100))
    quality, block = (
        meter.behaviours.power_quality,
        Block(integrate(Levels().measurements(FIRST, 900)), np.zeros((8, 900), dtype=np.int64)),
    )
    assert quality.limit(meter, block, 100, 900) == 900
    journal.give(Quantity.VOLTAGE_V, 200.0, at(200))
    meter.advance(at(300))
    assert lines(meter) == [("01:03:20", 76)]


def test_a_fork_watches_for_itself() -> None:
    meter = lived(60, (10, 300, 200.0))
    twin = meter.fork()
    twin.advance(at(80))
    assert (lines(meter), len(lines(twin))) == ([], 1)
    meter.advance(at(80))
    assert dump(meter) == dump(twin)


LIMITS = VoltageLimits(sag_s=1, swell_s=1, missing_s=1)


def test_waveforms_are_watched_by_half_cycles() -> None:
    sag = Level(Fraction(FIRST + 3) + Fraction(31, 100), Fraction(FIRST + 5) + Fraction(2, 5), 0.7)
    grid = Grid(Phase(Fraction("49.8")), levels=(sag,), rate_hz=4000)
    meter = Device(SETTINGS, Metering(GridWaveform(grid, Constant(230.0, 1.0, 230.0))), START)
    meter.behaviours.power_quality.set_limits(LIMITS)
    meter.advance(at(8))
    last = meter.behaviours.power_quality.last(Condition.UNDERVOLTAGE)
    assert last is not None
    assert abs(last.begin - at(3.31)) <= 20_000_000
    assert abs(last.end - at(5.4)) <= 20_000_000
    assert last.extreme_mv == pytest.approx(161_000, abs=20)
    assert lines(meter) == [("01:00:03", 76), ("01:00:05", 85)]


LEVEL = st.sampled_from([0.0, 104.0, 115.0, 150.0, 207.0, 208.0, 254.0])
SPAN = st.builds(
    lambda begin, length, volts: (begin, begin + length, volts), st.integers(0, 400), st.integers(1, 80), LEVEL
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(SPAN, max_size=12), st.lists(st.integers(0, 480 * SECOND), max_size=8))
def test_any_partition_tells_the_same(spans: list[tuple[int, int, float]], cuts: list[int]) -> None:
    meters = [device(*spans), device(*spans)]
    for meter in meters:
        meter.behaviours.power_quality.set_limits(VoltageLimits(sag_s=7, swell_s=5, missing_s=9))
    for cut in sorted(cuts):
        meters[1].advance(Instant(START + cut))
    for meter in meters:
        meter.advance(at(480))
    assert dump(meters[0]) == dump(meters[1])
    quality = meters[0].behaviours.power_quality
    codes = [code for _, code in lines(meters[0])]
    assert [quality.count(kind) for kind in (Condition.UNDERVOLTAGE, Condition.OVERVOLTAGE, Condition.MISSING)] == [
        codes.count(code) for code in (76, 79, 82)
    ]
