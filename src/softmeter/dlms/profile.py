"""How a client reads a profile: its columns, and the rows of a range or of entry numbers (IEC 62056-62, class 7)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmeter.clock import NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.selection import EntryDescriptor, RangeDescriptor
from softmeter.dlms.buffers import TIME, Column, decode_rows, decode_times
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.messages import AttributeReference, Selection
from softmeter.errors import RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.data import Data, Tag
from softmeter.wire.types import array_of, struct, u32

CLASS_ID = 7
CLOCK_TIME = CaptureObject(8, Obis(0, 0, 1, 0, 0), 2, 0)
"""The column by which profiles are usually restricted."""
_CLOCK_CLASS = 8
_MOST_COLUMNS = 255


@dataclass(frozen=True, slots=True)
class Profile:
    """Rows of a profile as columns: what each captures, and its values (see `buffers.Column`), one per row."""

    captured: tuple[CaptureObject, ...]
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __getitem__(self, captured: CaptureObject) -> NDArray[Any]:
        return self.columns[self.captured.index(captured)].values


def by_range(first: DateTime, last: DateTime) -> Selection:
    """Select the rows from `first` to `last`, both included, by the clock."""
    low, high = (Data(Tag.OCTET_STRING, moment.encode()) for moment in (first, last))
    return Selection(1, struct(RangeDescriptor).encode(RangeDescriptor(CLOCK_TIME, low, high, ())))


def by_entry(first: int, last: int = 0) -> Selection:
    """Select the rows `first` to `last`, counted from 1; 0 is the last there is."""
    return Selection(2, struct(EntryDescriptor).encode(EntryDescriptor(first, last, 1, 0)))


def read_profile(
    client: Client, name: Obis, selection: Selection | None = None, progress: Progress | None = None
) -> Conversation[Profile]:
    """The rows of the profile `name`, all or those selected.

    Raises:
        AccessError: the meter does not give them.
        DecodeError: its buffer has another form than it says.
    """
    captured = yield from captured_objects(client, name)
    buffer = yield from client.get(AttributeReference(CLASS_ID, name, 2), selection, progress)
    return (yield from as_profile(client, name, captured, buffer))


def captured_objects(client: Client, name: Obis) -> Conversation[tuple[CaptureObject, ...]]:
    """What the columns of the profile `name` are."""
    return (
        yield from client.read(
            AttributeReference(CLASS_ID, name, 3), array_of(struct(CaptureObject), most=_MOST_COLUMNS)
        )
    )


def as_profile(client: Client, name: Obis, captured: tuple[CaptureObject, ...], buffer: bytes) -> Conversation[Profile]:
    """The rows of an encoded buffer; asks for the capture period where rows have no time of their own."""
    columns = decode_rows(buffer)
    if not columns:
        return Profile(
            captured, tuple(Column(Tag.NULL, np.empty(0, TIME if is_clock(one) else object)) for one in captured)
        )
    if len(columns) != len(captured):
        raise RemoteProtocolError(f"{len(columns)} columns, while {len(captured)} attributes are captured")
    period_s = 0
    if any(is_clock(one) and column.values.dtype == object for one, column in zip(captured, columns, strict=True)):
        period_s = yield from client.read(AttributeReference(CLASS_ID, name, 4), u32)
    return Profile(
        captured,
        tuple(
            Column(column.type, _times(column.values, period_s)) if is_clock(one) else column
            for one, column in zip(captured, columns, strict=True)
        ),
    )


def iso_times(times: NDArray[np.void]) -> list[str]:
    """ISO 8601 with the offset, of rows of `TIME`; `*` where a time is not known."""
    texts = np.datetime_as_string(times["local"]).tolist()
    deviations = times["deviation_min"].tolist()
    offsets = {deviation: _offset(deviation) for deviation in set(deviations)}
    return [
        "*" if text == "NaT" else text + offsets[deviation] for text, deviation in zip(texts, deviations, strict=True)
    ]


def _offset(deviation_min: int) -> str:
    if deviation_min == NOT_SPECIFIED_DEVIATION:
        return ""
    hours, minutes = divmod(abs(deviation_min), 60)
    return f"{'-' if deviation_min > 0 else '+'}{hours:02d}:{minutes:02d}"


def is_clock(captured: CaptureObject) -> bool:
    """Whether a column is the time of its rows."""
    return captured.class_id == _CLOCK_CLASS and captured.attribute == 2


def _times(values: NDArray[Any], period_s: int) -> NDArray[Any]:
    """Date-times of a clock column; one that is null-data lies a capture period after the row before."""
    if values.ndim == 2 and values.shape[1] == 12:
        return decode_times(values)
    if values.dtype != object:
        return values
    times = np.zeros(len(values), TIME)
    times["local"] = np.datetime64("NaT", "s")
    for row, value in enumerate(values):
        if isinstance(value, bytes) and len(value) == 12:
            times[row] = decode_times(np.frombuffer(value, np.uint8).reshape(1, 12))[0]
        elif value is None and row:
            times[row] = times[row - 1]
            times["local"][row] += np.timedelta64(period_s, "s")
        else:
            raise RemoteProtocolError(f"row {row + 1} of a profile has no time")
    return times
