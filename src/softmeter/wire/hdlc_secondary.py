"""The server's end of one HDLC link: answers when it is asked, never by itself (IEC 62056-46, normal response mode).

Frames of one client come in with `receive`; the frames to answer with are in `replies`, without their addresses.
"""

from enum import Enum, auto
from typing import NamedTuple

from softmeter.errors import DecodeError, RemoteProtocolError
from softmeter.wire.hdlc import Frame, Kind, control_of
from softmeter.wire.hdlc_parameters import LARGEST, Parameters, agreed, decode_parameters, encode_parameters
from softmeter.wire.hdlc_transfer import Transfer


class State(Enum):
    """Normal disconnected mode, normal response mode, and waiting to be set up again after a frame was rejected."""

    DISCONNECTED = auto()
    CONNECTED = auto()
    REJECTING = auto()


class Step(Enum):
    """What moves a link."""

    SET_UP = auto()
    DISCONNECT = auto()
    REJECT = auto()


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.DISCONNECTED, Step.SET_UP): State.CONNECTED,
    (State.DISCONNECTED, Step.DISCONNECT): State.DISCONNECTED,
    (State.CONNECTED, Step.SET_UP): State.CONNECTED,
    (State.CONNECTED, Step.DISCONNECT): State.DISCONNECTED,
    (State.CONNECTED, Step.REJECT): State.REJECTING,
    (State.REJECTING, Step.SET_UP): State.CONNECTED,
    (State.REJECTING, Step.DISCONNECT): State.DISCONNECTED,
}
"""Every step there is."""


class Reply(NamedTuple):
    """A frame without its addresses."""

    control: int
    information: bytes = b""
    segmented: bool = False


class Fault(Enum):
    """Why a frame is rejected; the value is the third octet of an FRMR."""

    CONTROL = 0x01  # W
    INFORMATION = 0x03  # W and X: there may be none
    LENGTH = 0x04  # Y
    NUMBER = 0x08  # Z: an N(R) for what was not sent


class SetUp(NamedTuple):
    """The link is there, as new: nothing of the one before is left."""

    parameters: Parameters


class Ended(NamedTuple):
    """The link is gone."""


class Unit(NamedTuple):
    """LLC header and APDU, whole; `connectionless`: in a UI frame, to which no answer is due."""

    octets: bytes
    connectionless: bool = False


Outcome = SetUp | Ended | Unit

_RESPONSES = {Kind.UA, Kind.DM, Kind.FRMR}
"""Only servers send them: what looks like one is an echo of our own."""


class Secondary:
    """The link of one client. While `busy` is set, what arrives is not taken and the client told to wait."""

    def __init__(self, own: Parameters = LARGEST) -> None:
        self.state = State.DISCONNECTED
        self.busy = False
        self.replies: list[Reply] = []
        self._own = own
        self._transfer = Transfer(Parameters())
        self._permitted = False  # the client gave us the turn
        self._peer_ready = True
        self._rejection = b""

    @property
    def full(self) -> bool:
        """Whether so much waits that the client has to take some of it first."""
        return self._transfer.full

    def receive(self, frame: Frame) -> Outcome | None:
        """Take a frame; call `respond` when what comes of it is done."""
        kind = frame.kind
        if kind in _RESPONSES:
            return None
        if kind is Kind.UI:
            return Unit(frame.information, connectionless=True)
        self._permitted = self._permitted or frame.poll
        if kind is Kind.SNRM:
            return self._set_up(frame)
        if kind is Kind.DISC:
            return self._disconnect()
        if self.state is State.CONNECTED:
            return self._in_sequence(frame, kind)
        return None

    def queue(self, unit: bytes) -> None:
        """Have a unit sent, now or when the client asks for it."""
        self._transfer.queue(unit)

    def respond(self) -> None:
        """Answer if it is our turn; while `busy` this says only that we are."""
        if not self._permitted:
            return
        self._permitted = False
        if self.state is State.DISCONNECTED:
            self._reply(Kind.DM)
        elif self.state is State.REJECTING:
            self._reply(Kind.FRMR, self._rejection)
        else:
            self._continue()

    def _continue(self) -> None:
        transfer = self._transfer
        burst = transfer.burst() if self._peer_ready and not self.busy else []
        for number, segment in burst:
            last = number == transfer.next_number - 1 & 7
            control = control_of(Kind.I, poll=last, sent=number, received=transfer.expected)
            self.replies.append(Reply(control, *segment))
        if not burst:
            kind = Kind.RNR if self.busy else Kind.RR
            self.replies.append(Reply(control_of(kind, received=transfer.expected)))

    def _move(self, step: Step) -> None:
        self.state = TRANSITIONS[self.state, step]

    def _reply(self, kind: Kind, information: bytes = b"") -> None:
        self.replies.append(Reply(control_of(kind), information))

    def _set_up(self, frame: Frame) -> Outcome | None:
        try:
            proposed = decode_parameters(frame.information)
        except DecodeError:
            proposed = None
        if proposed is None or not proposed.usable:
            return self._end()
        self._move(Step.SET_UP)
        limits = agreed(self._own, proposed)
        self._transfer = Transfer(limits)
        self._peer_ready, self._permitted, self.busy = True, False, False
        self.replies.append(Reply(control_of(Kind.UA, poll=frame.poll), encode_parameters(limits)))
        return SetUp(limits)

    def _disconnect(self) -> Outcome | None:
        if self.state is not State.DISCONNECTED and self._permitted:
            self._permitted = False
            self._reply(Kind.UA)
        return self._end()

    def _end(self) -> Outcome | None:
        was, self.busy = self.state, False
        self._move(Step.DISCONNECT)
        return None if was is State.DISCONNECTED else Ended()

    def _in_sequence(self, frame: Frame, kind: Kind | None) -> Outcome | None:
        """A frame of the transfer: I, RR or RNR, or none that we know."""
        transfer = self._transfer
        fault = self._fault(frame, kind)
        if fault is None:
            transfer.acknowledge(frame.received)
            self._peer_ready = kind is not Kind.RNR
            if kind is not Kind.I or self.busy or transfer.full:
                return None
            try:
                unit = transfer.take(frame)
            except RemoteProtocolError:
                fault = Fault.LENGTH
            else:
                return None if unit is None else Unit(unit)
        numbers = transfer.next_number << 1 | transfer.expected << 5
        self._rejection = bytes((frame.control, numbers, fault.value))
        self._move(Step.REJECT)
        return None

    def _fault(self, frame: Frame, kind: Kind | None) -> Fault | None:
        if kind is None:
            return Fault.CONTROL
        if kind is not Kind.I and frame.information:
            return Fault.INFORMATION
        if len(frame.information) > self._transfer.limits.receive_octets:
            return Fault.LENGTH
        return None if self._transfer.acknowledges(frame.received) else Fault.NUMBER
