"""Class 22, Single action schedule: a script executed at set times (IEC 62056-62, 4.5.7)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed, setter
from softmeter.obis import Obis
from softmeter.wire.types import EnumOf, array_of, logical_name, octet_string, of, struct, structure, u16

MOST_TIMES = 50


class ScheduleType(IntEnum):
    """What of the execution times may differ or have wildcards."""

    ONE_WITH_WILDCARDS = 1
    SAME_TIME = 2
    SAME_TIME_WITH_WILDCARDS = 3
    ANY_TIME = 4
    ANY_TIME_WITH_WILDCARDS = 5


@structure
class ScriptReference:
    """A script of a script table; identifier 0 is none."""

    table: Obis = of(logical_name)
    identifier: int = of(u16)


@structure
class ExecutionTime:
    """A COSEM time (4 octets) on a COSEM date (5 octets)."""

    time: bytes = of(octet_string(least=4, most=4))
    date: bytes = of(octet_string(least=5, most=5))


class SchedulePart(Protocol):
    """One schedule of a device. Assignments may raise AccessError."""

    script: ScriptReference
    times: tuple[ExecutionTime, ...]

    @property
    def type(self) -> ScheduleType: ...


class SingleActionSchedule(Interface, class_id=22, version=0):
    """One script and when it is executed; the type is the factory's choice."""

    part: Callable[[Any], SchedulePart]

    @computed(2, struct(ScriptReference))
    def executed_script(self, meter: Holder) -> ScriptReference:
        return self.part(meter).script

    @setter(2)
    def set_executed_script(self, meter: Holder, script: ScriptReference) -> None:
        self.part(meter).script = script

    @computed(3, EnumOf(ScheduleType))
    def type(self, meter: Holder) -> ScheduleType:
        return self.part(meter).type

    @computed(4, array_of(struct(ExecutionTime), most=MOST_TIMES))
    def execution_time(self, meter: Holder) -> tuple[ExecutionTime, ...]:
        return self.part(meter).times

    @setter(4)
    def set_execution_time(self, meter: Holder, times: tuple[ExecutionTime, ...]) -> None:
        self.part(meter).times = times
