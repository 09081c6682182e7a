"""Fuse supervision: the current averaged over a sliding window, and what is done when it is too high (IDIS package 2).

The window is a few measurement periods (1-0:0.8.2) long. Seconds without power count in it as seconds without current.
A register monitor compares the average of the last window; what it does is the meter's own decision, not a client's.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from softmeter.clock import Stamp
from softmeter.device.averages import DARK, Averages
from softmeter.device.behaviour import Behaviour, Script
from softmeter.device.events import Event
from softmeter.device.saved import saved_int, saved_text
from softmeter.obis import Obis
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

FUSE = Obis(1, 0, 31, 4, 0)
"""The average and its monitor: two objects of one name."""
PERIODS = 3
_NEVER = Stamp(0, 0)
_NOTHING = (0,) * PERIODS


class Supervision(Behaviour):
    """What flowed in the last periods, the oldest first, in mA·s; only where there is a breaker to open."""

    __slots__ = ("_flowed", "captured", "fitted")

    name: ClassVar[str] = "supervision"

    def __init__(self, *, fitted: bool) -> None:
        super().__init__()
        self.fitted = fitted
        self.captured = _NEVER
        """When the last window ended."""
        self._flowed = _NOTHING

    def ended(self, device: "Device", averages: Averages) -> None:
        """A measurement period ended."""
        if self.fitted:
            self._flowed = (*self._flowed[1:], _flow(averages))
            self.captured = device.stamp

    def dark(self, device: "Device", periods: int) -> None:
        """So many periods passed without power."""
        for _ in range(min(periods, PERIODS)):
            self.ended(device, DARK)

    def restart(self) -> None:
        """The periods have another length, or none is known: nothing flowed before."""
        self._flowed = _NOTHING

    def last_ma(self, device: "Device") -> int:
        """The average of the last window."""
        return _mean(sum(self._flowed), device)

    def current_ma(self, device: "Device") -> int:
        """The average since the running window began, over its whole length."""
        running = _flow(device.behaviours.averages.running(device))
        return _mean(sum(self._flowed[1:]) + running, device)

    def crossed(self, device: "Device", script: Script, *, above: bool) -> None:
        """The average of the last window has become higher than a threshold, or no longer is."""
        if self.fitted:
            device.record(Event.FUSE_EXCEEDED if above else Event.FUSE_NORMAL)
            device.behaviours.breaker.execute_locally(device, script)

    def saved(self) -> Mapping[str, Scalar]:
        if self.captured == _NEVER:
            return {}
        second, mode = self.captured
        return {"flowed": " ".join(map(str, self._flowed)), "captured_second": second, "captured_mode": mode}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        flowed = saved_text(saved, "flowed", "")
        self._flowed = tuple(map(int, flowed.split())) if flowed else _NOTHING
        self.captured = Stamp(saved_int(saved, "captured_second", 0), saved_int(saved, "captured_mode", 0))


def _flow(averages: Averages) -> int:
    return averages.current_ma * averages.powered_s


def _mean(flowed: int, device: "Device") -> int:
    length_s = PERIODS * device.behaviours.averages.period_s
    return (flowed + length_s // 2) // length_s
