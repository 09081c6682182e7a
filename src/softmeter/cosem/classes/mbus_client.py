"""Class 72, M-Bus client: one channel of a meter that is master of an M-Bus (IEC 62056-62, 4.8.3)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, attribute, computed, method, setter
from softmeter.obis import Obis
from softmeter.wire.types import (
    Data,
    EnumOf,
    anything,
    array_of,
    i8,
    logical_name,
    octet_string,
    octets,
    of,
    struct,
    structure,
    u8,
    u16,
    u32,
)

MOST_DEFINITIONS = 4
_block = octet_string(least=1, most=16)
MOST_RECORDS = 8


class KeyState(IntEnum):
    """How far the key of the sub-meter has come."""

    NONE = 0
    SET = 1
    TRANSFERRED = 2
    SET_AND_TRANSFERRED = 3
    IN_USE = 4


@structure
class CaptureDefinition:
    """A record of the sub-meter's answer, by the octets that say what it is."""

    data_information_block: bytes = of(_block)
    value_information_block: bytes = of(_block)


@structure
class SentRecord:
    """A record for the sub-meter."""

    data_information_block: bytes = of(_block)
    value_information_block: bytes = of(_block)
    data: Data = of(anything)


class ClientPart(Protocol):
    """A channel. Setters and methods raise AccessError for what cannot be."""

    definitions: tuple[CaptureDefinition, ...]

    @property
    def key_state(self) -> KeyState: ...

    def number(self, name: str) -> int:
        """The value of the attribute of that name."""
        ...

    def set_number(self, name: str, value: int) -> None:
        """Set the attribute of that name."""
        ...

    def install(self, primary_address: int) -> int:
        """Take a sub-meter; 0: the one the attributes name, or any. Returns its primary address."""
        ...

    def deinstall(self) -> None: ...

    def capture(self) -> None: ...

    def reset_alarm(self) -> None: ...

    def synchronise(self) -> None: ...

    def send(self, records: tuple[SentRecord, ...]) -> None: ...

    def set_key(self, key: bytes) -> None: ...

    def transfer_key(self, wrapped: bytes) -> None: ...


class MBusClient(Interface, class_id=72, version=1):
    """One channel; identification_number has the digits of the sub-meter's number as nibbles."""

    part: Callable[[Any], ClientPart]
    mbus_port_reference: Obis = attribute(2, logical_name)

    @computed(3, array_of(struct(CaptureDefinition), most=MOST_DEFINITIONS))
    def capture_definition(self, meter: Holder) -> tuple[CaptureDefinition, ...]:
        return self.part(meter).definitions

    @setter(3)
    def set_capture_definition(self, meter: Holder, definitions: tuple[CaptureDefinition, ...]) -> None:
        self.part(meter).definitions = definitions

    @computed(4, u32)
    def capture_period(self, meter: Holder) -> int:
        return self.part(meter).number("period_s")

    @setter(4)
    def set_capture_period(self, meter: Holder, period_s: int) -> None:
        self.part(meter).set_number("period_s", period_s)

    @computed(5, u8)
    def primary_address(self, meter: Holder) -> int:
        return self.part(meter).number("primary_address")

    @setter(5)
    def set_primary_address(self, meter: Holder, address: int) -> None:
        self.part(meter).set_number("primary_address", address)

    @computed(6, u32)
    def identification_number(self, meter: Holder) -> int:
        return self.part(meter).number("identification")

    @setter(6)
    def set_identification_number(self, meter: Holder, number: int) -> None:
        self.part(meter).set_number("identification", number)

    @computed(7, u16)
    def manufacturer_id(self, meter: Holder) -> int:
        return self.part(meter).number("manufacturer")

    @setter(7)
    def set_manufacturer_id(self, meter: Holder, number: int) -> None:
        self.part(meter).set_number("manufacturer", number)

    @computed(8, u8)
    def version_of_device(self, meter: Holder) -> int:
        return self.part(meter).number("version")

    @setter(8)
    def set_version_of_device(self, meter: Holder, number: int) -> None:
        self.part(meter).set_number("version", number)

    @computed(9, u8)
    def device_type(self, meter: Holder) -> int:
        return self.part(meter).number("device_type")

    @setter(9)
    def set_device_type(self, meter: Holder, number: int) -> None:
        self.part(meter).set_number("device_type", number)

    @computed(10, u8)
    def access_number(self, meter: Holder) -> int:
        return self.part(meter).number("access")

    @computed(11, u8)
    def status(self, meter: Holder) -> int:
        return self.part(meter).number("status")

    @computed(12, u8)
    def alarm(self, meter: Holder) -> int:
        return self.part(meter).number("alarm")

    @computed(13, u16)
    def configuration(self, meter: Holder) -> int:
        return self.part(meter).number("configuration")

    @computed(14, EnumOf(KeyState))
    def encryption_key_status(self, meter: Holder) -> KeyState:
        return self.part(meter).key_state

    @method(1, u8, u8)
    def slave_install(self, meter: Holder, primary_address: int) -> int:
        return self.part(meter).install(primary_address)

    @method(2, i8)
    def slave_deinstall(self, meter: Holder, _: int) -> None:
        self.part(meter).deinstall()

    @method(3, i8)
    def capture(self, meter: Holder, _: int) -> None:
        self.part(meter).capture()

    @method(4, i8)
    def reset_alarm(self, meter: Holder, _: int) -> None:
        self.part(meter).reset_alarm()

    @method(5, i8)
    def synchronize_clock(self, meter: Holder, _: int) -> None:
        self.part(meter).synchronise()

    @method(6, array_of(struct(SentRecord), most=MOST_RECORDS))
    def data_send(self, meter: Holder, records: tuple[SentRecord, ...]) -> None:
        self.part(meter).send(records)

    @method(7, octets)
    def set_encryption_key(self, meter: Holder, key: bytes) -> None:
        self.part(meter).set_key(key)

    @method(8, octets)
    def transfer_key(self, meter: Holder, wrapped: bytes) -> None:
        self.part(meter).transfer_key(wrapped)
