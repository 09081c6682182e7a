"""The mark: how far the state file has come, in a small file beside it, so that a lost end does not pass for the end.

It is written after the commit that it tells of and not waited for: it costs no wait for the disk, and never tells of
more than is on the disk. A killed process leaves it exact; after a power cut of the machine it may be behind. It has
two lines, written in turn: when one of them is torn by a power cut, the other one is whole.
"""

import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from softmeter.errors import StorageError
from softmeter.runtime.lock import synchronise

MARK_NAME = "meter.mark"
ACCEPT = b"0"
"""What a person writes into it to go on from an older state."""
_LINE = re.compile(rb"commit ([0-9]{19}) (each|jump) ([0-9a-f]{8})\n")
_LINE_SIZE = 41


@dataclass(frozen=True, slots=True)
class Reached:
    """What a mark tells."""

    commits: int
    """As many commits were on the disk."""
    jumping: bool
    """The commits after that were not made durable one by one."""
    accepted: bool = False
    """A person has the meter go on from whatever is there."""


def read_mark(directory: Path) -> Reached | None:
    """What the mark in `directory` tells; None where there is none.

    Raises:
        StorageError: it is damaged.
        OSError: it cannot be read.
    """
    path = directory / MARK_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if content.strip() == ACCEPT:
        return Reached(0, jumping=True, accepted=True)
    lines = [_read_line(content[at : at + _LINE_SIZE]) for at in (0, _LINE_SIZE)]
    told = [reached for reached in lines if reached is not None]
    if not told or len(content) > 2 * _LINE_SIZE:
        raise StorageError(f"damaged: {MARK_NAME} beside it does not agree with its check sum")
    return max(told, key=lambda reached: (reached.commits, reached.jumping))


def _read_line(line: bytes) -> Reached | None:
    match = _LINE.fullmatch(line)
    if match is None or int(match[3], 16) != zlib.crc32(line[:31]):
        return None
    return Reached(int(match[1]), match[2] == b"jump")


class Mark:
    """The open mark of a state file in use."""

    def __init__(self, directory: Path, commits: int) -> None:
        """Open it, or make it where there is none or another content.

        Raises:
            OSError: it cannot be made.
        """
        path = directory / MARK_NAME
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        self._next = 0
        self._descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            self.write(commits, synchronous=True)
            fresh.replace(path)
            synchronise(directory)
        except BaseException:
            self.close()
            raise

    def write(self, commits: int, *, jumping: bool = False, synchronous: bool = False) -> None:
        """Tell that `commits` are on the disk; with `synchronous` have that on the disk as well.

        Raises:
            OSError: it cannot be written.
        """
        line = b"commit %019d %b" % (commits, b"jump" if jumping else b"each")
        os.pwrite(self._descriptor, b"%b %08x\n" % (line, zlib.crc32(line)), self._next)
        self._next = _LINE_SIZE - self._next
        if synchronous:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
