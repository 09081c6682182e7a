"""Proof of who is there: passwords, and challenges answered by hash, GMAC or signature (IEC 62056-53, authentication).

MD5 and SHA-1 are there for clients of old meters only.
"""

import hashlib
import hmac

from softmeter.entropy import Entropy
from softmeter.errors import SecurityError
from softmeter.security.ciphering import HEADER_OCTETS, Cipher
from softmeter.security.suites import TAG_OCTETS, TITLE_OCTETS

SHORTEST_CHALLENGE, LONGEST_CHALLENGE = 8, 64
_REFUSED = "authentication failed"


def password_matches(expected: bytes, given: bytes) -> bool:
    """Whether a password is the right one, in constant time; an empty one never is."""
    return bool(expected) and hmac.compare_digest(expected, given)


def draw_challenge(entropy: Entropy, size: int = 16, *, different_from: tuple[bytes, ...] = ()) -> bytes:
    """A challenge that is none of those it must not repeat."""
    challenge = entropy.octets(size)
    while challenge in different_from:
        challenge = entropy.octets(size)
    return challenge


def check_challenge(received: bytes, sent: bytes | None = None) -> None:
    """Refuse a peer's challenge of a wrong length, or one that reflects ours.

    Raises:
        SecurityError: the challenge must not be answered.
    """
    if not SHORTEST_CHALLENGE <= len(received) <= LONGEST_CHALLENGE:
        raise SecurityError(_REFUSED)
    if sent is not None and hmac.compare_digest(received, sent):
        raise SecurityError(_REFUSED)


def check_titles(own: bytes, peer: bytes | None) -> bytes:
    """Refuse a peer's system title that is missing, of a wrong length, or ours.

    Raises:
        SecurityError: the title cannot be the peer's.
    """
    if peer is None or len(peer) != TITLE_OCTETS or peer == own:
        raise SecurityError(_REFUSED)
    return peer


def verify_gmac(cipher: Cipher, title: bytes, challenge: bytes, answer: bytes) -> int:
    """The invocation counter of `answer`, if it is what the owner of `title` makes of `challenge`.

    The counter has been used up by the answer: the caller must have it accepted as one of the peer's.

    Raises:
        SecurityError: it is not.
    """
    if len(answer) != HEADER_OCTETS + TAG_OCTETS:
        raise SecurityError(_REFUSED)
    counter = int.from_bytes(answer[1:HEADER_OCTETS], "big")
    if not hmac.compare_digest(cipher.sign(title, counter, challenge), answer):
        raise SecurityError(_REFUSED)
    return counter


def sha256_proof(secret: bytes, titles: tuple[bytes, bytes], received: bytes, sent: bytes) -> bytes:
    """The answer of the owner of the first of `titles` to the other's challenge (HLS 6); `sent` is its own."""
    own, peer = titles
    return hashlib.sha256(secret + own + peer + received + sent).digest()


def hashed_proof(secret: bytes, received: bytes, *, sha1: bool) -> bytes:
    """The answer to a challenge by MD5 (HLS 3) or SHA-1 (HLS 4)."""
    hashed = hashlib.sha1 if sha1 else hashlib.md5
    return hashed(received + secret, usedforsecurity=False).digest()


def signed_message(own: bytes, peer: bytes, received: bytes, sent: bytes) -> bytes:
    """What `own` signs to answer the challenge of `peer` (HLS 7)."""
    return own + peer + received + sent


def check_answer(expected: bytes, answer: bytes) -> None:
    """Refuse a wrong answer to a challenge, in constant time.

    Raises:
        SecurityError: it is not the expected one.
    """
    if not hmac.compare_digest(expected, answer):
        raise SecurityError(_REFUSED)
