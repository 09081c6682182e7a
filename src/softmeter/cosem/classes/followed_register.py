"""Class 4, Extended register, whose scaler and unit follow what was read (IEC 62056-62, 4.3.3; DSMR P2)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.classes.extended_register import ExtendedPart
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.interface import Holder, Interface, computed, method
from softmeter.wire.types import Data, Tag, anything, date_time, i8, struct


class FollowedPart(ExtendedPart, Protocol):
    """A captured value that says itself what it is of."""

    @property
    def scaler_unit(self) -> ScalerUnit: ...


class FollowedRegister(Interface, class_id=4, version=0):
    """A value of somebody else's, with status and time."""

    part: Callable[[Any], FollowedPart]

    @computed(2, anything)
    def value(self, meter: Holder) -> Data:
        return Data(Tag.DOUBLE_LONG_UNSIGNED, self.part(meter).value)

    @computed(3, struct(ScalerUnit))
    def scaler_unit(self, meter: Holder) -> ScalerUnit:
        return self.part(meter).scaler_unit

    @computed(4, anything)
    def status(self, meter: Holder) -> Data:
        return Data(Tag.UNSIGNED, self.part(meter).status)

    @computed(5, date_time)
    def capture_time(self, meter: Holder) -> DateTime:
        return self.part(meter).capture_time

    @method(1, i8)
    def reset(self, meter: Holder, _: int) -> None:
        self.part(meter).reset()
