"""Class 29, Auto connect, version 2: when the meter is on the network (IEC 62056-62, 4.7.6)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.classes.push_setup import TimeWindow, time_windows
from softmeter.cosem.interface import Holder, Interface, attribute, computed, method, setter
from softmeter.wire.types import EnumOf, array_of, i8, octet_string, u8, u16


class ConnectMode(IntEnum):
    """When the meter is connected; the lower ones are for lines that dial."""

    NO_DIALLING = 0
    ANY_TIME = 1
    IN_WINDOW = 2
    IN_WINDOW_AND_LATER = 3
    ALWAYS = 101
    IN_CALLING_WINDOW = 102
    IN_CALLING_WINDOW_OR_INVOKED = 103
    INVOKED = 104


class ConnectPart(Protocol):
    """When the module of a meter is on the network. Assignments and `connect` may raise AccessError."""

    mode: int
    windows: tuple[TimeWindow, ...]
    repetitions: int
    repetition_delay_s: int

    def connect(self) -> None:
        """Get on the network now."""
        ...


NOWHERE: tuple[bytes, ...] = ()


class AutoConnect(Interface, class_id=29, version=2):
    """When the meter is on the network, and whom it would call."""

    part: Callable[[Any], ConnectPart]

    @computed(2, EnumOf(ConnectMode))
    def mode(self, meter: Holder) -> ConnectMode:
        return ConnectMode(self.part(meter).mode)

    @setter(2)
    def set_mode(self, meter: Holder, mode: ConnectMode) -> None:
        self.part(meter).mode = int(mode)

    @computed(3, u8)
    def repetitions(self, meter: Holder) -> int:
        return self.part(meter).repetitions

    @setter(3)
    def set_repetitions(self, meter: Holder, times: int) -> None:
        self.part(meter).repetitions = times

    @computed(4, u16)
    def repetition_delay(self, meter: Holder) -> int:
        return self.part(meter).repetition_delay_s

    @setter(4)
    def set_repetition_delay(self, meter: Holder, seconds: int) -> None:
        self.part(meter).repetition_delay_s = seconds

    @computed(5, time_windows)
    def calling_window(self, meter: Holder) -> tuple[TimeWindow, ...]:
        return self.part(meter).windows

    @setter(5)
    def set_calling_window(self, meter: Holder, windows: tuple[TimeWindow, ...]) -> None:
        self.part(meter).windows = windows

    destination_list: tuple[bytes, ...] = attribute(
        6, array_of(octet_string(most=128), most=8), settable=True, default=NOWHERE
    )

    @method(1, i8)
    def connect(self, meter: Holder, _: int) -> None:
        self.part(meter).connect()
