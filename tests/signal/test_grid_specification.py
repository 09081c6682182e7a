from typing import BinaryIO

import numpy as np
import pytest

from softmeter.errors import ConfigurationError
from softmeter.metrology.metering import metered
from softmeter.signal.front_end import FrontEndWaveform
from softmeter.signal.grid import GridWaveform
from softmeter.signal.samples import Measurements, Waveform
from softmeter.signal.specification import parse_source

START = 1_767_225_600


def parsed(spec: str) -> Waveform:
    waveform = parse_source(spec, start_second=START, open_file=open_nothing)
    assert isinstance(waveform, Waveform)
    return waveform


def open_nothing(path: str) -> BinaryIO:
    raise FileNotFoundError(2, "No such file or directory", path)


def measured(spec: str, seconds: int = 1) -> Measurements:
    return metered(parsed(spec)).measurements(START, seconds)


def test_a_grid_with_a_constant_load() -> None:
    waveform = parsed("grid:u=231,i=5,pf=0.8c,f=50.02,rate=4000,bits=16")
    assert waveform.rate_hz == 4000
    assert waveform.findings == ("not given, assumed: f=50", "waveforms of 4000 samples per second, 16 bits")
    seconds = metered(waveform).measurements(START, 1)
    assert seconds.voltage_v[0] == pytest.approx(231, rel=1e-4)
    assert seconds.shown_power_w is not None
    assert seconds.shown_power_w[0] == pytest.approx(924, rel=1e-3)
    assert seconds.reactive_power_var[0] == pytest.approx(-693, rel=1e-3)
    assert seconds.frequency_hz[0] == pytest.approx(50.02, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("load", ["household:seed=7", "demo"])
def test_a_grid_with_a_synthetic_load(load: str) -> None:
    plain = parse_source(load, start_second=START, open_file=open_nothing)
    assert not isinstance(plain, Waveform)
    kind, _, rest = load.partition(":")
    means, seconds = plain.measurements(START, 5), measured(f"grid+{kind}:{rest}" if rest else f"grid+{kind}", 5)
    assert seconds.active_power_w == pytest.approx(means.active_power_w, rel=2e-3)
    assert seconds.reactive_power_var == pytest.approx(means.reactive_power_var, rel=2e-2, abs=0.5)
    assert seconds.voltage_v == pytest.approx(means.voltage_v, rel=1e-3)


def test_events_come_when_they_are_said() -> None:
    voltage = measured("grid:rate=4000,sag=1+1@40,swell=3+1@120;5+1@110,interruption=7+1", 9).voltage_v
    assert np.rint(voltage / 2.3).tolist() == pytest.approx([100, 40, 100, 120, 100, 110, 100, 0, 100], abs=10)


def test_the_level_and_the_half_waves() -> None:
    assert measured("grid:u=231,level=95").voltage_v[0] == pytest.approx(231 * 0.95, rel=1e-5)
    block = parsed("grid:unbalance=2,rate=16000").samples(START * 16_000, 16_000)
    assert block.voltage.max() / -block.voltage.min() == pytest.approx(1.02 / 0.98, rel=1e-3)


def test_a_jump_of_the_phase() -> None:
    plain, jumped = parsed("grid:rate=4000"), parsed("grid:rate=4000,jump=1+90")
    before, after = ((START + second) * 4_000 for second in (0, 1))
    assert np.array_equal(plain.samples(before, 4_000).voltage, jumped.samples(before, 4_000).voltage)
    assert np.array_equal(plain.samples(after + 20, 100).voltage, jumped.samples(after, 100).voltage)


def test_an_imperfect_front_end() -> None:
    waveform = parsed("grid:i=5,pf=0.5,rate=4000,gain_u=0.5,gain_i=-0.2,lag=1,noise_i=0.001,drift_u=100,temperature=33")
    assert isinstance(waveform, FrontEndWaveform)
    told = "current late by 1 degrees, voltage gain 0.005, voltage drift_per_k 0.0001, current gain -0.002"
    assert told in waveform.findings[-1]
    shown = metered(waveform).measurements(START, 1)
    assert shown.voltage_v[0] == pytest.approx(230 * 1.006, rel=1e-5)
    assert shown.active_power_w[0] == pytest.approx(1150 * 1.006 * 0.998 * np.cos(np.radians(61)), rel=1e-4)
    assert isinstance(parsed("grid:i=5"), GridWaveform)


BAD = [
    ("grid:level=201", "level: 201 lies outside 0..200"),
    ("grid:gain_u=99", "gain_u: 99 lies outside -50..50"),
    ("grid:rate=441", "rate=441 must be 400 to 50000, a multiple of 25"),
    ("grid:bits=7", "bits=7 must be 8 to 24"),
    ("grid:f=x", "f: 'x' is not a number"),
    ("grid:f=70", "f: 70 lies outside 40..60"),
    ("grid:h1=3", "h1: harmonics are 0 and 2 to 40"),
    ("grid:i41=3", "i41: harmonics are 0 and 2 to 40"),
    ("grid:h5=2@x", "h5: 'x' is not a number"),
    ("grid:sag=60", "sag=60: write it like sag=60+2@40"),
    ("grid:sag=60+2", "sag=60+2: write it like"),
    ("grid:jump=60+2@4", "jump=60+2@4: write it like jump=60+2"),
    ("grid:ramp=0+0@51", "ramp: a ramp must last"),
    ("grid:rat=8000", "'rat' is not known"),
    ("grid+household:size=3", "'size' is not known; known here: seed"),
    ("grid+demo:x=1", "'x' is not known; known here: none"),
    ("grid+:i=5", "is no source"),
    ("grid+house", "is no source"),
]


@pytest.mark.parametrize(("spec", "reason"), BAD)
def test_what_is_wrong_is_named(spec: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_source(spec, start_second=START, open_file=open_nothing)
    assert reason in str(caught.value)


def test_a_ramp_starts_from_the_start() -> None:
    frequency = measured("grid:rate=4000,ramp=2+4@51", 8).frequency_hz
    ramp = [50, 50, 50.125, 50.375, 50.625, 50.875, 51, 51]
    assert frequency == pytest.approx(ramp, abs=2e-3)
