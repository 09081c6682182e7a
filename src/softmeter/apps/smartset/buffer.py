"""Fetching the rows of a profile: the selection, the progress of a long read, and the cells as typed values."""

from collections.abc import Sequence

from softmeter.apps.smartset.classes import MAIN
from softmeter.apps.smartset.meter import Meter
from softmeter.apps.smartset.names import PROFILE
from softmeter.apps.smartset.progress import octets
from softmeter.clock import NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.dlms.messages import Selection
from softmeter.dlms.profile import by_entry
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Compact, Data, Tag, encode_data

Row = tuple[Data, ...]

_MANY = 500
"""For more rows than these the size of one is asked for first, so that progress has an end."""


def fetch(meter: Meter, obis: Obis, selection: Selection | None, expected: int, width: int) -> list[Row]:
    """The selected rows, about `expected` of `width` cells.

    Raises:
        DecodeError: the buffer is no array of such rows.
    """
    size = 0
    if expected > _MANY and selection is None:
        first = meter.get(PROFILE, obis, MAIN, by_entry(1, 1)) if meter.selects else None
        size = len(encode_data(first)) * expected if first is not None else 0
    with octets(obis.short, size) as tell:
        data = meter.get(PROFILE, obis, MAIN, selection, tell)
    return rows_of(obis, data, width)


def rows_of(obis: Obis, data: Data, width: int) -> list[Row]:
    """The rows of a buffer, of `width` cells each; raises as `fetch`."""
    elements = data.value.elements if isinstance(data.value, Compact) else data.value
    if data.type not in {Tag.ARRAY, Tag.COMPACT_ARRAY}:
        raise DecodeError(f"{obis.short} holds no rows but {data.type.name}")
    rows = [element.value if element.type == Tag.STRUCTURE else (element,) for element in elements]
    if any(len(row) != width for row in rows):
        raise DecodeError(f"{obis.short} captures {width} attributes, but has rows of another width")
    return rows


def timed(rows: Sequence[Row], at: int, period_s: int) -> list[Row]:
    """The rows with their times in column `at`; a time left out lies one capture period after the row before."""
    filled: list[Row] = []
    for row in rows:
        cell = row[at]
        if cell.type == Tag.NULL and filled and isinstance(before := filled[-1][at].value, bytes):
            cell = Data(Tag.OCTET_STRING, _later(before, period_s))
            filled.append((*row[:at], cell, *row[at + 1 :]))
        else:
            filled.append(row)
    return filled


def _later(written: bytes, period_s: int) -> bytes:
    moment = DateTime.decode(written)
    if not moment.is_definite:
        return written
    shown = moment.deviation_min if moment.deviation_min != NOT_SPECIFIED_DEVIATION else 0
    second = moment.local_second + shown * 60 + period_s
    later = DateTime.of(second, shown, moment.status, moment.hundredths).encode()
    return later[:9] + written[9:]
