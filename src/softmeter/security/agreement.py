"""Agreed keys: C(2e,0s), C(1e,1s) and C(0e,2s), and the derivation of a key (SP 800-56A; IEC 62056-53, key agreement).

The key is the hash of a counter, the shared secret Z, and what the key is for and between whom (OtherInfo).
"""

from enum import IntEnum

from cryptography.hazmat.primitives import hashes

from softmeter.errors import SecurityError
from softmeter.security.curves import KeyPair, PublicKey, hash_of
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId

_ALGORITHM = bytes.fromhex("608574050803")
_ROUND = b"\x00\x00\x00\x01"


class Algorithm(IntEnum):
    """What an agreed key is for: 2.16.756.5.8.3.n."""

    AES_GCM_128 = 0
    AES_GCM_256 = 1
    AES_WRAP_128 = 2
    AES_WRAP_256 = 3

    @classmethod
    def of(cls, suite: Suite, key_id: KeyId = KeyId.UNICAST_ENCRYPTION) -> "Algorithm":
        """The algorithm that a key of `suite` serves."""
        return cls((suite is Suite.SUITE_2) + 2 * (key_id is KeyId.MASTER))


def derive_key(suite: Suite, shared: bytes, algorithm: Algorithm, party_u: bytes, party_v: bytes) -> Key:
    """The key from the shared secret Z; `party_u` is the originator's title and what comes after it."""
    digest = hashes.Hash(hash_of(suite))
    digest.update(_ROUND + shared + _ALGORITHM + bytes((algorithm,)) + party_u + party_v)
    return Key(digest.finalize()[: suite.key_octets])


def one_pass_key(suite: Suite, shared: bytes, originator: bytes, recipient: bytes) -> Key:
    """The key of one APDU by C(1e,1s)."""
    return derive_key(suite, shared, Algorithm.of(suite), originator, recipient)


def static_key(suite: Suite, shared: bytes, originator: bytes, recipient: bytes, transaction: bytes) -> Key:
    """The key of one APDU by C(0e,2s); `transaction` is the transaction-id as it enters OtherInfo."""
    return derive_key(suite, shared, Algorithm.of(suite), originator + transaction, recipient)


def signed_point(ephemeral: KeyPair, signer: KeyPair, mark: bytes) -> bytes:
    """An ephemeral point and its signature over `mark` and the point."""
    point = bytes(ephemeral.public)
    return point + signer.sign(mark + point)


def verified_point(suite: Suite, octets: bytes, signer: PublicKey, mark: bytes) -> PublicKey:
    """The ephemeral point that `signer` signed.

    Raises:
        SecurityError: it did not.
    """
    size = 2 * suite.coordinate_octets
    if len(octets) != 2 * size:
        raise SecurityError("no signed point of the suite")
    signer.verify(mark + octets[:size], octets[size:])
    return PublicKey.of(suite, octets[:size])


def ephemeral_key(suite: Suite, shared: bytes, key_id: KeyId, client: bytes, server: bytes) -> Key:
    """A key agreed for good by C(2e,0s), by method key_agreement."""
    return derive_key(suite, shared, Algorithm.of(suite, key_id), client, server)
