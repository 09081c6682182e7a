"""What holds an answer back until the change it may reveal is stored.

Commits are numbered. An answer that is taken while a durable change is not yet stored gets the number of the commit
that will store it and leaves when that commit is done; all other answers leave at once, also while a commit goes on.
"""

from collections.abc import Callable

from softmeter.runtime.signal import Signal


class Barrier:
    """Counts commits. `owed` tells whether the meter has a durable change that no commit has taken up yet."""

    def __init__(self, owed: Callable[[], bool]) -> None:
        self.done = 0
        self.tickets = 0
        """How often somebody has asked."""
        self.passed = Signal()
        """Fires when `done` grew."""
        self.wanted = Signal()
        """Fires when somebody waits for a commit that has not begun."""
        self._owed = owed
        self._begun = 0
        self._holding = False
        self._failed = False

    def ticket(self) -> int | None:
        """The number that `done` must reach before what is known now may leave; None if it may leave at once."""
        self.tickets += 1
        if self._failed:
            return self._begun + 1
        if self._owed():
            self.wanted.fire()
            return self._begun + 1
        return self._begun if self._holding else None

    async def stored(self) -> None:
        """Return when all that is known now is stored."""
        ticket = self.ticket()
        while ticket is not None and self.done < ticket:
            await self.passed.wait()

    def begin(self) -> None:
        """A commit takes up the meter's changes: call right before they are taken."""
        self._begun += 1
        self._holding = self._owed()

    def end(self) -> None:
        """The commit is on the disk."""
        self.done = self._begun
        self._holding = False
        self.passed.fire()

    def fail(self) -> None:
        """The commit failed: from now on nothing leaves any more."""
        self._failed = True
