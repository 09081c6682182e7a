"""The client of an HDLC line: opens it where needed, sets up links, and carries the APDUs of conversations.

Sans IO. One client address has the link at a time; asking as another one ends the link of the first.
"""

from collections import deque
from dataclasses import dataclass

from softmeter.dlms.conversation import Unanswered
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.hdlc import Address
from softmeter.wire.hdlc_parameters import Parameters
from softmeter.wire.hdlc_primary import Arrived, Patience, Primary, Silent, State, Unheard
from softmeter.wire.mode_e_link import ModeEClient
from softmeter.wire.mode_e_link import State as Opening


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What a client wants of a line: the address of the meter on it, what to propose, how patient to be."""

    server: Address
    proposal: Parameters
    patience: Patience
    inter_octet_s: float | None = None


class HdlcClient:
    """One line to a meter. `baud` is meant from the end of what `to_send` gives."""

    def __init__(self, settings: LineSettings, opening: ModeEClient | None = None, *, baud: int = 9600) -> None:
        self.arrived: deque[bytes] = deque()
        """The APDUs of the meter that nobody has taken yet."""
        self._settings = settings
        self._opening = opening
        self._baud = baud
        self._sap = 0
        self._primary: Primary | None = None
        self._wanted: deque[tuple[int, bytes]] = deque()
        self._silent = False

    @property
    def baud(self) -> int:
        return self._baud if self._opening is None else self._opening.baud

    @property
    def closed(self) -> bool:
        """Whether there is no link, and none is being set up."""
        return self._primary is None or self._primary.closed

    @property
    def silent(self) -> bool:
        """Whether the last request has no answer, and none is awaited any more."""
        return self._silent

    @property
    def settled(self) -> bool:
        """Whether all that was asked is on its way, and the meter has it."""
        return not self._wanted and self._primary is not None and self._primary.state is State.CONNECTED

    @property
    def deadline(self) -> LinkTime | None:
        if self._opening is not None and self._opening.deadline is not None:
            return self._opening.deadline
        return None if self._primary is None else self._primary.deadline

    def ask(self, apdu: bytes, sap: int, now: LinkTime) -> None:
        """Send a request as client `sap`, when the link is ready for it; empty: ask for what else there is."""
        self._silent = False
        self._wanted.append((sap, apdu))
        self._advance(now)

    def finish(self, now: LinkTime) -> None:
        """End the link, if there is one."""
        self._wanted.clear()
        if self._primary is not None and not self._primary.closed:
            self._primary.disconnect(now)

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Take what arrived; the APDUs in it are added to `arrived`.

        Raises:
            RemoteProtocolError: the meter refused or ended the link, or does not open as it should.
        """
        if self._opening is not None and self._opening.state is not Opening.HDLC:
            self._opening.receive(data, now)
        elif self._primary is not None:
            for event in self._primary.receive(data, now):
                if isinstance(event, Arrived):
                    self.arrived.append(event.apdu)
                    if self._wanted and not self._wanted[0][1]:
                        self._wanted.popleft()  # what else there is has come by itself
        self._advance(now)

    def expire(self, now: LinkTime) -> None:
        """Ask again, or give up.

        Raises:
            RemoteProtocolError: the meter did not open the line.
        """
        if self._opening is not None:
            self._opening.expire(now)
        if self._primary is not None:
            for event in self._primary.expire(now):
                if isinstance(event, Silent | Unheard):
                    self._silent = True
                    self._wanted.clear()
        self._advance(now)

    def to_send(self) -> bytes:
        opening = b"" if self._opening is None else self._opening.to_send()
        return opening + (b"" if self._primary is None else self._primary.to_send())

    def _advance(self, now: LinkTime) -> None:
        """Do the next thing that stands between us and what is wanted."""
        if not self._wanted:
            return
        if self._opening is not None and self._opening.state is not Opening.HDLC:
            if self._opening.state is Opening.IDLE:
                self._opening.connect(now)
            return
        sap, apdu = self._wanted[0]
        primary = self._primary
        if primary is None or primary.closed:
            self._connect(sap, now)
        elif primary.state is State.CONNECTED:
            if sap != self._sap:
                primary.disconnect(now)
            else:
                self._wanted.popleft()
                primary.send(apdu, now, answered=not isinstance(apdu, Unanswered))

    def _connect(self, sap: int, now: LinkTime) -> None:
        if not 0 < sap < 0x7F:
            raise RemoteProtocolError(f"{sap} is no address of a client on HDLC; they go from 1 to 126")
        settings = self._settings
        self._sap = sap
        self._primary = Primary(
            sap,
            settings.server,
            proposal=settings.proposal,
            patience=settings.patience,
            inter_octet_s=settings.inter_octet_s,
        )
        self._primary.connect(now)
