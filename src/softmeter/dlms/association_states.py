"""The states of an association at the server, and what leads from one to another (IEC 62056-53)."""

from enum import IntEnum, auto

from softmeter.cosem.sessions import AssociationStatus

State = AssociationStatus
"""Where an association stands, as its object shows it."""


class Step(IntEnum):
    """What moves an association."""

    ACCEPT = auto()
    CHALLENGE = auto()
    PROVE = auto()
    FAIL = auto()
    RELEASE = auto()


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.NON_ASSOCIATED, Step.ACCEPT): State.ASSOCIATED,
    (State.NON_ASSOCIATED, Step.CHALLENGE): State.PENDING,
    (State.PENDING, Step.PROVE): State.ASSOCIATED,
    (State.PENDING, Step.FAIL): State.NON_ASSOCIATED,
    (State.PENDING, Step.RELEASE): State.NON_ASSOCIATED,
    (State.ASSOCIATED, Step.RELEASE): State.NON_ASSOCIATED,
}
"""Every step there is; IEC 62056-53, states of the server's control function."""
