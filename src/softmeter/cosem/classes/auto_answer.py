"""Class 28, Auto answer, version 2: when the meter takes what comes (IEC 62056-62, 4.7.5)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.classes.push_setup import TimeWindow, time_windows
from softmeter.cosem.interface import Holder, Interface, attribute, computed, setter
from softmeter.wire.types import EnumOf, array_of, octet_string, of, struct, structure, u8


class AnswerMode(IntEnum):
    """Whose line it is."""

    DEDICATED = 0
    LIMITED_CALLS = 1
    LIMITED_CONNECTIONS = 2
    NO_MODEM = 3


class AnswerStatus(IntEnum):
    """Whether the meter answers now."""

    INACTIVE = 0
    ACTIVE = 1
    LOCKED = 2


class CallType(IntEnum):
    """What a caller wants."""

    NORMAL = 0
    WAKE_UP = 1


@structure
class Rings:
    """After how many rings calls are taken, inside the window and outside."""

    inside: int = of(u8)
    outside: int = of(u8)


@structure
class Caller:
    """Somebody who may call."""

    identifier: bytes = of(octet_string(most=32))
    type: CallType = of(EnumOf(CallType))


ANYBODY: tuple[Caller, ...] = ()


class AnswerPart(Protocol):
    """When a meter takes who calls. Assignments may raise AccessError."""

    mode: int
    windows: tuple[TimeWindow, ...]
    calls: int

    @property
    def status(self) -> AnswerStatus: ...


class AutoAnswer(Interface, class_id=28, version=2):
    """When calls are taken, and how many in each window."""

    part: Callable[[Any], AnswerPart]

    @computed(2, EnumOf(AnswerMode))
    def mode(self, meter: Holder) -> AnswerMode:
        return AnswerMode(self.part(meter).mode)

    @setter(2)
    def set_mode(self, meter: Holder, mode: AnswerMode) -> None:
        self.part(meter).mode = int(mode)

    @computed(3, time_windows)
    def listening_window(self, meter: Holder) -> tuple[TimeWindow, ...]:
        return self.part(meter).windows

    @setter(3)
    def set_listening_window(self, meter: Holder, windows: tuple[TimeWindow, ...]) -> None:
        self.part(meter).windows = windows

    @computed(4, EnumOf(AnswerStatus))
    def status(self, meter: Holder) -> AnswerStatus:
        return self.part(meter).status

    @computed(5, u8)
    def number_of_calls(self, meter: Holder) -> int:
        return self.part(meter).calls

    @setter(5)
    def set_number_of_calls(self, meter: Holder, calls: int) -> None:
        self.part(meter).calls = calls

    number_of_rings: Rings = attribute(6, struct(Rings), settable=True, default=Rings(1, 0))
    list_of_allowed_callers: tuple[Caller, ...] = attribute(
        7, array_of(struct(Caller), most=16), settable=True, default=ANYBODY
    )
