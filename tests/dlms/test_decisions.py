"""Which AARQ is rejected, and how: the table of decisions, row by row."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dlms.device import CLIENTS, MANAGEMENT_SAP, READOUT_SAP, Audience, SmallMeter
from dlms.link import CLIENT_TITLE, CTOS, Link, ber, initiate, plain_aarq
from softmeter.dlms.acse import Aare, Context, Diagnostic, Mechanism, Result, decode_acse
from softmeter.dlms.host import (
    AssociationRefused,
    DecipherFailed,
    Keys,
    LoginFailed,
    Replayed,
)
from softmeter.security.ciphering import Protection
from softmeter.security.policies import Policy
from softmeter.wire.types import encode_length
from vectors.table import vector

LLS = "8A0207808B0760857405080201"
PASSWORD = ber(0xAC, b"\x80\x0812345678")
TITLE = ber(0xA6, b"\x04\x08" + CLIENT_TITLE)
GET_CLOCK = bytes.fromhex("C001C100080000010000FF0200")
NOT_POSSIBLE, UNDECIPHERED = bytes.fromhex("D80101"), bytes.fromhex("D80105")


def aare(octets: bytes | None) -> Aare:
    assert octets is not None
    message = decode_acse(octets)
    assert isinstance(message, Aare)
    return message


def hls(information: bytes, *, title: str = TITLE, challenge: bytes = CTOS) -> bytes:
    value = ber(0xAC, b"\x80" + encode_length(len(challenge)) + challenge)
    return plain_aarq(information, title, "8A0207808B0760857405080205", value, context=3)


REJECTED: list[tuple[str, int, Callable[[Link], bytes], Diagnostic, str]] = [
    ("unknown client", 99, lambda _: plain_aarq(), Diagnostic.NO_REASON, ""),
    ("ciphered context for the public", 16, lambda _: plain_aarq(context=3), Diagnostic.CONTEXT_NOT_SUPPORTED, ""),
    ("plain context for management", 1, lambda _: plain_aarq(), Diagnostic.CONTEXT_NOT_SUPPORTED, ""),
    ("short names", 16, lambda _: plain_aarq(context=2), Diagnostic.CONTEXT_NOT_SUPPORTED, ""),
    ("password for the public", 16, lambda _: plain_aarq(None, LLS, PASSWORD), Diagnostic.MECHANISM_NOT_RECOGNISED, ""),
    ("no mechanism", 2, lambda _: plain_aarq(), Diagnostic.MECHANISM_REQUIRED, ""),
    ("MD5", 2, lambda _: plain_aarq(None, LLS[:-1] + "3", PASSWORD), Diagnostic.MECHANISM_NOT_RECOGNISED, ""),
    (
        "wrong password",
        2,
        lambda _: plain_aarq(None, LLS, ber(0xAC, b"\x80\x0812345679")),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
    (
        "empty password",
        2,
        lambda _: plain_aarq(None, LLS, ber(0xAC, b"\x80\x00")),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
    ("no password", 2, lambda _: plain_aarq(None, LLS), Diagnostic.AUTHENTICATION_FAILURE, ""),
    ("no title", 1, lambda link: hls(link.glo(initiate()), title=""), Diagnostic.CALLING_TITLE_NOT_RECOGNIZED, ""),
    (
        "short title",
        1,
        lambda link: hls(link.glo(initiate()), title="A6030401AA"),
        Diagnostic.CALLING_TITLE_NOT_RECOGNIZED,
        "",
    ),
    (
        "our own title",
        1,
        lambda link: hls(link.glo(initiate()), title=ber(0xA6, b"\x04\x08" + link.meter.system_title)),
        Diagnostic.CALLING_TITLE_NOT_RECOGNIZED,
        "",
    ),
    (
        "short challenge",
        1,
        lambda link: hls(link.glo(initiate()), challenge=b"1234567"),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
    (
        "long challenge",
        1,
        lambda link: hls(link.glo(initiate()), challenge=bytes(65)),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
    (
        "ACSE version",
        16,
        lambda _: plain_aarq(None).replace(b"\xa1\x09", b"\x80\x02\x07\x00\xa1\x09").replace(b"\x60\x1d", b"\x60\x21"),
        Diagnostic.PROVIDER_NO_COMMON_VERSION,
        "",
    ),
    (
        "DLMS version",
        16,
        lambda _: plain_aarq(initiate().replace(b"\x06\x5f", b"\x05\x5f")),
        Diagnostic.NO_REASON,
        "0E010601",
    ),
    ("no common service", 16, lambda _: plain_aarq(initiate("000008")), Diagnostic.NO_REASON, "0E010602"),
    ("only blocks", 16, lambda _: plain_aarq(initiate("001000")), Diagnostic.NO_REASON, "0E010602"),
    ("small PDU", 16, lambda _: plain_aarq(initiate(pdu="000B")), Diagnostic.NO_REASON, "0E010603"),
    (
        "no answers",
        16,
        lambda _: plain_aarq(bytes.fromhex("01000100 00065F1F0400007E1F04B0")),
        Diagnostic.NO_REASON,
        "0E010600",
    ),
    (
        "dedicated key in clear",
        16,
        lambda _: plain_aarq(vector("acse.initiateRequest.plain.with_dedicated_key")),
        Diagnostic.NO_REASON,
        "0E010600",
    ),
    ("no InitiateRequest", 16, lambda _: plain_aarq(GET_CLOCK), Diagnostic.NO_REASON, "0E010600"),
    ("damaged InitiateRequest", 16, lambda _: plain_aarq(initiate()[:-1]), Diagnostic.NO_REASON, "0E010600"),
    ("nothing inside", 16, lambda _: plain_aarq(b""), Diagnostic.NO_REASON, "0E010600"),
    ("plain in a ciphered context", 1, lambda _: hls(initiate()), Diagnostic.AUTHENTICATION_FAILURE, ""),
    (
        "ciphered in a plain context",
        16,
        lambda link: plain_aarq(link.glo(initiate())),
        Diagnostic.NO_REASON,
        "0E010600",
    ),
    (
        "only authenticated",
        1,
        lambda link: hls(link.glo(initiate(), protection=Protection.AUTHENTICATED)),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
    (
        "only encrypted",
        1,
        lambda link: hls(link.glo(initiate(), protection=Protection.ENCRYPTED)),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
    ("wrong tag", 1, lambda link: hls(link.glo(initiate())[:-1] + b"\x00"), Diagnostic.AUTHENTICATION_FAILURE, ""),
    ("another service inside", 1, lambda link: hls(link.glo(GET_CLOCK)), Diagnostic.NO_REASON, "0E010600"),
    (
        "another's title in general-glo",
        1,
        lambda link: hls(link.general(initiate(), title=b"SOMEBODY")),
        Diagnostic.AUTHENTICATION_FAILURE,
        "",
    ),
]


@pytest.mark.parametrize(("name", "sap", "make", "diagnostic", "error"), REJECTED, ids=[row[0] for row in REJECTED])
def test_what_is_rejected(
    name: str, sap: int, make: Callable[[Link], bytes], diagnostic: Diagnostic, error: str
) -> None:
    link = Link(sap=sap)
    before = link.meter.state
    answer = aare(link.ask(make(link)))
    assert (answer.result, answer.diagnostic) == (Result.REJECTED_PERMANENT, diagnostic), name
    assert (answer.user_information or b"").hex().upper() == error
    assert answer.authentication is None
    assert len(link.events) == 1
    assert isinstance(link.events[0], (AssociationRefused, LoginFailed, DecipherFailed))
    assert link.ask(GET_CLOCK) == NOT_POSSIBLE
    assert link.meter.state == before


def test_the_published_rejections() -> None:
    link = Link()
    assert link.ask(plain_aarq(initiate().replace(b"\x06\x5f", b"\x05\x5f"))) == vector(
        "acse.aare.rejected dlms-version-too-low"
    )
    assert link.open_readout(password=b"87654321") == vector("acse.aare.rejected authentication-failure(13)")
    assert link.events[-1] == LoginFailed(READOUT_SAP, Mechanism.LLS)


def test_another_logical_device_is_not_there() -> None:
    link = Link()
    link.send(plain_aarq(), destination=2)
    answer = aare(link.answer())
    assert answer.diagnostic == Diagnostic.NO_REASON


def test_a_replayed_aarq_is_refused() -> None:
    link = Link(sap=MANAGEMENT_SAP)
    first = link.hls_aarq()
    link.ask(first)
    assert aare(Link(link.meter, MANAGEMENT_SAP).ask(first)).diagnostic == Diagnostic.AUTHENTICATION_FAILURE
    again = Link(link.meter, MANAGEMENT_SAP)
    again.ask(first)
    assert again.events == [Replayed(MANAGEMENT_SAP, 1)]


def test_a_wrong_tag_does_not_move_the_counter() -> None:
    link = Link(sap=MANAGEMENT_SAP)
    link.counter = 500
    link.ask(hls(link.glo(initiate())[:-1] + b"\x00"))
    assert link.meter.counters.accepted == {}
    link.counter = 0
    link.open_management()


class Lax(SmallMeter):
    """A meter that demands no protection."""

    def keys(self, sap: int) -> Keys:
        return replace(super().keys(sap), policy=Policy.NOTHING)


@pytest.mark.parametrize(
    ("protection", "size", "is_taken"),
    [
        (Protection.FULL, 16, True),
        (Protection.ENCRYPTED, 16, True),
        (Protection.AUTHENTICATED, 16, False),
        (Protection.FULL, 32, False),
    ],
)
def test_a_dedicated_key_is_taken_where_nobody_else_could_read_it(
    protection: Protection,
    size: int,
    is_taken: bool,  # noqa: FBT001
) -> None:
    link = Link(Lax(), MANAGEMENT_SAP)
    request = b"\x01\x01" + encode_length(size) + bytes(range(0x20, 0x20 + size)) + initiate()[2:]
    answer = aare(link.ask(hls(link.glo(request, protection=protection))))
    assert (answer.result == Result.ACCEPTED) is is_taken
    assert link.events == ([] if is_taken else [AssociationRefused(MANAGEMENT_SAP, "the dedicated key")])


def test_a_dedicated_key_is_none_of_those_that_stand() -> None:
    device = Lax()
    standing = device.keys(MANAGEMENT_SAP).unicast_encryption
    link = Link(device, MANAGEMENT_SAP)
    request = b"\x01\x01" + encode_length(len(standing)) + standing + initiate()[2:]  # its counter begins anew
    assert aare(link.ask(hls(link.glo(request)))).result != Result.ACCEPTED
    assert link.events == [AssociationRefused(MANAGEMENT_SAP, "the dedicated key")]


class Hashing(SmallMeter):
    """A meter whose management client proves itself by a hash over `secret`."""

    clients = {  # noqa: RUF012
        MANAGEMENT_SAP: replace(
            CLIENTS[MANAGEMENT_SAP],
            ways={(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_SHA256): Audience.MANAGEMENT},
        )
    }

    def __init__(self, secret: bytes) -> None:
        super().__init__()
        self.secret = secret

    def keys(self, sap: int) -> Keys:
        return replace(super().keys(sap), hls_secret=self.secret)


@pytest.mark.parametrize(("secret", "result"), [(b"secret", Result.ACCEPTED), (b"", Result.REJECTED_PERMANENT)])
def test_without_a_secret_nobody_proves_anything_by_it(secret: bytes, result: Result) -> None:
    link = Link(Hashing(secret), MANAGEMENT_SAP)
    request = hls(link.glo(initiate())).replace(bytes.fromhex("60857405080205"), bytes.fromhex("60857405080206"))
    answer = aare(link.ask(request))
    assert answer.result == result
    assert (answer.diagnostic == Diagnostic.AUTHENTICATION_FAILURE) is (not secret)
