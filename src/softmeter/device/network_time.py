"""Time from the network: while it is switched on, the clock follows a time server (IEC 62056-62, class NTP setup).

The simulated network tells the bench's time, which is the true one. What the clock is off by is treated as if a client
had set it: slewed within the limit, set above it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from softmeter.device.adjustment import set_right
from softmeter.device.behaviour import Behaviour
from softmeter.device.saved import saved_int
from softmeter.device.zone import FOREVER
from softmeter.instant import SECOND
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

PERIOD_S, RETRY_S = 86_400, 600
"""How often the server is asked, and how soon again where the network is not there."""


class NetworkTime(Behaviour):
    """Asks for the time. It comes last of all: nobody else acts in a second in which the clock was set."""

    __slots__ = ("active",)

    name = "network_time"

    def __init__(self) -> None:
        super().__init__()
        self.active = False

    def switch(self, device: "Device", *, on: bool) -> None:
        """Follow the server from now on, or no more."""
        if on != self.active:
            self.active = on
            self.due = device.clock.time(device.now) // SECOND if on else FOREVER

    def run(self, device: "Device", second: int) -> None:
        is_there = device.behaviours.modem.online and bool(device.settings.network.time_server)
        self.due = second + (PERIOD_S if is_there else RETRY_S)
        if is_there:
            set_right(device, device.now)

    def reschedule(self, device: "Device", second: int) -> None:  # noqa: ARG002
        if self.active:
            self.due = min(max(self.due, second + 1), second + PERIOD_S)

    def saved(self) -> Mapping[str, Scalar]:
        return {"active": 1, "due": self.due} if self.active else {}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.active = bool(saved_int(saved, "active", 0))
        self.due = saved_int(saved, "due", FOREVER)
