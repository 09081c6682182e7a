"""Attributes with their types, for clients: `get(client, Register.value, "1-0:1.8.0")` gives an `int` (IEC 62056-62).

Numbers and types are those of the interface classes; here stands only what they are in Python.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, NamedTuple, TypeVar

from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes import association_ln, clock, profile_generic, register, sap_assignment
from softmeter.cosem.classes.clock import ClockBase
from softmeter.cosem.classes.profile_generic import SortMethod
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.classes.sap_assignment import SapAssigned
from softmeter.cosem.interface import Interface
from softmeter.cosem.sessions import AssociationStatus
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.messages import AttributeReference
from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import Codec, Cursor, Data, anything, bare_only, logical_name, read_data

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attribute(Generic[T]):
    """An attribute of an interface class, and its type on the wire."""

    class_id: int
    number: int
    codec: Codec[T]

    def of(self, name: Obis | str) -> AttributeReference:
        """The attribute of one object."""
        return AttributeReference(self.class_id, Obis.parse(name) if isinstance(name, str) else name, self.number)


def get(client: Client, attribute: Attribute[T], name: Obis | str) -> Conversation[T]:
    """The value of an attribute of the object `name`.

    Raises:
        AccessError: the meter does not give it.
        DecodeError: it is of another type.
    """
    return attribute.codec.decode((yield from client.get(attribute.of(name))))


def put(client: Client, attribute: Attribute[T], name: Obis | str, value: T) -> Conversation[None]:
    """Set an attribute of the object `name`.

    Raises:
        AccessError: the meter does not take it.
        LocalProtocolError: the value does not fit its type.
    """
    yield from client.set(attribute.of(name), attribute.codec.encode(value))


class Reading(NamedTuple):
    """What a register shows."""

    value: int
    scaler: int
    unit: Unit

    @property
    def quantity(self) -> Decimal:
        """The value in `unit`, exactly."""
        return Decimal(self.value).scaleb(self.scaler)


def read_register(client: Client, name: Obis | str) -> Conversation[Reading]:
    """A register with its scaler and unit.

    Raises:
        AccessError, DecodeError: as `get`.
    """
    shown = yield from get(client, Register.scaler_unit, name)
    value = yield from get(client, Register.value, name)
    return Reading(value, shown.scaler, shown.unit)


def _read_number(cursor: Cursor) -> int:
    at = cursor.at
    value = read_data(cursor).value
    if not isinstance(value, int) or isinstance(value, bool):
        raise DecodeError(f"{value!r:.40} is no whole number", at)
    return value


def _refuse(value: Any) -> bytes:
    raise LocalProtocolError(f"{value!r:.40} can have many types; set it as `Data`")


_bare = bare_only("whole number", _read_number, _refuse)
number: Final[Codec[int]] = Codec("whole number", (_read_number, _refuse), (_bare.read_bare, _refuse))
"""A whole number of whatever type, to be read."""


def _declared(interface: type[Interface], name: str) -> Attribute[Any]:
    spec = next(one for one in interface.attribute_specs.values() if one.name == name)
    return Attribute(interface.class_id, spec.number, spec.type)


class ObjectData:
    """Class 1, Data."""

    logical_name: Final[Attribute[Obis]] = Attribute(1, 1, logical_name)
    value: Final[Attribute[Data]] = Attribute(1, 2, anything)


class Register:
    """Class 3."""

    logical_name: Final[Attribute[Obis]] = Attribute(3, 1, logical_name)
    value: Final[Attribute[int]] = Attribute(3, 2, number)
    scaler_unit: Final[Attribute[ScalerUnit]] = _declared(register.Register, "scaler_unit")


class ProfileGeneric:
    """Class 7; its buffer is read by `softmeter.dlms.profile`."""

    logical_name: Final[Attribute[Obis]] = Attribute(7, 1, logical_name)
    capture_objects: Final[Attribute[tuple[CaptureObject, ...]]] = _declared(
        profile_generic.ProfileGeneric, "capture_objects"
    )
    capture_period: Final[Attribute[int]] = _declared(profile_generic.ProfileGeneric, "capture_period")
    sort_method: Final[Attribute[SortMethod]] = _declared(profile_generic.ProfileGeneric, "sort_method")
    sort_object: Final[Attribute[CaptureObject]] = _declared(profile_generic.ProfileGeneric, "sort_object")
    entries_in_use: Final[Attribute[int]] = _declared(profile_generic.ProfileGeneric, "entries_in_use")
    profile_entries: Final[Attribute[int]] = _declared(profile_generic.ProfileGeneric, "profile_entries")


class Clock:
    """Class 8."""

    logical_name: Final[Attribute[Obis]] = Attribute(8, 1, logical_name)
    time: Final[Attribute[DateTime]] = _declared(clock.Clock, "time")
    time_zone: Final[Attribute[int]] = _declared(clock.Clock, "time_zone")
    status: Final[Attribute[int]] = _declared(clock.Clock, "status")
    daylight_savings_begin: Final[Attribute[DateTime]] = _declared(clock.Clock, "daylight_savings_begin")
    daylight_savings_end: Final[Attribute[DateTime]] = _declared(clock.Clock, "daylight_savings_end")
    daylight_savings_deviation: Final[Attribute[int]] = _declared(clock.Clock, "daylight_savings_deviation")
    daylight_savings_enabled: Final[Attribute[bool]] = _declared(clock.Clock, "daylight_savings_enabled")
    clock_base: Final[Attribute[ClockBase]] = _declared(clock.Clock, "clock_base")


class AssociationLN:
    """Class 15."""

    logical_name: Final[Attribute[Obis]] = Attribute(15, 1, logical_name)
    object_list: Final[Attribute[Data]] = Attribute(15, 2, anything)
    association_status: Final[Attribute[AssociationStatus]] = _declared(
        association_ln.AssociationLN, "association_status"
    )
    security_setup_reference: Final[Attribute[Obis]] = _declared(
        association_ln.AssociationLN, "security_setup_reference"
    )


class SapAssignment:
    """Class 17."""

    logical_name: Final[Attribute[Obis]] = Attribute(17, 1, logical_name)
    sap_assignment_list: Final[Attribute[tuple[SapAssigned, ...]]] = _declared(
        sap_assignment.SapAssignment, "sap_assignment_list"
    )
