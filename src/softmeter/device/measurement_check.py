"""The measurement system error: raised once for each time the system is found out of order (manual 5.2, 5.3.1).

The findings are those of `signal.faults`: a channel that is clipped, stuck or swapped, a value that is no number. The
seconds in which they hold are counted as measured; values that cannot be are counted as nothing (`metrology.engine`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from softmeter.clock import Stamp
from softmeter.device.alarms import ERROR_BITS
from softmeter.device.behaviour import Behaviour, Block
from softmeter.device.events import Event
from softmeter.instant import Instant
from softmeter.metrology.engine import Seconds
from softmeter.persistent import Scalar
from softmeter.signal.faults import BLIND, SYSTEM_ERRORS, Fault
from softmeter.signal.samples import Integers

if TYPE_CHECKING:
    from softmeter.device.device import Device

LONG_AGO = -(2**40)
QUIET_S = 60
"""After so many seconds without a finding the measurement system is in order again."""

_NONE = np.empty(0, dtype=np.int64)


def alive(seconds: Seconds, cut_mv: int) -> npt.NDArray[np.bool_]:
    """In which seconds the meter has power: enough voltage, or one that says nothing about it."""
    powered: npt.NDArray[np.bool_] = seconds.voltage_mv >= cut_mv
    return powered if seconds.faults is None else powered | ((seconds.faults & BLIND) != 0)


class MeasurementCheck(Behaviour):
    """Raises the measurement system error when a finding appears; again only after it was gone, or at power-up."""

    __slots__ = ("_last", "present")

    name: ClassVar[str] = "measurement_check"
    watches: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.present = Fault(0)
        """What was found since the measurement system was in order last."""
        self._last = LONG_AGO

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self.present, self._last = Fault(0), LONG_AGO

    def limit(self, device: "Device", block: Block, begin: int, end: int) -> int:  # noqa: ARG002
        if block.seconds.faults is None:
            return end
        found = _found(block.seconds, begin, end)
        first = np.flatnonzero(np.diff(found, prepend=self._last) > QUIET_S)
        return int(found[first[0]]) + 1 - block.seconds.first_second if len(first) else end

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:
        seconds = block.seconds
        found = _found(seconds, begin, end)
        if seconds.faults is not None and len(found):
            before = self._last if len(found) == 1 else int(found[-2])
            self._last = int(found[-1])
            if self._last - before > QUIET_S:
                device.record(Event.MEASUREMENT_SYSTEM_ERROR)
                self.present, found = Fault(0), found[-1:]
            flags = seconds.faults[found - seconds.first_second]
            self.present |= Fault(int(np.bitwise_or.reduce(flags))) & SYSTEM_ERRORS
        if self.present and seconds.first_second + end - 1 - self._last >= QUIET_S:
            self.present = Fault(0)

    def logged(self, device: "Device", event: Event, stamp: Stamp) -> None:  # noqa: ARG002
        """An error register that is cleared while the measurement system is out of order has its bit again at once."""
        if event is Event.ERROR_REGISTER_CLEARED and self.present:
            device.behaviours.alarms.error |= 1 << ERROR_BITS[Event.MEASUREMENT_SYSTEM_ERROR]

    def saved(self) -> Mapping[str, Scalar]:
        return {}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        """Nothing outlives a power cut: at power-up the meter looks anew."""


def _found(seconds: Seconds, begin: int, end: int) -> Integers:
    """The bench seconds in which the measurement system is out of order."""
    if seconds.faults is None:
        return _NONE
    return np.flatnonzero(seconds.faults[begin:end] & SYSTEM_ERRORS) + (seconds.first_second + begin)
