"""Class 4, Extended register: a value with the time at which it was captured (IEC 62056-62, 4.3.3)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.interface import Holder, Interface, attribute, computed, method
from softmeter.wire.types import Data, Tag, anything, date_time, i8, struct


class ExtendedPart(Protocol):
    """A captured value of a meter."""

    @property
    def value(self) -> int: ...

    @property
    def status(self) -> int:
        """Bits of the profile status byte."""
        ...

    @property
    def capture_time(self) -> DateTime: ...

    def reset(self) -> None:
        """Go back to 0, captured now."""
        ...


class Captured:
    """What all extended registers have, whatever their value is of."""

    part: Callable[[Any], Any]
    """A meter's `ExtendedPart`."""

    @computed(4, anything)
    def status(self, meter: Holder) -> Data:
        return Data(Tag.UNSIGNED, self.part(meter).status)

    @computed(5, date_time)
    def capture_time(self, meter: Holder) -> DateTime:
        captured: DateTime = self.part(meter).capture_time
        return captured

    @method(1, i8)
    def reset(self, meter: Holder, _: int) -> None:
        self.part(meter).reset()


class ExtendedRegister(Captured, Interface, class_id=4, version=0):
    """A value that was captured, with status and time."""

    part: Callable[[Any], ExtendedPart]
    type: Tag = Tag.DOUBLE_LONG_UNSIGNED
    scaler_unit: ScalerUnit = attribute(3, struct(ScalerUnit))

    @computed(2, anything)
    def value(self, meter: Holder) -> Data:
        return Data(self.type, self.part(meter).value)
