"""What a state file holds of a meter: read, and verified value by value while reading."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from softmeter.errors import StorageError
from softmeter.persistent import Rows, Scalar
from softmeter.runtime.checksum import checksum
from softmeter.runtime.row_text import fields, layout, takes_over

_TOTAL = """
SELECT count(*), coalesce(sum(crc), 0)
FROM (SELECT crc FROM state WHERE meter = ? UNION ALL SELECT crc FROM rings WHERE meter = ?)
"""


@dataclass(frozen=True, slots=True)
class SavedRing:
    """The stored rows of one ring; the oldest has number `first`, the next to come `first + len(records)`."""

    first: int
    records: list[bytes]
    fields: str
    """Layout of the records, see `row_text.fields`."""

    @property
    def end(self) -> int:
        return self.first + len(self.records)

    def rows(self, dtype: np.dtype[Any]) -> Rows:
        """The rows as an array of `dtype`, shape (n,), oldest first; what was stored in fewer octets is taken over.

        Raises:
            StorageError: they were stored with another layout.
        """
        stored = layout(self.fields) if self.records else dtype
        if not takes_over(dtype, stored):
            raise StorageError(f"stored rows have the fields {self.fields}, not {fields(dtype)}")
        return np.frombuffer(b"".join(self.records), stored).astype(dtype)


@dataclass(frozen=True, slots=True)
class Saved:
    """All that is stored of one meter."""

    values: dict[str, dict[str, Scalar]]
    """Part to name to value."""
    rings: dict[str, SavedRing]
    real: int
    """Wall clock at the stored state: nanoseconds since 1970 UTC."""

    def canonical(self) -> Iterator[str]:
        """All of it but the wall clock as sorted lines: equal for equal states, whatever the way there."""
        for part in sorted(self.values):
            for name, value in sorted(self.values[part].items()):
                yield f"{part}\t{name}\t{value!r}"
        for ring, rows in sorted(self.rings.items()):
            yield f"{ring}\t{rows.first}\t{rows.end}\t{rows.fields}"
            for number, record in enumerate(rows.records, rows.first):
                yield f"{ring}\t{number}\t{record.hex()}"


def read(connection: sqlite3.Connection, meter: str) -> Saved | None:
    """What is stored of `meter`; None where there is no such meter.

    Raises:
        StorageError: something stored does not agree with its check sum or with the rest.
    """
    query = "SELECT id, name, real, text, commits, entries, total, closed, crc FROM meters WHERE name = ?"
    row = connection.execute(query, (meter,)).fetchone()
    if row is None:
        return None
    *content, crc = row
    _verify(crc, f"the entry of meter {meter}", *content)
    identity, _, real, _, _, *announced, _ = content
    found = connection.execute(_TOTAL, (identity, identity)).fetchone()
    if [*found] != announced:
        raise StorageError(
            f"damaged: the values of meter {meter} do not agree with their number and sum: some are gone"
        )
    return Saved(_values(connection, identity), _rings(connection, identity), real)


def _values(connection: sqlite3.Connection, meter: int) -> dict[str, dict[str, Scalar]]:
    values: dict[str, dict[str, Scalar]] = {}
    query = "SELECT part, name, value, text, crc FROM state WHERE meter = ? ORDER BY part, name"
    last: tuple[str, str] | None = None
    for part, name, value, text, crc in connection.execute(query, (meter,)):
        _verify(crc, f"value {name} of {part}", meter, part, name, value, text)
        if last is not None and (part, name) <= last:  # a value out of its order would not be found again
            raise StorageError(f"damaged: value {name} of {part} does not stand where it should")
        last = (part, name)
        values.setdefault(part, {})[name] = value
    return values


def _rings(connection: sqlite3.Connection, meter: int) -> dict[str, SavedRing]:
    rings: dict[str, SavedRing] = {}
    query = 'SELECT ring, first, "end", fields, crc FROM rings WHERE meter = ? ORDER BY ring'
    for ring, first, end, described, crc in connection.execute(query, (meter,)):
        _verify(crc, f"the entry of ring {ring}", meter, ring, first, end, described)
        records = _records(connection, meter, ring, first, layout(described).itemsize)
        if len(records) != end - first:
            raise StorageError(f"damaged: {end - first} rows of {ring} are announced, {len(records)} are there")
        rings[ring] = SavedRing(first, records, described)
    known = {ring for (ring,) in connection.execute("SELECT DISTINCT ring FROM rows WHERE meter = ?", (meter,))}
    if not known <= rings.keys():
        raise StorageError(f"damaged: rows of unknown rings {sorted(known - rings.keys())}")
    return rings


def _records(connection: sqlite3.Connection, meter: int, ring: str, first: int, size: int) -> list[bytes]:
    records: list[bytes] = []
    query = "SELECT number, at, record, text, crc FROM rows WHERE meter = ? AND ring = ? ORDER BY number"
    for expected, (number, at, record, text, crc) in enumerate(connection.execute(query, (meter, ring)), first):
        _verify(crc, f"row {number} of {ring}", meter, ring, number, at, record, text)
        if number != expected or len(record) != size:
            raise StorageError(f"damaged: row {number} of {ring} stands where {expected} should, or has a wrong length")
        records.append(record)
    return records


def _verify(crc: int, what: str, *content: Scalar) -> None:
    if crc != checksum(*content):
        raise StorageError(f"damaged: {what} does not agree with its check sum")
