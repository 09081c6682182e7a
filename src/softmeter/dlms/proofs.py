"""Who proves what by a challenge: HLS 3 to 7, the same for both ends (IEC 62056-53, authentication mechanisms)."""

from softmeter.dlms.acse import Mechanism
from softmeter.dlms.sealing import Sealer
from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.security.authentication import check_answer, hashed_proof, sha256_proof, signed_message, verify_gmac
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key, Use

PROVING = frozenset(
    {Mechanism.HLS_MD5, Mechanism.HLS_SHA1, Mechanism.HLS_GMAC, Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA}
)
"""The mechanisms with challenges."""
TITLED = frozenset({Mechanism.HLS_GMAC, Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA})
"""Those whose proof names both system titles."""


class Prover:
    """One end's answers to challenges, and its check of the other's."""

    __slots__ = ("_mechanism", "_sealer", "_secret")

    def __init__(self, mechanism: Mechanism, sealer: Sealer, secret: bytes) -> None:
        self._mechanism = mechanism
        self._sealer = sealer
        self._secret = Key(secret)

    def make(self, received: bytes, sent: bytes) -> bytes:
        """Our answer to the challenge `received`; `sent` is our own.

        Raises:
            LocalProtocolError: a key for it is missing.
        """
        own, peer = self._sealer.own, self._sealer.peer
        if self._mechanism is Mechanism.HLS_GMAC:
            cipher = self._sealer.ciphers.get(Use.UNICAST)
            if cipher is None:
                raise LocalProtocolError("GMAC without a key")
            return cipher.sign(own, self._sealer.draw(Use.UNICAST), received)
        if self._mechanism is Mechanism.HLS_ECDSA:
            pair = self._pair()
            if pair is None:
                raise LocalProtocolError("ECDSA without a key pair")
            return pair.sign(signed_message(own, peer, received, sent))
        return self._hashed((own, peer), received, sent)

    def check(self, answer: bytes, sent: bytes, received: bytes) -> int | None:
        """The invocation counter used up by the other's answer to our challenge `sent`; None if it uses none.

        Raises:
            SecurityError: the answer is wrong.
        """
        own, peer = self._sealer.own, self._sealer.peer
        if self._mechanism is Mechanism.HLS_GMAC:
            cipher = self._sealer.ciphers.get(Use.UNICAST)
            if cipher is None:
                raise SecurityError("authentication failed")
            return verify_gmac(cipher, peer, sent, answer)
        if self._mechanism is Mechanism.HLS_ECDSA:
            identity = self._sealer.keys.identity
            key = None if identity is None else identity.public(peer, Purpose.SIGNATURE)
            if key is None:
                raise SecurityError("authentication failed")
            key.verify(signed_message(peer, own, sent, received), answer)
        else:
            check_answer(self._hashed((peer, own), sent, received), answer)
        return None

    def _hashed(self, titles: tuple[bytes, bytes], received: bytes, sent: bytes) -> bytes:
        if self._mechanism is Mechanism.HLS_SHA256:
            return sha256_proof(self._secret, titles, received, sent)
        return hashed_proof(self._secret, received, sha1=self._mechanism is Mechanism.HLS_SHA1)

    def _pair(self) -> KeyPair | None:
        identity = self._sealer.keys.identity
        return None if identity is None else identity.pair(Purpose.SIGNATURE)
