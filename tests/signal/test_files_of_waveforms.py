"""Waveforms in every format: the same whatever they are in, and named where they are wrong."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording_files import FORMATS, RATE, START, Format, changed, csv, hdf5, named, npz, opener, parquet, waves
from softmeter.errors import ConfigurationError
from softmeter.signal.played import Played
from softmeter.signal.samples import Floats
from softmeter.signal.specification import parse_source

every_format = pytest.mark.parametrize("form", FORMATS, ids=[form.ending for form in FORMATS])


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
    assert caught.value.where == f"w.{ending}:sample 701"


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
    assert opened(step_s=2e-5).rate_hz == 50_000
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
