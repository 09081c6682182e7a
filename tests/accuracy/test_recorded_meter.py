"""Recordings through a whole meter: registers, profile and frequency beside what plain sums of the files say."""

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from accuracy.recorded_truth import (
    comtrade_channels,
    effective_half_cycles,
    energies,
    frequencies,
    lasting,
    minutes,
    powers_of_seconds,
    wav_channel,
)
from meter.making import Made
from softmeter import data
from softmeter.device.events import Event, Log
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.meter.policies import Audience
from softmeter.metrology.energy import Quantity
from softmeter.metrology.metering import metered
from softmeter.metrology.voltage_events import Condition, VoltageLimits
from softmeter.signal.demo import demo
from softmeter.signal.samples import Source
from softmeter.signal.specification import parse_source

VECTORS = Path(__file__).parents[1] / "vectors"
START = parse_instant("2026-01-31T23:00:00Z")
CUT_V = 103.5
SIDECARS = {
    "mains_wuhan_400hz.wav": """
        columns.voltage_v = {name = "1", scale = 620}
        columns.current_a = {name = "1", scale = 10}
        """,
    "bus_110kv_1200hz.cfg": """
        columns.voltage_v = {name = "Ua", scale = 0.0034}
        columns.current_a = {name = "Ia", scale = 0.04}
        """,
}
"""The mains with a resistance of 62 ohms; 230 V instead of the 68 kV of a bus."""


def played(name: str, folder: str, sidecar: str = "") -> Source:
    def open_file(path: str) -> BinaryIO:
        if path == f"{name}.toml" and name in SIDECARS:
            return io.BytesIO((sidecar or SIDECARS[name]).encode())
        return (VECTORS / folder / path).open("rb")

    return metered(parse_source(f"{name}?shift=start", start_second=START // SECOND, open_file=open_file))


def made(source: Source) -> Made:
    return Made(source=source, start=START)


def after(meter: Made, seconds: int) -> None:
    meter.actor.jump(Instant(START + seconds * SECOND))


def read(meter: Made, obis: str) -> int:
    """A register as a client reads it: Wh or varh."""
    octets = meter.meter.view(Audience.MANAGEMENT).readers[bytes.fromhex(f"0003 {obis} 02")](meter.meter)
    return int.from_bytes(octets[1:], "big")


@pytest.mark.slow
def test_the_day_of_a_german_household() -> None:
    watts = powers_of_seconds(Path(data.__file__).parent / data.DARMSTADT_POWER)
    meter = made(demo())
    after(meter, 86_400)
    # The day begins at midnight, in Darmstadt as in the meter.
    assert meter.meter.device.registers.mj(Quantity.ACTIVE_IMPORT) == 1000 * sum(watts)
    assert read(meter, "0100010800FF") == sum(watts) // 3600
    rates = [read(meter, f"01000108{rate:02x}FF") for rate in range(1, 5)]
    assert sum(rates) == pytest.approx(sum(watts) / 3600, abs=4)
    counted = np.cumsum(watts)[899::900] // 3600
    rows = meter.meter.device.profile("load").ring.rows()
    assert rows["3,1-0:1.8.0.255,2,0"][-96:].tolist() == counted.tolist()


@pytest.mark.slow
def test_the_day_of_a_french_household() -> None:
    told = minutes(VECTORS / "households" / "sceaux_2007-02-01.csv")
    meter = made(played("sceaux_2007-02-01.csv", "households"))
    device = meter.meter.device
    for hour in (7, 13, 19):
        after(meter, hour * 3600 + 30)
        device, now = meter.meter.device, told[hour * 60]
        shown = device.instantaneous
        assert (shown.voltage_mv, shown.active_power_mw, shown.reactive_power_mvar) == tuple(
            round(1000 * value) for value in (now.voltage_v, now.active_w, now.reactive_var)
        )
        apparent = np.hypot(now.active_w, now.reactive_var)
        assert shown.current_ma == pytest.approx(1000 * apparent / now.voltage_v, abs=1)
    after(meter, 86_400)
    device = meter.meter.device
    assert device.registers.mj(Quantity.ACTIVE_IMPORT) == sum(round(60_000 * each.active_w) for each in told)
    assert device.registers.mj(Quantity.REACTIVE_Q1) == sum(round(60_000 * each.reactive_var) for each in told)
    others = Quantity.ACTIVE_EXPORT, Quantity.REACTIVE_Q2, Quantity.REACTIVE_Q3, Quantity.REACTIVE_Q4
    assert [device.registers.mj(quantity) for quantity in others] == [0] * 4
    assert read(meter, "0100010800FF") == int(sum(each.active_w for each in told) / 60)


@pytest.mark.slow
def test_a_minute_of_real_mains_on_a_resistance() -> None:
    voltage = wav_channel(VECTORS / "waveforms" / "mains_wuhan_400hz.wav", 620)
    meter = made(played("mains_wuhan_400hz.wav", "waveforms"))
    shown = []
    for second in range(1, 61):
        after(meter, second)
        now = meter.meter.device.instantaneous
        shown.append((now.frequency_mhz / 1000, now.voltage_mv / 1000, now.active_power_mw / 1000))
    truth = energies(voltage, voltage * (10 / 620), 400, CUT_V)
    assert meter.meter.device.registers.mj(Quantity.ACTIVE_IMPORT) == pytest.approx(truth.imported, rel=2e-6)
    assert read(meter, "0100010800FF") == truth.imported // 3_600_000
    frequency, effective, power = np.array(shown).T
    turned = frequencies(voltage, 400)
    between = (frequency[:-1] + frequency[1:]) / 2
    assert np.abs(between - turned)[1:-1].max() < 0.004
    # Windows with smooth edges weigh the cycles at their ends differently from a sum over a second.
    assert effective[1:-1] == pytest.approx(np.sqrt((voltage.reshape(60, 400)[1:-1] ** 2).mean(axis=1)), rel=4e-4)
    assert power == pytest.approx(effective**2 * (10 / 620), rel=2e-3)


@pytest.mark.slow
def test_the_registers_while_a_real_bus_collapses() -> None:
    volts, amperes = comtrade_channels(VECTORS / "waveforms" / "bus_110kv_1200hz.cfg")
    truth = energies(1000 * volts * 0.0034, amperes * 0.04, 1200, CUT_V)
    meter = made(played("bus_110kv_1200hz.cfg", "waveforms"))
    after(meter, 10)
    registers = meter.meter.device.registers
    assert registers.mj(Quantity.ACTIVE_IMPORT) == pytest.approx(truth.imported, rel=1e-5)
    assert registers.mj(Quantity.ACTIVE_EXPORT) == pytest.approx(truth.exported, rel=1e-5)
    assert truth.imported > truth.exported > 1_000_000
    quadrants = Quantity.REACTIVE_Q1, Quantity.REACTIVE_Q2, Quantity.REACTIVE_Q3, Quantity.REACTIVE_Q4
    assert sum(registers.mj(quantity) for quantity in quadrants) > 0
    after(meter, 12)
    assert not meter.meter.device.powered


WATCHED = VoltageLimits(sag_s=1, swell_s=1, missing_s=1, swell_mv=300_000)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.0032, 0.0034, 0.0038, 0.0044])
def test_the_sags_of_a_real_bus(scale: float) -> None:
    # The bus swings: the higher its voltage is taken to be, the later and the less often it is low for a second.
    volts = 1000 * scale * comtrade_channels(VECTORS / "waveforms" / "bus_110kv_1200hz.cfg")[0]
    expected = lasting(effective_half_cycles(volts, 1200) <= 207, 0.01, 1.0)
    sidecar = f"columns.voltage_v = {{name = 'Ua', scale = {scale}}}"
    meter = made(played("bus_110kv_1200hz.cfg", "waveforms", sidecar))
    meter.meter.device.behaviours.power_quality.set_limits(WATCHED)
    after(meter, 10)
    device = meter.meter.device
    lines = device.events.ring(Log.POWER_QUALITY).rows()
    codes = {True: Event.UNDERVOLTAGE_L1.code, False: Event.VOLTAGE_NORMAL_L1.code}
    assert lines["code"].tolist() == [codes[low] for _, low in expected]
    begins = [START // SECOND + int(begin) for begin, _ in expected]
    assert lines["clock"]["second"].tolist() == begins
    quality = device.behaviours.power_quality
    assert quality.count(Condition.UNDERVOLTAGE) == sum(low for _, low in expected)
    ended = quality.last(Condition.UNDERVOLTAGE)
    if len(expected) == 2:
        assert ended is not None
        for told, (begin, _) in zip((ended.begin, ended.end), expected, strict=True):
            assert (told - START) / SECOND == pytest.approx(begin, abs=0.02)
    else:
        assert ended is None
