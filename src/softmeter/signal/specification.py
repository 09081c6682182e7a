"""What `--source` says: `constant:…`, `household:…`, `demo`, or the path of a recording."""

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.signal.constant import constant
from softmeter.signal.csv_recording import read_csv
from softmeter.signal.demo import demo
from softmeter.signal.household import Household
from softmeter.signal.npz_recording import read_npz
from softmeter.signal.recording import Recording, Table, natural_period_s
from softmeter.signal.samples import Source
from softmeter.signal.sidecar import Layout, read_layout

MAX_SHIFT_S = 4_000_000_000
MAX_SEED = 2**64 - 1

OpenFile = Callable[[str], BinaryIO]


def parse_source(spec: str, *, start_second: int, open_file: OpenFile) -> Source:
    """The source that `spec` describes.

    A recording is a path ending in `.csv` or `.npz`, with its sidecar (the path and `.toml`) where there is one.
    Options follow a `?`, joined by `&`: `loop` repeats the recording, `loop=SECONDS` with that period;
    `shift=SECONDS` moves it in time, `shift=start` so that it begins at `start_second`, which seconds in its time
    column count from anyway.

    Raises:
        ConfigurationError: what cannot be understood or read, and where.
    """
    kind, colon, rest = spec.partition(":")
    match kind:
        case "constant":
            return constant(_settings(rest, ",", spec), spec)
        case "household":
            settings = _settings(rest, ",", spec)
            seed = _whole("seed", settings.pop("seed", "0"), 0, MAX_SEED, spec)
            _refuse(settings, "seed", spec)
            return Household(seed)
        case "demo":
            if colon:
                raise ConfigurationError("demo has no settings", spec)
            return demo()
        case _:
            return _recording(spec, start_second, open_file)


def _recording(spec: str, start_second: int, open_file: OpenFile) -> Recording:
    path, _, written = spec.partition("?")
    options = _settings(written, "&", spec)
    loop, shift = options.pop("loop", None), options.pop("shift", "0")
    _refuse(options, "loop, shift", spec)
    table = _table(path, start_second, open_file)
    first = int(table.times_ns[0]) // SECOND
    moved = start_second - first if shift == "start" else _whole("shift", shift, -MAX_SHIFT_S, MAX_SHIFT_S, spec)
    table = replace(table, times_ns=table.times_ns + moved * SECOND)
    if loop is None:
        return Recording(table)
    return Recording(table, _whole("loop", loop, 1, MAX_SHIFT_S, spec) if loop else natural_period_s(table.times_ns))


def _table(path: str, start_second: int, open_file: OpenFile) -> Table:
    read = {".csv": read_csv, ".npz": read_npz}.get(path[-4:].lower())
    if read is None:
        message = "is no source; give constant:…, household:seed=…, demo, or the path of a .csv or .npz recording"
        raise ConfigurationError(message, path)
    try:
        with open_file(path) as stream:
            return read(stream, path, _layout(f"{path}.toml", open_file), start_second)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror or error}", path) from error


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
