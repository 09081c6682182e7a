"""Keys on curves, shared secrets, derived and wrapped keys, proofs: the published and computed vectors."""

import pytest

from softmeter.entropy import SeededEntropy
from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.security.agreement import (
    Algorithm,
    derive_key,
    ephemeral_key,
    one_pass_key,
    signed_point,
    static_key,
    verified_point,
)
from softmeter.security.authentication import check_answer, hashed_proof, sha256_proof, signed_message
from softmeter.security.ciphering import Protection
from softmeter.security.curves import KeyPair, PublicKey
from softmeter.security.policies import Policy, strengthens, strengthens_version_0
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId, unwrap_key, wrap_key
from vectors.table import cuts, names, vector

ONE, TWO = Suite.SUITE_1, Suite.SUITE_2
CLIENT, SERVER = bytes.fromhex("4D4D4D0000BC614E"), bytes.fromhex("4D4D4D0000000001")
SECRET, STOC, CTOS = b"0123456789ABCDEF", b"P6wRJ21F", b"K56iVagY"


@pytest.mark.parametrize("name", ["sign-C", "B", "eph-C"])
def test_points_of_private_keys(name: str) -> None:
    pair, point = KeyPair.of(ONE, vector(f"ec.p256.{name}.private")), vector(f"ec.p256.{name}.public x|y")
    assert bytes(pair.public) == point
    assert bytes(pair) == vector(f"ec.p256.{name}.private")
    assert PublicKey.of(ONE, point) == pair.public
    assert hash(PublicKey.of(ONE, point)) == hash(pair.public)


def test_the_shared_secret_and_the_keys_derived_from_it() -> None:
    shared = KeyPair.of(ONE, vector("ec.p256.eph-C.private")).agree(KeyPair.of(ONE, vector("ec.p256.B.private")).public)
    assert shared == vector("ecdh.Z(eph-C, B)")
    assert shared == KeyPair.of(ONE, vector("ec.p256.B.private")).agree(
        KeyPair.of(ONE, vector("ec.p256.eph-C.private")).public
    )
    (one_pass,), (static,) = names("kdf.one-pass"), names("kdf.with transaction-id")
    assert one_pass_key(ONE, shared, CLIENT, SERVER) == vector(one_pass)
    assert static_key(ONE, shared, CLIENT, SERVER, bytes.fromhex("080123456789012345")) == vector(static)


PUBLISHED = [
    (
        "0D4385BA0DD756CBCAB9887EB538396EE8F090A14C1079B4359F115B977F4615",
        CLIENT,
        SERVER,
        "kdf.suite1.C2.client",
    ),
    (
        "2B4302DC49790E2E78D990CFB52ED6E2F273DECE441A2D95E4301B93812A9FAC",
        SERVER,
        CLIENT,
        "kdf.suite1.C2.server(first16)",
    ),
]


@pytest.mark.parametrize(("shared", "u", "v", "name"), PUBLISHED)
def test_the_published_derivations(shared: str, u: bytes, v: bytes, name: str) -> None:
    expected = vector(name)[:16]
    assert derive_key(ONE, bytes.fromhex(shared), Algorithm.AES_GCM_128, u, v) == expected
    assert ephemeral_key(ONE, bytes.fromhex(shared), KeyId.UNICAST_ENCRYPTION, u, v) == expected
    assert ephemeral_key(ONE, bytes.fromhex(shared), KeyId.MASTER, u, v) != expected


def test_suite_2_has_keys_of_32_octets_and_algorithms_of_its_own() -> None:
    first, second = (KeyPair.draw(TWO, SeededEntropy(number)) for number in (1, 2))
    shared = first.agree(second.public)
    assert (len(shared), len(one_pass_key(TWO, shared, CLIENT, SERVER))) == (48, 32)
    ways = [Algorithm.of(suite, key_id) for suite in (ONE, TWO) for key_id in (KeyId(0), KeyId(3))]
    assert ways == [Algorithm.AES_GCM_128, Algorithm.AES_WRAP_128, Algorithm.AES_GCM_256, Algorithm.AES_WRAP_256]
    with pytest.raises(SecurityError):
        first.agree(KeyPair.draw(ONE, SeededEntropy(1)).public)


@pytest.mark.parametrize("suite", [ONE, TWO])
def test_signatures(suite: Suite) -> None:
    pair = KeyPair.draw(suite, SeededEntropy(1))
    signature = pair.sign(b"message")
    assert len(signature) == 2 * suite.coordinate_octets
    assert signature == pair.sign(b"message")
    pair.public.verify(b"message", signature)
    wrong = [(b"massage", signature), (b"message", signature[::-1]), (b"message", bytes(len(signature)))]
    for message, tried in [*wrong, *((b"message", cut) for cut in cuts(signature))]:
        with pytest.raises(SecurityError):
            pair.public.verify(message, tried)


def test_the_stored_signature_of_a_proof() -> None:
    key = PublicKey.of(ONE, vector("ec.p256.sign-C.public x|y"))
    signature = vector("hls7.f(StoC) sample signature r|s by sign-C")
    key.verify(signed_message(SERVER, CLIENT, STOC, CTOS), signature)
    with pytest.raises(SecurityError):
        key.verify(signed_message(CLIENT, SERVER, STOC, CTOS), signature)


def test_proofs_by_hash() -> None:
    assert sha256_proof(SECRET, (SERVER, CLIENT), STOC, CTOS) == vector("hls6.f(StoC)")
    assert sha256_proof(SECRET, (CLIENT, SERVER), CTOS, STOC) == vector("hls6.f(CtoS)")
    assert hashed_proof(SECRET, STOC, sha1=False) == vector("hls3.f(StoC)=MD5(StoC|secret)")
    assert hashed_proof(SECRET, STOC, sha1=True) == vector("hls4.f(StoC)=SHA1(StoC|secret)")
    check_answer(b"same", b"same")
    with pytest.raises(SecurityError):
        check_answer(b"same", b"some")


@pytest.mark.parametrize("octets", [b"", bytes(64), b"\x01" * 64, b"\xff" * 64, bytes(63)])
def test_what_is_no_point_is_refused(octets: bytes) -> None:
    with pytest.raises(SecurityError):
        PublicKey.of(ONE, octets)


@pytest.mark.parametrize("octets", [b"", bytes(32), b"\xff" * 32])
def test_what_is_no_private_key_is_refused(octets: bytes) -> None:
    with pytest.raises(SecurityError):
        KeyPair.of(ONE, octets)


def test_suite_0_has_no_curve() -> None:
    with pytest.raises(LocalProtocolError):
        KeyPair.draw(Suite.SUITE_0, SeededEntropy(1))


def test_a_signed_point_is_its_signers() -> None:
    signer, ephemeral = (KeyPair.draw(ONE, SeededEntropy(number)) for number in (1, 2))
    octets = signed_point(ephemeral, signer, b"\x00")
    assert verified_point(ONE, octets, signer.public, b"\x00") == ephemeral.public
    for key, mark, tried in (
        (ephemeral.public, b"\x00", octets),
        (signer.public, b"\x01", octets),
        *((signer.public, b"\x00", cut) for cut in cuts(octets)),
        (signer.public, b"\x00", octets + b"\x00"),
    ):
        with pytest.raises(SecurityError):
            verified_point(ONE, tried, key, mark)


@pytest.mark.parametrize(("suite", "name"), [(Suite.SUITE_0, "kw.aes128.rfc3394"), (TWO, "kw.aes256.rfc3394")])
def test_wrapped_keys(suite: Suite, name: str) -> None:
    master = Key(bytes(range(suite.key_octets)))
    key = unwrap_key(master, vector(name), suite)
    assert wrap_key(master, key) == vector(name)
    assert key.hex().upper().startswith("00112233445566778899AABBCCDDEEFF")
    for wrong in (*cuts(vector(name)), vector(name) + b"\x00", vector(name)[:-1] + b"\x00"):
        with pytest.raises(SecurityError):
            unwrap_key(master, wrong, suite)
    with pytest.raises(SecurityError):
        unwrap_key(Key(master[::-1]), vector(name), suite)
    with pytest.raises(SecurityError):
        unwrap_key(Key(b""), vector(name), suite)


def test_policies_of_both_versions() -> None:
    assert [Policy.of_version_0(number) for number in range(4)] == [0, 0x24, 0x48, Policy.FULL]
    assert [strengthens_version_0(new, old) for old, new in ((0, 1), (1, 3), (2, 3), (3, 3))] == [True] * 4
    assert [strengthens_version_0(new, old) for old, new in ((1, 2), (2, 1), (3, 0), (1, 0))] == [False] * 4
    assert strengthens(0x6C, 0x24)
    assert not strengthens(0x24, 0x6C)
    for bits in range(0, 256, 4):
        policy = Policy(bits)
        for at, one in enumerate((Protection.AUTHENTICATED, Protection.ENCRYPTED, Protection.SIGNED)):
            assert (one in policy.request, one in policy.response) == (
                bool(bits >> 2 + at & 1),
                bool(bits >> 5 + at & 1),
            )


def test_key_pairs_do_not_show() -> None:
    pair = KeyPair.draw(ONE, SeededEntropy(1))
    assert bytes(pair).hex() not in repr(pair)
