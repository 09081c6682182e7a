"""One timer for everybody who has a deadline: runs out no later than the first, and then looks who is due."""

import asyncio
from collections.abc import Callable, Iterable

from softmeter.instant import LinkTime


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
        self._armed: LinkTime | None = None

    def arm(self, deadline: LinkTime | None) -> None:
        """Run out no later than the deadline; an earlier run looks again."""
        if deadline is None or (self._armed is not None and self._armed <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed = deadline
        self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - self._monotonic()), self._ring)

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._armed = None

    def _ring(self) -> None:
        self._timer = self._armed = None
        self._expire()
        self.arm(min((one for one in self._deadlines() if one is not None), default=None))
