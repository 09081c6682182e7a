"""Encoding a profile's rows as an array of structures, all at once (IEC 62056-62, class 7, buffer).

Every column has a fixed width, so a row is a template of octets; the columns are written into many copies of it.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from softmeter.clock import STAMP, encode_stamps
from softmeter.cosem.capture import CaptureObject
from softmeter.errors import LocalProtocolError
from softmeter.wire.types import Tag, encode_length

Rows = NDArray[np.void]
"""Structured rows, shape (n,)."""


class Column(NamedTuple):
    """One captured value: what it is, where it stands in the structured rows, and the type it travels in.

    A field of dtype `STAMP` travels as an octet-string of 12, octets of fixed width (dtype kind `V`, `S`) as theirs. Of
    type double-long-unsigned a field of dtype `SIGNED` has negative values too: they travel as double-long.
    """

    captures: CaptureObject
    field: str
    type: Tag


SIGNED = np.dtype("<i8")
_WIDTHS = {
    Tag.BOOLEAN: 1,
    Tag.DOUBLE_LONG: 4,
    Tag.DOUBLE_LONG_UNSIGNED: 4,
    Tag.INTEGER: 1,
    Tag.LONG: 2,
    Tag.UNSIGNED: 1,
    Tag.LONG_UNSIGNED: 2,
    Tag.LONG64: 8,
    Tag.LONG64_UNSIGNED: 8,
    Tag.ENUM: 1,
    Tag.FLOAT32: 4,
    Tag.FLOAT64: 8,
}
_STAMP_OCTETS = 12


class _Place(NamedTuple):
    """Where a column's content stands in the encoded row, and how its dtype looks on the wire."""

    field: str
    start: int
    end: int
    wire: np.dtype[Any] | None
    """None for a stamp."""
    signed: bool = False
    """Whether each value has the type of its sign."""


@lru_cache(maxsize=64)
def _template(columns: tuple[Column, ...], dtype: np.dtype[Any]) -> tuple[NDArray[np.uint8], tuple[_Place, ...]]:
    octets = bytearray(b"\x02" + encode_length(len(columns)))
    places = []
    for column in columns:
        kept = dtype[column.field]
        octets.append(column.type)
        signed = kept == SIGNED and column.type == Tag.DOUBLE_LONG_UNSIGNED
        if kept == STAMP:
            width, wire = _STAMP_OCTETS, None
            octets += encode_length(width)
        elif column.type == Tag.OCTET_STRING:
            width, wire = kept.itemsize, np.dtype(f"V{kept.itemsize}")
            octets += encode_length(width)
        else:
            width, wire = _WIDTHS.get(column.type, 0), kept.newbyteorder(">")
            if width != kept.itemsize and not signed:
                raise LocalProtocolError(f"column {column.field} of {kept} cannot travel as {column.type.name}")
        places.append(_Place(column.field, len(octets), len(octets) + width, wire, signed))
        octets += bytes(width)
    return np.frombuffer(bytes(octets), np.uint8), tuple(places)


def encode_rows(rows: Rows, columns: tuple[Column, ...]) -> bytes:
    """The rows as an array of structures of `columns`, tag and content."""
    count = len(rows)
    template, places = _template(columns, rows.dtype)
    octets = np.empty((count, len(template)), np.uint8)
    octets[:] = template
    for field, start, end, wire, signed in places:
        values = rows[field]
        if wire is None:
            octets[:, start:end] = encode_stamps(values)
        else:
            content = np.ascontiguousarray(values.astype(wire, copy=False))
            octets[:, start:end] = content.view(np.uint8).reshape(count, content.itemsize)[:, start - end :]
        if signed:
            octets[:, start - 1] = np.where(values < 0, Tag.DOUBLE_LONG, Tag.DOUBLE_LONG_UNSIGNED)
    return b"\x01" + encode_length(count) + octets.tobytes()
