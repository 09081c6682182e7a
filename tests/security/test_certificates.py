"""Certificates and requests that were damaged: refused, and by nothing but the one error."""

import pytest

from dlms.device import TITLE
from dlms.secure_device import NOW, authority, pairs
from softmeter.entropy import SeededEntropy
from softmeter.errors import SecurityError
from softmeter.security.certificates import Certificate, Entity, certificate_request
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite
from softmeter.security.trust import TrustStore
from vectors.table import cuts

PAIR = pairs(Suite.SUITE_1, "meter")[Purpose.SIGNATURE]
ROOT = authority()
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
