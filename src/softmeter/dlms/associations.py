"""The associations of one connection, each between a client and a server address (IEC 62056-53).

What carries the APDUs, and tells the addresses, is the business of the link: a wrapper or HDLC.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum

from softmeter.dlms.association import LONGEST_ANSWER, SERVER_SAP, Association
from softmeter.dlms.association_states import State
from softmeter.dlms.block_server import BlockServer
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.decisions import SMALLEST_PDU
from softmeter.dlms.gbt import unanswered_blocks
from softmeter.dlms.host import Event, Guard, Host
from softmeter.dlms.pre_established import PreEstablished
from softmeter.dlms.unsolicited import Unsolicited
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime

MOST_ASSOCIATIONS = 16
"""Pairs of addresses that one connection may use."""
ALL_STATIONS = 0x7F
"""The server address of every logical device of every meter, behind the wrapper as well as on HDLC."""
_FOR_ALL = frozenset({SERVER_SAP, ALL_STATIONS})
_GBT = b"\xe0"
_ASSOCIATED = State.ASSOCIATED  # what every request asks for
_ACSE_ANSWERS = frozenset({0x61, 0x63})


class Standing(IntEnum):
    """How much a connection is worth: who may be made to give way to whom."""

    NONE = 0
    PUBLIC = 1
    """A client is associated as anybody could be, or somebody told all meters something."""
    SECRET = 2
    """A client is associated that has proved to know a secret."""


class Associations:
    """Answers APDUs by the addresses they came with; what happened is added to `events`."""

    def __init__(
        self, host: Host, events: list[Event], longest: int = LONGEST_ANSWER, guard: Guard | None = None
    ) -> None:
        """`longest`: octets of an APDU that the link carries; no answer is longer, whatever the client takes."""
        self._host = host
        self._guard = guard
        self._events = events
        self._longest = longest
        self._by_pair: dict[tuple[int, int], Association] = {}
        self.transfers: dict[tuple[int, int], BlockServer] = {}
        """General block transfers that may be under way, by their addresses."""
        self._pre_established: dict[int, PreEstablished] = {}
        self._was_told = False
        """Whether a genuine message to all meters came here. Its key is that of a whole fleet: who sent it keeps nobody
        out who proves to know a secret of this meter."""
        self.associated = False
        """Whether a client has an association here."""
        self.progressed = False
        """Whether the last APDU came in an association, or opened one: it counts against silence."""

    def __len__(self) -> int:
        return len(self._by_pair)

    @property
    def standing(self) -> Standing:
        """That of the client here which is worth most."""
        standing = (Standing.SECRET if one.is_proven else Standing.PUBLIC for one in self._associated())
        return max(standing, default=Standing.PUBLIC if self._was_told else Standing.NONE)

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`: the first transfer in blocks stands still for too long then."""
        deadlines = [one.deadline for one in self.transfers.values() if one.deadline is not None]
        return min(deadlines, default=None)

    def expire(self, now: LinkTime) -> None:
        """Give up transfers in blocks that stand still."""
        for one in self.transfers.values():
            if one.deadline is not None and now >= one.deadline:
                one.end()

    def answer(self, source: int, destination: int, apdu: bytes, now: LinkTime) -> Sequence[bytes]:
        """The APDUs that answer an APDU, in their order: none where none is due, several where they are blocks.

        Raises:
            BusyError: it must wait, nothing has happened yet.
            RemoteProtocolError: more pairs of addresses are in use than a connection may have, or a counter is used up.
        """
        association = self._by_pair.get((source, destination))
        if association is None:
            if self.is_told_by(source):
                self.progressed = self._tell(source, destination, apdu)
                return ()
            if destination == ALL_STATIONS:  # else every meter that hears it would answer
                self.progressed = False
                return ()
            association = self._new(source, destination)
        was = association.state
        was_associated = was is _ASSOCIATED
        answers: Sequence[bytes]
        try:
            if apdu[:1] == _GBT:
                answers = self._block_server(source, destination, association).answer(apdu, now)
            else:
                if self.transfers:
                    self._end_transfer(source, destination)
                answer = association.answer(apdu)
                if len(answer) > SMALLEST_PDU and len(answer) > association.room and _may_be_cut(answer, association):
                    answers = self._block_server(source, destination, association).answer_long(answer, now)
                else:
                    answers = (answer,) if answer else ()
        finally:  # one that could not be answered may have opened or ended an association
            if was_associated is not (association.state is _ASSOCIATED):
                self._look()
        self.progressed = was_associated or association.state is not was
        return answers

    def tell(self, source: int, destination: int, message: Unsolicited) -> Sequence[bytes]:
        """The APDUs that tell a client something unasked; none where it has no association for that, or no room now.

        Raises:
            RemoteProtocolError: the meter's counter is used up, or its key is gone.
            LocalProtocolError: the message cannot be written, or needs more blocks than can be numbered.
        """
        pair = source, destination
        association, transfer = self._by_pair.get(pair), self.transfers.get(pair)
        if association is None or (transfer is not None and transfer.is_under_way):
            return ()  # between the blocks of a transfer others have no place
        apdu = association.tell(message)
        if len(apdu) <= association.room:
            return (apdu,) if apdu else ()
        if Conformance.GENERAL_BLOCK_TRANSFER not in association.conformance:
            return ()
        is_held = transfer is not None and transfer.deadline is not None  # blocks that are asked for again may follow
        return () if is_held else unanswered_blocks(apdu, association.room)

    def is_told_by(self, source: int) -> bool:
        """Whether a client address is that of a pre-established association."""
        client = self._host.clients.get(source)
        return client is not None and client.pre_established is not None

    def _tell(self, source: int, destination: int, apdu: bytes) -> bool:
        """Take a message to all meters; whether it was one."""
        if destination not in _FOR_ALL:
            return False
        known = self._pre_established.get(source)
        if known is None:
            client = self._host.clients[source]
            known = PreEstablished(self._host, client, SERVER_SAP, self._events, self._guard)
            self._pre_established[source] = known
        is_genuine = known.take(apdu)
        self._was_told |= is_genuine
        self._look()
        return is_genuine

    def _look(self) -> None:
        """See whether a client has an association here, whenever that of one may have begun or ended."""
        self.associated = self._was_told or _ASSOCIATED in [one.state for one in self._by_pair.values()]

    def _associated(self) -> Iterator[Association]:
        return (one for one in self._by_pair.values() if one.state is _ASSOCIATED)

    def _block_server(self, source: int, destination: int, association: Association) -> BlockServer:
        found = self.transfers.get((source, destination))
        if found is None:
            found = BlockServer(self._host, association, source, self._events)
            self.transfers[source, destination] = found
        return found

    def _end_transfer(self, source: int, destination: int) -> None:
        transfer = self.transfers.pop((source, destination), None)
        if transfer is not None:
            transfer.end()

    def release(self, reason: str) -> None:
        """End all associations: the connection is gone."""
        for transfer in self.transfers.values():
            transfer.end()
        self.transfers.clear()
        for association in self._by_pair.values():
            association.release(reason)
        self.associated = self._was_told

    def release_pair(self, source: int, destination: int, reason: str) -> None:
        """End the association between two addresses, if there is one: the link between them is gone."""
        self._end_transfer(source, destination)
        association = self._by_pair.pop((source, destination), None)
        if association is not None:
            association.release(reason)
            self._look()

    def _new(self, source: int, destination: int) -> Association:
        if len(self._by_pair) >= MOST_ASSOCIATIONS:
            idle = [pair for pair, one in self._by_pair.items() if one.state is State.NON_ASSOCIATED]
            if not idle:
                raise RemoteProtocolError(f"more than {MOST_ASSOCIATIONS} associations in one connection")
            self._end_transfer(*idle[0])
            del self._by_pair[idle[0]]
        association = Association(self._host, source, destination, self._events, self._longest, self._guard)
        self._by_pair[source, destination] = association
        return association


def _may_be_cut(answer: bytes, association: Association) -> bool:
    return Conformance.GENERAL_BLOCK_TRANSFER in association.conformance and answer[0] not in _ACSE_ANSWERS
