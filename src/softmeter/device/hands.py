"""Where the hands of a meter's clock stand: an integer function of the bench's time (manual 6)."""

from typing import NamedTuple

from softmeter.instant import SECOND, Instant, at_second


class Hands(NamedTuple):
    """Meter time at an instant is the instant plus an offset, which setting changes at once or by slewing.

    While slewing, meter time gains or loses half a second per second until `slew_by_ns` is used up, so it never runs
    back and never leaps over a boundary.
    """

    offset_ns: int
    slew_from: Instant
    slew_by_ns: int

    def time(self, at: Instant) -> int:
        """Meter time at an instant: UTC nanoseconds as the meter believes them."""
        if not self.slew_by_ns:
            return at + self.offset_ns
        moved = min(max(at - self.slew_from, 0) // 2, abs(self.slew_by_ns))
        return at + self.offset_ns + (moved if self.slew_by_ns > 0 else -moved)

    def first_second(self, second: int) -> int:
        """The first whole UTC second of the bench at which meter time has reached `second`."""
        wanted = second * SECOND
        offsets = (self.offset_ns, self.offset_ns + self.slew_by_ns)
        early, late = -(-(wanted - max(offsets)) // SECOND), -(-(wanted - min(offsets)) // SECOND)
        while early < late:  # not at all unless the clock was slewed
            middle = (early + late) // 2
            if self.time(at_second(middle)) >= wanted:
                late = middle
            else:
                early = middle + 1
        return late

    def pending(self, at: Instant) -> int:
        """By how many nanoseconds the clock will still move, if nothing else is set."""
        return self.offset_ns + self.slew_by_ns - (self.time(at) - at)

    def turned(self, at: Instant, by_ns: int) -> "Hands":
        """The hands after moving them at once."""
        return Hands(self.time(at) - at + by_ns, at, 0)

    def slewed(self, at: Instant, by_ns: int) -> "Hands":
        """The hands that from now on run faster or slower until they have moved by `by_ns`."""
        return Hands(self.time(at) - at, at, by_ns)
