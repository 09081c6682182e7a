"""Power failures counted, and the long ones logged with their duration (manual 9, objects 96.7 and 1-0:99.97.0)."""

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from softmeter.clock import STAMP
from softmeter.device.behaviour import Behaviour
from softmeter.device.saved import saved_int
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.persistent import Ring, Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

LONG_S = 180
SHORTEST_LONG_S, LONGEST_LONG_S = 60, 3600
LOGGED = 10
FAILURE: "np.dtype[Any]" = np.dtype([("clock", STAMP), ("duration_s", "<u4")])
"""A long failure: when it ended, and how long it was."""


class PowerFailures(Behaviour):
    """How often power failed, how often for long, and the last ten long failures.

    Of a failure that outlasted the clock's reserve only that is known: its duration is the reserve.
    """

    __slots__ = ("_lost_at", "count", "last_long_s", "long_count", "long_s", "ring")

    name = "power_failures"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.long_count = 0
        self.last_long_s = 0
        self.long_s = LONG_S
        self.ring = Ring("power_failures", FAILURE, LOGGED)
        self._lost_at: Instant | None = None

    def set_long(self, long_s: int) -> None:
        """Call failures long that take longer than `long_s`.

        Raises:
            ConfigurationError: it is not from 60 to 3600.
        """
        if not SHORTEST_LONG_S <= long_s <= LONGEST_LONG_S:
            message = f"{long_s} s; a failure is long from {SHORTEST_LONG_S} to {LONGEST_LONG_S} s on"
            raise ConfigurationError(message, "power failure")
        self.long_s = long_s

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self._lost_at = at

    def power_up(self, device: "Device", at: Instant) -> None:
        if self._lost_at is None:
            return
        duration_s = min((at - self._lost_at) // SECOND, device.settings.reserve_s)
        self._lost_at = None
        self.count = (self.count + 1) & 0xFFFF
        if duration_s > self.long_s:
            self.long_count = (self.long_count + 1) & 0xFFFF
            self.last_long_s = duration_s
            self.ring.append((device.clock.stamp(at), duration_s))

    def fork(self) -> "PowerFailures":
        twin = copy(self)
        twin.ring = self.ring.fork()
        return twin

    def saved(self) -> Mapping[str, Scalar]:
        if not self.count and self.long_s == LONG_S and self._lost_at is None:
            return {}
        saved = {"count": self.count, "long_count": self.long_count, "last_long_s": self.last_long_s}
        lost = {} if self._lost_at is None else {"lost_at_ns": self._lost_at}
        return {**saved, "long_s": self.long_s, **lost}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.count = saved_int(saved, "count", 0)
        self.long_count = saved_int(saved, "long_count", 0)
        self.last_long_s = saved_int(saved, "last_long_s", 0)
        self.long_s = saved_int(saved, "long_s", LONG_S)
        self._lost_at = Instant(saved_int(saved, "lost_at_ns", 0)) if "lost_at_ns" in saved else None
