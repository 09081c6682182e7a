"""What nobody looks at need not be stored every second: changes that wait a while, and together make one commit.

Nothing is lost that anybody has seen: whatever leaves the meter takes a ticket at the barrier, and waits for a commit
while there are changes that wait. A power cut that takes them came so much earlier.
"""

from softmeter.instant import LinkTime
from softmeter.persistent import Changes, Scalar

QUIET_S = 10.0
"""So long after somebody last looked every state is stored before it can be seen, so that no answer waits."""
LONGEST_S = 10.0
"""How long changes wait at most."""


class Postponing:
    """The changes of visible states that are not stored yet. Times are those of the link: real seconds."""

    def __init__(self, now: LinkTime) -> None:
        self._values: dict[tuple[str, str], Scalar] = {}
        self._looked_at = now
        self._stored_at = now
        self._tickets = 0

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._values)

    def looked(self, tickets: int, now: LinkTime) -> bool:
        """Whether somebody has looked lately; `tickets`: how many the barrier has given out."""
        if tickets != self._tickets:
            self._tickets, self._looked_at = tickets, now
        return now - self._looked_at < QUIET_S

    def is_long(self, now: LinkTime) -> bool:
        """Whether it is time to store what waits, and what else there is."""
        return now - self._stored_at >= LONGEST_S

    def wait(self, changes: Changes) -> None:
        """Let changes of values wait."""
        self._values |= changes.values

    def join(self, changes: Changes, now: LinkTime) -> None:
        """Have what waits stored with `changes`, now."""
        changes.values = {**self._values, **changes.values}
        self._values = {}
        self._stored_at = now
