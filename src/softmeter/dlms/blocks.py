"""Long parameters and results in slices: GET and SET with block transfer (IEC 62056-53, service-specific blocks).

Block numbers start at 1. A transfer belongs to its association; a new request of its service ends it.
"""

from softmeter.cosem.access import DataAccessResult
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.messages import DataBlock, GetResponseBlock, Target
from softmeter.wire.types import encode_length

LONGEST_PARAMETER = 65_536
"""Octets that the blocks of one SET may bring together."""
_HEADER_OCTETS = 9
"""Service, form, invoke id, last, number (4), choice."""


class GetTransfer:
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

    def block(self, invoke_id: int, room: int) -> bytes:
        """The next block, in at most `room` octets."""
        size = max(1, room - _HEADER_OCTETS - len(encode_length(max(room, 1))))
        raw = self._raw[self._at : self._at + size]
        self._at += size
        self._number += 1
        head = bytes((0xC4, 0x02, invoke_id, self.is_finished))
        return b"".join((head, self._number.to_bytes(4, "big"), b"\x00", encode_length(len(raw)), raw))


def get_failed(invoke_id: int, number: int, result: DataAccessResult) -> bytes:
    """The answer that ends a block transfer with GET."""
    return encode_apdu(GetResponseBlock(invoke_id, True, number, result))


class SetTransfer:
    """A long parameter on its way in."""

    __slots__ = ("_expected", "_parts", "_size", "is_list", "targets")

    def __init__(self, targets: tuple[Target, ...], *, is_list: bool) -> None:
        self.targets = targets
        self.is_list = is_list
        self._expected = 1
        self._parts: list[bytes] = []
        self._size = 0

    def take(self, block: DataBlock) -> DataAccessResult | None:
        """Add a block; the result that ends the transfer, if it cannot go on."""
        if block.number != self._expected:
            return DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        self._size += len(block.raw)
        if self._size > LONGEST_PARAMETER:
            return DataAccessResult.LONG_SET_ABORTED
        self._parts.append(block.raw)
        self._expected += 1
        return None

    @property
    def raw(self) -> bytes:
        """All that came."""
        return b"".join(self._parts)
