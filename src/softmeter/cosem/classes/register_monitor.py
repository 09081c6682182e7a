"""Class 21, Register monitor: scripts executed when a value crosses thresholds (IEC 62056-62, 4.5.6)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.cosem.classes.single_action_schedule import ScriptReference
from softmeter.cosem.interface import Holder, Interface, computed, setter
from softmeter.obis import Obis
from softmeter.wire.types import Data, anything, array_of, i8, logical_name, of, struct, structure, u16

MOST_THRESHOLDS = 8


@structure
class MonitoredValue:
    """An attribute whose value is compared."""

    class_id: int = of(u16)
    name: Obis = of(logical_name)
    attribute: int = of(i8)


@structure
class ActionPair:
    """What is executed when the value rises above a threshold, and when it falls to it or below."""

    up: ScriptReference = of(struct(ScriptReference))
    down: ScriptReference = of(struct(ScriptReference))


class MonitorPart(Protocol):
    """One monitor of a device. Assignments may raise AccessError."""

    thresholds: tuple[Data, ...]
    monitored_value: MonitoredValue
    actions: tuple[ActionPair, ...]


class RegisterMonitor(Interface, class_id=21, version=0):
    """A value watched for its thresholds."""

    part: Callable[[Any], MonitorPart]

    @computed(2, array_of(anything, most=MOST_THRESHOLDS))
    def thresholds(self, meter: Holder) -> tuple[Data, ...]:
        return self.part(meter).thresholds

    @setter(2)
    def set_thresholds(self, meter: Holder, thresholds: tuple[Data, ...]) -> None:
        self.part(meter).thresholds = thresholds

    @computed(3, struct(MonitoredValue))
    def monitored_value(self, meter: Holder) -> MonitoredValue:
        return self.part(meter).monitored_value

    @setter(3)
    def set_monitored_value(self, meter: Holder, value: MonitoredValue) -> None:
        self.part(meter).monitored_value = value

    @computed(4, array_of(struct(ActionPair), most=MOST_THRESHOLDS))
    def actions(self, meter: Holder) -> tuple[ActionPair, ...]:
        return self.part(meter).actions

    @setter(4)
    def set_actions(self, meter: Holder, actions: tuple[ActionPair, ...]) -> None:
        self.part(meter).actions = actions
