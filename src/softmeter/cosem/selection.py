"""Selective access to a profile's buffer: by range and by entry (IEC 62056-62, class 7, selective access)."""

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from softmeter.clock import NOT_SPECIFIED, NOT_SPECIFIED_DEVIATION, STAMP
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.buffer import Column, Rows
from softmeter.cosem.capture import CaptureObject
from softmeter.errors import AccessError, DecodeError
from softmeter.wire.types import (
    WHOLE_NUMBERS,
    Data,
    Tag,
    anything,
    array_of,
    date_time,
    encode_data,
    of,
    struct,
    structure,
    u16,
    u32,
)

_DAYLIGHT = 0x80
_WHOLE_ATTRIBUTE = {-1, 0}
"""Attribute indexes by which some clients name the captured attribute."""


@structure
class RangeDescriptor:
    """Rows whose value of one column lies between two values, both included; `selected_values` empty is all columns."""

    restricting_object: CaptureObject = of(struct(CaptureObject))
    from_value: Data = of(anything)
    to_value: Data = of(anything)
    selected_values: tuple[CaptureObject, ...] = of(array_of(struct(CaptureObject)))


@structure
class EntryDescriptor:
    """Rows and columns by number, counted from 1, both ends included; 0 as an end is the last."""

    from_entry: int = of(u32)
    to_entry: int = of(u32)
    from_selected_value: int = of(u16)
    to_selected_value: int = of(u16)


class LocalTime(Protocol):
    """Who knows which instants a local time of the meter is."""

    def utc_second(self, local_second: int, *, daylight: bool | None, last: bool) -> int:
        """The meter's UTC second at a local time (seconds from 1970-01-01 00:00 local).

        In the doubled hour `daylight` decides; where it is None, `last` says which of the two.
        """
        ...


def by_entry(rows: Rows, columns: tuple[Column, ...], wanted: EntryDescriptor) -> tuple[Rows, tuple[Column, ...]]:
    """The rows and columns that an entry descriptor names."""
    if wanted.from_entry == 0 or wanted.from_selected_value == 0:
        raise AccessError(DataAccessResult.OTHER_REASON, "entries and columns count from 1")
    last_row = wanted.to_entry or len(rows)
    last_column = wanted.to_selected_value or len(columns)
    if wanted.from_selected_value > last_column or last_column > len(columns):
        raise AccessError(DataAccessResult.OTHER_REASON, f"columns beyond the {len(columns)} there are")
    return rows[wanted.from_entry - 1 : last_row], columns[wanted.from_selected_value - 1 : last_column]


def by_range(
    rows: Rows, columns: tuple[Column, ...], wanted: RangeDescriptor, clock: LocalTime
) -> tuple[Rows, tuple[Column, ...]]:
    """The rows and columns that a range descriptor names."""
    column = _find(columns, wanted.restricting_object)
    values = rows[column.field]
    if rows.dtype[column.field] == STAMP:
        low = _second(wanted.from_value, clock, last=False)
        high = _second(wanted.to_value, clock, last=True)
        inside = _between(values["second"], low, high)
    else:
        inside = _between(values, _end(column, wanted.from_value), _end(column, wanted.to_value))
    chosen = columns
    if wanted.selected_values:
        picked = [_find(columns, one) for one in wanted.selected_values]
        chosen = tuple(column for column in columns if column in picked)
    return rows[inside], chosen


def _find(columns: tuple[Column, ...], wanted: CaptureObject) -> Column:
    for column in columns:
        captured = column.captures
        if captured.class_id != wanted.class_id or captured.name != wanted.name:
            continue
        if wanted.attribute in {captured.attribute, *_WHOLE_ATTRIBUTE} and wanted.data_index in {
            0,
            captured.data_index,
        }:
            return column
    raise AccessError(DataAccessResult.OTHER_REASON, f"{wanted.name} attribute {wanted.attribute} is not captured")


def _second(value: Data, clock: LocalTime, *, last: bool) -> int:
    """The UTC second that a client's date-time means as the first or last of a range."""
    try:
        moment = date_time.decode(encode_data(value))
    except DecodeError as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED, str(error)) from error
    whole = {"hour": 23, "minute": 59, "second": 59} if last else {"hour": 0, "minute": 0, "second": 0}
    moment = replace(
        moment, **{part: number for part, number in whole.items() if getattr(moment, part) == NOT_SPECIFIED}
    )
    if not moment.is_definite:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{moment.iso()} is no definite time")
    if moment.deviation_min != NOT_SPECIFIED_DEVIATION:
        return moment.local_second + moment.deviation_min * 60
    daylight = None if moment.status == NOT_SPECIFIED else bool(moment.status & _DAYLIGHT)
    return clock.utc_second(moment.local_second, daylight=daylight, last=last)


_FLOATS = {Tag.FLOAT32, Tag.FLOAT64}
_INTEGERS = WHOLE_NUMBERS | {Tag.ENUM}
_ENDS: dict[Tag, frozenset[Tag]] = {
    **dict.fromkeys(_INTEGERS, _INTEGERS),
    **dict.fromkeys(_FLOATS, WHOLE_NUMBERS | _FLOATS),
    Tag.BOOLEAN: frozenset({Tag.BOOLEAN}),
    Tag.OCTET_STRING: frozenset({Tag.OCTET_STRING}),
}
"""Which types the ends of a range may have, by the type of the column."""


def _end(column: Column, value: Data) -> Any:
    if value.type not in _ENDS.get(column.type, ()):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED, f"no range of {column.type.name} from {value.type.name}")
    return value.value


def _between(values: NDArray[Any], low: Any, high: Any) -> NDArray[np.bool_]:
    """Which values lie between two others, both included; octets are compared one after the other."""
    if values.dtype.kind in "VS":
        octets, size = values.tobytes(), values.dtype.itemsize
        return np.array([low <= octets[at : at + size] <= high for at in range(0, len(octets), size)], bool)
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
    inside: NDArray[np.bool_] = (values >= low) & (values <= high)
    return inside
