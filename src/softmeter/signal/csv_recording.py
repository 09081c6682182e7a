"""Recordings as CSV: a header line, then one sample a line; read in blocks, judged by lines."""

import csv
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.signal.filling import held, lacking
from softmeter.signal.lines import line_blocks
from softmeter.signal.samples import LIMITS, Column, Floats, Integers
from softmeter.signal.sidecar import MISSING_HINT, Layout, Sampling
from softmeter.signal.table import MAX_ROWS, Table
from softmeter.signal.terminals import GREATEST
from softmeter.signal.timestamps import TimeReader, time_reader
from softmeter.signal.track import Track, rate_shown

Number = TypeVar("Number", int, float)


class Fault(NamedTuple):
    """What is wrong in a block: row (from 0), field (from 0), reason."""

    row: int
    field: int
    reason: str


def read_csv(stream: BinaryIO, name: str, layout: Layout, start_second: int) -> Table:
    """The recording in an open stream of CSV, as means over time.

    Raises:
        ConfigurationError: the first line that is wrong, as `file:line:field`, and why.
    """
    return _read_all(stream, _Reader(name, layout, start_second), name).table()


def read_csv_track(stream: BinaryIO, name: str, layout: Layout, start_second: int) -> Track:
    """The same as samples of waveforms; a column of times is needed where the layout says no rate.

    Raises:
        ConfigurationError: the first line that is wrong, as `file:line:field`, and why.
    """
    return _read_all(stream, _Reader(name, layout, start_second), name).track()


def _read_all(stream: BinaryIO, reader: "_Reader", name: str) -> "_Reader":
    for lines, ended in line_blocks(stream, name):
        reader.add(lines, ended=ended)
    return reader


class _Reader:
    """Takes lines block by block and keeps their numbers."""

    def __init__(self, name: str, layout: Layout, start_second: int) -> None:
        self._name, self._layout, self._start_second = name, layout, start_second
        self._sampling = layout.waveform or Sampling()
        self._line = 0
        self._width = 0
        self._separator = ","
        self._time_fields: tuple[int, ...] = ()
        self._value_fields: dict[Column, int] = {}
        self._read_times: TimeReader | None = None
        self._times: list[Integers] = []
        self._values: dict[Column, list[Floats]] = {}
        self._findings: list[str] = []
        self._missing: list[tuple[int, int, str]] = []
        """Line, number of values, column."""

    def add(self, lines: list[str], *, ended: bool) -> None:
        if not self._line and lines:
            self._header(lines[0])
            lines = lines[1:]
        if not lines:
            return
        rows = [self._split(line) for line in lines]
        faults = [self._first_misshapen(rows)]
        rows = rows[: faults[0].row] if faults[0] else rows
        if rows:
            fields = list(zip(*rows, strict=True))
            if self._time_fields:
                faults.append(self._add_times(fields))
            faults.extend(self._add_values(column, fields[field]) for column, field in self._value_fields.items())
        found = [fault for fault in faults if fault]
        if found:
            fault = min(found, key=lambda each: (each.row, each.field))
            raise ConfigurationError(fault.reason, f"{self._name}:{self._line + fault.row + 1}:{fault.field + 1}")
        self._line += len(lines)
        if not ended:
            self._findings.append(f"{self._name}:{self._line}: the last line has no end: is the file whole?")
        if self._line > MAX_ROWS:
            raise ConfigurationError(f"more than {MAX_ROWS} rows", self._name)

    def table(self) -> Table:
        columns = {column: held(values) for column, values in self._columns().items()}
        for column, values in columns.items():
            if np.isnan(values[0]):
                raise ConfigurationError(f"{column} is missing in every row", self._name)
        if self._missing:
            line, _, title = self._missing[0]
            count = sum(missing for _, missing, _ in self._missing)
            self._findings.append(f"{self._name}:{line}:{title}: {lacking(count)}; the one before holds")
        return Table(np.concatenate(self._times), columns, tuple(self._findings), self._name, first_row=2)

    def track(self) -> Track:
        channels = {self._layout.columns[column].name: values for column, values in self._columns().items()}
        start, rate = None, Fraction(0)
        if self._times:
            times = np.concatenate(self._times)
            start = int(times[0])
            rate = Fraction(0) if self._sampling.rate_hz else rate_shown(times, SECOND, self._name)
        return Track(rate, channels, {}, start, tuple(self._findings))

    def _columns(self) -> dict[Column, Floats]:
        if self._line < 2:
            raise ConfigurationError("holds no sample", self._name)
        return {column: np.concatenate(blocks) for column, blocks in self._values.items()}

    def _header(self, line: str) -> None:
        self._line, where = 1, f"{self._name}:1:1"
        self._separator = self._layout.separator or max(",;\t", key=line.count)
        names = [field.strip() for field in self._split(line)]
        self._width = len(names)
        wanted = {column: layout.name for column, layout in self._layout.columns.items()}
        timed = not self._sampling.rate_hz or set(self._layout.time_columns) <= set(names)
        times = self._layout.time_columns if timed else ()
        for name in (*times, *(wanted.values() if self._layout.explicit else ())):
            if name not in names:
                raise ConfigurationError(f"the header has no column {name!r}; it has {', '.join(names)}", where)
        self._time_fields = tuple(names.index(name) for name in times)
        self._value_fields = {column: names.index(name) for column, name in wanted.items() if name in names}
        if not self._value_fields:
            raise ConfigurationError(f"the header names no measured quantity: none of {', '.join(Column)}", where)
        used = {*self._time_fields, *self._value_fields.values()}
        doubled = [names[field] for field in sorted(used) if names.count(names[field]) > 1]
        if doubled:
            raise ConfigurationError(f"the header has several columns {doubled[0]!r}", where)
        unused = [name for field, name in enumerate(names) if field not in used]
        if unused:
            self._findings.append(f"columns not used: {', '.join(unused)}")
        self._values = {column: [] for column in self._value_fields}

    def _split(self, line: str) -> list[str]:
        if '"' not in line:
            return line.split(self._separator)
        try:
            return next(csv.reader([line], delimiter=self._separator))
        except csv.Error:
            return []

    def _first_misshapen(self, rows: list[list[str]]) -> Fault | None:
        for index, row in enumerate(rows):
            if len(row) != self._width:
                what = "an empty line" if row == [""] else f"{len(row)} fields where the header has {self._width}"
                return Fault(index, 0, what)
        return None

    def _add_times(self, fields: Sequence[tuple[str, ...]]) -> Fault | None:
        parts = [fields[field] for field in self._time_fields]
        texts = [text.strip() for text in parts[0]] if len(parts) == 1 else [" ".join(text) for text in zip(*parts)]  # noqa: B905
        if self._read_times is None:
            self._read_times = time_reader(self._layout, texts[0], self._start_second, self._name)
        place = self._time_fields[0]
        readable, bad = _read(texts, self._read_times)
        times = np.array(readable, dtype=np.int64)
        before = self._times[-1][-1:] if self._times else times[:1]
        fallen = np.flatnonzero(np.diff(times, prepend=before) < 0)
        if len(fallen):
            row = int(fallen[0])
            return Fault(row, place, f"time {texts[row]!r} lies before the time of the row before")
        self._times.append(times)
        return None if bad is None else Fault(bad, place, f"{texts[bad]!r} is not a time as expected here")

    def _add_values(self, column: Column, texts: tuple[str, ...]) -> Fault | None:
        layout, field = self._layout.columns[column], self._value_fields[column]
        prepared = list(texts) if self._layout.decimal == "." else [text.replace(",", ".") for text in texts]
        missing: list[int] = []
        if self._layout.missing:
            missing = [row for row, text in enumerate(texts) if text.strip() in self._layout.missing]
            for row in missing:
                prepared[row] = "0"
        numbers, bad = _read(prepared, _numbers)
        with np.errstate(over="ignore"):
            values = np.array(numbers, dtype=np.float64) * layout.scale
        least, greatest = LIMITS[column] if self._layout.waveform is None else (-GREATEST, GREATEST)
        outside = np.flatnonzero(~((values >= least) & (values <= greatest)))
        if len(outside):
            row = int(outside[0])
            reason = f"{layout.name} {texts[row].strip()!r} is not a number from {least:g} to {greatest:g} ({column})"
            return Fault(row, field, reason + (MISSING_HINT if np.isnan(values[row]) else ""))
        if bad is not None:
            hint = MISSING_HINT if len(texts[bad]) < 4 else ""
            return Fault(bad, field, f"{layout.name} {texts[bad].strip()!r} is not a number{hint}")
        values[missing] = np.nan
        if missing:
            self._missing.append((self._line + missing[0] + 1, len(missing), layout.name))
        self._values[column].append(values)
        return None


def _numbers(texts: Sequence[str]) -> list[float]:
    if any("_" in text for text in texts):  # Python's own digit grouping is no number in a file
        raise ValueError("underscore")
    return list(map(float, texts))


def _read(texts: Sequence[str], convert: Callable[[Sequence[str]], list[Number]]) -> tuple[list[Number], int | None]:
    """All texts converted, or those before the first that is wrong, and its row."""
    try:
        return convert(texts), None
    except (ValueError, OverflowError):
        for row, text in enumerate(texts):
            try:
                convert([text])
            except (ValueError, OverflowError):
                return convert(texts[:row]), row
        raise
