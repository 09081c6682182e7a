"""Protection of APDUs by AES-GCM, and the invocation counters that make it safe (IEC 62056-53, security header).

The tag is 12 octets, which the one-shot interface of `cryptography` does not offer. Encrypting the ciphertext gives the
plaintext back, and encrypting that gives the full tag to compare with: two such calls are twice as fast as the
streaming interface with a short tag.
"""

import hmac
from enum import Flag
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.security.suites import TAG_OCTETS, TITLE_OCTETS, Key, Suite

HEADER_OCTETS = 5
"""Security control and invocation counter."""
LAST_COUNTER = 0xFFFFFFFF
_LEAST_OCTETS = HEADER_OCTETS + TAG_OCTETS
_BROADCAST, _COMPRESSED, _SUITE = 0x40, 0x80, 0x0F
_KEY_BITS = _SUITE | _BROADCAST | _COMPRESSED


class Protection(Flag):
    """What is done to an APDU; up to 0x30 the values are the bits of the security control octet."""

    NONE = 0
    AUTHENTICATED = 0x10
    ENCRYPTED = 0x20
    FULL = 0x30
    SIGNED = 0x100


_PROTECTIONS = {value: Protection(value) for value in (0, 0x10, 0x20, 0x30)}
# Members of their own names: reading one through its class takes as long as a third of a cipher's call.
_NONE, _AUTHENTICATED, _ENCRYPTED, _FULL = _PROTECTIONS.values()
_AUTHENTICATED_BIT = _AUTHENTICATED.value


class Opened(NamedTuple):
    """An APDU whose protection verified, and how it was protected. Its counter has not been judged yet."""

    plain: bytes
    protection: Protection
    counter: int


class CounterError(SecurityError):
    """An invocation counter is not above the last accepted one, `last`."""

    def __init__(self, last: int) -> None:
        super().__init__(f"invocation counter not above {last}")
        self.last = last


class Cipher:
    """The pair of keys that protects one direction or both of a conversation; unicast, or `broadcast`."""

    __slots__ = ("_aes", "_authentication_key", "_control", "_full", "_full_associated", "suite")

    def __init__(
        self, encryption_key: Key, authentication_key: Key, suite: Suite = Suite.SUITE_0, *, broadcast: bool = False
    ) -> None:
        self.suite = suite
        self._aes = AESGCM(Key.of(encryption_key, suite))
        self._authentication_key = bytes(Key.of(authentication_key, suite))
        self._control = int(suite) | (_BROADCAST if broadcast else 0)
        # Nearly every APDU is authenticated and encrypted: what its tag covers first is the same each time.
        self._full = bytes((self._control | _FULL.value,))
        self._full_associated = self._full + self._authentication_key

    def protect(
        self, title: bytes, counter: int, protection: Protection, plain: bytes, described: bytes = b""
    ) -> bytes:
        """Security header, content and tag of `plain`, sent by `title` with the fresh `counter`.

        `described`: what a general-ciphering APDU says of itself in clear; authenticated with the rest.
        """
        invocation = counter.to_bytes(4, "big")
        initial = title + invocation
        if protection is _FULL:
            ciphered = self._aes.encrypt(initial, plain, self._full_associated + described)
            return self._full + invocation + ciphered[:-4]
        control = bytes((self._control | protection.value,))
        header = control + invocation
        if protection is _ENCRYPTED:
            return header + self._aes.encrypt(initial, plain, None)[:-16]
        if protection is _AUTHENTICATED:
            return header + plain + self._tag(initial, control, described + plain)
        raise LocalProtocolError("an APDU was to be protected by nothing")

    def unprotect(self, title: bytes, protected: bytes, described: bytes = b"") -> Opened:
        """What `protect` was given.

        Raises:
            SecurityError: the tag does not verify, or the header is not one of these keys.
        """
        if len(protected) < HEADER_OCTETS or len(title) != TITLE_OCTETS:
            raise SecurityError("deciphering error")
        if protected[:1] == self._full and len(protected) >= _LEAST_OCTETS:  # as nearly every APDU
            invocation = protected[1:HEADER_OCTETS]
            initial, encrypt = title + invocation, self._aes.encrypt
            plain = encrypt(initial, protected[HEADER_OCTETS:-TAG_OCTETS], None)[:-16]
            associated = self._full_associated + described if described else self._full_associated
            if not hmac.compare_digest(encrypt(initial, plain, associated)[-16:-4], protected[-TAG_OCTETS:]):
                raise SecurityError("deciphering error")
            # The same as Opened(...), which takes longer.
            return tuple.__new__(Opened, (plain, _FULL, int.from_bytes(invocation, "big")))
        octet, invocation = protected[0], protected[1:HEADER_OCTETS]
        if octet & _KEY_BITS != self._control:
            raise SecurityError("deciphering error")
        initial, counter = title + invocation, int.from_bytes(invocation, "big")
        protection = _PROTECTIONS[octet & 0x30]
        if protection is _ENCRYPTED:
            return Opened(self._aes.encrypt(initial, protected[HEADER_OCTETS:], None)[:-16], protection, counter)
        if protection is not _AUTHENTICATED or len(protected) < _LEAST_OCTETS:
            raise SecurityError("deciphering error")
        content, tag = protected[HEADER_OCTETS:-TAG_OCTETS], protected[-TAG_OCTETS:]
        if not hmac.compare_digest(self._tag(initial, protected[:1], described + content), tag):
            raise SecurityError("deciphering error")
        return Opened(content, protection, counter)

    def sign(self, title: bytes, counter: int, challenge: bytes) -> bytes:
        """The answer to a challenge by GMAC: security header and tag, 17 octets. Unicast whatever the policy."""
        control = bytes((self.suite | _AUTHENTICATED_BIT,))
        invocation = counter.to_bytes(4, "big")
        return control + invocation + self._tag(title + invocation, control, challenge)

    def _tag(self, initial: bytes, control: bytes, content: bytes) -> bytes:
        return self._aes.encrypt(initial, b"", control + self._authentication_key + content)[:TAG_OCTETS]


class SendCounter:
    """The invocation counter of one key in one direction: every number once, and none after the last."""

    __slots__ = ("next",)

    def __init__(self, following: int = 1) -> None:
        self.next = following

    def draw(self) -> int:
        """A number never drawn before.

        Raises:
            LocalProtocolError: none is left; the key must be replaced.
        """
        number = self.next
        if number > LAST_COUNTER:
            raise LocalProtocolError("the invocation counter is used up: the key must be replaced")
        self.next = number + 1
        return number


class ReceiveCounter:
    """The last counter accepted from one peer under one key: only a higher one is accepted."""

    __slots__ = ("last",)

    def __init__(self, last: int = -1) -> None:
        self.last = last

    def accept(self, counter: int) -> None:
        """Take note of `counter`; only after the tag has verified.

        Raises:
            CounterError: it is not above the last one.
        """
        if counter <= self.last:
            raise CounterError(self.last)
        self.last = counter
