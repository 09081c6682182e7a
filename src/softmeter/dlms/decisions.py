"""What a server answers to an AARQ: the decisions, in their order (IEC 62056-53, COSEM-OPEN; ITU-T X.227).

Nothing here changes a counter or a state: a decision is made first and carried out by the association.
"""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from hmac import compare_digest
from typing import Any, NamedTuple

from softmeter.dlms.acse import FOREIGN, Aarq, Context, Diagnostic, Mechanism
from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.host import Client, Host, Keys
from softmeter.dlms.layers import Unwrapped
from softmeter.dlms.messages import InitiateError, InitiateRequest
from softmeter.dlms.proofs import PROVING, TITLED
from softmeter.dlms.protection import Protector
from softmeter.dlms.services import SERVED
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.authentication import check_challenge, check_titles, password_matches
from softmeter.security.ciphering import CounterError, Protection
from softmeter.security.curves import PublicKey
from softmeter.security.identity import Purpose
from softmeter.security.suites import Use

DLMS_VERSION = 6
SMALLEST_PDU = 12
_NO_SERVICES = Conformance(0)
_USABLE = (Conformance.GET | Conformance.SET | Conformance.ACTION).value
_OPENING = frozenset(Use) - {Use.DEDICATED, Use.BROADCAST}
_BY_SECRET_OR_PAIR = frozenset({Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA})
_CIPHERED = frozenset({Context.LOGICAL_NAMES_CIPHERED, Context.SHORT_NAMES_CIPHERED})


@dataclass(slots=True)
class Proposal:
    """An AARQ and what has been found out about it."""

    aarq: Aarq
    client: Client
    host: Host
    protector: Protector | None = None
    request: Unwrapped | None = None
    """The protected user-information; its counters are accepted when the decision is carried out."""
    initiate: InitiateRequest | None = None
    shown: PublicKey | None = None
    """The client's key for signatures, from the certificate in its AARQ."""
    way: tuple[int, int] = field(init=False)
    """Context and mechanism asked for; no mechanism is the lowest."""
    is_ciphered: bool = field(init=False)
    conformance: Conformance = field(init=False, default=_NO_SERVICES)
    """What is left of the proposed services: those the client may use and we serve."""

    def __post_init__(self) -> None:
        context, mechanism = self.aarq.context, self.aarq.mechanism
        self.way = context, Mechanism.LOWEST if mechanism is None else mechanism
        self.is_ciphered = context in _CIPHERED

    @property
    def known_way(self) -> tuple[Context, Mechanism]:
        """The same of a proposal that was not refused."""
        return _known(*self.way)

    @property
    def user_id(self) -> int:
        """The user of the address who comes, 0 to 255; a number above 127 may come with and without a leading zero."""
        return (self.aarq.user_id or 0) & 0xFF

    @property
    def own_certificate(self) -> bytes | None:
        """What we show to a client of HLS 7 that has shown its own."""
        identity = None if self.shown is None else self.host.keys(self.client.sap).identity
        return None if identity is None else identity.certificate(Purpose.SIGNATURE) or None

    @property
    def max_pdu_size(self) -> int:
        """What the client takes, octets; 0 is no limit."""
        return 0 if self.initiate is None else self.initiate.max_pdu_size


@cache
def _known(context: int, mechanism: int) -> tuple[Context, Mechanism]:
    return Context(context), Mechanism(mechanism)


class Refusal(NamedTuple):
    """Why an AARQ is rejected. `is_login` marks a wrong secret, `replayed` the last counter accepted."""

    diagnostic: Diagnostic
    reason: str
    error: InitiateError | None = None
    is_login: bool = False
    is_undeciphered: bool = False
    replayed: int | None = None
    is_transient: bool = False


LOCKED_OUT = Refusal(Diagnostic.NO_REASON, "too many failures: locked out for a while", is_transient=True)


# What the AARQ says in clear.
_WRONG_VERSION = Refusal(Diagnostic.PROVIDER_NO_COMMON_VERSION, "ACSE version")
_WRONG_CONTEXT = Refusal(Diagnostic.CONTEXT_NOT_SUPPORTED, "application context")
_NO_MECHANISM = Refusal(Diagnostic.MECHANISM_REQUIRED, "no authentication mechanism")
_WRONG_MECHANISM = Refusal(Diagnostic.MECHANISM_NOT_RECOGNISED, "authentication mechanism")
_WRONG_TITLE = Refusal(Diagnostic.CALLING_TITLE_NOT_RECOGNIZED, "calling system title")
_WRONG_USER = Refusal(Diagnostic.CALLING_QUALIFIER_INVOCATION_ID_NOT_RECOGNIZED, "user")
_WRONG_CERTIFICATE = Refusal(Diagnostic.CALLING_QUALIFIER_NOT_RECOGNIZED, "certificate")
# What the InitiateRequest says.
_NO_ANSWERS = Refusal(Diagnostic.NO_REASON, "an association without answers", InitiateError.OTHER)
_WRONG_KEY = Refusal(Diagnostic.NO_REASON, "the dedicated key", InitiateError.OTHER)
_OLD_DLMS = Refusal(Diagnostic.NO_REASON, "DLMS version", InitiateError.DLMS_VERSION_TOO_LOW)
_USELESS = Refusal(Diagnostic.NO_REASON, "conformance", InitiateError.INCOMPATIBLE_CONFORMANCE)
_TOO_SMALL = Refusal(Diagnostic.NO_REASON, "PDU size", InitiateError.PDU_SIZE_TOO_SHORT)

_NOTHING_TO_PROVE_BY = Refusal(Diagnostic.AUTHENTICATION_FAILURE, "no secret or key pair for this mechanism")
_WRONG_SECRET = Refusal(Diagnostic.AUTHENTICATION_FAILURE, "authentication", is_login=True)


def decide(proposal: Proposal) -> Refusal | None:
    """Why the proposal is refused; None if it is not. Fills in what it finds out."""
    return _named(proposal) or _certificate(proposal) or _decipher(proposal) or _initiate(proposal) or _secret(proposal)


def _named(proposal: Proposal) -> Refusal | None:
    """What the AARQ says in clear: version, context and mechanism, title, user."""
    aarq, client = proposal.aarq, proposal.client
    version = aarq.protocol_version
    if version is not None and (version.length == 0 or version.octets[0] & 0x80 == 0):
        return _WRONG_VERSION
    if proposal.way not in client.ways:
        if all(aarq.context != context for context, _ in client.ways):
            return _WRONG_CONTEXT
        return _NO_MECHANISM if aarq.mechanism is None else _WRONG_MECHANISM
    if proposal.is_ciphered or proposal.way[1] in TITLED:
        try:
            check_titles(proposal.host.system_title, aarq.calling_title)
        except SecurityError:
            return _WRONG_TITLE
    if client.users and proposal.user_id not in client.users:
        return _WRONG_USER
    return None


def _certificate(proposal: Proposal) -> Refusal | None:
    """The certificate that a client of HLS 7 may show: used in this association, and not kept."""
    certificate = proposal.aarq.calling_qualifier
    if certificate is None or proposal.way[1] != Mechanism.HLS_ECDSA:
        return None
    identity = proposal.host.keys(proposal.client.sap).identity
    if identity is not None:
        proposal.shown = identity.vouched(certificate, proposal.aarq.calling_title or b"")
    return _WRONG_CERTIFICATE if proposal.shown is None else None


def _decipher(proposal: Proposal) -> Refusal | None:
    """Read the InitiateRequest, protected in a ciphered context and only there."""
    information = proposal.aarq.user_information or b""
    try:
        if proposal.is_ciphered:
            information = _opened(proposal, information)
        # What brings a key is nothing to remember.
        initiate = (_read if information[1:2] == b"\x00" else decode_apdu)(information)
    except CounterError as error:
        return Refusal(Diagnostic.AUTHENTICATION_FAILURE, "replayed", replayed=error.last)
    except SecurityError:
        return Refusal(Diagnostic.AUTHENTICATION_FAILURE, "user-information not deciphered", is_undeciphered=True)
    except DecodeError as error:
        return Refusal(Diagnostic.NO_REASON, f"user-information: {error}", InitiateError.OTHER)
    if not isinstance(initiate, InitiateRequest):
        return Refusal(Diagnostic.NO_REASON, "no InitiateRequest", InitiateError.OTHER)
    proposal.initiate = initiate
    # `_value_` is what `value` gives by two more calls.
    proposal.conformance = _left(initiate.conformance._value_, proposal.client.conformance._value_)
    return None


@lru_cache(maxsize=64)
def _read(information: bytes) -> Any:
    """What most clients of a meter say in the same words whenever they come."""
    return decode_apdu(information)


@lru_cache(maxsize=64)
def _left(proposed: int, offered: int) -> Conformance:
    return Conformance(proposed & offered & SERVED.value)


def _opened(proposal: Proposal, information: bytes) -> bytes:
    aarq, (_, mechanism) = proposal.aarq, proposal.way
    title, proves = aarq.calling_title or b"", mechanism in PROVING
    protector = Protector(proposal.host, proposal.client, title, proves=proves, shown=proposal.shown)
    proposal.protector = protector
    request = protector.open(information)
    for use, _ in request.counters:
        if use not in _OPENING:
            raise SecurityError("a dedicated or broadcast key before there is an association")
    proposal.request = request
    return request.plain


def _initiate(proposal: Proposal) -> Refusal | None:
    """What the InitiateRequest says."""
    initiate = proposal.initiate
    if initiate is None or not initiate.response_allowed:
        return _NO_ANSWERS
    if initiate.dedicated_key is not None and not _is_sound(initiate.dedicated_key, proposal):
        return _WRONG_KEY
    if initiate.version < DLMS_VERSION:
        return _OLD_DLMS
    if not proposal.conformance._value_ & _USABLE:
        return _USELESS
    return _TOO_SMALL if 0 < initiate.max_pdu_size < SMALLEST_PDU else None


def _is_sound(dedicated_key: bytes, proposal: Proposal) -> bool:
    """Whether nobody else could read a dedicated key, and it is as long as those of the suite and none of them.

    Its counters begin anew: under a key that stands, numbers would be used twice and old requests be taken again.
    """
    protector, request = proposal.protector, proposal.request
    if protector is None or request is None:
        return False
    hidden, keys = Protection.ENCRYPTED in request.protection, protector.sealer.keys
    is_fresh = not any(compare_digest(dedicated_key, key) for key in (keys.unicast, keys.broadcast))
    return hidden and is_fresh and len(dedicated_key) == keys.suite.key_octets


def _secret(proposal: Proposal) -> Refusal | None:
    """The password, or whether the client's challenge can be answered."""
    _, mechanism = proposal.way
    given = proposal.aarq.authentication or b""
    if mechanism == Mechanism.LLS and not password_matches(proposal.host.keys(proposal.client.sap).password, given):
        return _WRONG_SECRET
    if mechanism in PROVING:
        if mechanism in _BY_SECRET_OR_PAIR and not _provable(mechanism, proposal.host.keys(proposal.client.sap)):
            return _NOTHING_TO_PROVE_BY
        try:
            check_challenge(given)
        except SecurityError:
            return _WRONG_SECRET
    return None


def _provable(mechanism: int, keys: Keys) -> bool:
    """Whether there is what we prove ourselves by: an empty secret proves nothing, and without a pair nobody signs."""
    if mechanism == Mechanism.HLS_SHA256:
        return bool(keys.hls_secret)
    return keys.identity is not None and keys.identity.pair(Purpose.SIGNATURE) is not None


def answered_context(aarq: Aarq | None) -> int:
    """The context to name in an answer: the client's own where it is one of ours."""
    return Context.LOGICAL_NAMES if aarq is None or aarq.context == FOREIGN else aarq.context
