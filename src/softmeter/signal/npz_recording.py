"""Recordings as NumPy archives (.npz): one array for each column, `time` or `step_s` beside them."""

import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.recording import Table
from softmeter.signal.samples import LIMITS, Column, Floats, Integers
from softmeter.signal.sidecar import Layout
from softmeter.signal.timestamps import MAX_SECONDS, seconds_to_instants, time_reader

MAX_UNPACKED_BYTES = 2 << 30
MAX_ROWS = 40_000_000

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    OSError,
    EOFError,
    KeyError,
    RuntimeError,  # encrypted members
    MemoryError,  # a header that claims more than there is
    OverflowError,
    TypeError,  # a header with something else than numbers as its shape
)
"""What the standard library and NumPy raise for a damaged archive."""


def read_npz(stream: BinaryIO, name: str, layout: Layout, start_second: int) -> Table:
    """The recording in an open archive; arrays of objects are refused, nothing is unpickled.

    `time`: seconds from the start, datetime64 (UTC) or texts; without it, `step_s` is the seconds from each sample to
    the next, the first being at the start.

    Raises:
        ConfigurationError: what is wrong, as `file:row:column`, and why.
    """
    arrays = _arrays(stream, name)
    wanted = {column: place.name for column, place in layout.columns.items() if place.name in arrays or layout.explicit}
    absent = [array for array in wanted.values() if array not in arrays]
    if absent or not wanted:
        expected = absent[0] if absent else " or ".join(Column)
        raise ConfigurationError(f"has no array {expected}; it has {', '.join(arrays) or 'none'}", name)
    columns = {column: _column(arrays[array], column, layout, name) for column, array in wanted.items()}
    count = len(next(iter(columns.values())))
    if not 0 < count <= MAX_ROWS:
        raise ConfigurationError(f"holds {count} samples; 1 to {MAX_ROWS} are possible", name)
    times = _times(arrays, count, name, layout, start_second)
    for column, values in (("time", times), *columns.items()):
        if len(values) != count:
            raise ConfigurationError(f"array {column} has {len(values)} values where others have {count}", name)
    fallen = np.flatnonzero(np.diff(times) < 0)
    if len(fallen):
        raise ConfigurationError("time lies before the time of the row before", f"{name}:{fallen[0] + 2}:time")
    unused = sorted(set(arrays) - set(wanted.values()) - {layout.time_columns[0], "step_s"})
    return Table(times, columns, (f"arrays not used: {', '.join(unused)}",) if unused else ())


def _arrays(stream: BinaryIO, name: str) -> Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    try:
        with zipfile.ZipFile(stream) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ConfigurationError(f"unpacks to {unpacked} octets; {MAX_UNPACKED_BYTES} are possible", name)
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except _UNREADABLE as error:
        raise ConfigurationError(f"is no readable NPZ archive ({error})", name) from error


def _column(
    array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], column: Column, layout: Layout, name: str
) -> Floats:
    place = layout.columns[column]
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise ConfigurationError(
            f"array {place.name} must hold numbers in one row, not {array.dtype}{array.shape}", name
        )
    with np.errstate(over="ignore"):
        values: Floats = array.astype(np.float64) * place.scale
    least, greatest = LIMITS[column]
    outside = np.flatnonzero(~((values >= least) & (values <= greatest)))
    if len(outside):
        row = int(outside[0])
        reason = f"{place.name} {array[row]!s} is not a number from {least:g} to {greatest:g} ({column})"
        raise ConfigurationError(reason, f"{name}:{row + 1}:{place.name}")
    return values


def _times(
    arrays: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]],
    count: int,
    name: str,
    layout: Layout,
    start_second: int,
) -> Integers:
    key = layout.time_columns[0]
    if key not in arrays:
        step = arrays.get("step_s")
        if step is None or step.size != 1 or step.dtype.kind not in "fiu" or not 0 < float(step.reshape(())) <= 1e6:
            raise ConfigurationError(f"needs an array {key}, or step_s: the seconds between samples, above 0", name)
        return _from_seconds(np.arange(count, dtype=np.float64) * float(step.reshape(())), key, name, start_second)
    times = arrays[key]
    if times.ndim != 1 or times.dtype.kind not in "fiuMU":
        raise ConfigurationError(f"array {key} must hold numbers, datetime64 or texts in one row", name)
    if times.dtype.kind == "M":
        return _from_datetimes(times, key, name, layout)
    if times.dtype.kind == "U":
        return _from_texts([str(text) for text in times], key, name, layout, start_second)
    return _from_seconds(times.astype(np.float64), key, name, start_second)


def _from_seconds(seconds: Floats, key: str, name: str, start_second: int) -> Integers:
    bad = np.flatnonzero(~(np.abs(seconds) <= MAX_SECONDS))
    if len(bad):
        raise ConfigurationError(f"{seconds[bad[0]]} is no time in seconds", f"{name}:{bad[0] + 1}:{key}")
    return seconds_to_instants(seconds, start_second)


def _from_datetimes(
    times: np.ndarray[tuple[int, ...], np.dtype[np.generic]], key: str, name: str, layout: Layout
) -> Integers:
    years = times.astype("datetime64[Y]").astype(np.int64)  # since 1970; not-a-time is far below
    bad = np.flatnonzero((years < 0) | (years > 200))
    if len(bad):
        raise ConfigurationError(f"{times[bad[0]]} is no time of these centuries", f"{name}:{bad[0] + 1}:{key}")
    offset = np.timedelta64(layout.utc_offset).astype("timedelta64[ns]")
    instants: Integers = (times.astype("datetime64[ns]") - offset).astype(np.int64)
    return instants


def _from_texts(texts: list[str], key: str, name: str, layout: Layout, start_second: int) -> Integers:
    read = time_reader(layout, texts[0] if texts else "", start_second, name)
    instants = np.empty(len(texts), dtype=np.int64)
    for row, text in enumerate(texts):
        try:
            instants[row] = read([text])[0]
        except (ValueError, OverflowError):
            raise ConfigurationError(f"{text!r} is not a time as expected here", f"{name}:{row + 1}:{key}") from None
    return instants
