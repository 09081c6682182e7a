"""How a client opens its association: AARQ, AARE and, with HLS, the two further passes (IEC 62056-53)."""

from dataclasses import dataclass, replace

from softmeter.cosem.access import ActionResult
from softmeter.dlms.acse import (
    AUTHENTICATION,
    Aare,
    Aarq,
    Context,
    Diagnostic,
    Mechanism,
    Result,
    decode_acse,
    encode_acse,
)
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.channel import Channel, Credentials
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.long import Asker
from softmeter.dlms.messages import (
    ActionRequestNormal,
    ActionResponseNormal,
    ConfirmedServiceError,
    InitiateRequest,
    InitiateResponse,
    MethodReference,
)
from softmeter.dlms.proofs import PROVING
from softmeter.dlms.refusals import AssociationRefusedError, RefusalError, WrongKeyError, refused_association
from softmeter.entropy import Entropy
from softmeter.errors import RemoteProtocolError, SecurityError
from softmeter.obis import Obis
from softmeter.security.authentication import check_challenge, check_titles, draw_challenge
from softmeter.wire.types import octets

REPLY_TO_CHALLENGE = MethodReference(15, Obis(0, 0, 40, 0, 0), 1)
"""reply_to_HLS_authentication of the current association."""
VERSION = 6
"""Of DLMS."""
_EXCEPTION = b"\xd8"


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What an association offers; `max_pdu_size` is what the meter takes, 0 without limit."""

    conformance: Conformance
    max_pdu_size: int
    server_title: bytes


def open_association(
    channel: Channel, credentials: Credentials, proposal: InitiateRequest, entropy: Entropy
) -> Conversation[Negotiated]:
    """Open the association, and prove who we are where the mechanism asks for it."""
    challenge = draw_challenge(entropy) if credentials.mechanism in PROVING else b""
    if credentials.uses_dedicated_key:
        proposal = replace(proposal, dedicated_key=bytes(credentials.dedicated_key))
    response = yield encode_acse(_aarq(channel, credentials, proposal, challenge))
    if response.startswith(_EXCEPTION):
        channel.open(response)
    answer = decode_acse(response)
    if not isinstance(answer, Aare):
        raise RemoteProtocolError("the meter does not answer an AARQ with an AARE")
    _meet(channel, credentials, answer)
    initiate = _initiate(channel, answer)
    if answer.result != Result.ACCEPTED:
        told = initiate if isinstance(initiate, ConfirmedServiceError) else None
        raise refused_association(answer, credentials.mechanism, told, ciphered=credentials.needs_keys)
    if not isinstance(initiate, InitiateResponse):
        raise RemoteProtocolError("the meter accepts the association without saying what it offers")
    if credentials.mechanism in PROVING:
        yield from _prove(channel, answer, challenge)
    elif answer.diagnostic is Diagnostic.AUTHENTICATION_REQUIRED:
        raise AssociationRefusedError("the meter demands a stronger authentication", answer.diagnostic)
    return Negotiated(initiate.conformance, initiate.max_pdu_size, channel.server_title)


def _meet(channel: Channel, credentials: Credentials, answer: Aare) -> None:
    """Take note of who the meter says it is, and of the certificate that it shows."""
    if answer.result == Result.ACCEPTED and credentials.needs_title:
        if answer.responding_title is None:
            raise RemoteProtocolError("the meter gives no system title of its own")
        title = check_titles(credentials.system_title, answer.responding_title)
        if credentials.server_title not in {b"", title}:
            raise SecurityError("another meter than the expected one answers")
        channel.server_title = title
        if answer.responding_qualifier is not None and credentials.mechanism is Mechanism.HLS_ECDSA:
            channel.introduce(answer.responding_qualifier)
    elif answer.responding_title is not None and not credentials.server_title:
        channel.server_title = answer.responding_title


def _aarq(channel: Channel, credentials: Credentials, proposal: InitiateRequest, challenge: bytes) -> Aarq:
    authenticates = credentials.mechanism is not Mechanism.LOWEST
    value = challenge or bytes(credentials.password)
    return Aarq(
        context=Context.LOGICAL_NAMES_CIPHERED if credentials.is_ciphered else Context.LOGICAL_NAMES,
        calling_title=credentials.system_title if credentials.needs_title else None,
        calling_qualifier=credentials.certificate or None,
        user_id=credentials.user_id,
        requirements=AUTHENTICATION if authenticates else None,
        mechanism=credentials.mechanism if authenticates else None,
        authentication=value if authenticates else None,
        user_information=channel.seal(encode_apdu(proposal)),
    )


def _initiate(channel: Channel, answer: Aare) -> object:
    """What the user-information of an AARE says; of a rejecting one whatever can be read, or None."""
    information = answer.user_information
    if information is None:
        return None
    rejected = answer.result != Result.ACCEPTED
    try:
        # An error in it is data here: it says more about a rejection than the AARE itself.
        plain = information if information.startswith(b"\x0e") else channel.open(information)
        initiate: object = decode_apdu(plain)
    except (RemoteProtocolError, RefusalError):
        if rejected:
            return None
        raise
    return initiate


def _prove(channel: Channel, answer: Aare, challenge: bytes) -> Conversation[None]:
    """Passes 3 and 4: answer the meter's challenge, and check its answer to ours."""
    theirs, prover = answer.authentication, channel.prover
    if theirs is None:
        raise RemoteProtocolError("the meter sends no challenge")
    check_challenge(theirs, challenge)
    before = channel.received.last
    proof = prover.make(theirs, challenge)
    ask = Asker(channel, 0xC1)
    request = ActionRequestNormal(ask.invoke_id, REPLY_TO_CHALLENGE, octets.encode(proof))
    outcome = yield from ask(request, ActionResponseNormal)
    if outcome.result is not ActionResult.SUCCESS:
        raise WrongKeyError("the meter does not accept our answer to its challenge: the keys are not the meter's")
    if not isinstance(outcome.data, bytes):
        raise SecurityError("the meter does not answer our challenge")
    try:
        counter = prover.check(octets.decode(outcome.data), challenge, theirs)
    except SecurityError as error:
        raise WrongKeyError(
            "the meter's answer to our challenge does not verify: the keys are not the meter's"
        ) from error
    if counter is None:
        return
    if counter <= before:
        raise SecurityError("the meter answers our challenge with an old invocation counter")
    channel.received.last = max(channel.received.last, counter)
