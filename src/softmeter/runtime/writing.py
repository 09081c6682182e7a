"""The rows of one meter in an open state file: what is stored, and the statements that bring it up to date."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from softmeter.errors import LocalProtocolError
from softmeter.instant import Instant, iso
from softmeter.persistent import Changes, Rows, Scalar
from softmeter.runtime.checksum import checksum
from softmeter.runtime.row_text import fields, layout, takes_over, texts

Describe = Callable[[str, str, Scalar], str]
"""Part, name and value to the text that stands beside the value."""


_NO_FIELDS = "[]"


@dataclass(slots=True)
class _Extent:
    """Which rows of a ring are stored, and their layout."""

    first: int = 0
    end: int = 0
    fields: str = _NO_FIELDS


class MeterWriter:
    """Writes the changes of one meter, inside transactions of the caller's.

    After a failure what it knows may differ from what is stored: it takes no more.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, describe: Describe) -> None:
        """Find the meter, or enter it."""
        self._connection = connection
        self._name = name
        self._describe = describe
        row = connection.execute("SELECT id, real, commits FROM meters WHERE name = ?", (name,)).fetchone()
        if row is None:
            (identity,) = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM meters").fetchone()
            connection.execute("INSERT INTO meters VALUES (?, ?, 0, '', 0, 0, 0, 0, 0)", (identity, name))
            row = (identity, 0, 0)
        self._id, self._real, self._commits = row
        self._crcs: dict[tuple[str, ...], int] = {
            tuple(key): crc
            for query in (
                "SELECT crc, part, name FROM state WHERE meter = ?",
                "SELECT crc, ring FROM rings WHERE meter = ?",
            )
            for crc, *key in connection.execute(query, (self._id,))
        }
        self._total = sum(self._crcs.values())
        query = 'SELECT ring, first, "end", fields FROM rings WHERE meter = ?'
        self._extents = {ring: _Extent(*rest) for ring, *rest in connection.execute(query, (self._id,))}

    def write(self, changes: Changes, real: int) -> None:
        """Write `changes`; `real`: wall clock at this state, nanoseconds since 1970 UTC."""
        self._write_values(changes)
        self._write_rows(changes)
        self._commits += 1
        self._real = real
        self._write_meter(closed=False)

    def finish(self) -> None:
        """Write that this was the last commit of a run that ended cleanly."""
        self._write_meter(closed=True)

    def _write_meter(self, *, closed: bool) -> None:
        counts = (self._commits, len(self._crcs), self._total, int(closed))
        text = iso(Instant(self._real))
        crc = checksum(self._id, self._name, self._real, text, *counts)
        columns = "real = ?, text = ?, commits = ?, entries = ?, total = ?, closed = ?, crc = ?"
        self._connection.execute(
            f"UPDATE meters SET {columns} WHERE id = ?",  # noqa: S608  ours
            (self._real, text, *counts, crc, self._id),
        )

    def _count(self, key: tuple[str, ...], crc: int | None) -> None:
        """Keep the number and the sum of the check sums; None: the entry is removed."""
        self._total -= self._crcs.pop(key, 0)
        if crc is not None:
            self._crcs[key] = crc
            self._total += crc

    def _write_values(self, changes: Changes) -> None:
        removed, written = [], []
        for (part, name), value in changes.values.items():
            if value is None:
                removed.append((self._id, part, name))
                self._count((part, name), None)
                continue
            row = (self._id, part, name, _storable(value, part, name), self._describe(part, name, value))
            crc = checksum(*row)
            written.append((*row, crc))
            self._count((part, name), crc)
        if removed:
            self._connection.executemany("DELETE FROM state WHERE meter = ? AND part = ? AND name = ?", removed)
        self._connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?)", written)

    def _write_rows(self, changes: Changes) -> None:
        for ring in sorted(changes.appended.keys() | changes.dropped.keys()):
            extent = self._extents.setdefault(ring, _Extent())
            if ring in changes.dropped:
                extent.first = changes.dropped[ring]
                extent.end = max(extent.end, extent.first)
                self._connection.execute(
                    "DELETE FROM rows WHERE meter = ? AND ring = ? AND number < ?", (self._id, ring, extent.first)
                )
            if ring in changes.appended:
                self._append(ring, extent, *changes.appended[ring])
            if extent.first == extent.end:
                extent.fields = _NO_FIELDS  # rows that never were stored leave no trace of their form
            row = (self._id, ring, extent.first, extent.end, extent.fields)
            crc = checksum(*row)
            self._connection.execute("INSERT OR REPLACE INTO rings VALUES (?, ?, ?, ?, ?, ?)", (*row, crc))
            self._count((ring,), crc)

    def _append(self, ring: str, extent: _Extent, begin: int, rows: Rows) -> None:
        described = fields(rows.dtype)
        if begin != extent.end:
            raise LocalProtocolError(f"rows of {ring} from {begin} on, but those before {extent.end} are stored")
        if described != extent.fields and extent.first < extent.end:
            self._widen(ring, extent, rows.dtype)
        extent.fields = described
        self._insert(ring, begin, rows)
        extent.end = begin + len(rows)

    def _widen(self, ring: str, extent: _Extent, dtype: np.dtype[Any]) -> None:
        """Store the rows that are there in the wider columns of those to come."""
        stored = layout(extent.fields)
        if not takes_over(dtype, stored):
            raise LocalProtocolError(f"rows of {ring} with other fields than those stored")
        query = "SELECT record FROM rows WHERE meter = ? AND ring = ? ORDER BY number"
        octets = b"".join(record for (record,) in self._connection.execute(query, (self._id, ring)))
        self._connection.execute("DELETE FROM rows WHERE meter = ? AND ring = ?", (self._id, ring))
        self._insert(ring, extent.first, np.frombuffer(octets, stored).astype(dtype))

    def _insert(self, ring: str, begin: int, rows: Rows) -> None:
        written = [
            (self._id, ring, number, at, record, text)
            for number, record, (at, text) in zip(
                range(begin, begin + len(rows)), _records(rows), texts(rows), strict=True
            )
        ]
        self._connection.executemany(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", [(*row, checksum(*row)) for row in written]
        )


def _records(rows: Rows) -> list[bytes]:
    octets, size = rows.tobytes(), rows.dtype.itemsize
    return [octets[offset : offset + size] for offset in range(0, len(octets), size)]


def _storable(value: Scalar, part: str, name: str) -> Scalar:
    # SQLite would take a NumPy number for octets, and a longer integer not at all.
    if type(value) not in {int, bool, str, bytes}:
        raise LocalProtocolError(f"{part} saves {name} as {type(value).__name__}, which is no scalar")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise LocalProtocolError(f"{part} saves {name} = {value}, which is longer than 64 bits")
    return value
