"""The columns of a profile: what each one is, its unit, and how its values are written."""

from collections.abc import Callable
from typing import Any, NamedTuple

from softmeter.apps.smartset.classes import attribute_name
from softmeter.apps.smartset.names import CLOCK, name_of
from softmeter.apps.smartset.values import plain, text, whole
from softmeter.cosem.capture import CaptureObject
from softmeter.device.profile import Status
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Data

_STATUS_GROUPS = (0, 96, 10)
"""Groups A, C and D of the status words of profiles."""


class Column(NamedTuple):
    """One captured attribute. `unit` is a symbol, `scaler` the power of ten of its values."""

    name: str
    captures: CaptureObject
    scaler: int = 0
    unit: str = ""

    @property
    def heading(self) -> str:
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def is_time(self) -> bool:
        return self.captures.class_id == CLOCK and self.captures.attribute == 2

    @property
    def is_status(self) -> bool:
        name = self.captures.name
        return (name.a, name.c, name.d) == _STATUS_GROUPS and self.captures.attribute == 2

    def described(self) -> dict[str, Any]:
        """The column in JSON."""
        return {
            "name": self.name,
            "object": self.captures.name.short,
            "class": self.captures.class_id,
            "attribute": self.captures.attribute,
            "data_index": self.captures.data_index,
            "unit": self.unit,
            "scaler": self.scaler,
        }


def captured(data: Data) -> list[CaptureObject]:
    """The capture_objects of a profile, of any version.

    Raises:
        DecodeError: `data` is no such list.
    """
    try:
        return [
            CaptureObject(whole(class_id), Obis.of(name.value), whole(number), whole(index))
            for class_id, name, number, index in (element.value for element in data.value)
        ]
    except (TypeError, ValueError, AttributeError) as error:
        raise DecodeError(f"the meter's capture_objects are none: {error}") from error


def column_names(objects: list[CaptureObject]) -> list[str]:
    """Short words where they say which object it is; no two the same."""
    names: list[str] = []
    for one in objects:
        name = _name(one)
        names.append(name if name not in names else f"{one.name.short}:{one.attribute}:{one.data_index}")
    return names


def _name(one: CaptureObject) -> str:
    column = Column("", one)
    if column.is_time:
        return "time"
    if column.is_status:
        return "status"
    name = name_of(one.name) or one.name.short
    if one.attribute == 2:
        return name
    return f"{name}:{attribute_name(one.class_id, one.attribute) or one.attribute}"


def to_text(column: Column) -> Callable[[Data], str]:
    """How the column's values are written in a table."""
    if column.is_status:
        return lambda data: status_text(data) if isinstance(data.value, int) else text(data)
    scaler = column.scaler
    return lambda data: "" if data.value is None else text(data, scaler)


def to_csv(column: Column) -> Callable[[Data], str]:
    """How they are written in CSV: as in a table, a status as its number."""
    scaler = column.scaler
    return lambda data: "" if data.value is None else text(data, scaler)


def to_json(column: Column) -> Callable[[Data], Any]:
    """How they are written in JSON."""
    scaler = column.scaler
    return lambda data: plain(data, scaler)


def status_text(data: Data) -> str:
    """The bits of a profile's status by name, numbers where they have none, empty for a plain row."""
    names = [bit.name.lower() for bit in Status if bit in Status(data.value) and bit.name]
    unknown = data.value & ~sum(Status)
    return " ".join([*names, f"{unknown:#04x}"] if unknown else names)
