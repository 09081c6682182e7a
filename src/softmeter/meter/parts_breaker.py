"""Breaker and limiter of the device as the interface classes want to see them."""

from dataclasses import dataclass

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.classes.disconnect_control import ControlMode, ControlState
from softmeter.cosem.classes.limiter import EmergencyProfile, LimiterActions
from softmeter.cosem.classes.register_monitor import MonitoredValue
from softmeter.cosem.classes.single_action_schedule import ScriptReference
from softmeter.device.behaviour import Script
from softmeter.device.breaker import Breaker
from softmeter.device.limiter import Emergency, Limits
from softmeter.errors import AccessError
from softmeter.meter.model.capture import CAPTURABLE
from softmeter.meter.parts import lived, refusals
from softmeter.meter.parts_monitors import expect_fitting, monitored, watched_key
from softmeter.meter.presented import Presented
from softmeter.wire.types import Data


@dataclass
class BreakerPart:
    """The breaker of a meter."""

    meter: Presented

    @property
    def closed(self) -> bool:
        return self._breaker.closed

    @property
    def state(self) -> ControlState:
        return ControlState(self._breaker.state)

    @property
    def mode(self) -> ControlMode:
        return ControlMode(self._breaker.mode)

    @mode.setter
    def mode(self, mode: ControlMode) -> None:
        lived(self.meter)
        self._breaker.set_mode(int(mode))

    def disconnect(self) -> None:
        lived(self.meter)
        if not self._breaker.disconnect(self.meter.device):
            raise AccessError(ActionResult.TEMPORARY_FAILURE, "the breaker cannot be opened in its state and mode")

    def reconnect(self) -> None:
        lived(self.meter)
        if not self._breaker.reconnect(self.meter.device):
            raise AccessError(ActionResult.TEMPORARY_FAILURE, "the breaker cannot be closed in its state and mode")

    @property
    def _breaker(self) -> Breaker:
        return self.meter.device.behaviours.breaker


@dataclass
class LimiterPart:
    """The limiter of a meter; thresholds travel in the type of the value."""

    meter: Presented

    @property
    def monitored_value(self) -> MonitoredValue:
        return monitored(self._limits.watched)

    @monitored_value.setter
    def monitored_value(self, value: MonitoredValue) -> None:
        self._change(self._limits._replace(watched=watched_key(value)))

    @property
    def threshold_active(self) -> Data:
        return self._travelling(self.meter.device.behaviours.limiter.threshold)

    @property
    def threshold_normal(self) -> Data:
        return self._travelling(self._limits.normal)

    @threshold_normal.setter
    def threshold_normal(self, threshold: Data) -> None:
        self._change(self._limits._replace(normal=self._taken(threshold)))

    @property
    def threshold_emergency(self) -> Data:
        return self._travelling(self._limits.emergency)

    @threshold_emergency.setter
    def threshold_emergency(self, threshold: Data) -> None:
        self._change(self._limits._replace(emergency=self._taken(threshold)))

    @property
    def over_s(self) -> int:
        return self._limits.over_s

    @over_s.setter
    def over_s(self, seconds: int) -> None:
        self._change(self._limits._replace(over_s=seconds))

    @property
    def under_s(self) -> int:
        return self._limits.under_s

    @under_s.setter
    def under_s(self, seconds: int) -> None:
        self._change(self._limits._replace(under_s=seconds))

    @property
    def emergency_profile(self) -> EmergencyProfile:
        return EmergencyProfile(*self._limits.profile)

    @emergency_profile.setter
    def emergency_profile(self, profile: EmergencyProfile) -> None:
        emergency = Emergency(profile.group, profile.activation_time, profile.duration_s)
        self._change(self._limits._replace(profile=emergency))

    @property
    def groups(self) -> tuple[int, ...]:
        return self._limits.groups

    @groups.setter
    def groups(self, groups: tuple[int, ...]) -> None:
        self._change(self._limits._replace(groups=groups))

    @property
    def in_emergency(self) -> bool:
        return self.meter.device.behaviours.limiter.in_emergency

    @property
    def actions(self) -> LimiterActions:
        return LimiterActions(ScriptReference(*self._limits.over), ScriptReference(*self._limits.under))

    @actions.setter
    def actions(self, actions: LimiterActions) -> None:
        over, under = (Script(one.table, one.identifier) for one in (actions.over, actions.under))
        self._change(self._limits._replace(over=over, under=under))

    @property
    def _limits(self) -> Limits:
        return self.meter.device.behaviours.limiter.limits

    def _travelling(self, threshold: int) -> Data:
        return Data(CAPTURABLE[self._limits.watched].type, threshold)

    def _taken(self, threshold: Data) -> int:
        wanted = CAPTURABLE[self._limits.watched].type
        if threshold.type != wanted:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED, f"the value is {wanted.name}, not {threshold.type.name}")
        return int(threshold.value)

    def _change(self, limits: Limits) -> None:
        expect_fitting(limits.watched, (limits.normal, limits.emergency))
        lived(self.meter)
        with refusals():
            self.meter.device.behaviours.limiter.change(self.meter.device, limits)
