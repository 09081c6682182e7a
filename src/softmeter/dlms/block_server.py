"""General block transfer at the server: requests gathered, answers cut, for one association (IEC 62056-53).

A meter serves one such transfer at a time, whoever it is with. It is over when its answer has been sent; one that
stands still for `IDLE_S` gives way to the next client. The meter never repeats by itself: who misses something asks
again, and a request is executed once, however often its blocks arrive.
"""

from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.association import Association
from softmeter.dlms.blocks import LONGEST_PARAMETER
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.gbt import Transfer, TransferAbortedError, ends_burst
from softmeter.dlms.host import BadRequest, Event, Host
from softmeter.dlms.messages import GeneralBlock, ServiceError, StateError
from softmeter.dlms.services import refusal
from softmeter.errors import DecodeError, LocalProtocolError, RemoteProtocolError
from softmeter.instant import LinkTime

IDLE_S = 30.0
"""How long a transfer may stand still before another client may have its turn."""
LONGEST_REQUEST = LONGEST_PARAMETER + 1024
"""Octets of a request in blocks, with protection."""
_GET = b"\xc0"
_REFUSED = refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)


class BlockServer:
    """The block transfer of one association, if it has one under way."""

    def __init__(self, host: Host, association: Association, sap: int, events: list[Event]) -> None:
        self._host = host
        self._association = association
        self._sap = sap
        self._events = events
        self._transfer: Transfer | None = None
        self._first = b""
        self._repeats = False
        """Whether the request may be executed again when it comes again: a plain read with an answer of one block."""
        self._moved_at = LinkTime(0.0)

    @property
    def deadline(self) -> LinkTime | None:
        """When the transfer under way is given up."""
        return None if self._transfer is None else LinkTime(self._moved_at + IDLE_S)

    @property
    def is_under_way(self) -> bool:
        """Whether blocks are still to come, or to be sent for the first time."""
        return self._transfer is not None and not self._transfer.has_sent_all

    def end(self) -> None:
        """Forget the transfer."""
        self._transfer = None
        if self._host.sessions.transfer is self:
            self._host.sessions.transfer = None

    def answer_long(self, answer: bytes, now: LinkTime) -> list[bytes]:
        """An answer that is too long for the client, to a request that was not in blocks: its first burst."""
        if not self._claim(now):
            return [_REFUSED]
        self._first, self._repeats = b"", False
        transfer = self._begun()
        try:
            transfer.send(answer)
        except LocalProtocolError:
            self.end()
            return [refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG)]
        return transfer.burst()

    def answer(self, apdu: bytes, now: LinkTime) -> list[bytes]:
        """The answers to a block.

        Raises:
            BusyError: the request is whole, and must wait; hand in the block again.
        """
        if Conformance.GENERAL_BLOCK_TRANSFER not in self._association.conformance:
            return [refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.SERVICE_NOT_SUPPORTED)]
        try:
            block: GeneralBlock = decode_apdu(apdu)
            transfer = self._transfer_of(block, apdu, now)
            if transfer is None:
                return [] if block.number == 0 else [_REFUSED]
            transfer.take(block)
        except TransferAbortedError:
            self.end()
            return []
        except RemoteProtocolError as error:
            self.end()
            self._events.append(BadRequest(self._sap, str(error)))
            error_code = (
                ServiceError.OTHER_REASON if isinstance(error, DecodeError) else ServiceError.OPERATION_NOT_POSSIBLE
            )
            return [refusal(StateError.SERVICE_NOT_ALLOWED, error_code)]
        self._moved_at = now
        request = transfer.received
        if request is not None and not transfer.is_sending:
            return self._execute(transfer, request)
        return transfer.burst() if ends_burst(block) else []

    def _execute(self, transfer: Transfer, request: bytes) -> list[bytes]:
        answer = self._association.answer(request, in_blocks=True)
        if not answer or self._transfer is not transfer:
            self.end()
            return [answer] if answer else []
        try:
            transfer.send(answer)
        except LocalProtocolError:
            self.end()
            return [refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG)]
        blocks = transfer.burst()
        self._repeats = request.startswith(_GET) and len(blocks) == 1 and transfer.has_sent_all
        return blocks

    def _transfer_of(self, block: GeneralBlock, apdu: bytes, now: LinkTime) -> Transfer | None:
        """The transfer that a block belongs to, perhaps a new one; None if there is none and none can begin."""
        if block.number == 1 and block.data and self._begins(block, apdu):
            if not self._claim(now):
                return None
            self._first, self._repeats = apdu, False
            return self._begun(block.acknowledged)
        if self._transfer is not None and block.number == 1 and not self._first:
            self._first = apdu  # of a client whose request was not in blocks
        return self._transfer

    def _begins(self, block: GeneralBlock, apdu: bytes) -> bool:
        """Whether a block with the number 1 is the first of another request, not one of this come again.

        Some clients acknowledge the whole answer before with it, instead of nothing.
        """
        before = self._transfer
        if before is None:
            return True
        if block.acknowledged == 0:
            return apdu != self._first or self._repeats
        return before.has_sent_all and block.acknowledged == before.sent

    def _begun(self, sent: int = 0) -> Transfer:
        self._transfer = Transfer(self._association.room, limit=LONGEST_REQUEST, sent=sent)
        return self._transfer

    def _claim(self, now: LinkTime) -> bool:
        """Take the meter's turn for this association; False while another's transfer goes on."""
        other = self._host.sessions.transfer
        if isinstance(other, BlockServer) and other is not self:
            if not other.gives_way(now):
                return False
            other.end()
        self._host.sessions.transfer = self
        self._moved_at = now
        return True

    def gives_way(self, now: LinkTime) -> bool:
        """Whether another client may have the turn: the answer has been sent, or nothing moves any more."""
        transfer = self._transfer
        return transfer is None or transfer.has_sent_all or now - self._moved_at >= IDLE_S
