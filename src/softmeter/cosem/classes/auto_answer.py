"""Class 28, Auto answer, version 2: when the meter takes what comes (IEC 62056-62, 4.7.5)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from softmeter.cosem.classes.push_setup import TimeWindow, time_windows
from softmeter.cosem.interface import Holder, Interface, attribute, computed
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


ANY_TIME: tuple[TimeWindow, ...] = ()
ANYBODY: tuple[Caller, ...] = ()


class AutoAnswer(Interface, class_id=28, version=2):
    """When calls are taken; `answers` says whether the meter can be reached now."""

    answers: Callable[[Any], bool]
    mode: AnswerMode = attribute(2, EnumOf(AnswerMode), settable=True, default=AnswerMode.DEDICATED)
    listening_window: tuple[TimeWindow, ...] = attribute(3, time_windows, settable=True, default=ANY_TIME)

    @computed(4, EnumOf(AnswerStatus))
    def status(self, meter: Holder) -> AnswerStatus:
        return AnswerStatus.ACTIVE if self.answers(meter) else AnswerStatus.INACTIVE

    number_of_calls: int = attribute(5, u8, settable=True, default=0)
    number_of_rings: Rings = attribute(6, struct(Rings), settable=True, default=Rings(1, 0))
    list_of_allowed_callers: tuple[Caller, ...] = attribute(
        7, array_of(struct(Caller), most=16), settable=True, default=ANYBODY
    )
