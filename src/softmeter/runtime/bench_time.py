"""The bench's time from the monotonic clock: exact, anchored, without drift."""

from fractions import Fraction
from math import ceil

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime

LAST = Instant(2**32 * SECOND - 1)
"""Where a meter's clock ends; the bench's time goes no further."""
LOWEST_RATE, HIGHEST_RATE = 1e-6, 800_000


class BenchTime:
    """`start` at link time `now`, from there on `rate` bench seconds per real second: 0 stands still, 1 is real."""

    def __init__(self, start: Instant, rate: float, now: LinkTime) -> None:
        self.rate = check_rate(rate)
        self.anchor(start, now)

    def anchor(self, instant: Instant, now: LinkTime) -> None:
        """Let it be `instant` at `now`."""
        self._instant = instant
        self._link_ns = _nanoseconds(now)

    def at(self, now: LinkTime) -> Instant:
        """The bench's instant at link time `now`."""
        passed = max(0, _nanoseconds(now) - self._link_ns)
        return Instant(min(self._instant + int(passed * self.rate), LAST))

    def when(self, instant: Instant) -> LinkTime | None:
        """The link time at which it is `instant`; None if it never will be."""
        if self.rate == 0 or instant > LAST:
            return None
        passed = (instant - self._instant) / self.rate
        return LinkTime((self._link_ns + ceil(passed)) / SECOND)

    def real_ns(self, span: int) -> int:
        """Real nanoseconds in which `span` bench nanoseconds pass; 0 while time stands still."""
        return int(span / self.rate) if self.rate else 0


def check_rate(rate: float) -> Fraction:
    """`rate` as an exact number.

    Raises:
        ConfigurationError: it is negative, no number or too high.
    """
    if rate != 0 and not LOWEST_RATE <= rate <= HIGHEST_RATE:
        message = f"a rate of {rate} is not possible; 0 stands still, 1 is real time, up to {HIGHEST_RATE} faster"
        raise ConfigurationError(message, "--rate")
    return Fraction(rate)


def resumed(stored: Instant, real: int, wall: int, rate: float, off_for: int | None = None) -> Instant:
    """Where the bench's time goes on after a pause of the process.

    `stored`: the instant of the last stored state; `real` and `wall`: wall clock then and now, nanoseconds. `off_for`:
    bench nanoseconds without power instead of those that passed.
    """
    passed = int(max(0, wall - real) * check_rate(rate)) if off_for is None else off_for
    return Instant(min(stored + passed, LAST))


def _nanoseconds(now: LinkTime) -> int:
    return round(now * SECOND)
