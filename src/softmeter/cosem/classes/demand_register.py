"""Class 5, Demand register: averages over a block or a sliding window (IEC 62056-62, 4.3.4)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.interface import Holder, Interface, attribute, computed, method, setter
from softmeter.wire.types import Data, Tag, anything, date_time, i8, struct, u16, u32


class DemandPart(Protocol):
    """A demand of a meter. Assignments may raise AccessError, and nothing is changed then."""

    period_s: int
    periods: int
    """The window is this many periods long."""

    @property
    def current(self) -> int:
        """The average since the window began, over its whole length."""
        ...

    @property
    def last(self) -> int:
        """The average of the last window that ended."""
        ...

    @property
    def status(self) -> int:
        """Bits of the profile status byte, of the end of the last window."""
        ...

    @property
    def capture_time(self) -> DateTime:
        """When the last window ended."""
        ...

    @property
    def start_time(self) -> DateTime:
        """When the running period began."""
        ...

    def reset(self) -> None:
        """Forget all values and begin a period now."""
        ...

    def next_period(self) -> None:
        """End the running period now."""
        ...


class DemandRegister(Interface, class_id=5, version=0):
    """The average of a quantity over the last periods."""

    part: Callable[[Any], DemandPart]
    type: Tag = Tag.DOUBLE_LONG_UNSIGNED

    @computed(2, anything)
    def current_average_value(self, meter: Holder) -> Data:
        return Data(self.type, self.part(meter).current)

    @computed(3, anything)
    def last_average_value(self, meter: Holder) -> Data:
        return Data(self.type, self.part(meter).last)

    scaler_unit: ScalerUnit = attribute(4, struct(ScalerUnit))

    @computed(5, anything)
    def status(self, meter: Holder) -> Data:
        return Data(Tag.UNSIGNED, self.part(meter).status)

    @computed(6, date_time)
    def capture_time(self, meter: Holder) -> DateTime:
        return self.part(meter).capture_time

    @computed(7, date_time)
    def start_time_current(self, meter: Holder) -> DateTime:
        return self.part(meter).start_time

    @computed(8, u32)
    def period(self, meter: Holder) -> int:
        return self.part(meter).period_s

    @setter(8)
    def set_period(self, meter: Holder, seconds: int) -> None:
        self.part(meter).period_s = seconds

    @computed(9, u16)
    def number_of_periods(self, meter: Holder) -> int:
        return self.part(meter).periods

    @setter(9)
    def set_number_of_periods(self, meter: Holder, periods: int) -> None:
        self.part(meter).periods = periods

    @method(1, i8)
    def reset(self, meter: Holder, _: int) -> None:
        self.part(meter).reset()

    @method(2, i8)
    def next_period(self, meter: Holder, _: int) -> None:
        self.part(meter).next_period()
