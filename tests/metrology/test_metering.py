from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.metrology.engine import Seconds, integrate
from softmeter.metrology.metering import CREEP_VA, Metering, metered
from softmeter.metrology.pulses import pulse_count
from softmeter.signal.constant import Constant
from softmeter.signal.converter import Converter
from softmeter.signal.faults import TITLES, Fault
from softmeter.signal.grid import Grid, GridWaveform, Harmonic, Level
from softmeter.signal.noise import uniform
from softmeter.signal.phase import Jump, Phase, Ramp
from softmeter.signal.samples import Block, Floats, Measurements, Scale, Waveform

START = 1_767_225_600
LIVELY = Grid(
    Phase(
        Fraction("49.9"),
        [Ramp(Fraction(START), Fraction(START + 5), Fraction(51))],
        [Jump(Fraction(START + 7), Fraction(1, 3))],
    ),
    (Harmonic(5, 0.05),),
    (Harmonic(3, 0.2),),
    (Level(Fraction(START + 3) + Fraction(1, 3), Fraction(START + 4), 0.5),),
    rate_hz=400,
)


def load(active_w: float, reactive_var: float = 0.0, voltage_v: float = 230.0) -> Constant:
    return Constant(voltage_v=voltage_v, active_power_w=active_w, reactive_power_var=reactive_var)


def steady(active_w: float, reactive_var: float = 0.0, voltage_v: float = 230.0, hz: str = "50") -> Metering:
    return Metering(GridWaveform(Grid(Phase(Fraction(hz)), rate_hz=400), load(active_w, reactive_var, voltage_v)))


def rows(measurements: Measurements) -> list[tuple[float, ...]]:
    columns = [getattr(measurements, name) for name in Measurements.__slots__[1:]]
    columns = [column.tolist() for column in columns if column is not None]
    return list(zip(*columns, strict=True))


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_any_partition_gives_the_same_seconds(lengths: list[int]) -> None:
    whole = Metering(GridWaveform(LIVELY, load(1000, 300))).measurements(START, sum(lengths))
    divided, parts, second = Metering(GridWaveform(LIVELY, load(1000, 300))), [], START
    for length in lengths:
        parts += rows(divided.measurements(second, length))
        second += length
    assert parts == (rows(whole) if sum(lengths) else [])


def test_a_second_asked_for_again_is_the_same() -> None:
    metering = Metering(GridWaveform(LIVELY, load(1000, 300)))
    first = rows(metering.measurements(START, 12))
    assert rows(metering.measurements(START, 12)) == first
    assert rows(metering.measurements(START + 4, 3)) == first[4:7]


def test_windows_of_200_ms() -> None:
    metering = steady(920, -690, hz="50.2")
    windows = metering.windows(START)
    assert windows.active_power_w == pytest.approx([920] * 5, rel=1e-5)
    assert windows.reactive_power_var == pytest.approx([-690] * 5, rel=1e-5)
    assert windows.apparent_power_va == pytest.approx([1150] * 5, rel=1e-5)
    assert windows.power_factor == pytest.approx([0.8] * 5, rel=1e-5)
    assert windows.frequency_hz == pytest.approx([50.2] * 5, abs=1e-5)
    assert steady(0.0, voltage_v=0.0).windows(START).power_factor.tolist() == [1.0] * 5


@pytest.mark.parametrize(("active", "reactive"), [(4.6, 0.0), (-4.6, 0.0), (0.0, 4.6), (1.0, 1.0)])
@pytest.mark.manual("2.3.starting-current")
def test_from_the_starting_current_on_everything_counts(active: float, reactive: float) -> None:
    seconds = integrate(steady(active, reactive).measurements(START, 10))
    assert seconds.active_mj.sum() == pytest.approx(10_000 * active, rel=2e-3, abs=5)
    assert seconds.reactive_mvars.sum() == pytest.approx(10_000 * reactive, rel=2e-3, abs=5)


@pytest.mark.slow
def test_the_first_pulse_comes_in_time_at_the_starting_current() -> None:
    # 4.6 W fill the 0.5 Wh of a pulse in 391.3 s.
    energy = np.abs(integrate(steady(-4.6).measurements(START, 400)).active_mj).cumsum()
    assert [pulse_count(int(energy[second])) for second in (390, 391)] == [0, 1]


@pytest.mark.manual("2.3.no-load")
def test_below_the_creep_threshold_nothing_counts() -> None:
    seconds = integrate(steady(CREEP_VA * 0.99).measurements(START, 3))
    for values in (seconds.active_mj, seconds.active_power_mw, seconds.current_ma, seconds.apparent_mvas):
        assert values.tolist() == [0, 0, 0]
    assert seconds.voltage_mv == pytest.approx([230_000] * 3, abs=1)


class Noise:
    """264.5 V without a load; both channels of a converter with noise of 2 mV and 2 mA."""

    findings = ()
    rate_hz = 400
    scale = Converter().scale

    def samples(self, first: int, count: int) -> Block:
        numbers = np.arange(first, first + count)
        chance = uniform(1, 0, numbers) + uniform(1, 1, numbers) + uniform(1, 2, numbers) - 1.5
        voltage = 264.5 * np.sqrt(2) * np.cos(2 * np.pi * 50 * (numbers % 8 + 0.5) / 400) + 0.004 * chance
        return Converter().block(first, voltage, 0.004 * chance)


@pytest.mark.slow
def test_no_load_gives_no_pulse() -> None:
    seconds = integrate(Metering(Noise()).measurements(START, 23 * 60))
    assert np.abs(seconds.active_mj).sum() == np.abs(seconds.reactive_mvars).sum() == 0
    assert seconds.voltage_mv.min() >= 264_490


def test_without_voltage_there_is_no_frequency() -> None:
    seconds = integrate(steady(0.0, voltage_v=0.0).measurements(START, 2))
    assert seconds.frequency_mhz.tolist() == seconds.voltage_mv.tolist() == [0, 0]


def test_sixty_hertz_is_measured_and_told() -> None:
    metering = steady(1000, 500, hz="60")
    seconds = metering.measurements(START, 2)
    assert seconds.frequency_hz == pytest.approx([60, 60], abs=1e-4)
    assert seconds.active_power_w == pytest.approx([1000, 1000], rel=1e-4)
    assert seconds.reactive_power_var == pytest.approx([500, 500], rel=1e-3)
    assert metering.findings[-1] == "frequency outside 42.5 to 57.5 Hz in 2 s, first at 2026-01-01T00:00:00Z"


def test_a_converter_that_is_driven_too_far_is_told() -> None:
    metering = steady(40_000)
    metering.measurements(START, 3)
    metering.measurements(START, 1)
    assert metering.findings[-1] == "current beyond the converter's range in 3 s, first at 2026-01-01T00:00:00Z"


class Bad:
    """230 V and 5 A, but for what is made of them in the second second."""

    findings = ()
    rate_hz = 400
    scale = Converter().scale

    def __init__(self, change: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> None:
        self._change = change

    def samples(self, first: int, count: int) -> Block:
        numbers = np.arange(first, first + count)
        wave = np.sqrt(2) * np.cos(2 * np.pi * 50 * (numbers % 8 + 0.5) / 400)
        voltage, current = 230 * wave, 5 * wave
        second = numbers // 400 == START + 1
        changed = self._change(voltage[second], current[second])
        voltage[second], current[second] = changed
        return Converter().block(first, voltage, current)


def without_value(voltage: Floats, current: Floats) -> tuple[Floats, Floats]:
    current = current.copy()
    current[17:18] = np.nan
    return voltage, current


BAD = {
    "a stuck voltage": (lambda u, i: (0 * u + 200.0, i), Fault.VOLTAGE_STUCK),
    "a stuck current": (lambda u, i: (u, 0 * i - 3.0), Fault.CURRENT_STUCK),
    "infinities": (lambda u, i: (u / np.where(u > 300, 0.0, 1.0), i), Fault.VOLTAGE_CLIPPED),
    "a clipped current": (lambda u, i: (u, 30 * i), Fault.CURRENT_CLIPPED),
    "swapped channels": (lambda u, i: (i / 4, u / 4), Fault.CURRENT_WITHOUT_VOLTAGE),
    "a current without voltage": (lambda u, i: (0 * u, i), Fault.CURRENT_WITHOUT_VOLTAGE),
    "no number": (without_value, Fault.NO_VALUE),
    "a reversed current": (lambda u, i: (u, -i), Fault.EXPORT),
    "no voltage and no current": (lambda u, i: (0 * u, 0 * i), Fault(0)),
    "half a second of nothing": (lambda u, i: (u * (np.arange(len(u)) < 1), i * (np.arange(len(u)) < 1)), Fault(0)),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_input_has_a_name(name: str) -> None:
    change, fault = BAD[name]
    metering = Metering(Bad(change))
    seconds = integrate(metering.measurements(START, 3))
    faults = [0, 0, 0] if seconds.faults is None else seconds.faults.tolist()
    assert faults == [0, int(fault), 0]
    told = f"{TITLES[fault]} in 1 s, first at 2026-01-01T00:00:01Z" if fault else None
    assert metering.findings == ((told,) if told else ())
    assert seconds.active_mj[[0, 2]] == pytest.approx([1_150_000] * 2, abs=2)


def test_a_second_with_a_sample_of_no_value_counts_nothing() -> None:
    seconds = integrate(Metering(Bad(without_value)).measurements(START, 3))
    assert seconds.active_mj[1] == seconds.reactive_mvars[1] == seconds.voltage_mv[1] == 0


def test_measurements_pass_as_they_are() -> None:
    source = load(100)
    assert metered(source) is source
    waveform = GridWaveform(LIVELY, source)
    assert isinstance(waveform, Waveform)
    assert isinstance(metered(waveform), Metering)
    assert metered(waveform).measurements(START, 0).voltage_v.tolist() == []


def test_shown_power_does_not_ripple_where_cycles_do_not_fit() -> None:
    seconds: Seconds = integrate(steady(1150, hz="49.63").measurements(START, 20))
    assert np.ptp(seconds.active_mj) > 500
    assert np.ptp(seconds.active_power_mw) < 30
    assert Scale(Fraction(1, 2**14), Fraction(1, 2**16)) == Converter().scale
