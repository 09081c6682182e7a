"""Recorded waveforms through the metrology, beside plain computations on the same samples."""

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from accuracy.recorded_truth import frequencies
from softmeter.errors import ConfigurationError
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.signal.samples import Floats, Waveform
from softmeter.signal.specification import parse_source

VECTORS = Path(__file__).parents[1] / "vectors" / "waveforms"
START = 1_767_225_600
SIDECARS = {
    "mains_wuhan_400hz.wav.toml": b"[columns.voltage_v]\nname = '1'\nscale = 620\n",
    "bus_110kv_1200hz.cfg.toml": b"""
        [columns.voltage_v]
        name = "Ua"
        scale = 0.0034
        [columns.current_a]
        name = "Ia"
        scale = 0.04
        """,
}
"""230 V instead of what was recorded: half of full scale, and 68 kV of a 110 kV bus."""


def open_file(path: str) -> BinaryIO:
    if path in SIDECARS:
        return io.BytesIO(SIDECARS[path])
    return (VECTORS / path).open("rb")


def waveform(spec: str) -> Waveform:
    parsed = parse_source(spec, start_second=START, open_file=open_file)
    assert isinstance(parsed, Waveform)
    return parsed


def channels(given: Waveform, seconds: int) -> tuple[Floats, Floats]:
    """Volts and amperes, a row for each second."""
    block = given.samples(START * given.rate_hz, seconds * given.rate_hz)
    volts, amperes = (
        channel.astype(np.float64).reshape(seconds, -1) * float(step)
        for channel, step in zip(block[1:], given.scale, strict=True)
    )
    return volts, amperes


def test_the_frequency_of_real_mains() -> None:
    given = waveform("mains_wuhan_400hz.wav")
    measured = Metering(given).measurements(START, 60)
    assert measured.voltage_v[1:-1] == pytest.approx(np.full(58, 230.0), rel=0.03)
    turned = frequencies(channels(given, 60)[0].ravel(), 400)
    between = (measured.frequency_hz[:-1] + measured.frequency_hz[1:]) / 2
    assert np.abs(between - turned)[1:-1].max() < 0.004
    assert between[1:-1].mean() == pytest.approx(turned[1:-1].mean(), abs=2e-4)
    assert 49.96 < measured.frequency_hz[1:-1].min() < measured.frequency_hz[1:-1].max() < 50.05


def test_the_dips_of_a_real_bus() -> None:
    given = waveform("bus_110kv_1200hz.cfg?shift=start")
    metering = Metering(given)
    measured = metering.measurements(START, 10)
    voltage, current = channels(given, 10)
    # Whole seconds, computed plainly, agree except for the 40 ms by which windows reach beyond them.
    assert measured.voltage_v == pytest.approx(np.sqrt((voltage**2).mean(axis=1)), rel=0.03)
    assert measured.active_power_w == pytest.approx((voltage * current).mean(axis=1), abs=2e-3)
    # 200 ms by 200 ms, a dip below 207 V is seen where plain effective values show one.
    windows = np.concatenate([metering.windows(START + second).voltage_v for second in range(10)])
    plain = np.sqrt((voltage.reshape(-1, 240) ** 2).mean(axis=1))
    low, high = windows < 207, plain < 207
    assert low[np.abs(plain - 207) > 12].tolist() == high[np.abs(plain - 207) > 12].tolist()
    assert np.count_nonzero(np.diff(low.astype(int)) == 1) >= 3
    assert windows.min() < 100


def test_a_loop_of_a_recording_counts_the_same_every_time() -> None:
    metering = Metering(waveform("bus_110kv_1200hz.cfg?shift=start&loop"))
    seconds = integrate(metering.measurements(START, 31))
    first, second = seconds.active_mj[1:11], seconds.active_mj[11:21]
    assert np.abs(first - second).max() <= 1
    assert any("repeated" in finding for finding in metering.findings)


def test_a_recording_can_be_shifted_in_time() -> None:
    plain, later = waveform("mains_wuhan_400hz.wav"), waveform("mains_wuhan_400hz.wav?shift=5")
    assert np.array_equal(later.samples((START + 6) * 400, 400).voltage, plain.samples((START + 1) * 400, 400).voltage)
    recorded = waveform("bus_110kv_1200hz.cfg")
    assert "from 2016-08-22T16:04:22Z" in recorded.findings[-1]
    with pytest.raises(ConfigurationError, match="write loop without a period"):
        waveform("mains_wuhan_400hz.wav?loop=5")


def without_sidecar(path: str) -> BinaryIO:
    return (VECTORS / path).open("rb")


def test_a_recording_without_a_sidecar_names_what_it_lacks() -> None:
    with pytest.raises(ConfigurationError, match=r"does not say which channel is a voltage \(1\)"):
        parse_source("mains_wuhan_400hz.wav", start_second=START, open_file=without_sidecar)
