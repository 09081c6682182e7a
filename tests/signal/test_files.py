"""Means in every format: the same whatever they are in, and named where they are wrong."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from recording_files import (
    FORMATS,
    RATE,
    START,
    Columns,
    changed,
    csv,
    hdf5,
    named,
    npz,
    opener,
    parquet,
    waves,
)
from softmeter.errors import ConfigurationError
from softmeter.signal.files import ENDINGS
from softmeter.signal.front_end import FrontEndWaveform
from softmeter.signal.played import Played
from softmeter.signal.recording import Recording
from softmeter.signal.specification import parse_source, with_path

TIMES = np.arange(6)
POWER, VOLTAGE = np.array([100.0, 200, 300, 400, 500, 600]), np.array([230.0, 231, 232, 233, 234, 235])
TABLES: dict[str, Callable[[Columns], bytes]] = {
    "csv": csv,
    "npz": npz,
    "parquet": parquet,
    "hdf5": hdf5,
}
every_table = pytest.mark.parametrize("ending", TABLES)


def recording(ending: str, columns: Columns, sidecar: bytes = b"", options: str = "") -> Recording:
    name = f"day.{ending}"
    files = {name: TABLES[ending](columns), f"{name}.toml": sidecar}
    source = parse_source(name + options, start_second=START, open_file=opener(files))
    assert isinstance(source, Recording)
    return source


@every_table
def test_means_are_the_same_in_every_format(ending: str) -> None:
    seconds = recording(ending, {"time": TIMES, "active_power_w": POWER, "voltage_v": VOLTAGE}).measurements(START, 6)
    assert seconds.active_power_w.tolist() == POWER.tolist()
    assert seconds.voltage_v.tolist() == VOLTAGE.tolist()
    texts = np.array([f"2026-01-01T00:00:0{second}Z" for second in TIMES])
    assert recording(ending, {"time": texts, "active_power_w": POWER}).measurements(START, 6).active_power_w[5] == 600


@every_table
def test_means_have_units_scales_and_options(ending: str) -> None:
    sidecar = b"[columns.active_power_w]\nname = 'P'\nunit = 'kW'\n[columns.voltage_v]\nname = 'U'\nscale = 2\n"
    columns = {"time": TIMES, "P": POWER / 1000, "U": VOLTAGE}
    options = "?loop&shift=1&scale_u=0.5&scale_i=3"
    seconds = recording(ending, columns, sidecar, options).measurements(START + 1, 8)
    assert seconds.active_power_w.tolist() == pytest.approx([*(POWER * 1.5), 150.0, 300.0])
    assert seconds.voltage_v[0] == 230


SUSPICIOUS: dict[str, tuple[Columns, str, int | None]] = {
    "zero": (
        {"voltage_v": np.array([230.0, 0, 0, 230, 230, 230])},
        "voltage_v is 0 in 2 samples, this is the first",
        1,
    ),
    "60 Hz": ({"frequency_hz": np.array([50.0, 50, 50, 60, 60, 50])}, "frequency_hz is outside 42.5 to 57.5 in 2", 3),
    "swapped": ({"voltage_v": POWER / 100, "current_a": VOLTAGE}, "voltage and current look swapped", None),
    "too little": ({"voltage_v": VOLTAGE / 1000}, "voltage_v is mostly 0.2325 V: are column and scale right?", None),
    "contradiction": (
        {"voltage_v": VOLTAGE, "current_a": np.full(6, 1.5), "active_power_w": POWER},
        "power is more than voltage times current in 3 samples",
        3,
    ),
    "reversed": ({"active_power_w": np.full(90, -400.0) + np.arange(90)}, "is the current reversed?", None),
    "stuck": ({"voltage_v": np.full(60, 230.5)}, "voltage_v never changes from 230.5: is it stuck?", None),
}


@every_table
@pytest.mark.parametrize("what", SUSPICIOUS)
def test_what_is_suspicious_in_means_is_told_with_its_place(ending: str, what: str) -> None:
    columns, expected, row = SUSPICIOUS[what]
    times = np.arange(len(next(iter(columns.values()))))
    found = [line for line in recording(ending, {"time": times, **columns}).findings if expected in line]
    assert len(found) == 1
    first = 2 if ending == "csv" else 1
    assert found[0].startswith(f"day.{ending}: " if row is None else f"day.{ending}:{first + row}: ")


@every_table
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e6])
def test_impossible_means_are_refused_with_their_place(ending: str, value: float) -> None:
    with pytest.raises(ConfigurationError) as caught:
        recording(ending, {"time": TIMES, "active_power_w": changed(POWER, 4, value)})
    assert caught.value.where == ("day.csv:6:2" if ending == "csv" else f"day.{ending}:5:active_power_w")
    assert ("name it under `missing`" in str(caught.value)) is bool(np.isnan(value))


@every_table
def test_missing_means_are_held_where_the_sidecar_says_so(ending: str) -> None:
    columns: Columns = {"time": TIMES, "active_power_w": changed(POWER, slice(2, 4), np.nan)}
    source = recording(ending, columns, b"missing = ['nan']")
    assert source.measurements(START, 6).active_power_w.tolist() == [100, 200, 200, 200, 500, 600]
    place = "day.csv:4" if ending == "csv" else f"day.{ending}:3"
    assert f"{place}:active_power_w: 2 values are missing, this is the first; the one before holds" in source.findings


@pytest.mark.parametrize("ending", ["parquet", "hdf5"])
def test_a_file_can_say_its_units(ending: str) -> None:
    make = {"parquet": parquet, "hdf5": hdf5}[ending]

    def opened(sidecar: bytes = b"", **units: str) -> Recording | object:
        columns = {"active_power_w": POWER / 1000, "voltage_v": VOLTAGE}
        files = {f"day.{ending}": make(columns, units, step_s=2), f"day.{ending}.toml": sidecar}
        return parse_source(f"day.{ending}", start_second=START, open_file=opener(files))

    source = opened(active_power_w="kW", voltage_v="V")
    assert isinstance(source, Recording)
    assert source.measurements(START, 4).active_power_w.tolist() == [100, 100, 200, 200]
    with pytest.raises(ConfigurationError, match="voltage_v is said to be in 'A'; possible are V, mV, kV"):
        opened(voltage_v="A")
    with pytest.raises(ConfigurationError, match="take the unit out of the sidecar"):
        opened(b"[columns.voltage_v]\nunit = 'V'\n", voltage_v="V")


@pytest.mark.parametrize(
    ("ending", "octets"),
    [
        (ending, data)
        for ending in ("parquet", "h5", "flac", "npz")
        for data in (b"", b"PAR1", b"fLaC\0\0\0\x22", b"\x89HDF\r\n\x1a\n")
    ],
)
def test_what_is_no_such_file_is_refused(ending: str, octets: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_source(f"x.{ending}", start_second=START, open_file=opener({f"x.{ending}": octets}))
    assert caught.value.where is not None
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ending", "module", "extra"),
    [("parquet", "pyarrow", "arrow"), ("h5", "h5py", "hdf5"), ("flac", "soundfile", "flac")],
)
def test_a_missing_extra_is_named(ending: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf"needs the extra {extra}: pip install 'softmeter\[{extra}\]'"):
        parse_source(f"x.{ending}", start_second=START, open_file=opener({f"x.{ending}": b""}))


def test_a_grid_takes_a_recording_as_its_load() -> None:
    files = {"day.csv": csv({"time": TIMES, "active_power_w": POWER, "voltage_v": VOLTAGE})}
    spec = "grid+file:day.csv?loop,rate=4000,sag=2+1@50"
    waveform = parse_source(spec, start_second=START, open_file=opener(files))
    assert not isinstance(waveform, Recording | Played)
    volts = [
        float(np.sqrt(np.mean((waveform.samples((START + second) * RATE, RATE).voltage * 2.0**-14) ** 2)))  # type: ignore[union-attr]
        for second in (1, 2, 7)
    ]
    assert volts == pytest.approx([231, 116, 231], rel=1e-5)
    with pytest.raises(ConfigurationError, match="'seed' is not known"):
        parse_source("grid+file:day.csv,seed=3", start_second=START, open_file=opener(files))
    octets = npz(named(*waves()), rate_hz=RATE)
    with pytest.raises(ConfigurationError, match="holds waveforms: play them without a grid"):
        parse_source("grid+file:w.npz", start_second=START, open_file=opener({"w.npz": octets}))


@pytest.mark.parametrize(
    ("spec", "resolved"),
    [
        ("day.csv?loop", "/d/day.csv?loop"),
        ("grid+file:day.csv?loop,rate=4000", "grid+file:/d/day.csv?loop,rate=4000"),
        ("grid+file:day.csv,rate=4000", "grid+file:/d/day.csv,rate=4000"),
        ("grid+household:seed=1", "grid+household:seed=1"),
        ("demo", "demo"),
    ],
)
def test_the_path_in_a_specification_can_be_resolved(spec: str, resolved: str) -> None:
    assert with_path(spec, lambda path: f"/d/{path}") == resolved


def test_recorded_waveforms_pass_a_front_end_where_one_is_given() -> None:
    files = {"w.npz": npz(named(*waves()), rate_hz=RATE)}
    plain = parse_source("w.npz?shift=start&loop", start_second=START, open_file=opener(files))
    given = parse_source("w.npz?shift=start&loop&gain_u=1&bits=12", start_second=START, open_file=opener(files))
    assert isinstance(plain, Played)
    assert isinstance(given, FrontEndWaveform)
    before, after = (float(np.abs(each.samples(START * RATE, RATE).voltage).mean()) for each in (plain, given))
    assert after / before == pytest.approx(1.01, rel=1e-4)
    assert "front end: 12 bits" in given.findings[-1]
    files["day.csv"] = csv({"time": TIMES, "active_power_w": POWER})
    with pytest.raises(ConfigurationError, match=r"'gain_u' is not known; known here: loop, shift, scale_u, scale_i$"):
        parse_source("day.csv?gain_u=1", start_second=START, open_file=opener(files))


def test_every_ending_is_known() -> None:
    assert {form.ending for form in FORMATS} <= {ending[1:] for ending in ENDINGS}
