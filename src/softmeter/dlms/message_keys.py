"""Keys that live for one general-ciphering APDU: wrapped, or agreed by C(1e,1s) or C(0e,2s) (IEC 62056-53)."""

from typing import TypeVar

from softmeter.dlms.dialect import Dialect
from softmeter.dlms.general import AgreedKey, AgreementScheme, KeyInfo, MasterKeyId, WrappedKey
from softmeter.entropy import Entropy
from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.security.agreement import one_pass_key, signed_point, static_key, verified_point
from softmeter.security.curves import KeyPair, PublicKey
from softmeter.security.identity import Identity, Purpose
from softmeter.security.suites import Key, Suite, Use
from softmeter.security.wrapping import unwrap_key, wrap_key
from softmeter.wire.types import encode_length

_K = TypeVar("_K", KeyPair, PublicKey)
_ONE_PASS, _STATIC = bytes((AgreementScheme.ONE_PASS,)), bytes((AgreementScheme.STATIC,))


class MessageKeys:
    """Makes the keys of APDUs that are sent, and finds those of APDUs that came."""

    __slots__ = ("_dialect", "_entropy", "_identity", "_master", "_suite")

    def __init__(
        self, suite: Suite, master: Key, identity: Identity | None, entropy: Entropy, dialect: Dialect
    ) -> None:
        self._suite = suite
        self._master = master
        self._identity = identity
        self._entropy = entropy
        self._dialect = dialect

    def able(self, use: Use, peer: bytes) -> bool:
        """Whether a key for an APDU to `peer` can be made."""
        if use is Use.WRAPPED:
            return bool(self._master)
        agrees = self._pair(Purpose.AGREEMENT) is not None or use is Use.ONE_PASS
        signs = self._pair(Purpose.SIGNATURE) is not None or use is Use.STATIC
        known = self._public(peer, Purpose.AGREEMENT) is not None
        return use in {Use.ONE_PASS, Use.STATIC} and agrees and signs and known

    def made(self, use: Use, transaction: bytes, own: bytes, peer: bytes) -> tuple[KeyInfo, Key]:
        """A fresh key, and what tells it to `peer`.

        Raises:
            LocalProtocolError: what it takes is not there.
        """
        if not self.able(use, peer):
            raise LocalProtocolError(f"no key can be made for this APDU: {use.name}")
        if use is Use.WRAPPED:
            key = Key(self._entropy.octets(self._suite.key_octets))
            return WrappedKey(MasterKeyId.MASTER, wrap_key(self._master, key)), key
        theirs = _needed(self._public(peer, Purpose.AGREEMENT))
        if use is Use.STATIC:
            shared = _needed(self._pair(Purpose.AGREEMENT)).agree(theirs)
            return AgreedKey(_STATIC, b""), self._static(shared, own, peer, transaction)
        ephemeral = KeyPair.draw(self._suite, self._entropy)
        signer = _needed(self._pair(Purpose.SIGNATURE))
        point = signed_point(ephemeral, signer, self._dialect.point_mark)
        return AgreedKey(_ONE_PASS, point), one_pass_key(self._suite, ephemeral.agree(theirs), own, peer)

    def received(self, info: KeyInfo, transaction: bytes, sender: bytes, own: bytes) -> tuple[Use, Key]:
        """The key of an APDU that came from `sender`.

        Raises:
            SecurityError: it cannot be found, or is not the sender's.
        """
        if isinstance(info, WrappedKey):
            return Use.WRAPPED, unwrap_key(self._master, info.wrapped, self._suite)
        if self._suite is Suite.SUITE_0 or not isinstance(info, AgreedKey):
            raise SecurityError("deciphering error")
        ours = _known(self._pair(Purpose.AGREEMENT))
        if info.scheme == _ONE_PASS:
            signer = _known(self._public(sender, Purpose.SIGNATURE))
            point = verified_point(self._suite, info.ciphered, signer, self._dialect.point_mark)
            return Use.ONE_PASS, one_pass_key(self._suite, ours.agree(point), sender, own)
        if info.scheme == _STATIC and not info.ciphered:
            theirs = _known(self._public(sender, Purpose.AGREEMENT))
            return Use.STATIC, self._static(ours.agree(theirs), sender, own, transaction)
        raise SecurityError("deciphering error")

    def _static(self, shared: bytes, originator: bytes, recipient: bytes, transaction: bytes) -> Key:
        length = encode_length(len(transaction)) if self._dialect.transaction_with_length else b""
        return static_key(self._suite, shared, originator, recipient, length + transaction)

    def _pair(self, purpose: Purpose) -> KeyPair | None:
        return None if self._identity is None else self._identity.pair(purpose)

    def _public(self, title: bytes, purpose: Purpose) -> PublicKey | None:
        return None if self._identity is None else self._identity.public(title, purpose)


def _needed(key: _K | None) -> _K:
    if key is None:
        raise LocalProtocolError("a key is missing")
    return key


def _known(key: _K | None) -> _K:
    if key is None:
        raise SecurityError("deciphering error")
    return key
