"""The server of one HDLC line: frames in, answers out; a link and an association for each client (IEC 62056-46).

Sans IO, as the server behind the wrapper. Frames that are damaged, not for us, or for everybody are never answered.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from softmeter.dlms.association import SERVER_SAP, BusyError
from softmeter.dlms.associations import MOST_ASSOCIATIONS, Associations, Standing
from softmeter.dlms.host import BadRequest, Event, Guard, Host, TimedOut
from softmeter.dlms.pre_established import MOST_WAITING
from softmeter.dlms.unsolicited import Unsolicited
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.hdlc import LLC_COMMAND, LLC_RESPONSE, Address, Frame, FrameReader, Kind, control_of, encode_frame
from softmeter.wire.hdlc_parameters import LARGEST, Parameters
from softmeter.wire.hdlc_secondary import Ended, Outcome, Secondary, SetUp, Unit

DEVICE_ADDRESS = 17
"""The lower address of a meter as it leaves the factory."""
_ALL_STATIONS = {1: 0x7F, 2: 0x7F, 4: 0x3FFF}


@dataclass(frozen=True, slots=True)
class Station:
    """What a line looks like from the meter.

    `address`: the physical device, where the client names it; `forms`: how many octets an address may have; `largest`:
    the most that is agreed to; `inter_octet_s`: the longest pause inside a frame, None where the line has no pauses of
    its own; `inactivity_s`: the longest silence of a client, 0 for ever.
    """

    address: int = DEVICE_ADDRESS
    forms: frozenset[int] = frozenset({1, 2, 4})
    largest: Parameters = LARGEST
    inter_octet_s: float | None = None
    inactivity_s: float = 120.0


@dataclass(frozen=True, slots=True)
class LinkSetUp:
    """A client has set up its link."""

    sap: int
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """A client has ended its link."""

    sap: int


class _Line:
    """A client's link, where its answers go, and when it was heard."""

    __slots__ = ("answer_from", "heard", "link")

    def __init__(self, link: Secondary) -> None:
        self.link = link
        self.answer_from = Address(0)
        self.heard = LinkTime(0.0)


class _Waiting(NamedTuple):
    sap: int
    apdu: bytes
    connectionless: bool


class HdlcServer:
    """One line to the meter, with any number of clients."""

    def __init__(self, host: Host, station: Station | None = None, guard: Guard | None = None) -> None:
        self._station = station or Station()
        self._reader = FrameReader(self._station.inter_octet_s)
        self._lines: dict[int, _Line] = {}
        self._waiting: deque[_Waiting] = deque()
        self._out: list[bytes] = []
        self._events: list[Event | LinkSetUp | LinkEnded] = []
        self._reports: list[Event] = []
        self._associations = Associations(host, self._reports, guard=guard)
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the stream has ended."""
        return self._closed

    @property
    def waiting(self) -> bool:
        """Whether a request waits until the meter is no longer locked; `resume` takes it up."""
        return bool(self._waiting)

    @property
    def associated(self) -> bool:
        """Whether a client has an association here."""
        return self._associations.associated

    @property
    def standing(self) -> Standing:
        """How much this connection is worth when there is no room for all."""
        return self._associations.standing

    @property
    def has_link(self) -> bool:
        """Whether a client has a link here."""
        return bool(self._lines)

    @property
    def in_frame(self) -> bool:
        """Whether a frame has begun and is not complete."""
        return self._reader.pending > 0

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        deadlines = [self._associations.deadline, self._silence]
        return min((one for one in deadlines if one is not None), default=None)

    @property
    def _silence(self) -> LinkTime | None:
        """When the client that was heard least recently has been silent for too long."""
        if not self._lines or not self._station.inactivity_s:
            return None
        return LinkTime(min(line.heard for line in self._lines.values()) + self._station.inactivity_s)

    def receive(self, data: bytes, now: LinkTime) -> list[Event | LinkSetUp | LinkEnded]:
        """Take what arrived; `b""` means the stream ended. Never raises."""
        if data:
            self._reader.receive(data, now)
            while (frame := self._reader.take()) is not None:
                self._take(frame, now)
        else:
            self._associations.release("the connection was closed")
            self._lines.clear()
            self._waiting.clear()
            self._closed = True
        return self._reported()

    def resume(self, now: LinkTime) -> list[Event | LinkSetUp | LinkEnded]:
        """Go on with what waited while the host was locked."""
        waiting, self._waiting = self._waiting, deque()
        for one in waiting:
            line = self._lines.get(one.sap)
            if line is not None:
                line.link.busy = line.link.busy and one.connectionless
            if line is not None or self._associations.is_told_by(one.sap):
                self._serve(one, now)
            if line is not None and not line.link.busy:
                self._respond(one.sap, line)
        return self._reported()

    def tell(self, sap: int, message: Unsolicited) -> bool:
        """Say something to an associated client that it did not ask for; whether it is told, when it asks next.

        Raises:
            RemoteProtocolError: the meter's counter is used up, or its key is gone.
            LocalProtocolError: the message cannot be written, or needs more blocks than can be numbered.
        """
        line = self._lines.get(sap)
        if line is None or line.link.full:
            return False
        apdus = self._associations.tell(sap, SERVER_SAP, message)
        for apdu in apdus:
            line.link.queue(LLC_RESPONSE + apdu)
        return bool(apdus)

    def to_send(self) -> bytes:
        """The frames made since the last call; they may leave when the host has nothing that must be stored."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def expire(self, now: LinkTime) -> list[Event | LinkSetUp | LinkEnded]:
        """Drop the links that have been silent for too long, without a word."""
        self._associations.expire(now)
        for sap, line in tuple(self._lines.items()):
            if self._station.inactivity_s and now >= line.heard + self._station.inactivity_s:
                self._reports.append(TimedOut(f"client {sap}"))
                self._drop(sap, "the link was silent")
        return self._reported()

    # -- frames

    def _take(self, frame: Frame, now: LinkTime) -> None:
        sap = frame.source.upper
        if frame.source.octets != 1 or not 0 < sap < _ALL_STATIONS[1] or frame.destination.octets not in _ALL_STATIONS:
            return
        line = self._lines.get(sap)
        if self._associations.is_told_by(sap):  # it has no link
            if frame.kind is Kind.UI and (self._is_for_all(frame.destination) or self._is_for_us(frame.destination)):
                self._take_unit(sap, Unit(frame.information, connectionless=True), now)
        elif self._is_for_all(frame.destination):
            if frame.kind is Kind.UI and line is not None:
                self._take_unit(sap, Unit(frame.information, connectionless=True), now)
        elif self._is_for_us(frame.destination):
            if line is None:
                line = _Line(Secondary(self._station.largest))
                if len(self._lines) >= MOST_ASSOCIATIONS and frame.kind is Kind.SNRM:
                    frame = frame._replace(control=control_of(Kind.DISC, poll=frame.poll))  # no room: it gets a DM
            line.heard, line.answer_from = now, frame.destination
            was_busy = line.link.busy
            self._act(sap, line, line.link.receive(frame), now)
            if was_busy or not line.link.busy:  # who has just begun to wait keeps the turn, and answers when it is over
                self._respond(sap, line)

    def _is_for_all(self, address: Address) -> bool:
        everybody = _ALL_STATIONS[address.octets]
        upper, lower, octets = address
        return everybody in ((upper,) if octets == 1 else (upper, lower))

    def _is_for_us(self, address: Address) -> bool:
        upper, lower, octets = address
        station = self._station
        return octets in station.forms and upper == SERVER_SAP and (octets == 1 or lower == station.address)

    def _act(self, sap: int, line: _Line, outcome: Outcome | None, now: LinkTime) -> None:
        match outcome:
            case SetUp(parameters):
                self._drop(sap, "the link was set up anew")
                self._lines[sap] = line
                self._events.append(LinkSetUp(sap, parameters))
            case Ended():
                self._drop(sap, "the link was ended")
                self._events.append(LinkEnded(sap))
            case Unit() if sap in self._lines:
                self._take_unit(sap, outcome, now)
            case _:
                pass

    def _drop(self, sap: int, reason: str) -> None:
        self._lines.pop(sap, None)
        self._waiting = deque(one for one in self._waiting if one.sap != sap)
        self._associations.release_pair(sap, SERVER_SAP, reason)

    def _respond(self, sap: int, line: _Line) -> None:
        link = line.link
        link.respond()
        for reply in link.replies:
            self._out.append(encode_frame(Frame(Address(sap), line.answer_from, *reply)))
        link.replies.clear()

    # -- what they carry

    def _take_unit(self, sap: int, unit: Unit, now: LinkTime) -> None:
        if unit.octets.startswith(LLC_COMMAND):
            self._serve(_Waiting(sap, unit.octets[len(LLC_COMMAND) :], unit.connectionless), now)

    def _serve(self, request: _Waiting, now: LinkTime) -> None:
        line = self._lines.get(request.sap)
        try:
            answers = self._associations.answer(request.sap, SERVER_SAP, request.apdu, now)
        except BusyError:
            if not request.connectionless or len(self._waiting) < MOST_WAITING:
                self._waiting.append(request)
            if line is not None:
                line.link.busy = line.link.busy or not request.connectionless
        except RemoteProtocolError as error:
            self._reports.append(BadRequest(request.sap, str(error)))
        else:
            if line is not None and not request.connectionless:
                for answer in answers:
                    line.link.queue(LLC_RESPONSE + answer)

    def _reported(self) -> list[Event | LinkSetUp | LinkEnded]:
        events = [*self._events, *self._reports]
        self._events.clear()
        self._reports.clear()
        return events
