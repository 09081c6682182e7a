"""Recordings as arrays by name, whatever file they are in: as means over time, or as samples of waveforms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, parse_instant
from softmeter.signal.filling import held, lacking
from softmeter.signal.samples import LIMITS, Column, Floats, Integers
from softmeter.signal.sidecar import MISSING_HINT, Layout, sample_rate
from softmeter.signal.table import MAX_ROWS, Table
from softmeter.signal.timestamps import MAX_SECONDS, seconds_to_instants, time_reader
from softmeter.signal.track import Track, rate_shown
from softmeter.signal.unit import factor_to, known_unit

FACTS = ("step_s", "rate_hz", "start")
"""What a file may say beside its arrays: seconds between values; samples per second of waveforms; when they begin."""

Array = np.ndarray[tuple[int, ...], np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """What a file holds: `load` gives an array of `names`; `units` and `FACTS` are what the file says beside them."""

    names: tuple[str, ...]
    load: Callable[[str], Array]
    units: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)


def is_waveform(arrays: Arrays, layout: Layout) -> bool:
    """Whether file or sidecar say that the values are samples of voltage and current."""
    return layout.waveform is not None or "rate_hz" in arrays.facts


def table_of(arrays: Arrays, name: str, layout: Layout, start_second: int) -> Table:
    """Means over time.

    Raises:
        ConfigurationError: what is wrong, as `file:row:column`, and why.
    """
    wanted = _wanted(arrays, layout, name)
    scales = {column: _scale(arrays, layout, column, array, name) for column, array in wanted.items()}
    columns = {column: _column(arrays, column, scales[column], layout, name) for column in wanted}
    count = _count(columns, name)
    times = _times(arrays, count, name, layout, start_second)
    fallen = np.flatnonzero(np.diff(times) < 0)
    if len(fallen):
        raise ConfigurationError("time lies before the time of the row before", f"{name}:{fallen[0] + 2}:time")
    findings = _unused(arrays, {*wanted.values(), *layout.time_columns})
    for column, values in columns.items():
        missing = np.flatnonzero(np.isnan(values))
        if len(missing):
            columns[column] = held(values)
            findings.append(f"{name}:{missing[0] + 1}:{wanted[column]}: {lacking(len(missing))}; the one before holds")
    return Table(times, columns, tuple(findings), name)


def track_of(arrays: Arrays, name: str, layout: Layout, start_second: int) -> Track:
    """Samples of waveforms.

    Raises:
        ConfigurationError: what is wrong, as `file:sample:channel`, and why.
    """
    wanted = {c: array for c, array in _wanted(arrays, layout, name).items() if c in {Column.VOLTAGE, Column.CURRENT}}
    channels, units = {}, {}
    for array in wanted.values():
        unit = known_unit(arrays.units.get(array, ""))
        with np.errstate(all="ignore"):  # what is impossible is refused with its place
            channels[array] = _numbers(arrays, array, name) * (unit[1] if unit else 1.0)
        if unit:
            units[array] = unit[0]
    count = _count(channels, name)
    start, rate = _begin(arrays, name, layout), _rate(arrays, name)
    if layout.time_columns[0] in arrays.names:
        times = _times(arrays, count, name, layout, start_second)
        start = int(times[0])
        declared = layout.waveform is not None and layout.waveform.rate_hz is not None
        rate = rate if rate or declared else rate_shown(times, SECOND, name)
    findings = _unused(arrays, {*wanted.values(), layout.time_columns[0]})
    return Track(rate, channels, units, start, tuple(findings))


def _wanted(arrays: Arrays, layout: Layout, name: str) -> dict[Column, str]:
    """The arrays that are read."""
    named = {column: place.name for column, place in layout.columns.items()}
    absent = [array for array in named.values() if array not in arrays.names]
    wanted = {column: array for column, array in named.items() if array in arrays.names}
    if (layout.explicit and absent) or not wanted:
        expected = absent[0] if layout.explicit else " or ".join(Column)
        raise ConfigurationError(f"has no array {expected}; it has {', '.join(arrays.names) or 'none'}", name)
    return wanted


def _unused(arrays: Arrays, used: set[str]) -> list[str]:
    unused = sorted(set(arrays.names) - used - set(arrays.facts))
    return [f"arrays not used: {', '.join(unused)}"] if unused else []


def _scale(arrays: Arrays, layout: Layout, column: Column, array: str, name: str) -> float:
    """What one unit of the file is in ours."""
    said = arrays.units.get(array, "")
    if said and layout.columns[column].unit:
        raise ConfigurationError(
            f"array {array} is in {said!r}, as the file says; take the unit out of the sidecar", name
        )
    return layout.columns[column].scale * (factor_to(column, said, name) if said else 1.0)


def _numbers(arrays: Arrays, array: str, name: str) -> Floats:
    values = arrays.load(array)
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise ConfigurationError(f"array {array} must hold numbers in one row, not {values.dtype}{values.shape}", name)
    numbers: Floats = values.astype(np.float64)
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise ConfigurationError(f"{array} is infinite", f"{name}:{infinite[0] + 1}:{array}")
    return numbers


def _column(arrays: Arrays, column: Column, scale: float, layout: Layout, name: str) -> Floats:
    array = layout.columns[column].name
    plain = _numbers(arrays, array, name)
    with np.errstate(all="ignore"):  # what is impossible is refused with its place
        values = plain * scale
    least, greatest = LIMITS[column]
    possible = (values >= least) & (values <= greatest)
    if layout.holds_missing and not np.isnan(values).all():
        possible |= np.isnan(values)
    outside = np.flatnonzero(~possible)
    if len(outside):
        row = int(outside[0])
        reason = f"{array} {plain[row]:g} is not a number from {least:g} to {greatest:g} ({column})"
        if np.isnan(plain[row]):
            reason += MISSING_HINT
        raise ConfigurationError(reason, f"{name}:{row + 1}:{array}")
    return values


def _count(columns: Mapping[Any, Floats], name: str) -> int:
    """How many values each has."""
    lengths = {str(key): len(values) for key, values in columns.items()}
    first = next(iter(lengths.values()))
    for key, length in lengths.items():
        if length != first:
            raise ConfigurationError(f"array {key} has {length} values where others have {first}", name)
    if not 0 < first <= MAX_ROWS:
        raise ConfigurationError(f"holds {first} samples; 1 to {MAX_ROWS} are possible", name)
    return first


def _rate(arrays: Arrays, name: str) -> Fraction:
    """Samples per second as the file says, 0 where it does not."""
    for fact in ("rate_hz", "step_s"):
        if fact in arrays.facts:
            try:
                said = sample_rate(str(arrays.facts[fact]))
                return said if fact == "rate_hz" else 1 / said
            except (ValueError, ZeroDivisionError) as error:
                raise ConfigurationError(f"{fact}: {error}", name) from None
    return Fraction(0)


def _begin(arrays: Arrays, name: str, layout: Layout) -> int | None:
    """The first sample's time as the file says."""
    said = arrays.facts.get("start")
    if said is None:
        return None
    try:
        begin = parse_instant(str(said))
    except ConfigurationError as error:
        raise ConfigurationError(f"start: {error}", name) from None
    stated = datetime.fromisoformat(str(said).strip()).tzinfo is not None
    return begin if stated else begin - layout.utc_offset // timedelta(microseconds=1) * 1000


def _times(arrays: Arrays, count: int, name: str, layout: Layout, start_second: int) -> Integers:
    key = layout.time_columns[0]
    if key not in arrays.names:
        return _from_seconds(np.arange(count, dtype=np.float64) * _step_s(arrays, key, name), key, name, start_second)
    times = arrays.load(key)
    if times.ndim != 1 or times.dtype.kind not in "fiuMU":
        raise ConfigurationError(f"array {key} must hold numbers, datetime64 or texts in one row", name)
    if len(times) != count:
        raise ConfigurationError(f"array {key} has {len(times)} values where others have {count}", name)
    if times.dtype.kind == "M":
        return _from_datetimes(times, key, name, layout)
    if times.dtype.kind == "U":
        return _from_texts([str(text) for text in times], key, name, layout, start_second)
    return _from_seconds(times.astype(np.float64), key, name, start_second)


def _step_s(arrays: Arrays, key: str, name: str) -> float:
    try:
        step = float(str(arrays.facts.get("step_s")))
    except ValueError:
        step = 0.0
    if not 0 < step <= 1e6:
        raise ConfigurationError(f"needs an array {key}, or step_s: the seconds between samples, above 0", name)
    return step


def _from_seconds(seconds: Floats, key: str, name: str, start_second: int) -> Integers:
    bad = np.flatnonzero(~(np.abs(seconds) <= MAX_SECONDS))
    if len(bad):
        raise ConfigurationError(f"{seconds[bad[0]]} is no time in seconds", f"{name}:{bad[0] + 1}:{key}")
    return seconds_to_instants(seconds, start_second)


def _from_datetimes(times: Array, key: str, name: str, layout: Layout) -> Integers:
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
