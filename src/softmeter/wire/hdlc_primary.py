"""The client's end of an HDLC link: asks, waits, and asks again (IEC 62056-46, 6.4; normal response mode).

What does not move things on is ignored; whatever got lost is made good when the peer has been silent for a while.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from softmeter.errors import LocalProtocolError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.hdlc import (
    LLC_COMMAND,
    LLC_RESPONSE,
    Address,
    Frame,
    FrameReader,
    Kind,
    control_of,
    encode_frame,
)
from softmeter.wire.hdlc_parameters import LARGEST, Parameters, agreed, decode_parameters, encode_parameters
from softmeter.wire.hdlc_transfer import Transfer


class State(Enum):
    """What the client waits for: nothing, a UA, an answer to frames or to a poll, the time for the next poll."""

    DISCONNECTED = auto()
    CONNECTING = auto()
    CONNECTED = auto()
    SENDING = auto()
    POLLING = auto()
    PAUSING = auto()
    DISCONNECTING = auto()


ACTIVE = {State.SENDING, State.POLLING, State.PAUSING}
"""States in which an answer is awaited."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How patient a client is.

    It waits `answer_s` for any sign of the meter and tries so many times; a meter that gives signs but no answer is
    left alone for `pause_s` and asked again, for `wait_s` in all.
    """

    answer_s: float = 3.0
    tries: int = 4
    pause_s: float = 0.1
    wait_s: float = 30.0


class Connected(NamedTuple):
    """The link is there; what was agreed."""

    parameters: Parameters


class Arrived(NamedTuple):
    """An APDU of the meter; `connectionless`: it came by itself, in a UI frame."""

    apdu: bytes
    connectionless: bool = False


class Disconnected(NamedTuple):
    """The link was ended as we wanted."""


class Silent(NamedTuple):
    """The meter gave no sign in all tries; the link is given up."""


class Unheard(NamedTuple):
    """The meter gave signs, but no answer in time; the link is still there."""


Event = Connected | Arrived | Disconnected | Silent | Unheard


class Primary:
    """The link from one client address to one server address."""

    def __init__(
        self,
        client_sap: int,
        server: Address,
        *,
        proposal: Parameters = LARGEST,
        patience: Patience | None = None,
        inter_octet_s: float | None = None,
    ) -> None:
        self.state = State.DISCONNECTED
        self.deadline: LinkTime | None = None
        self._own, self._server = Address(client_sap), server
        self._proposal = proposal
        self._patience = patience or Patience()
        self._reader = FrameReader(inter_octet_s)
        self._transfer = Transfer(Parameters())
        self._tries = 0
        self._expects_answer = True
        self._moved = LinkTime(0.0)  # when a transfer made progress last
        self._out: list[bytes] = []

    # -- what the client wants

    def connect(self, now: LinkTime) -> None:
        """Set the link up, as new."""
        self._begin(State.CONNECTING, now)

    def send(self, apdu: bytes, now: LinkTime, *, answered: bool = True) -> None:
        """Send a request; an empty one: ask for what else the meter has to say. `answered`: an answer is due.

        Raises:
            LocalProtocolError: there is no link, or the answer to the last request is still awaited.
        """
        if self.state is not State.CONNECTED:
            raise LocalProtocolError(f"a request while {self.state.name.lower()}")
        if apdu:
            self._transfer.queue(LLC_COMMAND + apdu)
        self._moved, self._expects_answer = now, answered
        self._begin(State.SENDING if apdu else State.POLLING, now)

    def disconnect(self, now: LinkTime) -> None:
        """End the link."""
        self._begin(State.DISCONNECTING, now)

    # -- as every layer

    @property
    def closed(self) -> bool:
        return self.state is State.DISCONNECTED

    def to_send(self) -> bytes:
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def receive(self, data: bytes, now: LinkTime) -> list[Event]:
        """Take what arrived; `b""` means the peer has gone.

        Raises:
            RemoteProtocolError: the meter ended or refused the link.
        """
        if not data:
            self._end()
            return []
        self._reader.receive(data, now)
        events: list[Event] = []
        while (frame := self._reader.take()) is not None:
            if frame.destination == self._own and frame.source == self._server:
                events += self._take(frame, now)
        return events

    def expire(self, now: LinkTime) -> list[Event]:
        """Ask again, or give up, if the deadline has passed."""
        if self.deadline is None or now < self.deadline:
            return []
        if self.state is State.PAUSING:
            if now - self._moved > self._patience.wait_s:
                self._rest()
                return [Unheard()]
            self._begin(State.POLLING, now)
            return []
        if self._tries >= self._patience.tries:
            was = self.state
            self._end()
            return [Disconnected() if was is State.DISCONNECTING else Silent()]
        self._again(now)
        return []

    # -- sending

    def _begin(self, state: State, now: LinkTime) -> None:
        self.state, self._tries = state, 0
        self._again(now)

    def _again(self, now: LinkTime) -> None:
        self._tries += 1
        self.deadline = LinkTime(now + self._patience.answer_s)
        match self.state:
            case State.CONNECTING:
                self._put(control_of(Kind.SNRM), encode_parameters(self._proposal))
            case State.DISCONNECTING:
                self._put(control_of(Kind.DISC))
            case State.SENDING if not self._transfer.idle:
                self._send_burst()
            case _:
                self._put(control_of(Kind.RR, received=self._transfer.expected))

    def _send_burst(self) -> None:
        transfer = self._transfer
        for number, segment in transfer.burst():
            last = number == transfer.next_number - 1 & 7
            control = control_of(Kind.I, poll=last, sent=number, received=transfer.expected)
            self._put(control, segment.information, segmented=segment.segmented)

    def _put(self, control: int, information: bytes = b"", *, segmented: bool = False) -> None:
        self._out.append(encode_frame(Frame(self._server, self._own, control, information, segmented)))

    def _pause(self, now: LinkTime) -> None:
        self.state, self.deadline = State.PAUSING, LinkTime(now + self._patience.pause_s)

    def _rest(self) -> None:
        self.state, self.deadline = State.CONNECTED, None

    def _end(self) -> None:
        self.state, self.deadline = State.DISCONNECTED, None
        self._reader.clear()

    # -- receiving

    def _take(self, frame: Frame, now: LinkTime) -> list[Event]:
        kind = frame.kind
        if kind is Kind.UI:
            apdu = _apdu(frame.information)
            return [] if apdu is None else [Arrived(apdu, connectionless=True)]
        if self.state is State.CONNECTING:
            return self._answered(frame, kind)
        if self.state is State.DISCONNECTING:
            if kind in {Kind.UA, Kind.DM}:
                self._end()
                return [Disconnected()]
            return []
        if self.state is State.DISCONNECTED:
            return []
        if kind in {Kind.DM, Kind.FRMR}:
            self._end()
            reason = (
                "has no link with us any more" if kind is Kind.DM else f"rejects a frame: {frame.information.hex()}"
            )
            raise RemoteProtocolError(f"the meter {reason}")
        if kind in {Kind.I, Kind.RR, Kind.RNR} and self._transfer.acknowledges(frame.received):
            return self._in_sequence(frame, kind, now)
        return []

    def _answered(self, frame: Frame, kind: Kind | None) -> list[Event]:
        """An answer to our SNRM."""
        if kind is Kind.DM:
            self._end()
            raise RemoteProtocolError("the meter refuses the link")
        if kind is not Kind.UA:
            return []
        answer = decode_parameters(frame.information)
        if not answer.usable:
            self._end()
            raise RemoteProtocolError(f"the meter wants a link with {answer}")
        parameters = agreed(self._proposal, answer)
        self._transfer = Transfer(parameters)
        self._rest()
        return [Connected(parameters)]

    def _in_sequence(self, frame: Frame, kind: Kind | None, now: LinkTime) -> list[Event]:
        transfer = self._transfer
        progress = transfer.acknowledge(frame.received)
        if progress:
            self._moved = now
        if kind is Kind.I:
            return self._take_information(frame, now)
        if not frame.poll or self.state not in ACTIVE:
            return []
        if kind is Kind.RNR:
            transfer.rewind()
            self._pause(now)
        elif not transfer.idle:
            if progress or not transfer.outstanding:
                self._begin(State.SENDING, now)
        elif not self._expects_answer:
            self._rest()
        elif self.state is not State.PAUSING:
            self._pause(now)
        return []

    def _take_information(self, frame: Frame, now: LinkTime) -> list[Event]:
        transfer = self._transfer
        if frame.sent != transfer.expected or self._is_echo(frame):
            return []
        unit = transfer.take(frame)
        self._moved = now
        if frame.poll and self.state in ACTIVE:
            if unit is None:
                self._begin(State.POLLING, now)
            elif transfer.idle:
                self._rest()
        elif self.deadline is not None:
            self._tries, self.deadline = 0, LinkTime(now + self._patience.answer_s)
        if unit is None:
            return []
        apdu = _apdu(unit)
        if apdu is None:
            self._end()
            raise RemoteProtocolError(f"no LLC header of a meter: {unit[:3].hex()}")
        return [Arrived(apdu)]

    def _is_echo(self, frame: Frame) -> bool:
        """Whether an optical head gave our own frame back; seen only where both addresses are the same number."""
        return frame.information.startswith(LLC_COMMAND) and self._own == self._server


def _apdu(unit: bytes) -> bytes | None:
    """The APDU behind an LLC header of the server."""
    return unit[len(LLC_RESPONSE) :] if unit.startswith(LLC_RESPONSE) else None
