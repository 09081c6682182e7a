"""Class 40, Push setup: what is pushed where and when (IEC 62056-62, 4.4.8, version 0)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.obis import Obis
from softmeter.wire.types import (
    Codec,
    EnumOf,
    array_of,
    date_time,
    i8,
    logical_name,
    octet_string,
    of,
    struct,
    structure,
    u8,
    u16,
)

MOST_OBJECTS = 64
MOST_WINDOWS = 10


class TransportService(IntEnum):
    """How a push travels."""

    TCP = 0
    UDP = 1
    FTP = 2
    SMTP = 3
    SMS = 4
    HDLC = 5
    M_BUS = 6
    ZIGBEE = 7


class MessageType(IntEnum):
    """How a push is written; from 128 on by the manufacturer."""

    A_XDR = 0
    XML = 1
    PLAIN = 128
    GENERAL_CIPHERING = 129


@structure
class PushObject:
    """An attribute to push; data index 0 is all of it."""

    class_id: int = of(u16)
    name: Obis = of(logical_name)
    attribute: int = of(i8)
    data_index: int = of(u16)


@structure
class Destination:
    """Where a push goes, and how."""

    service: TransportService = of(EnumOf(TransportService))
    destination: bytes = of(octet_string(most=128))
    message: MessageType = of(EnumOf(MessageType))


@structure
class TimeWindow:
    """A span of time, perhaps one that recurs."""

    start: DateTime = of(date_time)
    end: DateTime = of(date_time)


time_windows: Codec[tuple[TimeWindow, ...]] = array_of(struct(TimeWindow), most=MOST_WINDOWS)


class PushPart(Protocol):
    """One push setup of a device. Assignments and `push` may raise AccessError."""

    objects: tuple[PushObject, ...]
    destination: Destination
    windows: tuple[TimeWindow, ...]
    randomisation_s: int
    retries: int
    repetition_delay_s: int

    def push(self) -> None:
        """Trigger a push."""
        ...


class PushSetup(Interface, class_id=40, version=0):
    """One push setup of a meter."""

    part: Callable[[Any], PushPart]

    @computed(2, array_of(struct(PushObject), most=MOST_OBJECTS))
    def push_object_list(self, meter: Holder) -> tuple[PushObject, ...]:
        return self.part(meter).objects

    @setter(2)
    def set_push_object_list(self, meter: Holder, objects: tuple[PushObject, ...]) -> None:
        self.part(meter).objects = objects

    @computed(3, struct(Destination))
    def send_destination_and_method(self, meter: Holder) -> Destination:
        return self.part(meter).destination

    @setter(3)
    def set_send_destination_and_method(self, meter: Holder, destination: Destination) -> None:
        self.part(meter).destination = destination

    @computed(4, time_windows)
    def communication_window(self, meter: Holder) -> tuple[TimeWindow, ...]:
        return self.part(meter).windows

    @setter(4)
    def set_communication_window(self, meter: Holder, windows: tuple[TimeWindow, ...]) -> None:
        self.part(meter).windows = windows

    @computed(5, u16)
    def randomisation_start_interval(self, meter: Holder) -> int:
        return self.part(meter).randomisation_s

    @setter(5)
    def set_randomisation_start_interval(self, meter: Holder, seconds: int) -> None:
        self.part(meter).randomisation_s = seconds

    @computed(6, u8)
    def number_of_retries(self, meter: Holder) -> int:
        return self.part(meter).retries

    @setter(6)
    def set_number_of_retries(self, meter: Holder, retries: int) -> None:
        self.part(meter).retries = retries

    @computed(7, u16)
    def repetition_delay(self, meter: Holder) -> int:
        return self.part(meter).repetition_delay_s

    @setter(7)
    def set_repetition_delay(self, meter: Holder, seconds: int) -> None:
        self.part(meter).repetition_delay_s = seconds

    @method(1, i8)
    def push(self, meter: Holder, _: int) -> None:
        self.part(meter).push()
