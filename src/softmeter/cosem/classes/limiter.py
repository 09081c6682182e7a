"""Class 71, Limiter: scripts executed when a value stays above or below a threshold (IEC 62056-62, 4.5.9)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.classes.register_monitor import MonitoredValue
from softmeter.cosem.classes.single_action_schedule import ScriptReference
from softmeter.cosem.interface import Holder, Interface, computed, setter
from softmeter.wire.types import Data, anything, array_of, boolean, date_time, of, struct, structure, u16, u32


@structure
class EmergencyProfile:
    """When the emergency threshold holds, for the meters of a group."""

    group: int = of(u16)
    activation_time: DateTime = of(date_time)
    duration_s: int = of(u32)


@structure
class LimiterActions:
    """What is executed when the value has been above the threshold, and below it, for long enough."""

    over: ScriptReference = of(struct(ScriptReference))
    under: ScriptReference = of(struct(ScriptReference))


class LimiterPart(Protocol):
    """A limiter. Assignments may raise AccessError."""

    monitored_value: MonitoredValue
    threshold_normal: Data
    threshold_emergency: Data
    over_s: int
    under_s: int
    emergency_profile: EmergencyProfile
    groups: tuple[int, ...]
    actions: LimiterActions

    @property
    def threshold_active(self) -> Data: ...

    @property
    def in_emergency(self) -> bool: ...


class Limiter(Interface, class_id=71, version=0):
    """The limiter of a meter."""

    part: Callable[[Any], LimiterPart]

    @computed(2, struct(MonitoredValue))
    def monitored_value(self, meter: Holder) -> MonitoredValue:
        return self.part(meter).monitored_value

    @setter(2)
    def set_monitored_value(self, meter: Holder, value: MonitoredValue) -> None:
        self.part(meter).monitored_value = value

    @computed(3, anything)
    def threshold_active(self, meter: Holder) -> Data:
        return self.part(meter).threshold_active

    @computed(4, anything)
    def threshold_normal(self, meter: Holder) -> Data:
        return self.part(meter).threshold_normal

    @setter(4)
    def set_threshold_normal(self, meter: Holder, threshold: Data) -> None:
        self.part(meter).threshold_normal = threshold

    @computed(5, anything)
    def threshold_emergency(self, meter: Holder) -> Data:
        return self.part(meter).threshold_emergency

    @setter(5)
    def set_threshold_emergency(self, meter: Holder, threshold: Data) -> None:
        self.part(meter).threshold_emergency = threshold

    @computed(6, u32)
    def min_over_threshold_duration(self, meter: Holder) -> int:
        return self.part(meter).over_s

    @setter(6)
    def set_min_over_threshold_duration(self, meter: Holder, seconds: int) -> None:
        self.part(meter).over_s = seconds

    @computed(7, u32)
    def min_under_threshold_duration(self, meter: Holder) -> int:
        return self.part(meter).under_s

    @setter(7)
    def set_min_under_threshold_duration(self, meter: Holder, seconds: int) -> None:
        self.part(meter).under_s = seconds

    @computed(8, struct(EmergencyProfile))
    def emergency_profile(self, meter: Holder) -> EmergencyProfile:
        return self.part(meter).emergency_profile

    @setter(8)
    def set_emergency_profile(self, meter: Holder, profile: EmergencyProfile) -> None:
        self.part(meter).emergency_profile = profile

    @computed(9, array_of(u16, most=16))
    def emergency_profile_group_id_list(self, meter: Holder) -> tuple[int, ...]:
        return self.part(meter).groups

    @setter(9)
    def set_emergency_profile_group_id_list(self, meter: Holder, groups: tuple[int, ...]) -> None:
        self.part(meter).groups = groups

    @computed(10, boolean)
    def emergency_profile_active(self, meter: Holder) -> bool:
        return self.part(meter).in_emergency

    @computed(11, struct(LimiterActions))
    def actions(self, meter: Holder) -> LimiterActions:
        return self.part(meter).actions

    @setter(11)
    def set_actions(self, meter: Holder, actions: LimiterActions) -> None:
        self.part(meter).actions = actions
