"""A meter on its guard: failed log-ins and forged requests become events; who guesses is locked out (manual 5.3.2).

Through the optical port it is read at any time, and changed only while its sealed button lets it (manual 11.1).
"""

from collections.abc import Callable

from softmeter.device.events import Event
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.host import AssociationOpened, DecipherFailed, LoginFailed, Replayed
from softmeter.dlms.host import Event as Reported
from softmeter.dlms.lockout import Lockouts
from softmeter.instant import LinkTime
from softmeter.meter.clients import BROADCAST
from softmeter.meter.meter import Meter

QUIET_S = 60.0
"""An event of one kind is logged at most once in this time: who attacks must not wash out the log."""


class Vigilance:
    """Watches over the connections of one port."""

    def __init__(self, meter: Meter, monotonic: Callable[[], float], *, local: bool = False) -> None:
        """`local`: it is the optical port, which messages to all meters do not come by."""
        self._meter = meter
        self._monotonic = monotonic
        self._local = local
        self._lockouts = Lockouts()
        self._logged: dict[Event, float] = {}

    def over(self, peer: str) -> "Watch":
        """The guard of a connection from the address `peer`."""
        return Watch(self, peer)

    def admits(self, peer: str, sap: int) -> bool:
        """Whether somebody at `peer` may try to open an association as that client."""
        if self._local and sap == BROADCAST:
            return False
        return self._lockouts.admits(peer, sap, LinkTime(self._monotonic()))

    def lets_change(self) -> bool:
        """Whether clients may set attributes and call methods: at the optical port after the sealed button only."""
        device = self._meter.device
        return not self._local or device.behaviours.display.may_program(device.now)

    def heard(self, peer: str, event: Reported) -> None:
        """What happened on a connection from `peer`."""
        match event:
            case AssociationOpened(sap, mechanism):
                if mechanism is not Mechanism.LOWEST:
                    self._lockouts.succeeded(peer, sap)
            case LoginFailed(sap, _):
                if self._lockouts.failed(peer, sap, LinkTime(self._monotonic())):
                    self._log(Event.LOGIN_FAILED)
            case DecipherFailed(sap):  # nobody is kept from telling all meters something by who forges his address
                self._log(Event.DECRYPTION_FAILED)
                if sap != BROADCAST and self._lockouts.failed(peer, sap, LinkTime(self._monotonic())):
                    self._log(Event.LOGIN_FAILED)
            case Replayed():
                self._log(Event.REPLAY)
            case _:
                pass

    def _log(self, event: Event) -> None:
        now = self._monotonic()
        last = self._logged.get(event)
        if last is None or now - last >= QUIET_S:
            self._logged[event] = now
            self._meter.report(event)


class Watch:
    """`Guard` of one connection."""

    __slots__ = ("_peer", "_vigilance")

    def __init__(self, vigilance: Vigilance, peer: str) -> None:
        self._vigilance = vigilance
        self._peer = peer

    def admits(self, sap: int) -> bool:
        return self._vigilance.admits(self._peer, sap)

    def lets_change(self) -> bool:
        return self._vigilance.lets_change()

    def heard(self, event: Reported) -> None:
        self._vigilance.heard(self._peer, event)
