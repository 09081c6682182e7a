"""Class 70, Disconnect control: opening and closing a breaker or valve (IEC 62056-62, 4.5.8)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.wire.types import EnumOf, boolean, i8


class ControlState(IntEnum):
    """The state of the control."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY_FOR_RECONNECTION = 2


class ControlMode(IntEnum):
    """Who may disconnect and reconnect: see the transitions of the class."""

    NONE = 0
    MODE_1 = 1
    MODE_2 = 2
    MODE_3 = 3
    MODE_4 = 4
    MODE_5 = 5
    MODE_6 = 6


class BreakerPart(Protocol):
    """A breaker. Methods raise AccessError for what its mode and state do not allow."""

    mode: ControlMode

    @property
    def closed(self) -> bool: ...

    @property
    def state(self) -> ControlState: ...

    def disconnect(self) -> None: ...

    def reconnect(self) -> None: ...


class DisconnectControl(Interface, class_id=70, version=0):
    """The control of one breaker."""

    part: Callable[[Any], BreakerPart]

    @computed(2, boolean)
    def output_state(self, meter: Holder) -> bool:
        return self.part(meter).closed

    @computed(3, EnumOf(ControlState))
    def control_state(self, meter: Holder) -> ControlState:
        return self.part(meter).state

    @computed(4, EnumOf(ControlMode))
    def control_mode(self, meter: Holder) -> ControlMode:
        return self.part(meter).mode

    @setter(4)
    def set_control_mode(self, meter: Holder, mode: ControlMode) -> None:
        self.part(meter).mode = mode

    @method(1, i8)
    def remote_disconnect(self, meter: Holder, _: int) -> None:
        self.part(meter).disconnect()

    @method(2, i8)
    def remote_reconnect(self, meter: Holder, _: int) -> None:
        self.part(meter).reconnect()
