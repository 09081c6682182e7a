"""Recordings by the ending of their names: which reader, which options."""

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.signal.arrays import Arrays, is_waveform, table_of, track_of
from softmeter.signal.comtrade import read_comtrade
from softmeter.signal.csv_recording import read_csv, read_csv_track
from softmeter.signal.flac_recording import read_flac
from softmeter.signal.front_end import FrontEndWaveform
from softmeter.signal.grid_specification import FRONT_END, parse_front_end
from softmeter.signal.hdf5_recording import read_hdf5
from softmeter.signal.npz_recording import read_npz
from softmeter.signal.parquet_recording import read_parquet
from softmeter.signal.played import Played
from softmeter.signal.recording import Recording, natural_period_s
from softmeter.signal.samples import Column
from softmeter.signal.settings import factor, refuse, settings_of, whole
from softmeter.signal.sidecar import Layout, read_layout
from softmeter.signal.table import Table
from softmeter.signal.track import Track
from softmeter.signal.wav_recording import read_wav

OpenFile = Callable[[str], BinaryIO]

MAX_SHIFT_S = 4_000_000_000
_COMMON = ("loop", "shift", "scale_u", "scale_i")

_ARRAYS: dict[str, Callable[[BinaryIO, str], Arrays]] = {
    ".npz": read_npz,
    ".parquet": read_parquet,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
}
_TRACKS: dict[str, Callable[[BinaryIO, str], Track]] = {".wav": read_wav, ".flac": read_flac}
_COMTRADE = (".cfg", ".cff")
ENDINGS = (".csv", *_ARRAYS, *_TRACKS, *_COMTRADE)
"""What recordings can be."""


class _Options(NamedTuple):
    """What follows the path."""

    loop: int | None
    """Seconds, 0 for its own length; None: not at all."""
    moved: int | None
    """Seconds; None: to the start."""
    volts: float
    amperes: float
    front_end: dict[str, str]


def open_recording(spec: str, start_second: int, open_file: OpenFile) -> Recording | Played | FrontEndWaveform:
    """The recording at a path with its sidecar (the path and `.toml`), with options after a `?`, joined by `&`.

    `loop` repeats it, one of means with `loop=SECONDS` also with that period; `shift=SECONDS` moves it in time,
    `shift=start` to `start_second`; `scale_u`, `scale_i` multiply voltage and current, powers by both. Waveforms pass
    an imperfect front end where one of its settings is given.

    Raises:
        ConfigurationError: what cannot be understood or read, and where.
    """
    path, _, written = spec.partition("?")
    options = _options(written, spec)
    try:
        layout = _layout(f"{path}.toml", open_file)
        read = _read(path, layout, start_second, open_file)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror or error}", error.filename or path) from error
    if isinstance(read, Table):
        refuse(options.front_end, ", ".join(_COMMON), spec)
        return _recording(read, options, start_second)
    if options.loop:
        raise ConfigurationError("waveforms repeat as they are: write loop without a period", path)
    begin, scales = _begin(read, layout, start_second, options.moved), (options.volts, options.amperes)
    dated = _date(read, layout) is not None
    played = Played(read, layout, path, begin, loop=options.loop is not None, scales=scales, dated=dated)
    return FrontEndWaveform(played, parse_front_end(options.front_end, spec)) if options.front_end else played


def _options(written: str, where: str) -> _Options:
    given = settings_of(written, "&", where)
    loop, shift = given.pop("loop", None), given.pop("shift", "0")
    volts, amperes = (factor(key, given.pop(key, "1"), where) for key in ("scale_u", "scale_i"))
    front_end = {key: given.pop(key) for key in FRONT_END if key in given}
    refuse(given, ", ".join((*_COMMON, *FRONT_END)), where)
    period = whole("loop", loop, 1, MAX_SHIFT_S, where) if loop else None if loop is None else 0
    moved = None if shift == "start" else whole("shift", shift, -MAX_SHIFT_S, MAX_SHIFT_S, where)
    return _Options(period, moved, volts, amperes, front_end)


def _recording(table: Table, options: _Options, start_second: int) -> Recording:
    """A recording of means, moved, scaled, repeated."""
    table = _scaled(table, options.volts, options.amperes)
    offset = start_second - int(table.times_ns[0]) // SECOND if options.moved is None else options.moved
    table = replace(table, times_ns=table.times_ns + offset * SECOND)
    return Recording(table, natural_period_s(table.times_ns) if options.loop == 0 else options.loop)


def _read(path: str, layout: Layout, start_second: int, open_file: OpenFile) -> Table | Track:
    ending = next((ending for ending in ENDINGS if path.lower().endswith(ending)), None)
    if ending is None:
        kinds = f"constant:…, household:seed=…, demo, grid:…, or the path of a recording ({' '.join(ENDINGS)})"
        raise ConfigurationError(f"is no source; give {kinds}", path)
    if ending in _COMTRADE:
        return read_comtrade(path, open_file, layout.utc_offset)
    with open_file(path) as stream:
        if ending in _TRACKS:
            return _TRACKS[ending](stream, path)
        if ending == ".csv":
            read = read_csv if layout.waveform is None else read_csv_track
            return read(stream, path, layout, start_second)
        arrays = _ARRAYS[ending](stream, path)
        return (track_of if is_waveform(arrays, layout) else table_of)(arrays, path, layout, start_second)


def _begin(track: Track, layout: Layout, start_second: int, moved: int | None) -> int:
    """When the first sample is: as the sidecar says, else the file, else at the start; then moved by seconds."""
    start = Instant(start_second * SECOND)
    if moved is None:
        return start
    said = _date(track, layout)
    return (start if said is None else said) + moved * SECOND


def _date(track: Track, layout: Layout) -> int | None:
    """When the first sample was taken, if sidecar or file say it."""
    said = layout.waveform.start if layout.waveform else None
    return track.start_ns if said is None else said


def _scaled(table: Table, volts: float, amperes: float) -> Table:
    factors = {
        Column.VOLTAGE: abs(volts),
        Column.CURRENT: amperes,
        Column.ACTIVE_POWER: volts * amperes,
        Column.REACTIVE_POWER: volts * amperes,
        Column.FREQUENCY: 1.0,
    }
    columns = {column: values * factors[column] for column, values in table.columns.items()}
    return replace(table, columns=columns)


def _layout(path: str, open_file: OpenFile) -> Layout:
    try:
        stream = open_file(path)
    except FileNotFoundError:
        return Layout()
    with stream:
        return read_layout(stream, path)
