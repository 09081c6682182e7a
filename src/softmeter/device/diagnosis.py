"""Self-diagnosis: memories, watchdog, measurement; at power-on, after an update and every hour (manual 2.4)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from softmeter.device.alarms import ERROR_BITS
from softmeter.device.behaviour import Behaviour
from softmeter.device.saved import saved_int
from softmeter.device.surroundings import Surrounded
from softmeter.device.zone import FOREVER
from softmeter.instant import SECOND, Instant
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

PERIOD_S = 3600


class Diagnosis(Behaviour):
    """Finds what is broken: a fault is logged when it is found first, and again only after it was gone.

    `found` has the bits of the error register of the faults that were there at the last check.
    """

    __slots__ = ("found",)

    name = "diagnosis"

    def __init__(self) -> None:
        super().__init__()
        self.found = 0

    def look(self, device: "Device") -> None:
        """Check now: new faults are logged; those that were known keep their bit in the error register."""
        broken = device.feeling.state.faults
        alarms = device.behaviours.alarms
        for event, bit in ERROR_BITS.items():
            if broken >> bit & 1:
                if self.found >> bit & 1:
                    alarms.error |= 1 << bit
                else:
                    self.found |= 1 << bit
                    device.record(event)
        self.found = broken

    def felt(self, device: "Device", before: Surrounded, now: Surrounded) -> None:
        if now.faults != before.faults and device.powered:
            self.due = device.stamp.second + (-device.stamp.second) % PERIOD_S
            watchdog = 1 << ERROR_BITS[_WATCHDOG]
            if now.faults & ~before.faults & watchdog:  # it restarts the processor, which checks everything
                self.look(device)

    def run(self, device: "Device", second: int) -> None:
        self.due = second + PERIOD_S if device.feeling.state.faults or self.found else FOREVER
        self.look(device)

    def reschedule(self, device: "Device", second: int) -> None:  # noqa: ARG002
        if self.due != FOREVER:
            self.due = second + (-second) % PERIOD_S

    def power_up(self, device: "Device", at: Instant) -> None:
        if device.feeling.state.faults or self.found:
            self.due = device.clock.time(at) // SECOND // PERIOD_S * PERIOD_S + PERIOD_S
            self.look(device)

    def saved(self) -> Mapping[str, Scalar]:
        return {"found": self.found, "due": self.due} if self.found or self.due != FOREVER else {}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.found, self.due = saved_int(saved, "found", 0), saved_int(saved, "due", FOREVER)


_WATCHDOG = next(event for event, bit in ERROR_BITS.items() if bit == 12)
