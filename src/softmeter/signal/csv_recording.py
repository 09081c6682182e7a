"""Recordings as CSV: a header line, then one sample a line; read in blocks, judged by lines."""

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.recording import Table
from softmeter.signal.samples import LIMITS, Column, Floats, Integers
from softmeter.signal.sidecar import Layout
from softmeter.signal.timestamps import TimeReader, time_reader

Number = TypeVar("Number", int, float)

MAX_BYTES = 1 << 30
MAX_ROWS = 40_000_000
"""More than a year of seconds."""

_BLOCK_BYTES = 1 << 20
_MAX_LINE_BYTES = 1 << 16


class Fault(NamedTuple):
    """What is wrong in a block: row (from 0), field (from 0), reason."""

    row: int
    field: int
    reason: str


def read_csv(stream: BinaryIO, name: str, layout: Layout, start_second: int) -> Table:
    """The recording in an open stream of CSV.

    Raises:
        ConfigurationError: the first line that is wrong, as `file:line:field`, and why.
    """
    reader = _Reader(name, layout, start_second)
    for lines in _blocks(stream, name):
        reader.add(lines)
    return reader.table()


class _Reader:
    """Takes lines block by block and keeps their numbers."""

    def __init__(self, name: str, layout: Layout, start_second: int) -> None:
        self._name, self._layout, self._start_second = name, layout, start_second
        self._line = 0
        self._width = 0
        self._separator = ","
        self._time_fields: tuple[int, ...] = ()
        self._value_fields: dict[Column, int] = {}
        self._read_times: TimeReader | None = None
        self._times: list[Integers] = []
        self._values: dict[Column, list[Floats]] = {}
        self._findings: list[str] = []
        self._missing = 0

    def add(self, lines: list[str]) -> None:
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
            faults.append(self._add_times(fields))
            faults.extend(self._add_values(column, fields[field]) for column, field in self._value_fields.items())
        found = [fault for fault in faults if fault]
        if found:
            fault = min(found, key=lambda each: (each.row, each.field))
            raise ConfigurationError(fault.reason, f"{self._name}:{self._line + fault.row + 1}:{fault.field + 1}")
        self._line += len(lines)
        if self._line > MAX_ROWS:
            raise ConfigurationError(f"more than {MAX_ROWS} rows", self._name)

    def table(self) -> Table:
        if not self._times:
            raise ConfigurationError("holds no sample", self._name)
        times = np.concatenate(self._times)
        columns = {column: _filled(np.concatenate(blocks)) for column, blocks in self._values.items()}
        for column, values in columns.items():
            if np.isnan(values[0]):
                raise ConfigurationError(f"{column} is missing in every row", self._name)
        if self._missing:
            self._findings.append(f"{self._missing} values are missing; the one before holds")
        return Table(times, columns, tuple(self._findings))

    def _header(self, line: str) -> None:
        self._line, where = 1, f"{self._name}:1:1"
        self._separator = self._layout.separator or max(",;\t", key=line.count)
        names = [field.strip() for field in self._split(line)]
        self._width = len(names)
        wanted = {column: layout.name for column, layout in self._layout.columns.items()}
        for name in (*self._layout.time_columns, *(wanted.values() if self._layout.explicit else ())):
            if name not in names:
                raise ConfigurationError(f"the header has no column {name!r}; it has {', '.join(names)}", where)
        self._time_fields = tuple(names.index(name) for name in self._layout.time_columns)
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
        least, greatest = LIMITS[column]
        outside = np.flatnonzero(~((values >= least) & (values <= greatest)))
        if len(outside):
            row = int(outside[0])
            reason = f"{layout.name} {texts[row].strip()!r} is not a number from {least:g} to {greatest:g} ({column})"
            return Fault(row, field, reason)
        if bad is not None:
            hint = "; name it under `missing` in the sidecar to hold the value before" if len(texts[bad]) < 4 else ""
            return Fault(bad, field, f"{layout.name} {texts[bad].strip()!r} is not a number{hint}")
        values[missing] = np.nan
        self._missing += len(missing)
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


def _filled(values: Floats) -> Floats:
    """Values with each gap (NaN) holding the value before it, gaps at the beginning the first value."""
    present = np.flatnonzero(~np.isnan(values))
    if len(present) in {0, len(values)}:
        return values
    before = np.searchsorted(present, np.arange(len(values)), side="right") - 1
    return values[present[np.maximum(before, 0)]]


def _blocks(stream: BinaryIO, name: str) -> Iterator[list[str]]:
    """The lines of a stream, without their ends, in lists of about a megabyte; trailing empty lines dropped."""
    rest, line, total, empty = b"", 1, 0, 0
    while True:
        read = stream.read(_BLOCK_BYTES)
        total += len(read)
        if total > MAX_BYTES:
            raise ConfigurationError(f"larger than {MAX_BYTES >> 20} MiB", name)
        complete, newline, rest = (rest + read).rpartition(b"\n") if read else (rest, b"", b"")
        if len(rest) > _MAX_LINE_BYTES:
            raise ConfigurationError(f"a line longer than {_MAX_LINE_BYTES} octets", f"{name}:{line}:1")
        if complete or newline:
            lines = _decoded(complete, name, line).split("\n")
            line += len(lines)
            lines = [text.removesuffix("\r") for text in lines]
            if empty and any(lines):
                lines.insert(0, "")  # one of them is enough to be refused by its number
                empty = 0
            while lines and not lines[-1]:
                lines.pop()
                empty += 1
            yield lines
        if not read:
            return


def _decoded(octets: bytes, name: str, line: int) -> str:
    try:
        return octets.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        at = line + octets.count(b"\n", 0, error.start)
        raise ConfigurationError(f"octet 0x{octets[error.start]:02X} is no UTF-8 text", f"{name}:{at}:1") from None
