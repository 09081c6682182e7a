"""Many rows of an encoded buffer at once, as columns (IEC 62056-62, class 7, buffer).

Rows of one fixed form are read as a NumPy structured array; whatever is otherwise is decoded value by value.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from softmeter.clock import DAY_S, LAST_DAY, NOT_SPECIFIED_YEAR
from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor
from softmeter.wire.data import FIXED, Data, Tag, decode_data

TIME = np.dtype([("local", "<M8[s]"), ("deviation_min", "<i2"), ("status", "u1")])
"""A date-time of a row: local time (NaT where a field is not specified), UTC minus local, clock status."""

_FORMS = {
    "b": "i1",
    "B": "u1",
    "h": ">i2",
    "H": ">u2",
    "i": ">i4",
    "I": ">u4",
    "q": ">i8",
    "Q": ">u8",
    "f": ">f4",
    "d": ">f8",
}
_COMPACT_ARRAY = bytes((Tag.COMPACT_ARRAY,))
_STRINGS = {Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING}


class Column(NamedTuple):
    """One column of a buffer.

    `values`: shape (n,) of numbers, or of `TIME`; shape (n, k) of octets (uint8) for strings of one length; else
    shape (n,) of Python objects, with None for null-data. `type` is that of the first row.
    """

    type: Tag
    values: NDArray[Any]


class _Field(NamedTuple):
    type: Tag
    offset: int
    form: str
    size: int


def decode_rows(octets: bytes) -> tuple[Column, ...]:
    """The columns of an array, or a compact array, of structures; an empty one has none.

    Raises:
        DecodeError: the octets are no array of structures of one number of elements.
    """
    if octets[:1] == _COMPACT_ARRAY:
        return _of_rows(decode_data(octets).value.elements)
    cursor = Cursor(octets)
    cursor.expect(Tag.ARRAY, "array")
    count = cursor.count()
    if count == 0:
        cursor.finish()
        return ()
    begin = cursor.at
    fields = _layout(cursor)
    size = cursor.at - begin
    if fields is not None and size * count == len(octets) - begin:
        table = np.frombuffer(octets, np.uint8, size * count, begin).reshape(count, size)
        if _is_regular(table, fields):
            return tuple(_column(table, item) for item in fields)
    return _value_by_value(octets)


def _layout(cursor: Cursor) -> list[_Field] | None:
    """Where the values of the first row stand; None if it holds what has no fixed form."""
    begin = cursor.at
    cursor.expect(Tag.STRUCTURE, "structure")
    fields = []
    for _ in range(cursor.count()):
        at = cursor.at
        tag = cursor.byte()
        if tag not in set(Tag):
            raise DecodeError(f"no type has tag {tag:02X}", at)
        kind = Tag(tag)
        if kind in FIXED:
            form = FIXED[kind]
            size = np.dtype(_FORMS[form]).itemsize if form in _FORMS else int(form[:-1])
        elif kind is Tag.BOOLEAN:
            form, size = "B", 1
        elif kind in _STRINGS:
            form, size = "s", cursor.length()
        else:
            return None
        fields.append(_Field(kind, cursor.at - begin, form, size))
        cursor.take(size)
    return fields


def _is_regular(table: NDArray[np.uint8], fields: list[_Field]) -> bool:
    """Whether tags and lengths of all rows are those of the first."""
    is_mark = np.ones(table.shape[1], bool)
    for item in fields:
        is_mark[item.offset : item.offset + item.size] = False
    return all(bool((table[:, at] == table[0, at]).all()) for at in np.flatnonzero(is_mark))


def _column(table: NDArray[np.uint8], item: _Field) -> Column:
    raw = table[:, item.offset : item.offset + item.size]
    if item.form in _FORMS:
        wire = np.dtype(_FORMS[item.form])
        return Column(item.type, np.ascontiguousarray(raw).view(wire)[:, 0].astype(wire.newbyteorder("=")))
    return Column(item.type, raw)


def _value_by_value(octets: bytes) -> tuple[Column, ...]:
    return _of_rows(decode_data(octets).value)


def _of_rows(rows: tuple[Data, ...]) -> tuple[Column, ...]:
    if not rows:
        return ()
    width = len(rows[0].value) if rows[0].type is Tag.STRUCTURE else 0
    if any(row.type is not Tag.STRUCTURE or len(row.value) != width for row in rows):
        raise DecodeError("a buffer is an array of structures of one number of elements")
    return tuple(_objects([row.value[index] for row in rows]) for index in range(width))


def _objects(cells: list[Data]) -> Column:
    kind = cells[0].type
    form = _FORMS.get(FIXED.get(kind, ""))
    if form is not None and all(cell.type is kind for cell in cells):
        return Column(kind, np.array([cell.value for cell in cells], np.dtype(form).newbyteorder("=")))
    # Not np.array: it would take nested tuples apart.
    return Column(kind, np.fromiter((cell.value for cell in cells), object, len(cells)))


def decode_times(octets: NDArray[np.uint8]) -> NDArray[np.void]:
    """Date-times of many rows at once.

    `octets`: shape (n, 12). Returns: shape (n,) of `TIME`; what is no definite civil time is NaT.
    """
    wide = octets.astype(np.int64)
    year = wide[:, 0] << 8 | wide[:, 1]
    month, day, hour, minute, second = (wide[:, at] for at in (2, 3, 5, 6, 7))
    known = (year != NOT_SPECIFIED_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (day < LAST_DAY)
    known &= (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(known, (year - 1970) * 12 + month - 1, 0).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    known &= days.astype("M8[M]") == months
    seconds = days.astype(np.int64) * DAY_S + hour * 3600 + minute * 60 + second
    times = np.zeros(len(octets), TIME)
    times["local"] = np.where(known, seconds.astype("M8[s]"), np.datetime64("NaT", "s"))
    times["deviation_min"] = np.ascontiguousarray(octets[:, 9:11]).view(">i2")[:, 0]
    times["status"] = octets[:, 11]
    return times
