"""Long parameters and results in slices: GET, SET and ACTION with block transfer (IEC 62056-53).

Block numbers start at 1. A transfer belongs to its association; a new request of its service ends it.
"""

from enum import Enum, auto
from typing import Generic, TypeVar

from softmeter.dlms.messages import DataBlock
from softmeter.wire.types import encode_length

LONGEST_PARAMETER = 65_536
"""Octets that the blocks of one SET or ACTION may bring together."""
_HEADER_OCTETS = 9
"""Service, form, invoke id, last, number (4), choice."""

T = TypeVar("T")


class Outgoing:
    """A long result on its way out; what is sent is a snapshot of the moment it was asked for."""

    __slots__ = ("_at", "_number", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._number = 0

    @property
    def acknowledges(self) -> int:
        """The block number that a request for the next block must carry."""
        return self._number

    @property
    def is_finished(self) -> bool:
        return self._at >= len(self._raw)

    def block(self, room: int) -> DataBlock:
        """The next block, of which the whole answer has at most `room` octets."""
        size = max(1, room - _HEADER_OCTETS - len(encode_length(max(room, 1))))
        raw = self._raw[self._at : self._at + size]
        self._at += size
        self._number += 1
        return DataBlock(self.is_finished, self._number, raw)


class Fault(Enum):
    """Why a block cannot be taken."""

    NUMBER = auto()
    TOO_LONG = auto()


class Incoming(Generic[T]):
    """A long parameter on its way in, for `targets`: attributes or methods."""

    __slots__ = ("_expected", "_parts", "_size", "is_list", "targets")

    def __init__(self, targets: tuple[T, ...], *, is_list: bool) -> None:
        self.targets = targets
        self.is_list = is_list
        self._expected = 1
        self._parts: list[bytes] = []
        self._size = 0

    def take(self, block: DataBlock) -> Fault | None:
        """Add a block; what ends the transfer, if it cannot go on."""
        if block.number != self._expected:
            return Fault.NUMBER
        self._size += len(block.raw)
        if self._size > LONGEST_PARAMETER:
            return Fault.TOO_LONG
        self._parts.append(block.raw)
        self._expected += 1
        return None

    @property
    def raw(self) -> bytes:
        """All that came."""
        return b"".join(self._parts)
