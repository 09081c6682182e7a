"""One application association at the server: opened by AARQ, perhaps proved by a challenge, released (IEC 62056-53).

The association answers APDUs by itself and notes events. Whatever would change the meter while its state is being
stored raises `BusyError` before it has any effect; the caller hands in the same APDU again later.
"""

from functools import cache, lru_cache

from softmeter.cosem.access import ActionResult
from softmeter.cosem.sessions import Session
from softmeter.dlms.acse import (
    AARQ,
    RLRQ,
    Aare,
    Aarq,
    Diagnostic,
    Mechanism,
    Result,
    Rlrq,
    encode_accepting,
    encode_acse,
    encode_released,
)
from softmeter.dlms.agreed import Agreed
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.association_states import TRANSITIONS, State, Step
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.decisions import LOCKED_OUT, Proposal, Refusal, answered_context, decide
from softmeter.dlms.dialect import STANDARD, Dialect
from softmeter.dlms.host import (
    AssociationOpened,
    AssociationRefused,
    AssociationReleased,
    BadRequest,
    DecipherFailed,
    Event,
    Guard,
    Host,
    LoginFailed,
    Replayed,
)
from softmeter.dlms.layers import Layers
from softmeter.dlms.messages import (
    ActionResponseNormal,
    ConfirmedServiceError,
    ServiceError,
    StateError,
)
from softmeter.dlms.proofs import PROVING, TITLED, Prover
from softmeter.dlms.protection import Protector
from softmeter.dlms.services import Services, refusal
from softmeter.dlms.unsolicited import Unsolicited, service_of
from softmeter.errors import DecodeError, LocalProtocolError, SecurityError
from softmeter.security.authentication import draw_challenge
from softmeter.security.ciphering import CounterError
from softmeter.security.policies import Policy
from softmeter.wire.ber import decode_message
from softmeter.wire.types import octets

SERVER_SAP = 1
"""The address of the one logical device."""
MAX_PDU = 2048
"""server-max-receive-pdu-size: octets of an APDU, protection included. One ACCESS request for all units fits in one."""
LONGEST_ANSWER = 0xFFFF
"""What a client takes who names no limit: what the wrapper can carry."""
_WITHOUT_LIMIT = 1 << 30
_GET, _EXCEPTION = 0xC0, 0xD8
_INITIATE = b"\x01"
_INITIATE_ERROR = 1, 6  # service initiate, kind initiate
_MAY_REPLACE_KEYS = frozenset({b"\xc3", b"\xd9"})
_REPLY_TO_HLS, _WITH_PARAMETER = bytes.fromhex("000F0000280000FF01"), b"\x01"


# Members asked for with every request: reading one through its class takes long.
_FREE, _PENDING, _ASSOCIATED = State.NON_ASSOCIATED, State.PENDING, State.ASSOCIATED
_CHALLENGE, _RELEASE, _NOTHING = Step.CHALLENGE, Step.RELEASE, Policy.NOTHING
# What happens again and again to the few clients of a meter is told by the same events.
_opened, _released = lru_cache(maxsize=64)(AssociationOpened), lru_cache(maxsize=64)(AssociationReleased)


class BusyError(Exception):
    """The meter is being stored: nothing has happened yet, come again."""


class Association:
    """The association between one client address and one server address of a connection."""

    def __init__(
        self,
        host: Host,
        client_sap: int,
        server_sap: int,
        events: list[Event],
        longest: int = LONGEST_ANSWER,
        guard: Guard | None = None,
    ) -> None:
        self._host = host
        self._guard = guard
        self._client_sap = client_sap
        self._server_sap = server_sap
        self._events = events
        self._longest = longest
        self.state = _FREE
        self.room = longest
        """Octets of an APDU that the client takes."""
        self._agreed: Agreed | None = None
        self._last: tuple[bytes, bytes] | None = None
        """The last protected request that was taken, and its answer: a client that missed it asks again."""
        self._may_replace_keys = False
        """Whether a request is being served whose answer has its counters already: nothing else may be sealed now."""

    @property
    def is_proven(self) -> bool:
        """Whether a client is associated that has proved to know a secret."""
        agreed = self._agreed
        return self.state is _ASSOCIATED and agreed is not None and agreed.mechanism is not Mechanism.LOWEST

    @property
    def conformance(self) -> Conformance:
        """What was negotiated; nothing while there is no association."""
        if self._agreed is None or self.state is not _ASSOCIATED:
            return Conformance(0)
        return Conformance(self._agreed.session.conformance)

    def answer(self, apdu: bytes, *, in_blocks: bool = False) -> bytes:
        """The answer to an APDU; empty where none is due.

        With `in_blocks` general block transfer carries both, so that neither is too long.

        The last protected request, come again octet for octet, is answered from memory and not served again.

        Raises:
            BusyError: the meter is locked, and the request would change something.
        """
        last = self._last
        if last is not None:
            if last[0] == apdu:
                return last[1]
            self._last = None
        tag = apdu[0] if apdu else 0
        if len(apdu) > MAX_PDU and not in_blocks:
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
        room = _WITHOUT_LIMIT if in_blocks else agreed.room
        if agreed.protector is None:
            if self._host.locked and tag != _GET:
                raise BusyError
            if self.state is _PENDING:
                return self._prove(agreed, apdu, -1)
            return agreed.services.serve(apdu, room)
        return self._answer_protected(agreed, agreed.protector, apdu, room)

    def tell(self, message: Unsolicited) -> bytes:
        """The APDU that tells the client something unasked; empty where it is not to be told."""
        agreed = self._agreed
        if agreed is None or self._may_replace_keys or service_of(message) not in self.conformance:
            return b""
        return agreed.unasked(encode_apdu(message))

    def release(self, reason: str) -> None:
        """End the association, if there is one."""
        self._last = None
        if self.state is _ASSOCIATED:
            self._events.append(_released(self._client_sap, reason))
        if self._agreed is not None:
            self._move(self._agreed, _RELEASE)

    def _move(self, agreed: Agreed, step: Step) -> None:
        following = TRANSITIONS.get((self.state, step))
        if following is None:
            raise LocalProtocolError(f"{step.name} in state {self.state.name}")
        if self.state is _FREE:
            self._host.sessions.opened(agreed.session)
        self.state = agreed.session.status = following
        self._agreed, self.room = agreed, agreed.room
        if following is _FREE:
            self._host.sessions.closed(agreed.session)
            self._agreed, self.room = None, self._longest

    # -- requests

    def _answer_protected(self, agreed: Agreed, protector: Protector, apdu: bytes, room: int) -> bytes:
        try:
            request = protector.open(apdu)
        except (SecurityError, DecodeError) as error:
            return self._refuse(error)
        plain, protection, layers, counters = request
        if self._host.locked and plain[:1] != b"\xc0":
            raise BusyError
        protector.accept(request)
        session, agreed.layers = agreed.session, layers
        session.protection, session.demanded = protection, _NOTHING
        if self.state is _PENDING:
            answer = self._prove(agreed, plain, protector.before)
        else:
            self._may_replace_keys = plain[:1] in _MAY_REPLACE_KEYS
            if self._may_replace_keys:
                protector.reserve(layers)
            answer = agreed.services.serve(plain, room - protector.overhead(layers))
        if answer and answer[0] != _EXCEPTION:  # that one is never ciphered
            answer = protector.seal(layers, answer, session.demanded)
        self._may_replace_keys = False
        if counters:
            self._last = apdu, answer
        return answer

    def _refuse(self, error: SecurityError | DecodeError) -> bytes:
        """The answer to a request whose protection cannot be taken off, or must not be."""
        if isinstance(error, DecodeError):
            self._events.append(BadRequest(self._client_sap, str(error)))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)
        if self._host.locked:
            raise BusyError
        if isinstance(error, CounterError):
            self._tell(Replayed(self._client_sap, error.last))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, error.last)
        self._tell(DecipherFailed(self._client_sap))
        return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR)

    def _tell(self, event: Event) -> None:
        """Report what says something about who is at the other end."""
        self._events.append(event)
        if self._guard is not None:
            self._guard.heard(event)

    # -- opening, proving, releasing

    def _open(self, apdu: bytes) -> bytes:
        if self._host.locked:
            raise BusyError
        if self._agreed is not None:
            self.release("a new AARQ came")
        try:
            aarq = decode_message(Aarq, apdu)
        except DecodeError as error:
            return self._reject(None, Refusal(Diagnostic.PROVIDER_NO_REASON, f"AARQ: {error}"))
        if self._guard is not None and not self._guard.admits(self._client_sap):
            return self._reject(aarq, LOCKED_OUT)
        client = self._host.clients.get(self._client_sap)
        if client is None or self._server_sap != SERVER_SAP:
            return self._reject(aarq, Refusal(Diagnostic.NO_REASON, "address"))
        proposal = Proposal(aarq, client, self._host)
        refused = decide(proposal)
        if proposal.request is not None and proposal.protector is not None:
            proposal.protector.accept(proposal.request)
        answer = self._accept(proposal) if refused is None else self._reject(aarq, refused, client.dialect)
        if proposal.request is not None and proposal.request.counters:
            self._last = apdu, answer
        return answer

    def _reject(self, aarq: Aarq | None, refused: Refusal, dialect: Dialect = STANDARD) -> bytes:
        sap = self._client_sap
        if refused.is_login and aarq is not None:
            self._tell(LoginFailed(sap, Mechanism(aarq.mechanism or 0)))
        elif refused.is_undeciphered:
            self._tell(DecipherFailed(sap))
        elif refused.replayed is not None:
            self._tell(Replayed(sap, refused.replayed))
        else:
            self._events.append(AssociationRefused(sap, refused.reason))
        if dialect.exceptions_to_aarq and refused.replayed is not None:
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, refused.replayed)
        if dialect.exceptions_to_aarq and refused.is_undeciphered:
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR)
        error = None if refused.error is None else ConfirmedServiceError(*_INITIATE_ERROR, refused.error)
        return encode_acse(
            Aare(
                context=answered_context(aarq),
                result=Result.REJECTED_TRANSIENT if refused.is_transient else Result.REJECTED_PERMANENT,
                diagnostic=refused.diagnostic,
                user_information=None if error is None else encode_apdu(error),
            )
        )

    def _accept(self, proposal: Proposal) -> bytes:
        context, mechanism = proposal.way
        agreed = self._agree(proposal)
        hls = mechanism in PROVING
        if hls:
            agreed.theirs = proposal.aarq.authentication or b""
            agreed.ours = draw_challenge(self._host.entropy, different_from=(agreed.theirs,))
        else:
            self._tell(_opened(self._client_sap, agreed.mechanism))
        self._move(agreed, _CHALLENGE if hls else Step.ACCEPT)
        return encode_accepting(
            context,
            self._host.system_title if agreed.session.client_title else None,
            mechanism if hls else None,
            agreed.ours if hls else None,
            agreed.initiate_response(() if proposal.request is None else proposal.request.layers),
            proposal.own_certificate,
        )

    def _agree(self, proposal: Proposal) -> Agreed:
        """The session and the services that were negotiated."""
        client, host, limit = proposal.client, self._host, proposal.max_pdu_size
        context, mechanism = way = proposal.known_way
        audience = client.ways[way]
        titled = proposal.is_ciphered or mechanism in TITLED
        title = (proposal.aarq.calling_title or b"") if titled else b""
        session = Session(
            client_sap=client.sap,
            audience=audience,
            security_setup=client.security_setup,
            server_sap=self._server_sap,
            context_id=context,
            mechanism_id=mechanism,
            conformance=proposal.conformance._value_,
            max_receive_pdu_size=MAX_PDU,
            max_send_pdu_size=limit,
            client_title=title,
            users=client.users,
            user_id=proposal.user_id if client.users else 0,
        )
        protector, request = proposal.protector, proposal.request
        dedicated = None if proposal.initiate is None else proposal.initiate.dedicated_key
        if protector is not None and dedicated is not None:
            protector.dedicate(dedicated)
        proving = protector or (Protector(host, client, title, shown=proposal.shown) if mechanism in PROVING else None)
        services = Services(host, host.view(audience), proposal.conformance, client, self._events, self._guard)
        room = min(limit or self._longest, self._longest)
        layers = () if request is None else request.layers
        return Agreed(session, services, mechanism, protector, proving, client.dialect, room, layers=layers)

    def _prove(self, agreed: Agreed, plain: bytes, before: int) -> bytes:
        """The third pass: the client's answer to our challenge; `before` is the counter accepted before this APDU.

        The answer's own counter may be that of the APDU around it: well-known clients use one counter for both.
        """
        if not plain.startswith(b"\xc3\x01") or plain[3:12] != _REPLY_TO_HLS:
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE)
        keys, proving = self._host.keys(self._client_sap), agreed.proving
        if proving is None:
            raise LocalProtocolError("a challenge without keys to prove anything with")
        try:
            prover = Prover(agreed.mechanism, proving.sealer, keys.hls_secret)
            if plain[12:13] != _WITH_PARAMETER:
                raise DecodeError("no answer to the challenge", 12)  # noqa: TRY301 - one place answers
            counter = prover.check(octets.decode(plain[13:]), agreed.ours, agreed.theirs)
            if counter is not None and counter <= before:
                raise CounterError(before)
        except (SecurityError, DecodeError):
            self._move(agreed, Step.FAIL)
            self._tell(LoginFailed(self._client_sap, agreed.mechanism))
            return encode_apdu(ActionResponseNormal(plain[2], ActionResult.OTHER_REASON, None))
        if counter is not None and counter > proving.last_accepted:
            proving.accept_counter(counter)
        proof = octets.encode(prover.make(agreed.theirs, agreed.ours))
        self._move(agreed, Step.PROVE)
        self._tell(_opened(self._client_sap, agreed.mechanism))
        agreed.ours = agreed.theirs = b""
        return _proved(plain[2]) + proof

    def _answer_release(self, apdu: bytes) -> bytes:
        if self._host.locked:
            raise BusyError
        try:
            rlrq = decode_message(Rlrq, apdu)
        except DecodeError as error:
            self._events.append(BadRequest(self._client_sap, f"RLRQ: {error}"))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)
        agreed, answer = self._agreed, None
        layers: Layers = ()
        information = rlrq.user_information
        if agreed is not None and agreed.protector is not None and not (information is None and agreed.releases_plain):
            try:
                request = agreed.protector.open(information or b"")
            except (SecurityError, DecodeError) as error:
                return self._refuse(error)
            if information is not None and request.plain[:1] != _INITIATE:
                self._events.append(BadRequest(self._client_sap, "RLRQ: something else than an InitiateRequest"))
                return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)
            agreed.protector.accept(request)
            layers = request.layers
        if agreed is not None and information is not None:
            answer = agreed.initiate_response(layers)
        self.release("released by the client")
        answered = encode_released(answer)
        if layers:
            self._last = apdu, answered
        return answered


@cache
def _proved(invoke_id: int) -> bytes:
    """What stands before our answer to the client's challenge; there are 256."""
    return encode_apdu(ActionResponseNormal(invoke_id, ActionResult.SUCCESS, b""))
