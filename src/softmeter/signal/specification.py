"""What `--source` says: `constant:…`, `household:…`, `demo`, a grid of waveforms, or the path of a recording."""

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.signal.comtrade import read_comtrade
from softmeter.signal.constant import constant
from softmeter.signal.csv_recording import read_csv
from softmeter.signal.demo import demo
from softmeter.signal.grid_specification import grid_waveform
from softmeter.signal.household import Household
from softmeter.signal.npz_recording import read_npz
from softmeter.signal.prefetched import Prefetched
from softmeter.signal.recording import Recording, Table, natural_period_s
from softmeter.signal.samples import Source, Waveform
from softmeter.signal.sidecar import Layout, read_layout
from softmeter.signal.track import Played
from softmeter.signal.wav_recording import read_wav

MAX_SHIFT_S = 4_000_000_000
MAX_SEED = 2**64 - 1

SYNTHETIC = ("constant", "household", "demo")
"""Kinds of source that need no file."""
WAVEFORM_ENDINGS = (".wav", ".cfg", ".cff")

OpenFile = Callable[[str], BinaryIO]


def parse_source(spec: str, *, start_second: int, open_file: OpenFile) -> Source | Waveform:
    """The source that `spec` describes.

    `grid:…` is a waveform with a constant load, `grid+household:…` or `grid+demo:…` one with that load.

    A recording is a path ending in `.csv` or `.npz`, of waveforms one in `.wav`, `.cfg` (COMTRADE, its data beside
    it) or `.cff`, with its sidecar (the path and `.toml`) where there is one.
    Options follow a `?`, joined by `&`: `loop` repeats the recording, `loop=SECONDS` with that period;
    `shift=SECONDS` moves it in time, `shift=start` so that it begins at `start_second`, which seconds in its time
    column count from anyway.

    Raises:
        ConfigurationError: what cannot be understood or read, and where.
    """
    kind, colon, rest = spec.partition(":")
    grid, plus, load = kind.partition("+")
    if kind == "demo" and colon:
        raise ConfigurationError("demo has no settings", spec)
    if kind in SYNTHETIC:
        return _synthetic(kind, _settings(rest, ",", spec), spec)
    if grid == "grid" and (load or "constant") in SYNTHETIC and (load or not plus):
        settings = _settings(rest, ",", spec)
        return grid_waveform(settings, lambda left: _synthetic(load or "constant", left, spec), start_second, spec)
    return _recording(spec, start_second, open_file)


def _synthetic(kind: str, settings: dict[str, str], where: str) -> Source:
    """A source that needs no file; `kind` is one of `SYNTHETIC`."""
    match kind:
        case "constant":
            return constant(settings, where)
        case "household":
            seed = _whole("seed", settings.pop("seed", "0"), 0, MAX_SEED, where)
            _refuse(settings, "seed", where)
            return Prefetched(Household(seed))
        case _:
            _refuse(settings, "none", where)
            return demo()


def _recording(spec: str, start_second: int, open_file: OpenFile) -> Recording | Played:
    path, _, written = spec.partition("?")
    options = _settings(written, "&", spec)
    loop, shift = options.pop("loop", None), options.pop("shift", "0")
    _refuse(options, "loop, shift", spec)
    try:
        if path[-4:].lower() in WAVEFORM_ENDINGS:
            return _played(path, loop, shift, start_second, open_file)
        table = _table(path, start_second, open_file)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror or error}", path) from error
    first = int(table.times_ns[0]) // SECOND
    moved = start_second - first if shift == "start" else _whole("shift", shift, -MAX_SHIFT_S, MAX_SHIFT_S, spec)
    table = replace(table, times_ns=table.times_ns + moved * SECOND)
    if loop is None:
        return Recording(table)
    return Recording(table, _whole("loop", loop, 1, MAX_SHIFT_S, spec) if loop else natural_period_s(table.times_ns))


def _played(path: str, loop: str | None, shift: str, start_second: int, open_file: OpenFile) -> Played:
    """A recording of waveforms; one that bears no time begins at the start."""
    layout = _layout(f"{path}.toml", open_file)
    if loop:
        raise ConfigurationError("waveforms repeat as they are: write loop without a period", path)
    if path.lower().endswith(".wav"):
        with open_file(path) as stream:
            track = read_wav(stream, path)
    else:
        track = read_comtrade(path, open_file, layout.utc_offset)
    first = start_second * SECOND
    if track.start_ns is not None and shift != "start":
        first = track.start_ns
    moved = 0 if shift == "start" else _whole("shift", shift, -MAX_SHIFT_S, MAX_SHIFT_S, path)
    return Played(track, layout, path, first + moved * SECOND, loop=loop is not None)


def _table(path: str, start_second: int, open_file: OpenFile) -> Table:
    read = {".csv": read_csv, ".npz": read_npz}.get(path[-4:].lower())
    if read is None:
        kinds = "constant:…, household:seed=…, demo, grid:…, or the path of a .csv, .npz, .wav, .cfg or .cff recording"
        raise ConfigurationError(f"is no source; give {kinds}", path)
    with open_file(path) as stream:
        return read(stream, path, _layout(f"{path}.toml", open_file), start_second)


def _layout(path: str, open_file: OpenFile) -> Layout:
    try:
        stream = open_file(path)
    except FileNotFoundError:
        return Layout()
    with stream:
        return read_layout(stream, path)


def _settings(text: str, separator: str, where: str) -> dict[str, str]:
    settings: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        key, _, value = part.partition("=")
        if key.strip() in settings:
            raise ConfigurationError(f"{key.strip()!r} is given twice", where)
        settings[key.strip()] = value.strip()
    return settings


def _refuse(left_over: dict[str, str], known: str, where: str) -> None:
    for key in left_over:
        raise ConfigurationError(f"{key!r} is not known; known here: {known}", where)


def _whole(key: str, text: str, least: int, greatest: int, where: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ConfigurationError(f"{key}={text!r} is not a whole number", where) from None
    if not least <= value <= greatest:
        raise ConfigurationError(f"{key}={text} lies outside {least}..{greatest}", where)
    return value
