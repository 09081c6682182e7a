"""Rows of a profile as an Apache Arrow table: typed columns that say what they are (IEC 62056-62, class 7).

Needs the extra `arrow`: `pip install softmeter[arrow]`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from softmeter.clock import NOT_SPECIFIED_DEVIATION
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.dlms.buffers import TIME, Column
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.messages import AttributeReference, Selection
from softmeter.dlms.profile import Profile, is_clock, read_profile
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.wire.types import Tag, struct

try:
    import pyarrow as pa
except ImportError as error:  # pragma: no cover - tests have it
    raise ImportError("tables need the extra arrow: pip install 'softmeter[arrow]'") from error

_REGISTERS = {3: 3, 4: 3}
"""The attribute that holds scaler and unit of attribute 2, by class."""
_STATUS_GROUPS = (0, 96, 10)
"""Groups A, C and D of the status words of profiles."""
_TYPES = {
    Tag.BOOLEAN: pa.bool_(),
    Tag.DOUBLE_LONG: pa.int32(),
    Tag.DOUBLE_LONG_UNSIGNED: pa.uint32(),
    Tag.OCTET_STRING: pa.binary(),
    Tag.VISIBLE_STRING: pa.string(),
    Tag.UTF8_STRING: pa.string(),
    Tag.BCD: pa.uint8(),
    Tag.INTEGER: pa.int8(),
    Tag.LONG: pa.int16(),
    Tag.UNSIGNED: pa.uint8(),
    Tag.LONG_UNSIGNED: pa.uint16(),
    Tag.LONG64: pa.int64(),
    Tag.LONG64_UNSIGNED: pa.uint64(),
    Tag.ENUM: pa.uint8(),
    Tag.FLOAT32: pa.float32(),
    Tag.FLOAT64: pa.float64(),
}


class Heading(NamedTuple):
    """What a column is. Values are raw: `scaler`, where it is known, is the power of ten to multiply them by."""

    name: str
    captured: CaptureObject
    scaler: int | None = None
    unit: str = ""

    def metadata(self) -> dict[str, str]:
        """For the field of the column."""
        one = self.captured
        told = {
            "object": one.name.short,
            "class": str(one.class_id),
            "attribute": str(one.attribute),
            "data_index": str(one.data_index),
        }
        if self.scaler is not None:
            told |= {"scaler": str(self.scaler), "unit": self.unit}
        return told


def table(headings: Sequence[Heading], columns: Sequence[Column]) -> Any:
    """A `pyarrow.Table` of columns of one length.

    Times are `timestamp[s, tz=UTC]`; where the meter does not tell how its time differs from UTC, they are local times
    without a zone. A time that is not specified is null.
    """
    arrays = [_array(column) for column in columns]
    fields = [
        pa.field(heading.name, array.type, metadata=heading.metadata())
        for heading, array in zip(headings, arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def profile_table(profile: Profile, scalers: Mapping[CaptureObject, ScalerUnit] | None = None) -> Any:
    """A profile that was read, as a `pyarrow.Table`; `scalers` where they are known."""
    known = scalers or {}
    headings: list[Heading] = []
    for captured in profile.captured:
        name = _name(captured)
        if any(name == heading.name for heading in headings):
            name = f"{captured.name.short}:{captured.attribute}:{captured.data_index}"
        shown = known.get(captured)
        scale = () if shown is None else (shown.scaler, shown.unit.symbol)
        headings.append(Heading(name, captured, *scale))
    return table(headings, profile.columns)


def read_table(
    client: Client, name: Obis, selection: Selection | None = None, progress: Progress | None = None
) -> Conversation[Any]:
    """The rows of the profile `name` as a `pyarrow.Table`, with scalers and units as the meter tells them.

    Raises:
        AccessError: the meter does not give the rows.
        DecodeError: its buffer has another form than it says.
    """
    profile = yield from read_profile(client, name, selection, progress)
    scalers: dict[CaptureObject, ScalerUnit] = {}
    for captured in profile.captured:
        attribute = _REGISTERS.get(captured.class_id)
        if attribute is None or captured.attribute != 2:
            continue
        reference = AttributeReference(captured.class_id, captured.name, attribute)
        try:
            scalers[captured] = yield from client.read(reference, struct(ScalerUnit))
        except AccessError:  # a register that this client may not see itself
            continue
    return profile_table(profile, scalers)


def _name(captured: CaptureObject) -> str:
    if is_clock(captured):
        return "time"
    name = captured.name
    if (name.a, name.c, name.d) == _STATUS_GROUPS and captured.attribute == 2:
        return "status"
    return name.short if captured.attribute == 2 else f"{name.short}:{captured.attribute}"


def _array(column: Column) -> Any:
    values = column.values
    if values.dtype == TIME:
        return _times(values)
    if values.ndim == 2:
        octets = np.ascontiguousarray(values)
        fixed = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(octets.shape[1]), len(octets), [None, pa.py_buffer(octets.tobytes())]
        )
        if column.type is Tag.VISIBLE_STRING:
            return pa.array([cell.decode("latin-1") for cell in fixed.to_pylist()], pa.string())
        return _text(fixed.to_pylist()) if column.type is Tag.UTF8_STRING else fixed
    if values.dtype != object:
        return pa.array(values.astype(bool) if column.type is Tag.BOOLEAN else values)
    cells = values.tolist()
    kind = _TYPES.get(column.type)
    try:
        return pa.array(cells) if kind is None else pa.array(cells, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return _integers(cells)


def _integers(cells: Sequence[object]) -> Any:
    """Values of no one type, as of both signs, or longer than the first: numbers where all are."""
    if all(cell is None or isinstance(cell, int) for cell in cells):
        with suppress(pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return pa.array(cells, pa.int64())
    return _text(cells)


def _text(cells: Sequence[object]) -> Any:
    """Values of no one type, each written out."""
    return pa.array([_written(cell) for cell in cells], pa.string())


def _written(cell: object) -> str | None:
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError:
            return cell.hex()
    return None if cell is None else str(cell)


def _times(values: NDArray[np.void]) -> Any:
    deviations = values["deviation_min"].astype(np.int64)
    if (deviations == NOT_SPECIFIED_DEVIATION).any():
        return pa.array(values["local"], pa.timestamp("s"))
    utc = values["local"] + (deviations * 60).astype("m8[s]")
    return pa.array(utc, pa.timestamp("s", tz="UTC"))
