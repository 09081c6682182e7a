"""A disk in a model: what was written to the files of one directory, and what a power cut may leave of it.

What is synchronised is on the disk. What is not may be there or not, each write by itself, whole or torn, in any order;
that goes for names in the directory too. A file that is synchronised has its name on the disk as well, as on the usual
file systems of Linux (and SQLite synchronises the directory itself).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

Image = dict[str, bytes]
"""Name to content of every file in the directory."""

_MOST_PENDING = 48
"""So many overwritten writes of a file may be missing at most: the system writes back the oldest in time."""


class Kind(Enum):
    """What happened."""

    CREATED = "created"
    WRITTEN = "written"
    TRUNCATED = "truncated"
    SYNCHRONISED = "synchronised"
    DELETED = "deleted"
    RENAMED = "renamed"
    LISTED = "listed"
    """The directory was synchronised."""


_NAMING = frozenset({Kind.CREATED, Kind.DELETED, Kind.RENAMED})


class Op(NamedTuple):
    """One change of a file, or one that makes changes last. `file` numbers files across their names."""

    kind: Kind
    file: int
    name: str
    offset: int = 0
    """Where octets go; the size a file is cut to."""
    data: bytes = b""
    other: str = ""
    """The new name."""
    writer: str = ""
    """Who did it, for the count of what was cut."""


class Disk:
    """What is on the disk for sure, and what may be: `pending`."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.names = {name: number for number, name in enumerate(sorted(files))}
        self.contents = {number: bytearray(files[name]) for name, number in self.names.items()}
        self.pending: list[Op] = []

    def take(self, op: Op) -> None:
        """Something happens."""
        match op.kind:
            case Kind.SYNCHRONISED:
                self._settle(lambda one: one.file == op.file and one.kind not in {Kind.DELETED, Kind.RENAMED})
            case Kind.LISTED:
                self._settle(lambda one: one.kind in _NAMING)
            case _:
                self.pending.append(op)
                same = [one for one in self.pending if one[:4] == op[:4]] if op.kind is Kind.WRITTEN else []
                if len(same) > _MOST_PENDING:
                    self.pending.remove(same[0])
                    _apply([same[0]], self.names, self.contents)

    def image(self, kept: Sequence[Op]) -> Image:
        """What is found after a cut that left `kept` of what was pending."""
        touched = {op.file for op in kept}
        names = dict(self.names)
        contents = {file: bytearray(octets) if file in touched else octets for file, octets in self.contents.items()}
        _apply(kept, names, contents)
        return {name: bytes(contents.get(file, b"")) for name, file in names.items()}

    def _settle(self, lasts: Callable[[Op], bool]) -> None:
        settled = [op for op in self.pending if lasts(op)]
        self.pending = [op for op in self.pending if not lasts(op)]
        _apply(settled, self.names, self.contents)


def _apply(ops: Iterable[Op], names: dict[str, int], contents: dict[int, bytearray]) -> None:
    for op in ops:
        octets = contents.setdefault(op.file, bytearray())
        match op.kind:
            case Kind.CREATED:
                names[op.name] = op.file
            case Kind.DELETED:
                _forget(names, op)
            case Kind.RENAMED:
                _forget(names, op)
                names[op.other] = op.file
            case Kind.WRITTEN:
                octets.extend(bytes(max(0, op.offset - len(octets))))
                octets[op.offset : op.offset + len(op.data)] = op.data
            case Kind.TRUNCATED:
                del octets[op.offset :]
                octets.extend(bytes(op.offset - len(octets)))


def _forget(names: dict[str, int], op: Op) -> None:
    """A file loses its name, unless another one has it by now."""
    if names.get(op.name) == op.file:
        del names[op.name]
