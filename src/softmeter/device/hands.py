"""Where the hands of a meter's clock stand: an integer function of the bench's time (manual 6)."""

from typing import NamedTuple

from softmeter.clock import DAY_S
from softmeter.instant import SECOND, Instant, at_second

DAY = DAY_S * SECOND


class Hands(NamedTuple):
    """Meter time at an instant is the instant plus an offset, which setting changes at once or by slewing, and drift.

    While slewing, meter time gains or loses half a second per second until `slew_by_ns` is used up, so it never runs
    back and never leaps over a boundary. A clock that drifts gains `drift_ns` a day, counted from `drift_from`.
    """

    offset_ns: int
    slew_from: Instant
    slew_by_ns: int
    drift_from: Instant = Instant(0)
    drift_ns: int = 0

    def time(self, at: Instant) -> int:
        """Meter time at an instant: UTC nanoseconds as the meter believes them."""
        if not self.slew_by_ns and not self.drift_ns:
            return at + self.offset_ns
        return at + self.offset_ns + self._slewed(at) + self._drifted(at)

    def first_second(self, second: int) -> int:
        """The first whole UTC second of the bench at which meter time has reached `second`."""
        wanted = second * SECOND
        if not self.slew_by_ns and not self.drift_ns:
            return -((self.offset_ns - wanted) // SECOND)
        ends = [self._reached(wanted - offset) for offset in (self.offset_ns, self.offset_ns + self.slew_by_ns)]
        early, late = -(-min(ends) // SECOND), -(-max(ends) // SECOND)
        if self.drift_ns:  # they are a nanosecond off at most
            early, late = early - 1, late + 1
        while early < late:  # not at all unless the clock drifts or was slewed
            middle = (early + late) // 2
            if self.time(at_second(middle)) >= wanted:
                late = middle
            else:
                early = middle + 1
        return late

    def pending(self, at: Instant) -> int:
        """By how many nanoseconds the clock will still be slewed, if nothing else is set."""
        return self.slew_by_ns - self._slewed(at)

    def turned(self, at: Instant, by_ns: int) -> "Hands":
        """The hands after moving them at once."""
        return Hands(self.time(at) - at + by_ns, at, 0, at, self.drift_ns)

    def slewed(self, at: Instant, by_ns: int) -> "Hands":
        """The hands that from now on run faster or slower until they have moved by `by_ns`."""
        return Hands(self.time(at) - at, at, by_ns, at, self.drift_ns)

    def drifting(self, at: Instant, drift_ns: int) -> "Hands":
        """The hands that from now on gain so many nanoseconds a day."""
        return self._replace(offset_ns=self.offset_ns + self._drifted(at), drift_from=at, drift_ns=drift_ns)

    def _slewed(self, at: Instant) -> int:
        moved = min(max(at - self.slew_from, 0) // 2, abs(self.slew_by_ns))
        return moved if self.slew_by_ns > 0 else -moved

    def _drifted(self, at: Instant) -> int:
        return (at - self.drift_from) * self.drift_ns // DAY

    def _reached(self, wanted: int) -> int:
        """When `wanted` nanoseconds are reached by drift alone."""
        return self.drift_from + (wanted - self.drift_from) * DAY // (DAY + self.drift_ns)


class Crystal(NamedTuple):
    """How much a clock gains in a day, in nanoseconds: at 23 °C, and for each degree above."""

    drift_ns: int = 0
    drift_per_degree_ns: int = 0


EXACT = Crystal()
"""A clock that never gains."""
