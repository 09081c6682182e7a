"""Class 64 on a device: keys agreed, pairs drawn, certificates exchanged."""

from typing import Any

import pytest

from dlms.device import TITLE
from dlms.secure_device import BEGIN, CLIENT_TITLE, END, SETUP, SecureMeter, authority, pairs
from dlms.secure_link import Line
from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.certificate_selection import ByEntity, BySerial, selection
from softmeter.cosem.classes.security_setup import KeyTransfer
from softmeter.cosem.classes.security_setup_v1 import KeyAgreement, SecuritySetupV1
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.host import DecipherFailed
from softmeter.dlms.refusals import RefusalError
from softmeter.errors import AccessError
from softmeter.security.agreement import ephemeral_key, signed_point, verified_point
from softmeter.security.certificates import Authority, Certificate, Entity
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import array_of, octets, struct

CURVES = [Suite.SUITE_1, Suite.SUITE_2]
GENERATE, REQUEST, IMPORT, EXPORT, REMOVE = range(4, 9)
_transfers, _agreements = array_of(struct(KeyTransfer)), array_of(struct(KeyAgreement))
VALUE = (8, "0-0:1.0.0", 3)
GUARDED, SIGNED = (1, "0-0:96.1.3", 2), (1, "0-0:96.1.4", 2)


def method(number: int) -> tuple[int, str, int]:
    return 64, SETUP, number


def enum(value: int) -> bytes:
    return bytes((0x16, value))


def with_certificates(suite: Suite) -> tuple[SecureMeter, Authority]:
    """A device that trusts one authority and knows the client's certificates, made in the factory."""
    meter, root = SecureMeter(suite), authority(suite)
    trust = meter.store.trust = type(meter.store.trust)(TITLE, suite, (root.certificate,))
    for purpose, pair in pairs(suite, "client").items():
        trust.take(root.issue(CLIENT_TITLE, pair.public, purpose), meter.store.now)
    return meter, root


def commissioned(line: Line, root: Authority, purpose: Purpose) -> None:
    """The way a new pair of the device comes into use."""
    line.act(method(GENERATE), enum(purpose))
    request = octets.decode(line.act(method(REQUEST), enum(purpose)) or b"")
    line.act(method(IMPORT), octets.encode(root.answer(request, purpose)))


def refused(line: Line, number: int, parameter: bytes) -> int:
    with pytest.raises(AccessError) as error:
        line.act(method(number), parameter)
    return error.value.result


@pytest.mark.parametrize("suite", CURVES)
def test_key_pairs_and_certificates_over_the_air(suite: Suite) -> None:
    meter, root = with_certificates(suite)
    line = Line(meter).open()
    for purpose in (Purpose.SIGNATURE, Purpose.AGREEMENT):
        commissioned(line, root, purpose)
        pair = meter.store.trust.pair(purpose)
        assert pair is not None
        chosen = selection.encode(ByEntity(Entity.SERVER, purpose, TITLE))
        der = octets.decode(line.act(method(EXPORT), chosen) or b"")
        assert Certificate.read(der).public == pair.public
        serial = selection.encode(BySerial(Certificate.read(der).serial, Certificate.read(der).issuer))
        assert octets.decode(line.act(method(EXPORT), serial) or b"") == der
    shown = line.get((64, SETUP, 6))
    assert shown[:2] == b"\x01\x05"  # the authority, two of the client, two of the device
    line.act(method(REMOVE), selection.encode(ByEntity(Entity.SERVER, Purpose.SIGNATURE, TITLE)))
    assert meter.store.trust.pair(Purpose.SIGNATURE) is None
    assert refused(line, REMOVE, selection.encode(ByEntity(Entity.AUTHORITY, Purpose.OTHER, b""))) == 250


@pytest.mark.parametrize("suite", CURVES)
def test_keys_are_agreed_and_in_force_from_the_next_apdu_on(suite: Suite) -> None:
    meter, root = with_certificates(suite)
    line = Line(meter).open()
    commissioned(line, root, Purpose.SIGNATURE)
    server = meter.store.trust.public(TITLE, Purpose.SIGNATURE)
    assert server is not None
    signer = pairs(suite, "client")[Purpose.SIGNATURE]
    mine = {key_id: KeyPair.of(suite, bytes((9 + key_id,)) * 32) for key_id in (KeyId(0), KeyId(2), KeyId(3))}
    proposed = tuple(KeyAgreement(one, signed_point(pair, signer, bytes((one,)))) for one, pair in mine.items())
    answer = _agreements.decode(line.act(method(3), _agreements.encode(proposed)) or b"")
    agreed = {}
    for one in answer:
        point = verified_point(suite, one.key_data, server, bytes((one.key_id,)))
        shared = mine[one.key_id].agree(point)
        agreed[one.key_id] = ephemeral_key(suite, shared, one.key_id, CLIENT_TITLE, TITLE)
    keys = meter.store.keys
    assert [keys.unicast_encryption, keys.authentication, keys.master] == [agreed[KeyId(one)] for one in (0, 2, 3)]
    with pytest.raises(RefusalError):
        line.get(VALUE)
    assert Line(meter).open().get(VALUE)


def test_an_agreement_that_is_not_the_clients_changes_nothing() -> None:
    meter, root = with_certificates(Suite.SUITE_1)
    line = Line(meter).open()
    stranger, pair = KeyPair.of(Suite.SUITE_1, b"\x05" * 32), KeyPair.of(Suite.SUITE_1, b"\x06" * 32)
    good = KeyAgreement(KeyId(0), signed_point(pair, pairs(Suite.SUITE_1, "client")[Purpose.SIGNATURE], b"\x00"))
    assert refused(line, 3, _agreements.encode((good,))) == ActionResult.OTHER_REASON  # no pair to sign with yet
    commissioned(line, root, Purpose.SIGNATURE)
    state = meter.store.keys
    wrong = [
        (KeyAgreement(KeyId(0), signed_point(pair, stranger, b"\x00")),),
        (KeyAgreement(KeyId(1), good.key_data),),
        (good, good),
        (good, KeyAgreement(KeyId(2), b"")),
        (),
    ]
    for proposed in wrong:
        assert refused(line, 3, _agreements.encode(proposed)) == ActionResult.OTHER_REASON
    assert meter.store.keys is state


def wrong_certificates(root: Authority) -> dict[str, Any]:
    suite = Suite.SUITE_1
    key = KeyPair.of(suite, b"\x05" * 32).public
    sub = Authority("Sub", KeyPair.of(suite, b"\x08" * 32), BEGIN, END)
    past = Authority("Past", KeyPair.of(suite, b"\x08" * 32), BEGIN, BEGIN, root)
    return {
        "another authority": sub.issue(CLIENT_TITLE, key, Purpose.SIGNATURE),
        "another authority itself": sub.certificate,
        "an authority of the past": past.certificate,
        "another key than the device's": root.issue(TITLE, key, Purpose.SIGNATURE),
        "no title": root.issue(b"short", key, Purpose.SIGNATURE),
        "no purpose": root.issue(CLIENT_TITLE, key, Purpose.OTHER),
        "another curve": root.issue(CLIENT_TITLE, KeyPair.of(Suite.SUITE_2, b"\x05" * 32).public, Purpose.SIGNATURE),
        "damaged": root.issue(CLIENT_TITLE, key, Purpose.SIGNATURE)[:-1] + b"\x00",
        "cut": root.issue(CLIENT_TITLE, key, Purpose.SIGNATURE)[:-9],
        "nothing": b"",
    }


def test_certificates_nobody_trusts_are_not_taken() -> None:
    meter, root = with_certificates(Suite.SUITE_1)
    line = Line(meter).open()
    line.act(method(GENERATE), enum(0))
    saved = meter.store.trust.saved()
    for name, der in wrong_certificates(root).items():
        assert refused(line, IMPORT, octets.encode(der)) == ActionResult.OTHER_REASON, name
    assert meter.store.trust.saved() == saved
    assert refused(line, GENERATE, enum(3)) == ActionResult.OTHER_REASON
    assert refused(line, REQUEST, enum(1)) == ActionResult.OTHER_REASON
    assert refused(line, EXPORT, selection.encode(ByEntity(Entity.SERVER, Purpose.TLS, TITLE))) == 250
    assert refused(line, EXPORT, b"\x02\x02\x16\x07\x02\x00") == ActionResult.TYPE_UNMATCHED
    assert refused(line, EXPORT, b"\x02\x03\x16\x00\x02\x00\x00") == ActionResult.TYPE_UNMATCHED


def test_a_chain_over_a_sub_authority_is_followed_and_survives_a_power_cut() -> None:
    meter, root = with_certificates(Suite.SUITE_1)
    trust, now = meter.store.trust, meter.store.now
    sub = Authority("Sub", KeyPair.of(Suite.SUITE_1, b"\x08" * 32), BEGIN, END, root)
    peer = KeyPair.of(Suite.SUITE_1, b"\x05" * 32).public
    trust.take(sub.certificate, now)
    trust.take(sub.issue(b"ANOTHER1", peer, Purpose.AGREEMENT), now)
    line = Line(meter).open()
    commissioned(line, root, Purpose.SIGNATURE)
    line.act(method(GENERATE), enum(1))
    later = type(trust)(TITLE, Suite.SUITE_1, (root.certificate,))
    later.restore(trust.saved())
    assert later.saved() == trust.saved()
    assert later.public(b"ANOTHER1", Purpose.AGREEMENT) == peer
    assert bytes(later.pair(Purpose.SIGNATURE) or b"") == bytes(trust.pair(Purpose.SIGNATURE) or b"")


def test_a_policy_of_version_1() -> None:
    meter = SecureMeter(Suite.SUITE_1, 0x24)
    line = Line(meter).open()
    assert line.get((64, SETUP, 2)) == enum(0x24)
    for wrong in (0x20, 0x04, 0x00, 0x25, 0x48):
        assert refused(line, 1, enum(wrong)) == ActionResult.OTHER_REASON
    assert refused(line, 1, b"\x11\x6c") == ActionResult.TYPE_UNMATCHED
    line.act(method(1), enum(0xFC))
    with pytest.raises(RefusalError):
        line.get(VALUE)
    assert isinstance(line.events[-1], DecipherFailed)


@pytest.mark.parametrize("policy", [0x80, 0xE0])
def test_a_policy_for_responses_only(policy: int) -> None:
    meter = SecureMeter(Suite.SUITE_1, policy)
    line = Line(meter).open()
    assert line.get(VALUE)
    request, answer = line.log[-1]
    assert answer is not None
    assert (request[0], answer[0]) == (0xC8, 0xDF)


def test_access_rights_demand_protection_of_their_own() -> None:
    from softmeter.dlms.credentials import Signing
    from softmeter.security.ciphering import Protection

    meter = SecureMeter(Suite.SUITE_1, 0)
    weak = Line(meter, protection=Protection.AUTHENTICATED).open()
    for reference in (GUARDED, SIGNED):
        with pytest.raises(AccessError):
            weak.get(reference)
    full = Line(meter, counter=100).open()
    assert octets.decode(full.get(GUARDED)) == b"well kept"
    signed = Line(meter, counter=200, signing=Signing.AFTER).open()
    assert octets.decode(signed.get(SIGNED)) == b"well kept"


def test_keys_of_a_setup_without_a_store_are_fixed() -> None:
    setup = SecuritySetupV1(part=lambda _: SecureMeter(Suite.SUITE_1).store)
    meter: Any = SecureMeter(Suite.SUITE_1)
    assert setup.certificates(meter) == ()
    with pytest.raises(AccessError) as error:
        setup.generate_key_pair(meter, Purpose.SIGNATURE)
    assert error.value.result == ActionResult.READ_WRITE_DENIED


def test_a_master_key_is_replaced_by_itself() -> None:
    meter = SecureMeter(Suite.SUITE_2)
    line = Line(meter, mechanism=Mechanism.HLS_GMAC).open()
    new = bytes(range(32))
    both = (
        KeyTransfer(KeyId.MASTER, wrap_key(meter.store.master, new)),
        KeyTransfer(KeyId.AUTHENTICATION, wrap_key(meter.store.master, new[::-1])),
    )
    line.act(method(2), _transfers.encode(both))
    assert (meter.store.keys.master, meter.store.keys.authentication) == (new, new[::-1])
