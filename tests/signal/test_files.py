"""Means and waveforms in every format: the same whatever they are in, and named where they are wrong."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording_files import Columns, comtrade, csv, flac, hdf5, npz, opener, parquet, wav
from softmeter.errors import ConfigurationError
from softmeter.signal.files import ENDINGS
from softmeter.signal.front_end import FrontEndWaveform
from softmeter.signal.played import Played
from softmeter.signal.recording import Recording
from softmeter.signal.samples import Floats
from softmeter.signal.specification import parse_source, with_path

START = 1_767_225_600
RATE = 4_000
FULL_V, FULL_A = 512.0, 512.0
"""Full scale of WAV and FLAC files here."""

SCALED = (
    f"[columns.voltage_v]\nname = '1'\nscale = {FULL_V}\n[columns.current_a]\nname = '2'\nscale = {FULL_A}\n"
).encode()
SAMPLED = f"[waveform]\nrate_hz = {RATE}\n".encode()
COMTRADE = b"[columns.voltage_v]\nname = 'U'\n[columns.current_a]\nname = 'I'\n"


class Format(NamedTuple):
    """How waveforms are put into a file; `cut` octets are lost when it ends too early."""

    ending: str
    make: Callable[[Floats, Floats, int], bytes]
    sidecar: bytes
    cut: int = 1


def named(voltage: Floats, current: Floats) -> dict[str, Floats]:
    return {"voltage_v": voltage, "current_a": current}


FORMATS = [
    Format("csv", lambda u, i, _: csv(named(u, i)), SAMPLED, 8),
    Format("npz", lambda u, i, rate: npz(named(u, i), rate_hz=rate), b"", 40),
    Format("parquet", lambda u, i, rate: parquet(named(u, i), rate_hz=rate), b""),
    Format("h5", lambda u, i, rate: hdf5(named(u, i), rate_hz=rate), b""),
    Format("wav", lambda u, i, rate: wav(u / FULL_V, i / FULL_A, rate), SCALED, 8),
    Format("flac", lambda u, i, rate: flac(u / FULL_V, i / FULL_A, rate), SCALED, 3_000),
    Format("cff", comtrade, COMTRADE, 8),
]
every_format = pytest.mark.parametrize("form", FORMATS, ids=[form.ending for form in FORMATS])


def waves(frequency_hz: float = 50.0, lag: float = 0.5, seconds: float = 1.0) -> tuple[Floats, Floats]:
    """230 V and 5 A at cos φ of `lag`."""
    phase = 2 * np.pi * frequency_hz * (np.arange(round(RATE * seconds)) + 0.5) / RATE
    return 230 * np.sqrt(2) * np.cos(phase), 5 * np.sqrt(2) * np.cos(phase - lag)


def played(form: Format, voltage: Floats, current: Floats, options: str = "", cut: int = 0) -> Played:
    octets, name = form.make(voltage, current, RATE), f"w.{form.ending}"
    files = {name: octets[: len(octets) - cut], **({f"{name}.toml": form.sidecar} if form.sidecar else {})}
    source = parse_source(name + options, start_second=START, open_file=opener(files))
    assert isinstance(source, Played)
    return source


def told(form: Format, voltage: Floats, current: Floats, cut: int = 0) -> str:
    """What is found, or why it is refused: a line each."""
    try:
        return "\n".join(played(form, voltage, current, cut=cut).findings)
    except ConfigurationError as error:
        return f"{error.where}: {error}"


@every_format
def test_waveforms_are_the_same_in_every_format(form: Format) -> None:
    voltage, current = waves()
    waveform = played(form, voltage, current, "?shift=start")
    assert waveform.rate_hz == RATE
    block = waveform.samples(START * RATE, RATE)
    volts, amperes = map(float, waveform.scale)
    assert block.voltage * volts == pytest.approx(voltage, abs=2e-4)
    assert block.current * amperes == pytest.approx(current, abs=1e-4)
    assert not waveform.samples((START + 1) * RATE, 10).voltage.any()


@every_format
def test_waveforms_are_looped_shifted_and_scaled(form: Format) -> None:
    voltage, current = waves()
    plain = played(form, voltage, current, "?shift=start").samples(START * RATE, RATE)
    again = played(form, voltage, current, "?shift=start&loop").samples((START + 77) * RATE, RATE)
    assert np.array_equal(plain.voltage, again.voltage)
    half = played(form, voltage, current, "?shift=start&scale_u=0.5&scale_i=-2").samples(START * RATE, RATE)
    assert half.voltage * 2 == pytest.approx(plain.voltage, abs=2)
    assert half.current / -2 == pytest.approx(plain.current, abs=1)
    begin = START if form.ending != "cff" else 1_767_225_600
    later = played(form, voltage, current, "?shift=3600").samples((begin + 3600) * RATE, RATE)
    assert np.array_equal(plain.voltage, later.voltage)


Waves = tuple[Floats, Floats]


def changed(values: Floats, where: slice | int, to: float) -> Floats:
    values = values.copy()
    values[where] = to
    return values


VOLTS, AMPERES = waves()
DAMAGES = {
    "whole": ((VOLTS, AMPERES), ""),
    "nan": ((changed(VOLTS, slice(40, 43), np.nan), AMPERES), "41"),
    "infinite": ((changed(VOLTS, 40, np.inf), AMPERES), "41"),
    "clipped": (
        (np.clip(VOLTS, -250, 250), AMPERES),
        "sample 72: voltage_v",
    ),
    "stuck": ((VOLTS, changed(AMPERES, slice(1001, 2001), 6.5)), "sample 1002: current_a"),
    "60 Hz": (waves(60.0), "the voltage has 60.0 Hz, where 42.5 to 57.5 can be measured"),
    "swapped": ((AMPERES, VOLTS), "voltage and current look swapped"),
    "no voltage": ((np.zeros(RATE), AMPERES), "voltage_v is 0 V effective"),
    "reversed": ((VOLTS, -AMPERES), "energy flows out in this recording: is the current reversed?"),
    "millivolts": ((VOLTS / 1000, AMPERES), "voltage_v is 0.23 V effective: are channel and scale right?"),
    "too much": ((VOLTS * 1e7, AMPERES), "more than 1e+06"),
}


@every_format
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_with_a_waveform_is_told_with_its_place(form: Format, damage: str) -> None:
    (voltage, current), expected = DAMAGES[damage]
    if form.ending in {"wav", "flac"} and damage in {"nan", "infinite", "too much"}:
        pytest.skip("whole numbers cannot hold it")
    lines = told(form, voltage, current).splitlines()
    name = f"w.{form.ending}"
    if damage == "whole":
        assert not [line for line in lines if line.startswith(name)]
        return
    if form.ending == "csv":
        expected = {"nan": "csv:42:1", "infinite": "csv:42:1", "too much": "csv:2:1"}.get(damage, expected)
    found = [line for line in lines if expected in line and line.startswith(name)]
    assert found, lines


@every_format
def test_a_file_that_ends_too_early_is_told_or_refused(form: Format) -> None:
    voltage, current = waves(seconds=0.25)
    whole, cut = told(form, voltage, current), told(form, voltage, current, form.cut)
    assert cut != whole
    assert cut.startswith(f"w.{form.ending}") or f"\nw.{form.ending}" in cut


@every_format
def test_a_declared_rate_counts_more_than_that_of_the_file(form: Format) -> None:
    sidecar = b"[waveform]\nrate_hz = '9601/2'\nstart = '2026-01-01T00:00:10Z'\n"
    columns = form.sidecar.partition(b"[columns")
    waveform = played(form._replace(sidecar=sidecar + columns[1] + columns[2]), *waves())
    assert waveform.rate_hz == 4_825
    assert "x 1" in waveform.findings[0] or "x " in waveform.findings[0]
    assert "the voltage has 60.0 Hz" in "".join(waveform.findings)
    assert "2026-01-01T00:00:10Z" in waveform.findings[-1]


@pytest.mark.parametrize("ending", ["csv", "npz", "parquet", "hdf5"])
def test_a_column_of_times_shows_the_rate_and_the_begin(ending: str) -> None:
    make = {"csv": csv, "npz": npz, "parquet": parquet, "hdf5": hdf5}[ending]
    voltage, current = waves(seconds=0.5)
    times = np.arange(len(voltage)) / RATE
    files = {f"w.{ending}": make({"time": times, **named(voltage, current)}), f"w.{ending}.toml": b"[waveform]"}
    waveform = parse_source(f"w.{ending}", start_second=START, open_file=opener(files))
    assert isinstance(waveform, Played)
    assert waveform.rate_hz == RATE
    assert waveform.samples(START * RATE, 100).voltage * 2.0**-14 == pytest.approx(voltage[:100], abs=1e-4)
    uneven = changed(times, slice(700, None), 0.2)
    uneven[700:] += np.arange(len(times) - 700) / RATE
    files = {f"w.{ending}": make({"time": uneven, **named(voltage, current)}), f"w.{ending}.toml": b"[waveform]"}
    with pytest.raises(ConfigurationError, match="is not evenly spaced in time from here on") as caught:
        parse_source(f"w.{ending}", start_second=START, open_file=opener(files))
    assert caught.value.where == f"w.{ending}:sample 702"


@pytest.mark.parametrize("make", [npz, parquet, hdf5])
def test_arrays_of_waveforms_can_say_when_they_begin_and_how_fast_they_are(make: Callable[..., bytes]) -> None:
    ending = {"npz": "npz", "parquet": "parquet", "hdf5": "h5"}[make.__name__]

    def opened(**facts: float | str) -> Played:
        files = {f"w.{ending}": make(named(*waves()), **facts), f"w.{ending}.toml": b"[waveform]"}
        waveform = parse_source(f"w.{ending}", start_second=START, open_file=opener(files))
        assert isinstance(waveform, Played)
        return waveform

    assert "2026-02-03T04:05:06Z" in opened(rate_hz=RATE, start="2026-02-03T05:05:06+01:00").findings[-1]
    assert opened(step_s=1 / RATE).rate_hz == RATE
    assert opened(rate_hz=15_625 / 2).rate_hz == 7_825
    for facts, reason in (
        ({"rate_hz": "fast"}, "rate_hz: 'fast' is no number of samples per second"),
        ({"rate_hz": RATE, "start": "noon"}, "start: 'noon' is no ISO 8601"),
        ({"rate_hz": 50}, "has 50 samples per second; 400 to 1000000 can be"),
        ({}, "does not say its sample rate: write [waveform] rate_hz into"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            opened(**facts)
        assert reason in str(caught.value)


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


WHOLE = {form.ending: form.make(*waves(seconds=0.25), RATE) for form in FORMATS}


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 100_000), st.binary(max_size=4)), min_size=1, max_size=6))
@every_format
def test_damaged_files_are_read_or_refused(form: Format, damage: list[tuple[int, bytes]]) -> None:
    octets = bytearray(WHOLE[form.ending])
    for place, put in damage:
        at = place % len(octets)
        octets[at : at + len(put)] = put
    name = f"w.{form.ending}"
    with suppress(ConfigurationError):
        opened = parse_source(
            name, start_second=START, open_file=opener({name: bytes(octets), f"{name}.toml": form.sidecar})
        )
        assert opened.findings


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
