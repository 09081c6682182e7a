"""Both ends of an IEC 62056-21 opening, as state machines; they end where HDLC begins.

What `to_send` gives leaves at the speed that was in force before; only then the line takes up `baud`.
"""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from softmeter.errors import DecodeError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.mode_e import (
    ACK,
    BREAK,
    SLOW,
    SPEEDS,
    START,
    Identification,
    Protocol,
    decode_identification,
    decode_request,
    decode_selection,
    encode_readout,
    encode_request,
    encode_selection,
    with_parity,
    without_parity,
)

REACTION_S = 0.2
"""How long a meter takes at least before it answers."""
SELECTION_S = 1.5
"""How long a meter waits for the reader's next message, and a reader for the meter's."""
LONGEST_LINE = 64


class State(Enum):
    """Where an opening stands, at either end."""

    IDLE = auto()
    ASKED = auto()  # a request has come; the identification follows
    IDENTIFIED = auto()
    SELECTED = auto()  # a protocol is selected; its confirmation or the data follow
    HDLC = auto()


Readout = Callable[[], Sequence[str]]


class _Lines:
    """Cuts characters into lines that begin as a message may; all else is passed over."""

    def __init__(self, starts: bytes) -> None:
        self._starts = starts
        self._pending = b""

    def take(self, characters: bytes) -> list[bytes]:
        lines = []
        for character in characters:
            if character in self._starts:
                self._pending = b""
            elif not self._pending or len(self._pending) >= LONGEST_LINE:
                self._pending = b""
                continue
            self._pending += bytes((character,))
            if character == 0x0A:
                lines.append(self._pending)
                self._pending = b""
        return lines

    def clear(self) -> None:
        self._pending = b""


class ModeEServer:
    """The meter's end. When `state` is HDLC, the line belongs to that, until `reset`."""

    def __init__(
        self,
        identification: Identification,
        readout: Readout,
        address: str = "",
        *,
        reaction_s: float = REACTION_S,
        idle_baud: int = SLOW,
    ) -> None:
        self.state = State.IDLE
        self.baud = self._idle_baud = idle_baud
        self.deadline: LinkTime | None = None
        self._identification = identification
        self._readout = readout
        self._address = address.lstrip("0")
        self._reaction_s = reaction_s
        self._lines = _Lines(b"/\x06")
        self._parity = False
        self._selected: tuple[Protocol, str] | None = None
        self._tail = b""  # of what arrived last, to find a break in
        self._out = b""

    def reset(self) -> None:
        """Wait for a request again, at the first speed."""
        self.state, self.baud, self.deadline = State.IDLE, self._idle_baud, None
        self._lines.clear()
        self._tail = b""

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Take what arrived; what is not understood has no effect."""
        characters = without_parity(data)
        self._tail += characters
        if BREAK in self._tail:
            self.reset()
            return
        self._tail = self._tail[-len(BREAK) + 1 :]
        if START | 0x80 in data or START in data:
            self._parity = START | 0x80 in data
        for line in self._lines.take(characters):
            self._take(line, now)

    def expire(self, now: LinkTime) -> None:
        """Answer when the reaction time has passed; give up a reader that does not go on."""
        if self.deadline is None or now < self.deadline:
            return
        if self.state is State.ASKED:
            self._say(self._identification.encode())
            self.state, self.deadline = State.IDENTIFIED, LinkTime(now + SELECTION_S)
        elif self.state is State.SELECTED and self._selected is not None:
            self._serve(*self._selected)
        else:
            self.reset()

    def to_send(self) -> bytes:
        octets, self._out = self._out, b""
        return octets

    def _take(self, line: bytes, now: LinkTime) -> None:
        try:
            if line[0] == START:
                if decode_request(line) in {"", self._address}:
                    self.reset()
                    self.state, self.deadline = State.ASKED, LinkTime(now + self._reaction_s)
            elif self.state is State.IDENTIFIED:
                self._select(line, now)
        except DecodeError:
            self.reset()

    def _select(self, line: bytes, now: LinkTime) -> None:
        protocol, speed = decode_selection(line)
        offered = SPEEDS[self._identification.speed]
        if protocol is Protocol.PROGRAMMING or SPEEDS[speed] > offered:
            self.reset()
            return
        self.state, self.baud = State.SELECTED, SPEEDS[speed]
        self._selected, self.deadline = (protocol, speed), LinkTime(now + self._reaction_s)

    def _serve(self, protocol: Protocol, speed: str) -> None:
        if protocol is Protocol.HDLC:
            self._say(encode_selection(protocol, speed))
            self.state, self.deadline = State.HDLC, None
        else:
            self._say(encode_readout(self._readout()))
            self.reset()

    def _say(self, characters: bytes) -> None:
        self._out += with_parity(characters) if self._parity else characters


class ModeEClient:
    """The reader's end: asks, takes the speed that both can, and waits for the meter's confirmation.

    When `state` is HDLC, the line belongs to that. A meter that confirms nothing is taken to have agreed.
    """

    def __init__(self, address: str = "", *, fastest: str = "6", parity: bool = False) -> None:
        self.state = State.IDLE
        self.baud = SLOW
        self.deadline: LinkTime | None = None
        self.identification: Identification | None = None
        self._address = address
        self._fastest = fastest
        self._parity = parity
        self._lines = _Lines(b"/" + ACK)
        self._out = b""

    def connect(self, now: LinkTime) -> None:
        """Ask the meter who it is."""
        self._say(encode_request(self._address))
        self.state, self.deadline = State.ASKED, LinkTime(now + SELECTION_S + self._slow_s(80))

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Take what arrived.

        Raises:
            RemoteProtocolError: the meter does not speak mode E.
        """
        for line in self._lines.take(without_parity(data)):
            if self.state is State.ASKED and not line.startswith((b"/?", ACK)):
                self._select(decode_identification(line), now)
            elif self.state is State.SELECTED and line.startswith(ACK):
                self.state, self.deadline = State.HDLC, None

    def expire(self, now: LinkTime) -> None:
        """Go on without a confirmation.

        Raises:
            RemoteProtocolError: the meter has not said who it is.
        """
        if self.deadline is None or now < self.deadline:
            return
        if self.state is State.SELECTED:
            self.state, self.deadline = State.HDLC, None
        else:
            self.state, self.deadline = State.IDLE, None
            raise RemoteProtocolError("no identification came: no meter here that opens with mode E")

    def to_send(self) -> bytes:
        octets, self._out = self._out, b""
        return octets

    def _select(self, identification: Identification, now: LinkTime) -> None:
        self.identification = identification
        if not identification.hdlc:
            raise RemoteProtocolError(f"{identification.manufacturer} {identification.text} does not offer HDLC")
        speed = min(identification.speed, self._fastest)
        self._say(encode_selection(Protocol.HDLC, speed))
        self.state, self.baud = State.SELECTED, SPEEDS[speed]
        self.deadline = LinkTime(now + SELECTION_S + self._slow_s(len(self._out)))

    def _slow_s(self, characters: int) -> float:
        """How long characters take at 300 baud, where there is a line that takes its time."""
        return characters * 10 / SLOW if self._parity else 0.0

    def _say(self, characters: bytes) -> None:
        self._out += with_parity(characters) if self._parity else characters
