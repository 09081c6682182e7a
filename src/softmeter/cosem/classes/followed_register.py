"""Class 4, Extended register, whose scaler and unit follow what was read (IEC 62056-62, 4.3.3; DSMR P2)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.cosem.classes.extended_register import Captured, ExtendedPart
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.interface import Holder, Interface, computed
from softmeter.wire.types import Data, Tag, anything, struct


class FollowedPart(ExtendedPart, Protocol):
    """A captured value that says itself what it is of."""

    @property
    def scaler_unit(self) -> ScalerUnit: ...


class FollowedRegister(Captured, Interface, class_id=4, version=0):
    """A value of somebody else's, with status and time; a negative one travels signed."""

    part: Callable[[Any], FollowedPart]

    @computed(2, anything)
    def value(self, meter: Holder) -> Data:
        number = self.part(meter).value
        return Data(Tag.DOUBLE_LONG if number < 0 else Tag.DOUBLE_LONG_UNSIGNED, number)

    @computed(3, struct(ScalerUnit))
    def scaler_unit(self, meter: Holder) -> ScalerUnit:
        return self.part(meter).scaler_unit
