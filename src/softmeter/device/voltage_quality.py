"""Bad voltage quality: weeks in which mean voltages were not as they should be (manual 5.2, event 92; EN 50160, 4.2.2).

Judged are the averages of the measurement periods (1-0:0.8.2, ten minutes from the factory) that had power throughout,
at the end of each week, Monday 00:00: nineteen of twenty must lie within 10 % of the nominal voltage, and every one
between 15 % below it and 10 % above.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from softmeter.clock import DAY_S
from softmeter.device.averages import Averages
from softmeter.device.behaviour import Behaviour
from softmeter.device.events import Event
from softmeter.device.saved import saved_int
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.instant import SECOND, Instant
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.clock import Clock
    from softmeter.device.device import Device

NOMINAL_V = 230
WEEK_S = 7 * DAY_S
FIRST_MONDAY_S = 4 * DAY_S
"""1970-01-05."""
_NARROW = range(NOMINAL_V * 900, NOMINAL_V * 1100 + 1)
_WIDE = range(NOMINAL_V * 850, NOMINAL_V * 1100 + 1)
"""Millivolts."""


class Week(NamedTuple):
    """How many averages of the running week were judged, and how many lay outside the narrow and the wide range."""

    judged: int = 0
    outside: int = 0
    far_outside: int = 0

    def and_one(self, voltage_mv: int) -> "Week":
        """After one more average."""
        return Week(
            self.judged + 1, self.outside + (voltage_mv not in _NARROW), self.far_outside + (voltage_mv not in _WIDE)
        )

    @property
    def is_bad(self) -> bool:
        """Whether more than one of twenty, or any by far, was not as it should be."""
        return 20 * self.outside > self.judged or bool(self.far_outside)


class VoltageQuality(Behaviour):
    """The running week; `due` is when it ends."""

    __slots__ = ("_week",)
    name: ClassVar[str] = "voltage_quality"

    def __init__(self) -> None:
        super().__init__()
        self._week = Week()

    def ended(self, averages: Averages, period_s: int) -> None:
        """A measurement period ended; one that was dark for a while says nothing."""
        if averages.powered_s == period_s:
            self._week = self._week.and_one(averages.voltage_mv)

    def run(self, device: "Device", second: int) -> None:
        week, self._week = self._week, Week()
        self.due = _week_end(device.clock, second)
        if week.is_bad:
            device.record(Event.BAD_VOLTAGE_L1, device.clock.stamp_of(second))

    def reschedule(self, device: "Device", second: int) -> None:
        """Go on with the week if it ends when it did; one that a clock set forward leaps out of is judged."""
        if self.due <= second:
            self.run(device, self.due)
        due = _week_end(device.clock, second)
        if due != self.due:
            self.due, self._week = due, Week()

    def power_up(self, device: "Device", at: Instant) -> None:
        """A week that ended in the dark is judged by what there was of it."""
        second = device.clock.time(at) // SECOND
        if self.due <= second:
            self.run(device, self.due)
            self.due = _week_end(device.clock, second)

    def saved(self) -> Mapping[str, Scalar]:
        return {"due": self.due, **self._week._asdict()}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.due = saved_int(saved, "due", FOREVER)
        self._week = Week(*[saved_int(saved, name, 0) for name in Week._fields])


def _week_end(clock: "Clock", after: int) -> int:
    """The first meter second after `after` at which a Monday begins."""
    return next_boundary(
        clock.segment, after, lambda local: ((local - FIRST_MONDAY_S) // WEEK_S + 1) * WEEK_S + FIRST_MONDAY_S
    )
