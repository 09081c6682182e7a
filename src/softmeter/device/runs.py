"""How long conditions last, over seconds that come in blocks of any size."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

Condition = NDArray[np.bool_]
"""Whether something holds, for each second, shape (n,)."""


class Runs:
    """The seconds of a block, at least one, as runs in which a condition holds or does not."""

    __slots__ = ("_edges", "_first")

    def __init__(self, condition: Condition) -> None:
        self._first = bool(condition[0])
        changes = np.flatnonzero(condition[1:] != condition[:-1]) + 1
        self._edges = [0, *changes.tolist(), len(condition)]

    def never(self, *, holds: bool) -> bool:
        """Whether the condition is nowhere what `holds` says."""
        return len(self._edges) == 2 and self._first is not holds

    def lasted(self, begin: int, end: int, before: int, *, holds: bool) -> int:
        """For how many seconds it has been so at the end of `begin` to `end` - 1; `before` were so before these."""
        place = self._place(end - 1)
        if self._holds(place) is not holds:
            return 0
        start = self._edges[place]
        return end - start if start > begin else before + end - begin

    def reaches(self, begin: int, end: int, before: int, needed: int, *, holds: bool) -> int | None:
        """The first of the seconds `begin` to `end` - 1 at whose end it has been so for `needed` seconds."""
        place, start = self._place(begin), begin
        if self._holds(place) is not holds:
            place, before = place + 1, 0
            start = self._edges[place]
        while start < end:
            reached = start + max(needed - before, 1) - 1
            if reached < min(self._edges[place + 1], end):
                return reached
            place, before = place + 2, 0
            if place >= len(self._edges) - 1:
                return None
            start = self._edges[place]
        return None

    def _place(self, second: int) -> int:
        """Which run a second is in."""
        return bisect_right(self._edges, second) - 1

    def _holds(self, place: int) -> bool:
        return self._first is (place % 2 == 0)
