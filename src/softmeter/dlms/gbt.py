"""General block transfer: an APDU of any length in numbered blocks, both ways, lost ones sent again (IEC 62056-53).

It lies outside protection: what travels in the blocks is a whole APDU, perhaps a ciphered one. Each end numbers all it
sends, empty acknowledgements too, from 1; every block says how far the other end's blocks have come in order, and how
many may follow. A block without the streaming flag ends a burst: then the other end has its say. Who misses a block
asks for it by its window: just the gap, so that only what was lost travels twice.
"""

from itertools import pairwise

from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.messages import GeneralBlock
from softmeter.errors import LocalProtocolError, RemoteProtocolError
from softmeter.wire.types import encode_length

GBT = 0xE0
"""The first octet of every block."""
WIDEST = 63
"""The largest window there is."""
MOST_BLOCKS = 0xFFFF
"""What can be numbered."""
ABORT = encode_apdu(GeneralBlock(0x80, 0, 0, b""))
"""A block that ends the transfer at once."""
_LAST, _STREAMING = 0x80, 0x40
_HEADER_OCTETS = 6


class TransferAbortedError(RemoteProtocolError):
    """The other end gave the transfer up."""


def block_data_octets(room: int) -> int:
    """How many octets of data a block of at most `room` octets has."""
    return max(1, room - _HEADER_OCTETS - len(encode_length(max(room, 0))))


def is_gbt(apdu: bytes) -> bool:
    return apdu[:1] == b"\xe0"


class _Sending:
    """What one end sends: cut as it goes, kept until it is acknowledged."""

    __slots__ = ("_apdu", "_at", "_blocks", "_number", "_size", "window")

    def __init__(self, size: int, number: int) -> None:
        self._apdu: bytes | None = None
        self._at = 0
        self._size = size
        self._number = number
        self._blocks: dict[int, tuple[bytes, bool]] = {}
        self.window = 1

    def start(self, apdu: bytes) -> None:
        """Send `apdu` from now on.

        Raises:
            LocalProtocolError: it needs more blocks than can be numbered.
        """
        if self._number + len(apdu) // self._size + 1 > MOST_BLOCKS:
            raise LocalProtocolError(f"{len(apdu)} octets do not fit {MOST_BLOCKS} blocks of {self._size}")
        self._apdu, self._at = apdu, 0

    @property
    def started(self) -> bool:
        return self._apdu is not None

    @property
    def number(self) -> int:
        return self._number

    @property
    def has_sent_all(self) -> bool:
        return self._apdu is not None and self._at >= len(self._apdu)

    def acknowledged(self, number: int) -> bool:
        """Forget what has arrived; whether that is more than was known.

        Raises:
            RemoteProtocolError: blocks are acknowledged that were never sent.
        """
        if number > self._number:
            raise RemoteProtocolError(f"block {number} is acknowledged, sent were {self._number}")
        arrived = [one for one in self._blocks if one <= number]
        for one in arrived:
            del self._blocks[one]
        return bool(arrived)

    def burst(self) -> list[tuple[int, bytes, bool]]:
        """Number, data and last-flag of the blocks to send now: the oldest that are not acknowledged, never none."""
        while len(self._blocks) < self.window and self._apdu is not None and self._at < len(self._apdu):
            data = self._apdu[self._at : self._at + self._size]
            self._at += len(data)
            self._add(data)
        if not self._blocks:
            self._add(b"")
        return [(number, *block) for number, block in list(self._blocks.items())[: self.window]]

    def _add(self, data: bytes) -> None:
        if self._number == MOST_BLOCKS:
            raise RemoteProtocolError(f"more than {MOST_BLOCKS} blocks")
        self._number += 1
        self._blocks[self._number] = data, self.has_sent_all


class _Receiving:
    """What the other end sends: in order as far as it goes, and what came early."""

    __slots__ = ("_early", "_limit", "_parts", "last", "number", "size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._early: dict[int, tuple[bytes, bool]] = {}
        self.number = 0
        """Of the last block that came in order."""
        self.last = False
        self.size = 0

    @property
    def gap(self) -> int:
        """How many blocks are missing before the first that came early; 0 if none did."""
        return min(self._early) - self.number - 1 if self._early else 0

    def take(self, number: int, data: bytes, *, last: bool) -> bool:
        """Keep a block; whether it is new.

        Raises:
            RemoteProtocolError: it lies beyond every window, or there is more than is taken.
        """
        if number <= self.number or number in self._early:
            return False
        if number > self.number + WIDEST:
            raise RemoteProtocolError(f"block {number} after {self.number}, beyond every window")
        self.size += len(data)
        if self.size > self._limit:
            raise RemoteProtocolError(f"a transfer of more than {self._limit} octets")
        self._early[number] = data, last
        while (found := self._early.pop(self.number + 1, None)) is not None:
            self.number += 1
            if not self.last:
                self._parts.append(found[0])
                self.last = found[1]
        return True

    def whole(self) -> bytes:
        return b"".join(self._parts)

    def anew(self) -> "_Receiving":
        return _Receiving(self._limit)


class Transfer:
    """One end of an exchange of two APDUs, a request and its answer, of which at least one comes in blocks.

    `room`: octets that the other end takes in one APDU. `limit`: octets of the APDU that is taken from it. `window`:
    blocks that it may send in one burst. `sent`: the number of the last block sent in the exchange before this, where
    the other end acknowledges that at first; our numbers go on from there.
    """

    __slots__ = ("_receiving", "_sending", "_window")

    def __init__(self, room: int, *, limit: int, window: int = WIDEST, sent: int = 0) -> None:
        self._sending = _Sending(block_data_octets(room), sent)
        self._receiving = _Receiving(limit)
        self._window = window

    def send(self, apdu: bytes) -> None:
        """Send `apdu` in the bursts from now on.

        Raises:
            LocalProtocolError: it needs more blocks than can be numbered.
        """
        self._sending.start(apdu)

    def take(self, block: GeneralBlock) -> bool:
        """Note a block of the other end; whether it brought anything new.

        Raises:
            TransferAbortedError: the other end aborts.
            RemoteProtocolError: the block belongs to no transfer like this.
        """
        if block.number == 0:
            raise TransferAbortedError("the other end aborted the block transfer")
        self._sending.window = max(block.control & WIDEST, 1)
        moved = self._sending.acknowledged(block.acknowledged)
        return self._receiving.take(block.number, block.data, last=bool(block.control & _LAST)) or moved

    def forget(self) -> None:
        """Be ready for another APDU of the other end, in blocks that count from 1; what is sent goes on."""
        self._receiving = self._receiving.anew()

    @property
    def received(self) -> bytes | None:
        """The APDU of the other end, once all of it is here."""
        return self._receiving.whole() if self._receiving.last else None

    @property
    def received_octets(self) -> int:
        return self._receiving.size

    @property
    def is_sending(self) -> bool:
        """Whether there is an APDU to send; all may have been sent."""
        return self._sending.started

    @property
    def has_sent_all(self) -> bool:
        """Whether every block has been sent at least once."""
        return self._sending.has_sent_all

    @property
    def sent(self) -> int:
        """The number of the last block sent."""
        return self._sending.number

    def burst(self) -> list[bytes]:
        """The blocks to send now, as APDUs; after the last one it is the other end's turn.

        What is not acknowledged is sent (again), as much as the other end's window takes; an empty block where there
        is nothing else to say.
        """
        window = min(self._receiving.gap or self._window, self._window)
        blocks = self._sending.burst()
        return [
            encode_apdu(GeneralBlock(_LAST * last | _STREAMING * more | window, number, self._receiving.number, data))
            for (number, data, last), more in zip(blocks, [*(True for _ in pairwise(blocks)), False], strict=True)
        ]


def ends_burst(block: GeneralBlock) -> bool:
    """Whether the sender of the block now waits for the other end."""
    return not block.control & _STREAMING


def unanswered_blocks(apdu: bytes, room: int) -> list[bytes]:
    """`apdu` in blocks that nobody acknowledges, as pushes go."""
    size = block_data_octets(room)
    slices = [apdu[at : at + size] for at in range(0, len(apdu), size)]
    return [
        encode_apdu(GeneralBlock(0x80 if number == len(slices) else 0x40, number, 0, data))
        for number, data in enumerate(slices, 1)
    ]
