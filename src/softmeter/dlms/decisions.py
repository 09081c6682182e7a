"""What a server answers to an AARQ: the decisions, in order, as a table (IEC 62056-53, COSEM-OPEN; ITU-T X.227).

Nothing here changes a counter or a state: a decision is made first and carried out by the association.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
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
    conformance: Conformance = field(init=False, default=_NO_SERVICES)
    """What is left of the proposed services: those the client may use and we serve."""

    def __post_init__(self) -> None:
        mechanism = self.aarq.mechanism
        self.way = self.aarq.context, Mechanism.LOWEST if mechanism is None else mechanism

    @property
    def known_way(self) -> tuple[Context, Mechanism]:
        """The same of a proposal that was not refused."""
        return _known(*self.way)

    @property
    def is_ciphered(self) -> bool:
        return self.aarq.context in _CIPHERED

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


class _Rule(NamedTuple):
    """One row of a table: the first whose `broken` is true decides."""

    broken: Callable[[Proposal], bool]
    refusal: Refusal


def _wrong_version(proposal: Proposal) -> bool:
    version = proposal.aarq.protocol_version
    return version is not None and (version.length == 0 or version.octets[0] & 0x80 == 0)


def _wrong_context(proposal: Proposal) -> bool:
    ways = proposal.client.ways
    return proposal.way not in ways and all(proposal.aarq.context != context for context, _ in ways)


def _wrong_mechanism(proposal: Proposal) -> bool:
    return proposal.way not in proposal.client.ways


def _no_mechanism(proposal: Proposal) -> bool:
    return proposal.aarq.mechanism is None and _wrong_mechanism(proposal)


def _wrong_title(proposal: Proposal) -> bool:
    try:
        needed = proposal.is_ciphered or proposal.way[1] in TITLED
        return needed and not check_titles(proposal.host.system_title, proposal.aarq.calling_title)
    except SecurityError:
        return True


def _wrong_user(proposal: Proposal) -> bool:
    return bool(proposal.client.users) and proposal.user_id not in proposal.client.users


def _wants_no_answers(proposal: Proposal) -> bool:
    return proposal.initiate is None or not proposal.initiate.response_allowed


def _brings_wrong_key(proposal: Proposal) -> bool:
    """A dedicated key that others could have read, or of another length than the suite's."""
    key = None if proposal.initiate is None else proposal.initiate.dedicated_key
    if key is None:
        return False
    if proposal.protector is None or proposal.request is None:
        return True
    hidden = Protection.ENCRYPTED in proposal.request.protection
    return not hidden or len(key) != proposal.protector.sealer.keys.suite.key_octets


def _old_dlms(proposal: Proposal) -> bool:
    return proposal.initiate is not None and proposal.initiate.version < DLMS_VERSION


def _useless(proposal: Proposal) -> bool:
    return not proposal.conformance.value & _USABLE


def _too_small(proposal: Proposal) -> bool:
    return 0 < proposal.max_pdu_size < SMALLEST_PDU


# fmt: off
_NAMES = (
    _Rule(_wrong_version,    Refusal(Diagnostic.PROVIDER_NO_COMMON_VERSION,   "ACSE version")),
    _Rule(_wrong_context,    Refusal(Diagnostic.CONTEXT_NOT_SUPPORTED,        "application context")),
    _Rule(_no_mechanism,     Refusal(Diagnostic.MECHANISM_REQUIRED,           "no authentication mechanism")),
    _Rule(_wrong_mechanism,  Refusal(Diagnostic.MECHANISM_NOT_RECOGNISED,     "authentication mechanism")),
    _Rule(_wrong_title,      Refusal(Diagnostic.CALLING_TITLE_NOT_RECOGNIZED, "calling system title")),
    _Rule(_wrong_user,       Refusal(Diagnostic.CALLING_QUALIFIER_INVOCATION_ID_NOT_RECOGNIZED, "user")),
)
"""What the AARQ says in clear."""

_INITIATE = (
    _Rule(_wants_no_answers, Refusal(Diagnostic.NO_REASON, "an association without answers", InitiateError.OTHER)),
    _Rule(_brings_wrong_key, Refusal(Diagnostic.NO_REASON, "the dedicated key", InitiateError.OTHER)),
    _Rule(_old_dlms,         Refusal(Diagnostic.NO_REASON, "DLMS version",     InitiateError.DLMS_VERSION_TOO_LOW)),
    _Rule(_useless,          Refusal(Diagnostic.NO_REASON, "conformance",      InitiateError.INCOMPATIBLE_CONFORMANCE)),
    _Rule(_too_small,        Refusal(Diagnostic.NO_REASON, "PDU size",         InitiateError.PDU_SIZE_TOO_SHORT)),
)
"""What the InitiateRequest says."""
# fmt: on
_WRONG_CERTIFICATE = Refusal(Diagnostic.CALLING_QUALIFIER_NOT_RECOGNIZED, "certificate")
_NOTHING_TO_PROVE_BY = Refusal(Diagnostic.AUTHENTICATION_FAILURE, "no secret or key pair for this mechanism")
_WRONG_SECRET = Refusal(Diagnostic.AUTHENTICATION_FAILURE, "authentication", is_login=True)


def decide(proposal: Proposal) -> Refusal | None:
    """Why the proposal is refused; None if it is not. Fills in what it finds out."""
    return (
        _first(_NAMES, proposal)
        or _certificate(proposal)
        or _decipher(proposal)
        or _first(_INITIATE, proposal)
        or _secret(proposal)
    )


def _first(rules: tuple[_Rule, ...], proposal: Proposal) -> Refusal | None:
    for broken, refusal in rules:
        if broken(proposal):
            return refusal
    return None


def _certificate(proposal: Proposal) -> Refusal | None:
    """The certificate that a client of HLS 7 may show: used in this association, and not kept."""
    certificate, identity = proposal.aarq.calling_qualifier, proposal.host.keys(proposal.client.sap).identity
    if certificate is None or proposal.way[1] != Mechanism.HLS_ECDSA:
        return None
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
    proposal.conformance = _left(initiate.conformance.value, proposal.client.conformance.value)
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
    if any(use not in _OPENING for use, _ in request.counters):
        raise SecurityError("a dedicated or broadcast key before there is an association")
    proposal.request = request
    return request.plain


def _secret(proposal: Proposal) -> Refusal | None:
    """The password, or whether the client's challenge can be answered."""
    _, mechanism = proposal.way
    given = proposal.aarq.authentication or b""
    if mechanism == Mechanism.LLS and not password_matches(proposal.host.keys(proposal.client.sap).password, given):
        return _WRONG_SECRET
    if mechanism in PROVING:
        if not _provable(mechanism, proposal.host.keys(proposal.client.sap)):
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
    if mechanism == Mechanism.HLS_ECDSA:
        return keys.identity is not None and keys.identity.pair(Purpose.SIGNATURE) is not None
    return True


def answered_context(aarq: Aarq | None) -> int:
    """The context to name in an answer: the client's own where it is one of ours."""
    return Context.LOGICAL_NAMES if aarq is None or aarq.context == FOREIGN else aarq.context
