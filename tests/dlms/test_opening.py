from dataclasses import replace

import pytest

from dlms.foreign_client import HLS, LLS, associated, meter_with_values, new_client, protected
from dlms.foreign_meter import AUTHENTICATION_KEY, CLIENT_TITLE, KEY, METER_TITLE
from softmeter.cosem.access import DataAccessResult
from softmeter.dlms import opening
from softmeter.dlms.acse import Aare, Aarq, Diagnostic, Mechanism, Result, decode_acse, encode_acse
from softmeter.dlms.channel import Channel, Credentials, Family
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.messages import (
    ActionResponseNormal,
    InitiateRequest,
    InitiateResponse,
)
from softmeter.dlms.refusals import (
    AssociationRefusedError,
    WrongKeyError,
    WrongPasswordError,
)
from softmeter.entropy import SeededEntropy
from softmeter.errors import (
    RemoteProtocolError,
    SecurityError,
)
from softmeter.security.ciphering import Cipher
from softmeter.security.suites import Key
from softmeter.wire.types import octets
from vectors.table import vector


def test_what_the_client_proposes() -> None:
    meter = meter_with_values()
    associated(meter, conformance=Conformance.GET, max_pdu_size=1200)
    aarq, initiate = meter.seen[:2]
    assert isinstance(aarq, Aarq)
    assert (aarq.context, aarq.mechanism, aarq.calling_title) == (3, Mechanism.HLS_GMAC, CLIENT_TITLE)
    assert aarq.authentication is not None
    assert len(aarq.authentication) == 16
    expected = Conformance.GET | Conformance.GENERAL_PROTECTION
    assert initiate == InitiateRequest(None, True, None, 6, expected, 1200)


def test_a_wrong_password() -> None:
    with pytest.raises(WrongPasswordError, match="password") as refused:
        associated(meter_with_values(), Credentials(Mechanism.LLS, Key(b"1234567x")))
    assert refused.value.diagnostic is Diagnostic.AUTHENTICATION_FAILURE
    assert "1234567x" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [replace(HLS, encryption_key=Key(bytes(16))), replace(HLS, authentication_key=Key(bytes(16)))]
)
@pytest.mark.parametrize("family", [Family.SERVICE, Family.GENERAL])
def test_a_wrong_key(wrong: Credentials, family: Family) -> None:
    with pytest.raises(WrongKeyError):
        associated(meter_with_values(), replace(wrong, family=family))


def test_a_wrong_key_in_a_plain_context() -> None:
    with pytest.raises(WrongKeyError, match="answer to its challenge"):
        associated(meter_with_values(), replace(HLS, family=Family.PLAIN, authentication_key=Key(bytes(16))))


def test_a_meter_without_the_key() -> None:
    meter = meter_with_values()
    meter.alter = lambda apdu: (
        replace(apdu, data=octets.encode(Cipher(KEY, KEY).sign(METER_TITLE, 900, b"x" * 16)))
        if isinstance(apdu, ActionResponseNormal)
        else apdu
    )
    with pytest.raises(WrongKeyError, match="answer to our challenge"):
        associated(meter, replace(HLS, family=Family.PLAIN))


def test_a_reflected_challenge_is_not_answered() -> None:
    meter = meter_with_values()
    meter.challenge = SeededEntropy(1).octets(16)
    with pytest.raises(SecurityError):
        associated(meter)
    meter.challenge = b"short"
    with pytest.raises(SecurityError):
        associated(meter, counter=100)


def test_a_proof_that_is_missing_or_old() -> None:
    old = octets.encode(Cipher(KEY, AUTHENTICATION_KEY).sign(METER_TITLE, 7, SeededEntropy(1).octets(16)))
    proofs: list[bytes | DataAccessResult | None] = [None, DataAccessResult.OTHER_REASON, old]
    while proofs:
        meter = meter_with_values()
        meter.alter = lambda apdu: replace(apdu, data=proofs.pop())
        with pytest.raises(SecurityError):
            associated(meter)
    meter = meter_with_values()
    meter.challenge = None  # type: ignore[assignment]
    with pytest.raises(RemoteProtocolError, match="no challenge"):
        associated(meter)


def _rejected(diagnostic: Diagnostic, information: bytes | None = None) -> Aare:
    return Aare(context=1, result=Result.REJECTED_PERMANENT, diagnostic=diagnostic, user_information=information)


def test_a_rejection_that_is_ciphered() -> None:
    information = protected(bytes.fromhex("0E010602"), 0x2E)
    rejection = replace(_rejected(Diagnostic.NO_REASON, information), responding_title=METER_TITLE)
    with pytest.raises(AssociationRefusedError, match="incompatible conformance"):
        associated(meter_with_values(rejection=rejection))
    rejection = replace(rejection, diagnostic=Diagnostic.AUTHENTICATION_FAILURE)
    with pytest.raises(WrongKeyError, match="higher invocation counter") as refused:
        associated(meter_with_values(rejection=rejection))
    assert isinstance(refused.value, AssociationRefusedError)
    with pytest.raises(AssociationRefusedError, match="authentication failed"):
        associated(meter_with_values(rejection=_rejected(Diagnostic.AUTHENTICATION_FAILURE)), Credentials())


REJECTIONS = [
    (_rejected(Diagnostic.NO_REASON), "no reason given"),
    (_rejected(Diagnostic.CONTEXT_NOT_SUPPORTED), "application context"),
    (_rejected(Diagnostic.MECHANISM_NOT_RECOGNISED), "another mechanism"),
    (_rejected(Diagnostic.NO_REASON, bytes.fromhex("0E010601")), "dlms version too low"),
    (_rejected(Diagnostic.NO_REASON, bytes.fromhex("FFFF")), "no reason given"),
    (_rejected(Diagnostic.PROVIDER_NO_COMMON_VERSION), "provider no common version"),
]


@pytest.mark.parametrize(("rejection", "said"), REJECTIONS)
@pytest.mark.parametrize("credentials", [Credentials(), HLS])
def test_rejections_say_why(rejection: Aare, said: str, credentials: Credentials) -> None:
    with pytest.raises(AssociationRefusedError, match=said):
        associated(meter_with_values(rejection=rejection), credentials)


ACCEPTED = Aare(context=1, result=Result.ACCEPTED, diagnostic=Diagnostic.NULL)


@pytest.mark.parametrize(
    ("answer", "credentials"),
    [
        (ACCEPTED, Credentials()),
        (ACCEPTED, HLS),
        (replace(ACCEPTED, responding_title=METER_TITLE), HLS),
        (replace(ACCEPTED, user_information=bytes.fromhex("C0")), Credentials()),
        (replace(ACCEPTED, user_information=bytes.fromhex("0E010600")), Credentials()),
    ],
)
def test_acceptance_without_what_belongs_to_it(answer: Aare, credentials: Credentials) -> None:
    with pytest.raises(RemoteProtocolError):
        associated(meter_with_values(rejection=answer), credentials)


def test_a_meter_that_demands_more_than_was_offered() -> None:
    information = bytes.fromhex("0800065F1F040000501F01F40007")
    answer = replace(ACCEPTED, diagnostic=Diagnostic.AUTHENTICATION_REQUIRED, user_information=information)
    with pytest.raises(AssociationRefusedError, match="stronger"):
        associated(meter_with_values(rejection=answer), LLS)


def test_no_answer_at_all() -> None:
    with pytest.raises(RemoteProtocolError, match="no answer"):
        drive(new_client().associate(), lambda _: None)
    with pytest.raises(RemoteProtocolError):
        drive(new_client().associate(), lambda _: bytes.fromhex("6303800100"))
    with pytest.raises(RemoteProtocolError):
        drive(new_client().associate(), lambda _: b"")


def test_the_stored_opening_octet_by_octet() -> None:
    channel = Channel(HLS, 1, SeededEntropy(1))
    proposal = InitiateRequest(None, True, None, 6, Conformance(0x601A5D), 0x04B0)
    assert encode_acse(opening._aarq(channel, HLS, proposal, b"K56iVagY")) == vector("acse.aarq.hls5 suite0")
    answer = decode_acse(vector("acse.aare.hls5 suite0"))
    assert isinstance(answer, Aare)
    channel.server_title = METER_TITLE
    granted = opening._initiate(channel, answer)
    assert isinstance(granted, InitiateResponse)
    assert (granted.version, granted.max_pdu_size, granted.vaa_name) == (6, 0x0400, 7)
    assert channel.received.last == 0x01234567
    channel = Channel(replace(HLS, family=Family.PLAIN), 1, SeededEntropy(1))  # the stored passes 3 and 4 are plain
    channel.server_title = METER_TITLE
    proving = opening._prove(channel, answer, b"K56iVagY")
    assert next(proving) == vector("hls5.pass3.action-request")
    with pytest.raises(StopIteration):
        proving.send(vector("hls5.pass4.action-response"))
    assert channel.received.last == 0x01234567
