"""The command `profile`: reading a profile and writing its rows as a table, as CSV or as JSON."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from softmeter.apps.smartset.buffer import Row, fetch, timed
from softmeter.apps.smartset.columns import Column, captured, column_names, to_csv, to_json, to_text
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.meter import Meter
from softmeter.apps.smartset.names import PROFILE, REGISTER, Target
from softmeter.apps.smartset.output import print_table
from softmeter.apps.smartset.parquet import parquet_writer
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.typed import date_time_of
from softmeter.clock import DateTime
from softmeter.cosem.classes.profile_generic import SortMethod
from softmeter.dlms.profile import by_entry, by_range
from softmeter.errors import ConfigurationError, DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Data

_CAPTURE_OBJECTS, _CAPTURE_PERIOD, _SORT_METHOD, _ENTRIES_IN_USE = 3, 4, 5, 7
_EARLIEST, _LATEST = (
    DateTime(1970, 1, 1, hour=0, minute=0, second=0),
    DateTime(2105, 12, 31, hour=23, minute=59, second=59),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows: between two times, the newest `last`, entries by number, or all."""

    between: tuple[DateTime, DateTime] | None = None
    last: int | None = None
    entries: tuple[int, int] | None = None

    @classmethod
    def of(cls, start: str, end: str, last: int | None, entries: str) -> "Part":
        """Read the options of the command.

        Raises:
            ConfigurationError: one is wrong, or two do not go together.
        """
        if sum(map(bool, (start or end, last, entries))) > 1:
            raise ConfigurationError("--from and --to, --last and --entries do not go together; choose one")
        if start or end:
            between = date_time_of(start) if start else _EARLIEST, date_time_of(end) if end else _LATEST
            is_backward = between[0].local_second > between[1].local_second
            if is_backward and between[0].deviation_min == between[1].deviation_min:
                until = f"--to {end}" if end else f"{_LATEST.year}, the last that is asked for"
                raise ConfigurationError(f"is later than {until}; nothing lies between", f"--from {start}")
            return cls(between=between)
        if entries:
            match = re.fullmatch(r"([1-9]\d{0,8}):([1-9]\d{0,8})", entries)
            if not match or int(match[1]) > int(match[2]):
                raise ConfigurationError(f"{entries!r} is no range of entries; write it like 1:96", "--entries")
            return cls(entries=(int(match[1]), int(match[2])))
        return cls(last=last)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that was read."""

    obis: Obis
    capture_period_s: int
    columns: list[Column]
    rows: list[Row]

    def objects(self) -> Iterator[dict[str, object]]:
        """The rows for JSON, each by the names of its columns."""
        names = [column.name for column in self.columns]
        writers = [to_json(column) for column in self.columns]
        for row in self.rows:
            yield {name: write(cell) for name, write, cell in zip(names, writers, row, strict=True)}


def read_profile(meter: Meter, obis: Obis, part: Part) -> Profile:
    """Read the rows, and first what they are."""
    objects = captured(meter.get(PROFILE, obis, _CAPTURE_OBJECTS))
    names = column_names(objects)
    columns = []
    for name, one in zip(names, objects, strict=True):
        scaled = meter.scaler_unit(one.class_id, one.name, one.attribute) if one.class_id >= REGISTER else None
        columns.append(Column(name, one, *(scaled or ())))
    period = _count(meter, obis, _CAPTURE_PERIOD)
    rows = _rows(meter, obis, part, len(columns))
    for at, column in enumerate(columns):
        rows = timed(rows, at, period) if column.is_time else rows
    return Profile(obis, period, columns, rows)


def _rows(meter: Meter, obis: Obis, part: Part, width: int) -> list[Row]:
    in_use = _count(meter, obis, _ENTRIES_IN_USE)
    newest_first = part.last is not None and _count(meter, obis, _SORT_METHOD) == SortMethod.LIFO
    selection = None
    if part.between:
        selection = by_range(*part.between)
    elif part.entries:
        selection = by_entry(*part.entries)
    elif part.last is not None and part.last < in_use:
        selection = by_entry(1, part.last) if newest_first else by_entry(in_use - part.last + 1)
    rows = fetch(meter, obis, selection, in_use, width)
    if part.last is None or newest_first:
        return rows
    return rows[-part.last :]  # a row may have been captured in between


def _count(meter: Meter, obis: Obis, attribute: int) -> int:
    value = meter.get(PROFILE, obis, attribute).value
    if not isinstance(value, int):
        raise DecodeError(f"attribute {attribute} of {obis.short} is {value!r:.40} and no number")
    return value


class Form(NamedTuple):
    """How rows are shown: as CSV, or in a file; as a table, or as JSON where that is asked for before the command."""

    csv: bool = False
    parquet: Path | None = None


def show_profile(settings: Settings, written: str, part: Part, form: Form) -> None:
    """Print the rows, or write them."""
    if form.csv + settings.json + (form.parquet is not None) > 1:
        raise ConfigurationError("--csv, --json and --parquet do not go together; choose one")
    write = None if form.parquet is None else parquet_writer(form.parquet)
    target = Target.parse(written)
    if target.class_id not in {None, PROFILE} or target.part not in {"", "2", "buffer"}:
        raise ConfigurationError(f"{written!r} is no profile; try smartset … get {written}")
    with opened(settings) as meter:
        profile = read_profile(meter, target.obis, part)
    if write is not None:
        write(profile.columns, profile.rows)
    elif settings.json:
        _print_json(profile)
    elif form.csv:
        _print_csv(profile)
    else:
        print_rows(profile)


def _print_json(profile: Profile) -> None:
    head = {
        "object": profile.obis.short,
        "class": PROFILE,
        "capture_period_s": profile.capture_period_s,
        "columns": [column.described() for column in profile.columns],
    }
    print(json.dumps(head, ensure_ascii=False)[:-1], end=', "rows": [')
    for number, row in enumerate(profile.objects()):
        print(",\n" if number else "\n", json.dumps(row, ensure_ascii=False, allow_nan=False), end="", sep="")
    print("\n]}")


def _print_csv(profile: Profile) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(column.heading for column in profile.columns)
    writer.writerows(_cells(profile.rows, [to_csv(column) for column in profile.columns]))


def print_rows(profile: Profile) -> None:
    """The rows as a table."""
    right = [at for at, column in enumerate(profile.columns) if not (column.is_time or column.is_status)]
    cells = _cells(profile.rows, [to_text(column) for column in profile.columns])
    print_table([column.heading for column in profile.columns], cells, right=right)
    if not profile.rows:
        print("no rows", file=sys.stderr)


def _cells(rows: Iterable[Row], writers: list[Callable[[Data], str]]) -> Iterator[list[str]]:
    for row in rows:
        yield [write(cell) for write, cell in zip(writers, row, strict=True)]
