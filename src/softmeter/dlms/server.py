"""The server of one connection: wrapped APDUs in, answers out, any number of associations (IEC 62056-47).

Sans IO: whoever owns the socket hands in what arrived and sends what `to_send` gives, when the host allows it.
"""

from softmeter.dlms.association import SERVER_SAP, BusyError
from softmeter.dlms.associations import Associations, Standing
from softmeter.dlms.host import BadRequest, Event, Guard, Host, TimedOut
from softmeter.dlms.unsolicited import Unsolicited
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.wrapper import LONGEST, Datagram, Reassembly, encode_datagram

UNASSOCIATED_S, ASSOCIATED_S = 30.0, 180.0
"""How long a connection without, and with, an association may be silent."""
MOST_PENDING = 2 * LONGEST
"""Octets that may wait in a connection while the meter is being stored."""


class Server:
    """One connection to the meter, made `now`. `idle_s`: the longest silence of one with an association, 0: any."""

    def __init__(self, host: Host, now: LinkTime, guard: Guard | None = None, *, idle_s: float = ASSOCIATED_S) -> None:
        self._idle_s = idle_s
        self._stream = Reassembly()
        self._out: list[bytes] = []
        self._events: list[Event] = []
        self._associations = Associations(host, self._events, guard=guard)
        self.waiting: Datagram | None = None
        """A request that waits until the meter is no longer locked; `resume` takes it up."""
        self._silent_since = now
        self.closed = False
        """Whether the connection is to be closed, once `to_send` is empty."""

    @property
    def associated(self) -> bool:
        """Whether a client has an association here."""
        return self._associations.associated

    @property
    def standing(self) -> Standing:
        """How much this connection is worth when there is no room for all."""
        return self._associations.standing

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        if self.closed:
            return None
        associations = self._associations
        idle_s = self._idle_s if associations.associated else UNASSOCIATED_S
        still = associations.deadline if associations.transfers else None
        if not idle_s:
            return still
        silent = LinkTime(self._silent_since + idle_s)
        return silent if still is None else min(silent, still)

    def receive(self, data: bytes, now: LinkTime) -> list[Event]:
        """Take what arrived; `b""` means the peer has closed. Never raises: what is wrong is answered or closes."""
        if not self.closed:
            try:
                self._stream.receive(data)
                if not data:
                    self._close("the connection was closed")
                elif self.waiting is None:
                    self._answer_all(now)
                elif self._stream.pending > MOST_PENDING:
                    raise RemoteProtocolError("requests without end while the meter is being stored")  # noqa: TRY301
            except RemoteProtocolError as error:
                self._events.append(BadRequest(0, str(error)))
                self._close("the connection was dropped")
        return self._reported() if self._events else []

    def resume(self, now: LinkTime) -> list[Event]:
        """Go on with what waited while the host was locked."""
        datagram, self.waiting = self.waiting, None
        if datagram is not None and not self.closed:
            try:
                if self._answered(datagram, now):
                    self._answer_all(now)
            except RemoteProtocolError as error:
                self._events.append(BadRequest(datagram.source, str(error)))
                self._close("the connection was dropped")
        return self._reported()

    def tell(self, sap: int, message: Unsolicited) -> bool:
        """Say something to an associated client that it did not ask for; whether it is told.

        Raises:
            RemoteProtocolError: the meter's counter is used up, or its key is gone.
            LocalProtocolError: the message cannot be written, or needs more blocks than can be numbered.
        """
        apdus = self._associations.tell(sap, SERVER_SAP, message)
        self._out += [encode_datagram((SERVER_SAP, sap, apdu)) for apdu in apdus]
        return bool(apdus)

    def to_send(self) -> bytes:
        """The answers made since the last call; they may leave when the host has nothing that must be stored."""
        if len(self._out) == 1:
            return self._out.pop()
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def expire(self, now: LinkTime) -> list[Event]:
        """Give up transfers that stand still, and close the connection if it was silent for too long."""
        self._associations.expire(now)
        deadline = self.deadline
        if deadline is not None and now >= deadline:
            self._events.append(TimedOut("associated" if self.associated else "not associated"))
            self._close("the connection was silent")
        return self._reported()

    def _answer_all(self, now: LinkTime) -> None:
        stream = self._stream
        datagram = stream.take()
        while datagram is not None and self._answered(datagram, now):
            datagram = stream.take() if stream.has_more else None

    def _answered(self, datagram: Datagram, now: LinkTime) -> bool:
        """Answer one APDU; False if it must wait."""
        source, destination, apdu = datagram
        try:
            answers = self._associations.answer(source, destination, apdu, now)
        except BusyError:
            self.waiting = datagram
            return False
        if self._associations.progressed:
            self._silent_since = now
        for answer in answers:
            self._out.append(encode_datagram((destination, source, answer)))
        return True

    def _close(self, reason: str) -> None:
        self._associations.release(reason)
        self.waiting = None
        self.closed = True

    def _reported(self) -> list[Event]:
        events = self._events.copy()
        self._events.clear()
        return events
