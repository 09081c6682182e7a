"""Certificates, authorities, and what a device keeps of them; damage is refused by nothing but the one error."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from dlms.device import TITLE
from dlms.secure_device import NOW, authority, pairs
from softmeter.entropy import SeededEntropy
from softmeter.errors import SecurityError, StorageError
from softmeter.instant import SECOND, Instant
from softmeter.security.certificates import (
    Authority,
    Certificate,
    Entity,
    StandingAuthority,
    certificate_request,
    der_of,
)
from softmeter.security.curves import KeyPair, hash_of
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite
from softmeter.security.trust import TrustStore
from vectors.table import cuts

PAIR = pairs(Suite.SUITE_1, "meter")[Purpose.SIGNATURE]
ROOT = authority()
OTHER_TITLE = bytes(8)
YEAR = 366 * 86_400 * SECOND
DER, REQUEST = ROOT.issue(TITLE, PAIR.public, Purpose.SIGNATURE), certificate_request(PAIR, TITLE)


def test_what_a_certificate_says() -> None:
    read = Certificate.read(DER)
    assert (read.title, read.purpose, read.public, read.is_authority) == (TITLE, Purpose.SIGNATURE, PAIR.public, False)
    assert (read.entity(TITLE), read.entity(b"ANOTHER1")) == (Entity.SERVER, Entity.CLIENT)
    root = Certificate.read(ROOT.certificate)
    assert (root.entity(TITLE), root.title, root.is_self_signed) == (Entity.AUTHORITY, b"", True)
    assert read.is_issued_by(root)
    assert not root.is_issued_by(read)
    assert Certificate.read(ROOT.answer(REQUEST, Purpose.AGREEMENT)).purpose is Purpose.AGREEMENT
    nobody = Certificate.read(ROOT.issue(b"no", PAIR.public, Purpose.OTHER))
    assert (nobody.entity(TITLE), nobody.title) == (Entity.OTHER, b"")


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("octets", [DER, REQUEST])
def test_damage_is_refused(octets: bytes) -> None:
    store, entropy = TrustStore(TITLE, Suite.SUITE_1, (ROOT.certificate,)), SeededEntropy(1)
    damaged = [*list(cuts(octets))[::7], octets + b"\x00"]
    for _ in range(150):
        at, bit = int.from_bytes(entropy.octets(2), "big") % len(octets), entropy.octets(1)[0] & 7
        damaged.append(octets[:at] + bytes((octets[at] ^ 1 << bit,)) + octets[at + 1 :])
    for one in damaged:
        with pytest.raises(SecurityError):
            store.take(one, NOW)
        with pytest.raises(SecurityError):
            ROOT.answer(one, Purpose.SIGNATURE)
    assert store.saved() == {}


def test_an_authority_goes_on_with_its_certificate_and_key() -> None:
    key = KeyPair.draw(Suite.SUITE_1, SeededEntropy("Root"))
    again = StandingAuthority(ROOT.certificate, key, 1 << 40)
    first, second = (Certificate.read(again.answer(REQUEST, Purpose.SIGNATURE)) for _ in range(2))
    assert first.is_issued_by(Certificate.read(ROOT.certificate))
    assert first.serial != second.serial
    for certificate, pair in ((DER, PAIR), (ROOT.certificate, PAIR)):
        with pytest.raises(SecurityError, match="not that of an authority with this key"):
            StandingAuthority(certificate, pair, 1)


def test_a_certificate_is_found_in_either_form_of_a_file() -> None:
    pem = Certificate.read(DER).x509.public_bytes(Encoding.PEM)
    assert der_of(DER) == der_of(pem) == der_of(b"-----BEGIN NOTHING-----\n-----END NOTHING-----\n" + pem) == DER
    for none in (b"", pem[:-40], b"-----BEGIN CERTIFICATE-----\n"):
        with pytest.raises(SecurityError):
            der_of(none)


def test_authorities_are_those_of_the_owner_as_he_names_them_now() -> None:
    named: list[bytes] = []
    store = TrustStore(TITLE, Suite.SUITE_1, (ROOT.certificate,), lambda: tuple(named))
    assert [one.der for one in store.certificates] == [ROOT.certificate]
    other = authority_certificate(PAIR, "Other", NOW - YEAR, NOW + YEAR)
    named.append(other)
    assert [one.der for one in store.certificates] == [other]
    with pytest.raises(SecurityError):
        store.take(ROOT.issue(OTHER_TITLE, PAIR.public, Purpose.SIGNATURE), NOW)
    assert store.saved() == {}


def test_authorities_that_an_older_version_saved_are_those_it_starts_with() -> None:
    store = TrustStore(TITLE, Suite.SUITE_1)
    store.restore({"anchor.00": ROOT.certificate})
    assert [one.der for one in store.certificates] == [ROOT.certificate]
    with pytest.raises(StorageError):
        TrustStore(TITLE, Suite.SUITE_1, follow=lambda: (b"none",)).restore({})


@pytest.mark.parametrize("damaged", [{"certificate.00": b"none"}, {"anchor.00": b"none"}, {"pair.0": bytes(32)}])
def test_a_store_that_cannot_be_used_is_not(damaged: dict[str, bytes]) -> None:
    with pytest.raises(StorageError):
        TrustStore(TITLE, Suite.SUITE_1).restore(damaged)


def authority_certificate(
    pair: KeyPair, name: str, begin: int, end: int, bound: int | None = None, identifier: bytes = b""
) -> bytes:
    """What `ROOT` vouches for, with a span and a bound of its own."""
    span = [datetime.fromtimestamp(at // SECOND, UTC) for at in (begin, end)]
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(Certificate.read(ROOT.certificate).x509.subject)
        .public_key(pair.public.key)
        .serial_number(1 << 40)
        .not_valid_before(span[0])
        .not_valid_after(span[1])
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=bound), critical=True)
    )
    if identifier:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(identifier), critical=False)
    root = KeyPair.draw(Suite.SUITE_1, SeededEntropy("Root"))
    return builder.sign(root.private, hash_of(Suite.SUITE_1)).public_bytes(Encoding.DER)


def test_an_authority_may_have_been_renewed() -> None:
    key = KeyPair.draw(Suite.SUITE_1, SeededEntropy("branch"))
    old = authority_certificate(key, "Branch", NOW - YEAR, NOW + SECOND)
    new = authority_certificate(key, "Branch", NOW - YEAR, NOW + YEAR)
    store = TrustStore(OTHER_TITLE, Suite.SUITE_1, (ROOT.certificate,))
    for one in (old, new):
        store.take(one, NOW)
    issued = StandingAuthority(new, key, 1).issue(TITLE, PAIR.public, Purpose.SIGNATURE)
    assert store.vouched(issued, TITLE, Instant(NOW + YEAR // 2)) == PAIR.public
    assert store.vouched(issued, TITLE, Instant(NOW + 2 * YEAR)) is None


@pytest.mark.parametrize(("bound", "leads"), [(None, True), (1, True), (0, False)])
def test_an_authority_vouches_for_no_more_authorities_than_it_may(bound: int | None, *, leads: bool) -> None:
    key, below = (KeyPair.draw(Suite.SUITE_1, SeededEntropy(name)) for name in ("branch", "office"))
    branch = authority_certificate(key, "Branch", NOW - YEAR, NOW + YEAR, bound)
    office = Authority("Office", below, NOW, Instant(NOW + YEAR), StandingAuthority(branch, key, 1))
    store = TrustStore(OTHER_TITLE, Suite.SUITE_1, (ROOT.certificate,))
    for one in (branch, office.certificate):
        store.take(one, NOW)
    issued = office.issue(TITLE, PAIR.public, Purpose.SIGNATURE)
    assert (store.vouched(issued, TITLE, NOW) is not None) is leads


def test_an_authority_that_is_named_as_a_device_is_not_the_device() -> None:
    store = TrustStore(TITLE, Suite.SUITE_1, (ROOT.certificate,))
    store.draw_pair(Purpose.SIGNATURE, SeededEntropy(3))
    store.take(ROOT.answer(store.request(Purpose.SIGNATURE), Purpose.SIGNATURE), NOW)
    own, pair = store.certificate(Purpose.SIGNATURE), store.pair(Purpose.SIGNATURE)
    named = authority_certificate(PAIR, TITLE.hex().upper(), NOW - YEAR, NOW + YEAR)
    assert Certificate.read(store.take(named, NOW).der).title == TITLE
    assert (store.certificate(Purpose.SIGNATURE), store.public(TITLE, Purpose.SIGNATURE)) == (own, own and own.public)
    assert store.remove(lambda one: one.is_authority)
    assert store.pair(Purpose.SIGNATURE) is pair


@pytest.mark.parametrize("own", [b"", b"an owner's way of naming keys"])
def test_a_certificate_names_the_key_it_is_signed_with_as_its_issuer_does(own: bytes) -> None:
    digest = x509.SubjectKeyIdentifier.from_public_key(PAIR.public.key)
    root = authority_certificate(PAIR, "Owner", NOW, NOW + YEAR, None, own)
    standing = StandingAuthority(root, PAIR, 1)
    branch = Authority("Branch", PAIR, NOW, Instant(NOW + YEAR), standing)
    issued = [branch.certificate, standing.issue(TITLE, PAIR.public, Purpose.SIGNATURE)]
    for der in issued:
        named = Certificate.read(der).x509.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        assert named.key_identifier == (own or digest.digest)
    of_branch = Certificate.read(issued[0]).x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert of_branch == digest
