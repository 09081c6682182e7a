"""The server of an optical port: IEC 62056-21 mode E or HDLC at once, told apart by the first octet.

On a line whose speed is only imagined, as over TCP, `baud` is what it would be.
"""

import re
from dataclasses import dataclass

from softmeter.dlms.associations import Standing
from softmeter.dlms.hdlc_server import HdlcServer, LinkEnded, LinkSetUp
from softmeter.dlms.host import Event
from softmeter.instant import LinkTime
from softmeter.wire.hdlc import FLAG
from softmeter.wire.mode_e import START
from softmeter.wire.mode_e_link import ModeEServer, State

_TELLING = re.compile(rb"[\x7e\x2f\xaf\x01\x81]")
"""The first octets of HDLC, of a request, of a farewell; with and without parity."""


@dataclass(frozen=True, slots=True)
class SpeedChanged:
    """The line took up another speed."""

    baud: int


Report = Event | LinkSetUp | LinkEnded | SpeedChanged


class OpticalServer:
    """One optical port: an opening before an HDLC line, or that line alone."""

    def __init__(
        self, opening: ModeEServer, line: HdlcServer, *, patience_s: float = 120.0, mode_e: bool = True
    ) -> None:
        """`patience_s`: how long after the opening a link may take; `mode_e`: whether there may be an opening."""
        self._mode_e = mode_e
        self._opening = opening
        self._line = line
        self._patience_s = patience_s
        self._by_hdlc = True
        self._had_link = False
        self._gives_up: LinkTime | None = None
        self._baud = opening.baud
        self._out: list[bytes] = []

    @property
    def baud(self) -> int:
        """The speed from the end of what `to_send` gives."""
        return self._opening.baud

    @property
    def closed(self) -> bool:
        return self._line.closed

    @property
    def waiting(self) -> bool:
        return self._line.waiting

    @property
    def associated(self) -> bool:
        return self._line.associated

    @property
    def standing(self) -> Standing:
        return self._line.standing

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        deadlines = (self._line.deadline, self._opening.deadline, self._gives_up)
        return min((one for one in deadlines if one is not None), default=None)

    def receive(self, data: bytes, now: LinkTime) -> list[Report]:
        """Take what arrived; `b""` means the stream ended. Never raises."""
        if self._is_for_hdlc(data):
            events: list[Report] = [*self._line.receive(data, now)]
        else:
            self._opening.receive(data, now)
            events = []
        return self._settle(events, now)

    def resume(self, now: LinkTime) -> list[Report]:
        """Go on with what waited while the host was locked."""
        return self._settle([*self._line.resume(now)], now)

    def expire(self, now: LinkTime) -> list[Report]:
        """Let both do what is due."""
        self._opening.expire(now)
        if self._gives_up is not None and now >= self._gives_up:
            self._opening.reset()
        return self._settle([*self._line.expire(now)], now)

    def to_send(self) -> bytes:
        """The octets made since the last call."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def _is_for_hdlc(self, data: bytes) -> bool:
        if not data or self._line.in_frame or not self._mode_e:
            return True
        if self._by_hdlc and self._line.has_link and data[0] & 0x7F != START:
            return True  # between frames only a request means anything else, not what may follow one
        found = _TELLING.search(data)
        if found:
            self._by_hdlc = found[0][0] == FLAG
        return self._by_hdlc

    def _settle(self, events: list[Report], now: LinkTime) -> list[Report]:
        """Take the answers, and see whether the line changes hands."""
        self._out += (self._opening.to_send(), self._line.to_send())
        has_link = self._line.has_link
        if self._had_link and not has_link and self._opening.state is State.HDLC:
            self._opening.reset()
        self._had_link = has_link
        if has_link or self._opening.state is not State.HDLC:
            self._gives_up = None
        elif self._gives_up is None:
            self._gives_up = LinkTime(now + self._patience_s)
        if self._opening.state is State.HDLC:
            self._by_hdlc = True
        if self._opening.baud != self._baud:
            self._baud = self._opening.baud
            events.append(SpeedChanged(self._baud))
        return events
