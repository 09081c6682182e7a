"""One application association at the server: opened by AARQ, perhaps proved by a challenge, released (IEC 62056-53).

The association answers APDUs by itself and notes events. Whatever would change the meter while its state is being
stored raises `BusyError` before it has any effect; the caller hands in the same APDU again later.
"""

from dataclasses import dataclass
from enum import Enum, auto

from softmeter.cosem.access import ActionResult
from softmeter.cosem.sessions import AssociationStatus, Session
from softmeter.dlms.acse import (
    AARQ,
    AUTHENTICATION,
    RLRQ,
    Aare,
    Aarq,
    Context,
    Diagnostic,
    Mechanism,
    ReleaseReason,
    Result,
    Rlre,
    Rlrq,
    encode_acse,
)
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.decisions import DLMS_VERSION, Proposal, Refusal, answered_context, decide
from softmeter.dlms.host import (
    AssociationOpened,
    AssociationRefused,
    AssociationReleased,
    BadRequest,
    DecipherFailed,
    Event,
    Host,
    LoginFailed,
    Replayed,
)
from softmeter.dlms.messages import (
    ActionRequestNormal,
    ActionResponseNormal,
    ConfirmedServiceError,
    InitiateResponse,
    ServiceError,
    StateError,
)
from softmeter.dlms.protection import Family, Protector
from softmeter.dlms.services import Services, refusal
from softmeter.errors import DecodeError, LocalProtocolError, SecurityError
from softmeter.security.authentication import draw_challenge
from softmeter.security.ciphering import CounterError, Opened
from softmeter.wire.ber import decode_message
from softmeter.wire.types import octets

SERVER_SAP = 1
"""The address of the one logical device."""
MAX_PDU = 1024
"""server-max-receive-pdu-size: octets of an APDU, protection included."""
LONGEST_ANSWER = 0xFFFF
"""What a client takes who names no limit: what the wrapper can carry."""
_LN_VAA = 7
_GET, _EXCEPTION = 0xC0, 0xD8
_INITIATE_ERROR = 1, 6  # service initiate, kind initiate
_REPLY_TO_HLS = bytes.fromhex("000F0000280000FF01")


class State(Enum):
    """Where an association stands; the values are what its object shows."""

    NON_ASSOCIATED = AssociationStatus.NON_ASSOCIATED
    PENDING = AssociationStatus.PENDING
    ASSOCIATED = AssociationStatus.ASSOCIATED


class Step(Enum):
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


class BusyError(Exception):
    """The meter is being stored: nothing has happened yet, come again."""


@dataclass(slots=True)
class _Agreed:
    """What was negotiated; there from the AARE to the release."""

    session: Session
    services: Services
    mechanism: Mechanism
    protector: Protector | None
    room: int
    """Octets of an answer, protection included."""
    ours: bytes = b""
    """Our challenge, until it is answered."""
    theirs: bytes = b""


class Association:
    """The association between one client address and one server address of a connection."""

    def __init__(self, host: Host, client_sap: int, server_sap: int, events: list[Event]) -> None:
        self._host = host
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._events = events
        self.state = State.NON_ASSOCIATED
        self._agreed: _Agreed | None = None

    def answer(self, apdu: bytes) -> bytes:
        """The answer to an APDU; empty where none is due.

        Raises:
            BusyError: the meter is locked, and the request would change something.
        """
        tag = apdu[0] if apdu else 0
        if len(apdu) > MAX_PDU:
            self._events.append(BadRequest(self._client_sap, f"an APDU of {len(apdu)} octets"))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG)
        if tag == AARQ:
            return self._open(apdu)
        if tag == RLRQ:
            return self._answer_release(apdu)
        agreed = self._agreed
        if agreed is None:
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)
        self._host.sessions.current = agreed.session
        if agreed.protector is None:
            if tag != _GET:
                self._wait_if_locked()
            return agreed.services.serve(apdu, agreed.room)
        return self._answer_protected(agreed, agreed.protector, apdu)

    def release(self, reason: str) -> None:
        """End the association, if there is one."""
        if self.state is State.ASSOCIATED:
            self._events.append(AssociationReleased(self._client_sap, reason))
        if self._agreed is not None:
            self._move(self._agreed, Step.RELEASE)

    def _move(self, agreed: _Agreed, step: Step) -> None:
        following = TRANSITIONS.get((self.state, step))
        if following is None:
            raise LocalProtocolError(f"{step.name} in state {self.state.name}")
        if self.state is State.NON_ASSOCIATED:
            self._host.sessions.opened(agreed.session)
        self.state = following
        self._agreed = agreed
        agreed.session.status = AssociationStatus(following.value)
        if following is State.NON_ASSOCIATED:
            self._host.sessions.closed(agreed.session)
            self._agreed = None

    def _wait_if_locked(self) -> None:
        if self._host.locked:
            raise BusyError

    # -- requests

    def _answer_protected(self, agreed: _Agreed, protector: Protector, apdu: bytes) -> bytes:
        opened = self._unprotected(protector, apdu)
        if isinstance(opened, bytes):
            return opened
        family, (plain, _, counter) = opened
        if plain[:1] != b"\xc0":
            self._wait_if_locked()
        before = protector.last_accepted
        protector.accept(counter)
        if self.state is State.PENDING:
            answer = self._prove(agreed, protector, plain, before)
        else:
            answer = agreed.services.serve(plain, agreed.room - family.overhead)
        if not answer or answer[0] == _EXCEPTION:  # is never ciphered
            return answer
        return protector.seal(family, answer)

    def _unprotected(self, protector: Protector, apdu: bytes) -> tuple[Family, Opened] | bytes:
        """A request freed from its protection, or the answer that refuses it."""
        try:
            envelope = protector.envelope(apdu)
            if envelope is None:
                raise SecurityError("less protected than the policy demands")  # noqa: TRY301 - one place answers
            return envelope.family, protector.open(envelope)
        except CounterError as error:
            self._wait_if_locked()
            self._events.append(Replayed(self._client_sap, error.last))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, error.last)
        except SecurityError:
            self._wait_if_locked()
            self._events.append(DecipherFailed(self._client_sap))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR)
        except DecodeError as error:
            self._events.append(BadRequest(self._client_sap, str(error)))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)

    # -- opening, proving, releasing

    def _open(self, apdu: bytes) -> bytes:
        self._wait_if_locked()
        self.release("a new AARQ came")
        try:
            aarq = decode_message(Aarq, apdu)
        except DecodeError as error:
            return self._reject(None, Refusal(Diagnostic.PROVIDER_NO_REASON, f"AARQ: {error}"))
        client = self._host.clients.get(self._client_sap)
        if client is None or self._server_sap != SERVER_SAP:
            return self._reject(aarq, Refusal(Diagnostic.NO_REASON, "address"))
        proposal = Proposal(aarq, client, self._host)
        refused = decide(proposal)
        if proposal.counter and proposal.protector is not None:
            proposal.protector.accept(proposal.counter)
        if refused is not None:
            return self._reject(aarq, refused)
        return self._accept(proposal)

    def _reject(self, aarq: Aarq | None, refused: Refusal) -> bytes:
        sap = self._client_sap
        if refused.is_login and aarq is not None:
            self._events.append(LoginFailed(sap, Mechanism(aarq.mechanism or 0)))
        elif refused.is_undeciphered:
            self._events.append(DecipherFailed(sap))
        elif refused.replayed is not None:
            self._events.append(Replayed(sap, refused.replayed))
        else:
            self._events.append(AssociationRefused(sap, refused.reason))
        error = None if refused.error is None else ConfirmedServiceError(*_INITIATE_ERROR, refused.error)
        return encode_acse(
            Aare(
                context=answered_context(aarq),
                result=Result.REJECTED_PERMANENT,
                diagnostic=refused.diagnostic,
                user_information=None if error is None else encode_apdu(error),
            )
        )

    def _accept(self, proposal: Proposal) -> bytes:
        context, mechanism = proposal.way
        agreed = self._agree(proposal)
        hls = mechanism == Mechanism.HLS_GMAC
        if hls:
            agreed.theirs = proposal.aarq.authentication or b""
            agreed.ours = draw_challenge(self._host.entropy, different_from=(agreed.theirs,))
        else:
            self._events.append(AssociationOpened(self._client_sap, agreed.mechanism))
        self._move(agreed, Step.CHALLENGE if hls else Step.ACCEPT)
        return encode_acse(
            Aare(
                context=context,
                result=Result.ACCEPTED,
                diagnostic=Diagnostic.AUTHENTICATION_REQUIRED if hls else Diagnostic.NULL,
                responding_title=None if agreed.protector is None else self._host.system_title,
                requirements=AUTHENTICATION if hls else None,
                mechanism=mechanism if hls else None,
                authentication=agreed.ours if hls else None,
                user_information=_initiate_response(agreed, proposal.family),
            )
        )

    def _agree(self, proposal: Proposal) -> _Agreed:
        """The session and the services that were negotiated."""
        client, host, limit = proposal.client, self._host, proposal.max_pdu_size
        context, mechanism = proposal.way
        audience = client.ways[Context(context), Mechanism(mechanism)]
        session = Session(
            client_sap=client.sap,
            audience=audience,
            security_setup=client.security_setup,
            server_sap=self._server_sap,
            context_id=context,
            mechanism_id=mechanism,
            conformance=proposal.conformance.value,
            max_receive_pdu_size=MAX_PDU,
            max_send_pdu_size=limit,
        )
        services = Services(host, host.view(audience), proposal.conformance, client.sap, self._events)
        return _Agreed(session, services, Mechanism(mechanism), proposal.protector, limit or LONGEST_ANSWER)

    def _prove(self, agreed: _Agreed, protector: Protector, plain: bytes, before: int) -> bytes:
        """The third pass: the client's answer to our challenge; `before` is the counter accepted before this APDU.

        The answer's own counter may be that of the APDU around it: well-known clients use one counter for both.
        """
        if not plain.startswith(b"\xc3\x01") or plain[3:12] != _REPLY_TO_HLS:
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)
        try:
            request: ActionRequestNormal = decode_apdu(plain)
            counter = protector.verify(agreed.ours, octets.decode(request.parameter or b""))
            if counter <= before:
                raise CounterError(before)
        except (SecurityError, DecodeError):
            self._move(agreed, Step.FAIL)
            self._events.append(LoginFailed(self._client_sap, agreed.mechanism))
            return encode_apdu(ActionResponseNormal(plain[2], ActionResult.OTHER_REASON, None))
        if counter > protector.last_accepted:
            protector.accept(counter)
        self._move(agreed, Step.PROVE)
        self._events.append(AssociationOpened(self._client_sap, agreed.mechanism))
        proof = octets.encode(protector.prove(agreed.theirs))
        agreed.ours = agreed.theirs = b""
        return encode_apdu(ActionResponseNormal(plain[2], ActionResult.SUCCESS, proof))

    def _answer_release(self, apdu: bytes) -> bytes:
        self._wait_if_locked()
        try:
            rlrq = decode_message(Rlrq, apdu)
        except DecodeError as error:
            self._events.append(BadRequest(self._client_sap, f"RLRQ: {error}"))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)
        agreed, answer, family = self._agreed, None, None
        if agreed is not None and agreed.protector is not None:
            opened = self._unprotected(agreed.protector, rlrq.user_information or b"")
            if isinstance(opened, bytes):
                return opened
            family = opened[0]
            agreed.protector.accept(opened[1].counter)
        if agreed is not None and rlrq.user_information is not None:
            answer = _initiate_response(agreed, family)
        self.release("released by the client")
        return encode_acse(Rlre(reason=ReleaseReason.NORMAL, user_information=answer))


def _initiate_response(agreed: _Agreed, family: Family | None) -> bytes:
    """What was negotiated, protected in the family of the request."""
    plain = encode_apdu(InitiateResponse(None, DLMS_VERSION, Conformance(agreed.session.conformance), MAX_PDU, _LN_VAA))
    if agreed.protector is None or family is None:
        return plain
    return agreed.protector.seal(family, plain)
