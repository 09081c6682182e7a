"""How a client's APDUs travel to the meter and back: as they are, or in general blocks (IEC 62056-53)."""

from collections import deque
from dataclasses import dataclass, field

from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Patient, Progress, Unanswered
from softmeter.dlms.gbt import ABORT, WIDEST, Transfer, ends_burst, is_gbt
from softmeter.dlms.messages import GeneralBlock
from softmeter.dlms.refusals import ServiceRefusedError
from softmeter.errors import RemoteProtocolError

LONGEST = 1 << 26
"""More octets in blocks than this are not taken."""
MOST_REPEATS = 12
"""How often a block transfer is tried again where nothing arrives."""
MOST_UNSOLICITED = 64
"""Notifications kept for whoever asks; the oldest give way."""

_NOTHING = Conformance(0)


@dataclass(slots=True)
class Carrier:
    """What was negotiated about the ways of APDUs; `window` is how many blocks the meter may send in one burst.

    With a window of 0 blocks carry only what is too long otherwise.
    """

    window: int = 0
    conformance: Conformance = _NOTHING
    room: int = 0xFFFF
    """Octets of an APDU that the meter takes, protection included."""
    unsolicited: deque[bytes] = field(default_factory=lambda: deque(maxlen=MOST_UNSOLICITED))
    """Notifications that came between answers, as plain APDUs."""
    _exchange: Transfer | None = field(default=None, init=False, repr=False)
    """That of the last request, if it went in blocks."""

    @property
    def offers_blocks(self) -> bool:
        return Conformance.GENERAL_BLOCK_TRANSFER in self.conformance

    @property
    def prefers_blocks(self) -> bool:
        return self.window > 0 and self.offers_blocks

    def takes_whole(self, size: int, blocks: Conformance, what: str) -> bool:
        """Whether a sealed request of `size` octets goes as it is or in general blocks, not in those of its service.

        Raises:
            ServiceRefusedError: the meter does not take it in any way.
        """
        if size <= self.room or self.prefers_blocks:
            return True
        if blocks in self.conformance:
            return False
        if self.offers_blocks:
            return True
        raise ServiceRefusedError(f"the meter takes at most {self.room} octets: not {what}")

    def carry(self, sealed: bytes, progress: Progress | None = None) -> Conversation[bytes]:
        """Send an APDU and return its answer.

        Raises:
            RemoteProtocolError: the meter breaks the block transfer, or fell silent in it.
        """
        if self.offers_blocks and (self.window or len(sealed) > self.room):
            self._exchange = exchange = self._begun(sealed)
            return (yield from _in_blocks(exchange, b"", progress))
        return (yield from self.gathered((yield sealed), progress))

    def gathered(self, response: bytes, progress: Progress | None = None) -> Conversation[bytes]:
        """The whole APDU of which `response` is the first block, or all there is."""
        self._exchange = None
        if not is_gbt(response):
            return response
        return (yield from _in_blocks(self._begun(b""), response, progress))

    def following(self, progress: Progress | None = None) -> Conversation[bytes]:
        """The next APDU, after one that came in place of the answer to the last request."""
        exchange = self._exchange
        if exchange is None:
            return (yield from self.gathered((yield b""), progress))
        return (yield from _in_blocks(exchange, (yield Patient(b"")), progress))

    def tell(self, sealed: bytes) -> Conversation[None]:
        """Send an APDU that has no answer."""
        if len(sealed) <= self.room or not self.offers_blocks:
            yield Unanswered(sealed)
            return
        transfer = Transfer(self.room, limit=LONGEST)
        transfer.send(sealed)
        while True:
            blocks = transfer.burst()
            if transfer.has_sent_all:
                for block in blocks:
                    yield Unanswered(block)
                return
            response = yield from _said(blocks)
            if is_gbt(response):
                transfer.take(decode_apdu(response))

    def _begun(self, sealed: bytes) -> Transfer:
        transfer = Transfer(self.room, limit=LONGEST, window=self.window or WIDEST)
        transfer.send(sealed)
        return transfer


def _in_blocks(transfer: Transfer, response: bytes, progress: Progress | None) -> Conversation[bytes]:
    """An exchange in blocks: of the request, or of the answer from its first block on, or of both."""
    try:
        response = response or (yield from _asked(transfer))
        while is_gbt(response):
            is_our_turn = _taken(transfer, response, progress)
            whole = transfer.received
            if whole is not None:
                response = whole
                break
            response = b"" if is_our_turn else (yield Patient(b""))
            response = response or (yield from _asked(transfer))
    except RemoteProtocolError:
        yield Unanswered(ABORT)
        raise
    transfer.forget()
    return response


def _asked(transfer: Transfer) -> Conversation[bytes]:
    """Say what is to be said, and the next APDU that comes; said again and again where nothing comes."""
    for _ in range(MOST_REPEATS):
        response = yield from _said(transfer.burst())
        if response:
            return response
    raise RemoteProtocolError("the meter fell silent in a block transfer")


def _said(blocks: list[bytes]) -> Conversation[bytes]:
    """Send a burst; returns what comes after it, nothing where nothing comes in time."""
    for block in blocks[:-1]:
        yield Unanswered(block)
    return (yield Patient(blocks[-1]))


def _taken(transfer: Transfer, response: bytes, progress: Progress | None) -> bool:
    """Note a block of the meter; whether it is our turn now.

    A block that comes twice is passed over, else the doubled answer to it would be doubled for ever.
    """
    block: GeneralBlock = decode_apdu(response)
    is_new = transfer.take(block)
    if is_new and progress is not None and transfer.received_octets:
        progress(transfer.received_octets)
    return is_new and ends_burst(block)
