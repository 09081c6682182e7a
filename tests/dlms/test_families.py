"""Every family of protection, both roles against each other, in every suite that has it."""

from typing import Any

import pytest

from dlms.device import ENERGY
from dlms.secure_device import SECRET, SecureMeter
from dlms.secure_link import Line
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.credentials import Family, Signing
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.host import AssociationOpened, DecipherFailed
from softmeter.dlms.refusals import RefusalError
from softmeter.security.ciphering import Protection
from softmeter.security.suites import Key, Suite, Use
from softmeter.wire.types import octets, u32

VALUE = (3, ENERGY, 2)
ALIAS = (1, "0-0:96.1.1", 2)
FIRST = {
    Family.SERVICE: 0xC8,
    Family.GENERAL: 0xDB,
    Family.DEDICATED: 0xD0,
    Family.GENERAL_DEDICATED: 0xDC,
    Family.CIPHERING: 0xDD,
}
ANSWERS = {0xC8: 0xCC, 0xD0: 0xD4}
CURVES = [Suite.SUITE_1, Suite.SUITE_2]
AGREED = [Use.ONE_PASS, Use.STATIC]


def read_once(line: Line, first: int) -> None:
    """A short and a long value come, in the family of the request, and the release is accepted."""
    assert u32.decode(line.get(VALUE)) == 123_456
    request, answer = line.log[-1]
    assert answer is not None
    assert (request[0], answer[0]) == (first, ANSWERS.get(first, first))
    line.drive(line.client.set(_alias(), octets.encode(b"somebody")))
    assert octets.decode(line.get(ALIAS)) == b"somebody"
    line.meter.profile.fill(40)
    assert len(line.get((7, "1-0:99.1.0", 2))) > 500
    line.drive(line.client.release())


def _alias() -> Any:
    from dlms.secure_link import attribute

    return attribute(ALIAS)


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("family", FIRST)
def test_every_family(suite: Suite, family: Family) -> None:
    read_once(Line(SecureMeter(suite), family=family).open(), FIRST[family])


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("protection", [Protection.AUTHENTICATED, Protection.ENCRYPTED, Protection.FULL])
@pytest.mark.parametrize("family", [Family.SERVICE, Family.CIPHERING])
def test_every_protection_where_the_policy_demands_none(suite: Suite, protection: Protection, family: Family) -> None:
    read_once(Line(SecureMeter(suite, 0), family=family, protection=protection).open(), FIRST[family])


@pytest.mark.parametrize("suite", Suite)
def test_a_wrapped_key(suite: Suite) -> None:
    read_once(Line(SecureMeter(suite), family=Family.CIPHERING, message_key=Use.WRAPPED).open(), 0xDD)


@pytest.mark.parametrize("suite", CURVES)
@pytest.mark.parametrize("use", AGREED)
def test_agreed_keys(suite: Suite, use: Use) -> None:
    read_once(Line(SecureMeter(suite), family=Family.CIPHERING, message_key=use).open(), 0xDD)


@pytest.mark.parametrize("suite", CURVES)
@pytest.mark.parametrize(
    ("family", "signing", "first"),
    [
        (Family.SERVICE, Signing.AFTER, 0xDF),
        (Family.GENERAL, Signing.BEFORE, 0xDB),
        (Family.GENERAL, Signing.AFTER, 0xDF),
        (Family.GENERAL_DEDICATED, Signing.BEFORE, 0xDC),
        (Family.CIPHERING, Signing.AFTER, 0xDF),
        (Family.CIPHERING, Signing.BEFORE, 0xDD),
    ],
)
def test_signed_before_and_after_ciphering(suite: Suite, family: Family, signing: Signing, first: int) -> None:
    read_once(Line(SecureMeter(suite), family=family, signing=signing).open(), first)


@pytest.mark.parametrize("suite", CURVES)
def test_signed_around_an_agreed_key(suite: Suite) -> None:
    line = Line(SecureMeter(suite), family=Family.CIPHERING, message_key=Use.ONE_PASS, signing=Signing.AFTER)
    read_once(line.open(), 0xDF)


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(authenticates_fields=False),
        Dialect(signs_content_length=False),
        Dialect(transaction_with_length=False),
        Dialect(point_mark=b"\x01"),
    ],
)
@pytest.mark.parametrize("use", AGREED)
def test_each_dialect_is_understood_by_those_who_speak_it_only(dialect: Dialect, use: Use) -> None:
    how: dict[str, Any] = {"family": Family.CIPHERING, "message_key": use, "signing": Signing.AFTER}
    read_once(Line(SecureMeter(Suite.SUITE_1, dialect=dialect), dialect=dialect, **how).open(), 0xDF)
    concerns = {Use.ONE_PASS: dialect.transaction_with_length, Use.STATIC: not dialect.point_mark}[use]
    if concerns:
        stranger = Line(SecureMeter(Suite.SUITE_1), dialect=dialect, **how)
        with pytest.raises(RefusalError):
            stranger.open()
        assert isinstance(stranger.events[-1], DecipherFailed)


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("family", [Family.PLAIN, Family.SERVICE, Family.GENERAL])
@pytest.mark.parametrize("mechanism", [Mechanism.HLS_GMAC, Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA])
def test_every_proof(suite: Suite, family: Family, mechanism: Mechanism) -> None:
    ciphered = family is not Family.PLAIN
    if (mechanism is Mechanism.HLS_ECDSA and not suite) or (mechanism is Mechanism.HLS_GMAC and not ciphered):
        pytest.skip("there is no such way")
    line = Line(SecureMeter(suite), family=family, mechanism=mechanism).open()
    assert line.events == [AssociationOpened(1, mechanism)]
    assert u32.decode(line.get(VALUE)) == 123_456


@pytest.mark.parametrize("mechanism", [Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA])
@pytest.mark.parametrize("family", [Family.PLAIN, Family.SERVICE])
def test_a_wrong_secret_or_key_pair_proves_nothing(family: Family, mechanism: Mechanism) -> None:
    meter = SecureMeter(Suite.SUITE_1)
    identity = meter.keys(1).identity  # the meter's own pair, not the client's
    line = Line(meter, family=family, mechanism=mechanism, password=Key(SECRET[::-1]), identity=identity)
    with pytest.raises(RefusalError):
        line.open()
    assert not any(isinstance(event, AssociationOpened) for event in line.events)
    assert line.link.ask("C001C100030100010800FF0200") == bytes.fromhex("D80101")
