"""Key pairs, signatures and shared secrets on the curves of suites 1 and 2 (ECDSA and ECDH: FIPS 186, SP 800-56A).

A point travels as x and y, a signature as r and s, each of the length of a coordinate. Signatures are deterministic
(RFC 6979): no chance is needed that was not given.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from softmeter.entropy import Entropy
from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.security.suites import Suite

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P384_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
_CURVES: dict[Suite, tuple[ec.EllipticCurve, int]] = {
    Suite.SUITE_1: (ec.SECP256R1(), _P256_ORDER),
    Suite.SUITE_2: (ec.SECP384R1(), _P384_ORDER),
}
_SPARE_OCTETS = 8  # drawn above the order's length, so that the remainder favours no key


def _curve(suite: Suite) -> tuple[ec.EllipticCurve, int]:
    found = _CURVES.get(suite)
    if found is None:
        raise LocalProtocolError(f"{suite.name} has no curve")
    return found


def hash_of(suite: Suite) -> hashes.SHA256 | hashes.SHA384:
    """The hash of a suite's signatures and of its key derivation."""
    return hashes.SHA384() if suite is Suite.SUITE_2 else hashes.SHA256()


class PublicKey:
    """A point that belongs to somebody."""

    __slots__ = ("key", "suite")

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        self.key = key
        named = [suite for suite, (curve, _) in _CURVES.items() if curve.name == key.curve.name]
        if not named:
            raise SecurityError(f"a key on {key.curve.name}, a curve of no suite")
        self.suite = named[0]

    @classmethod
    def of(cls, suite: Suite, octets: bytes) -> "PublicKey":
        """The point with the coordinates x and y.

        Raises:
            SecurityError: it is no point of the curve.
        """
        size = suite.coordinate_octets
        curve, _ = _curve(suite)
        if len(octets) != 2 * size:
            raise SecurityError(f"a point of {suite.name} has {2 * size} octets")
        x, y = int.from_bytes(octets[:size], "big"), int.from_bytes(octets[size:], "big")
        try:
            return cls(ec.EllipticCurvePublicNumbers(x, y, curve).public_key())
        except ValueError as error:
            raise SecurityError("no point of the curve") from error

    def __bytes__(self) -> bytes:
        size, numbers = self.suite.coordinate_octets, self.key.public_numbers()
        return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        return hash(bytes(self))

    def verify(self, message: bytes, signature: bytes) -> None:
        """Check the signature of `message`.

        Raises:
            SecurityError: it is not the owner's.
        """
        size = self.suite.coordinate_octets
        if len(signature) != 2 * size:
            raise SecurityError("signature does not verify")
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        try:
            self.key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hash_of(self.suite)))
        except InvalidSignature as error:
            raise SecurityError("signature does not verify") from error


class KeyPair:
    """A private key with its point. Has no telling `repr`."""

    __slots__ = ("private", "public", "suite")

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private
        self.public = PublicKey(private.public_key())
        self.suite = self.public.suite

    @classmethod
    def of(cls, suite: Suite, octets: bytes) -> "KeyPair":
        """The pair of a private key given as one number.

        Raises:
            SecurityError: the number is not below the order of the curve, or 0.
        """
        curve, order = _curve(suite)
        number = int.from_bytes(octets, "big")
        if not 0 < number < order:
            raise SecurityError("no private key of the curve")
        return cls(ec.derive_private_key(number, curve))

    @classmethod
    def draw(cls, suite: Suite, entropy: Entropy) -> "KeyPair":
        """A fresh pair."""
        curve, order = _curve(suite)
        drawn = int.from_bytes(entropy.octets(suite.coordinate_octets + _SPARE_OCTETS), "big")
        return cls(ec.derive_private_key(drawn % (order - 1) + 1, curve))

    def __bytes__(self) -> bytes:
        return self.private.private_numbers().private_value.to_bytes(self.suite.coordinate_octets, "big")

    def sign(self, message: bytes) -> bytes:
        """The signature r and s of `message`."""
        size = self.suite.coordinate_octets
        encoded = self.private.sign(message, ec.ECDSA(hash_of(self.suite), deterministic_signing=True))
        r, s = decode_dss_signature(encoded)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def agree(self, other: PublicKey) -> bytes:
        """The shared secret Z: the x-coordinate of the common point.

        Raises:
            SecurityError: the other's key is on another curve.
        """
        if other.suite is not self.suite:
            raise SecurityError("keys of two curves agree on nothing")
        return self.private.exchange(ec.ECDH(), other.key)
