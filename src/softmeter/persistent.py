"""Memory that survives a power cut, as declared by the parts that own it.

A part says what it *saves* (`Persistent`: a few named scalars) and what it *appends* (`Ring`: numbered rows). `Memory`
compares both with what was stored last and yields only what changed, so no part tracks its own changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from softmeter.errors import LocalProtocolError

Scalar = int | str | bytes | None
"""What a part may save. Never a float: what is stored is exact."""

Rows = NDArray[np.void]
"""A NumPy structured array of rows, shape (n,)."""


class Persistent(Protocol):
    """A part whose state outlives a power cut."""

    __slots__ = ()

    def saved(self) -> Mapping[str, Scalar]:
        """Everything that must survive, by name."""
        ...

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        """Take back what `saved` gave, perhaps from an older version with fewer names."""
        ...


@lru_cache(maxsize=64)
def _empty(dtype: np.dtype[Any]) -> Rows:
    """No rows: one array for all empty rings of a form, of which a fleet has many."""
    return np.zeros(0, dtype)


class Ring:
    """A bounded log of fixed-width rows; every row has a number that is never used again.

    Rows `first` to `end - 1` exist. A full ring drops its oldest row for a new one.
    """

    __slots__ = ("_shared", "_storage", "capacity", "dtype", "end", "first", "name")

    def __init__(self, name: str, dtype: np.dtype[Any], capacity: int) -> None:
        self.name = name
        self.dtype = dtype
        self.capacity = capacity
        self.first = 0
        self.end = 0
        self._storage: Rows = _empty(dtype)
        self._shared = False

    def __len__(self) -> int:
        return self.end - self.first

    def append(self, row: tuple[Any, ...]) -> int:
        """Add one row and return its number."""
        if len(self) >= self.capacity:
            self.first = self.end + 1 - self.capacity
        elif len(self._storage) < self.capacity:
            self._grow()
        self._own()  # a free slot of a shared storage is the other ring's next row as well
        number = self.end
        self._storage[number % len(self._storage)] = row
        self.end = number + 1
        return number

    def clear(self) -> None:
        """Forget all rows; the numbers go on."""
        self.first = self.end
        self._storage = _empty(self.dtype)
        self._shared = False

    def reshape(self, dtype: np.dtype[Any], capacity: int) -> None:
        """Forget all rows and take rows of another form from now on."""
        self.dtype = dtype
        self.capacity = capacity
        self.clear()

    def rows(self, first: int | None = None, end: int | None = None) -> Rows:
        """A copy of rows `first` to `end - 1` (by number; all when not given), oldest first."""
        begin = self.first if first is None else max(first, self.first)
        stop = self.end if end is None else min(end, self.end)
        if begin >= stop:
            return np.zeros(0, self.dtype)
        return self._storage[np.arange(begin, stop) % len(self._storage)]

    def load(self, first: int, rows: Rows) -> None:
        """Take over stored rows, the oldest having number `first`."""
        if rows.dtype != self.dtype or len(rows) > self.capacity:
            raise LocalProtocolError(f"stored rows of {self.name} have another form than the ring")
        self.first, self.end = first, first + len(rows)
        size = len(rows)  # no larger than it is, as fleets have many; the next row makes room for more
        self._storage = np.zeros(size, self.dtype)
        if size:
            self._storage[np.arange(self.first, self.end) % size] = rows
        self._shared = False

    def fork(self) -> "Ring":
        """A ring with the same rows that can go its own way; the storage is shared until one of them writes over it."""
        twin = object.__new__(Ring)
        twin.name, twin.dtype, twin.capacity = self.name, self.dtype, self.capacity
        twin.first, twin.end, twin._storage, twin._shared = self.first, self.end, self._storage, True
        self._shared = True
        return twin

    def _size_for(self, count: int) -> int:
        size = 0
        while size < count:
            size = min(max(16, size * 2), self.capacity)
        return size

    def _grow(self) -> None:
        if len(self) < len(self._storage):
            return
        rows = self.rows()
        self._storage = np.zeros(self._size_for(len(self) + 1), self.dtype)
        self._storage[np.arange(self.first, self.end) % len(self._storage)] = rows
        self._shared = False

    def _own(self) -> None:
        if self._shared:
            self._storage = self._storage.copy()
            self._shared = False


@dataclass(slots=True)
class Changes:
    """What must be written so that the store equals the meter."""

    values: dict[tuple[str, str], Scalar] = field(default_factory=dict)
    """(part, name) to value; None removes it."""
    appended: dict[str, tuple[int, Rows]] = field(default_factory=dict)
    """Ring name to the number of the first new row, and the new rows."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Ring name to the number below which rows are gone."""

    def __bool__(self) -> bool:
        return bool(self.values or self.appended or self.dropped)


NONE: Final[frozenset[Any]] = frozenset()
"""What has not changed yet: one for all, as each empty set is a fifth of a KiB."""

_Saved = tuple[Any, ...]
"""The names of what a part saved, in a tuple that meters share, and then the values: small, as fleets have many."""

_NOTHING: _Saved = ((),)


@lru_cache(maxsize=256)
def _shared_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return names


@lru_cache(maxsize=256)
def _shared_values(saved: _Saved) -> _Saved:
    """The same values, as one object for all meters that start with them: most parts of most do."""
    return saved


class Memory:
    """What the store holds, as far as this process has told it."""

    def __init__(self) -> None:
        self._values: dict[str, _Saved] = {}
        self._rings: dict[str, tuple[int, int]] = {}

    def changes(self, parts: Iterable[tuple[str, Persistent]], rings: Iterable[Ring]) -> Changes:
        """Compare with the last call and take note: the caller must store what is returned, or stop."""
        changes = Changes()
        for part, persistent in parts:
            saved, known = persistent.saved(), self._values.get(part, _NOTHING)
            now = (_shared_names(tuple(saved)), *saved.values())
            if now != known:
                before = dict(zip(known[0], known[1:], strict=True))
                for name, value in saved.items():
                    if name not in before or before[name] != value:
                        changes.values[part, name] = value
                for name in before.keys() - saved.keys():
                    changes.values[part, name] = None
                self._values[part] = now
        for ring in rings:
            first, end = self._rings.get(ring.name, (0, 0))
            if ring.end > end:
                begin = max(end, ring.first)
                rows = ring.rows(begin)
                if len(rows):
                    changes.appended[ring.name] = (begin, rows)
            if ring.first > first:
                changes.dropped[ring.name] = ring.first
            if ring.end > end or ring.first > first:
                self._rings[ring.name] = (ring.first, ring.end)
        return changes

    def note(self, parts: Iterable[tuple[str, Persistent]], rings: Iterable[Ring]) -> None:
        """Take note of a state that the store already holds."""
        self.changes(parts, rings)
        self._values = {part: _shared_values(saved) for part, saved in self._values.items()}
