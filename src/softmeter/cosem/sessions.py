"""The open associations of a meter, as its association objects present them (IEC 62056-62, class 15)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from softmeter.obis import Obis
from softmeter.security.ciphering import Protection
from softmeter.security.policies import Policy


class AssociationStatus(IntEnum):
    """Attribute 8 of an association object."""

    NON_ASSOCIATED = 0
    PENDING = 1
    ASSOCIATED = 2


@dataclass(slots=True)
class Session:
    """One association of one connection, with what was negotiated."""

    client_sap: int
    audience: Enum
    security_setup: Obis
    """The object that holds the client's keys; all zero when it has none."""
    server_sap: int
    context_id: int
    mechanism_id: int
    conformance: int
    """24 bits, bit 0 of the standard the most significant."""
    max_receive_pdu_size: int
    """What the meter takes, octets."""
    max_send_pdu_size: int
    """What the client takes, octets; 0 is no limit."""
    status: AssociationStatus = AssociationStatus.NON_ASSOCIATED
    client_title: bytes = b""
    """The client's system title; empty where it gave none."""
    protection: Protection = Protection.NONE
    """Of the request being served."""
    users: Mapping[int, str] = field(default_factory=dict)
    """The users of the client address by their number; empty where everybody is welcome."""
    user_id: int = 0
    """Which of them this is; 0 if the client named none."""
    demanded: Policy = Policy.NOTHING
    """What the attributes and methods touched by it demand of the answer."""


class Sessions:
    """Which clients are associated, and the session whose request is being served."""

    __slots__ = ("_open", "current", "transfer")

    def __init__(self) -> None:
        self.current: Session | None = None
        self.transfer: object | None = None
        """Whose general block transfer the meter serves; it serves one at a time."""
        self._open: dict[int, list[Session]] = {}

    def opened(self, session: Session) -> None:
        self._open.setdefault(session.client_sap, []).append(session)

    def closed(self, session: Session) -> None:
        """Forget a session; one that was never opened is no fault."""
        sessions = self._open.get(session.client_sap, [])
        self._open[session.client_sap] = [one for one in sessions if one is not session]
        if self.current is session:
            self.current = None

    def of(self, client_sap: int) -> Session | None:
        """The client's session: the one being served if it is his, else his last one that is open."""
        if self.current is not None and self.current.client_sap == client_sap:
            return self.current
        sessions = self._open.get(client_sap)
        return sessions[-1] if sessions else None
