"""One timer for everybody who has a deadline: runs out no later than the first, and then looks who is due."""

import asyncio
from collections.abc import Callable, Iterable
from math import inf

from softmeter.instant import LinkTime

NEVER = LinkTime(inf)


class Deadlines:
    """The timer of a port."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        deadlines: Callable[[], Iterable[LinkTime | None]],
        expire: Callable[[], None],
    ) -> None:
        """`deadlines` gives what there is to wait for; `expire` deals with all that have passed."""
        self._monotonic = monotonic
        self._deadlines = deadlines
        self._expire = expire
        self._timer: asyncio.TimerHandle | None = None
        self.armed = NEVER
        """When it runs out. Whoever waits for something later need not arm it: what runs out earlier looks again."""

    def arm(self, deadline: LinkTime | None) -> None:
        """Run out no later than the deadline."""
        if deadline is None or deadline >= self.armed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self.armed = deadline
        self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - self._monotonic()), self._ring)

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self.armed = None, NEVER

    def _ring(self) -> None:
        self._timer, self.armed = None, NEVER
        self._expire()
        self.arm(min((one for one in self._deadlines() if one is not None), default=None))
