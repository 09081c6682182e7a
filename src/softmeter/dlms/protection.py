"""Ciphering of one association at the server: opening requests, judging their counters, sealing answers.

Source: IEC 62056-53 (security header, glo- and general-glo-ciphering). An answer is of the family of its request.
Nothing moves before the tag has verified: tag first, then the policy, then the counter; `accept` is a step of its own.
"""

from enum import Enum
from typing import NamedTuple

from softmeter.dlms.apdu import GLOBAL, PLAIN
from softmeter.dlms.host import Host
from softmeter.errors import DecodeError, LocalProtocolError, RemoteProtocolError, SecurityError
from softmeter.security.authentication import verify_gmac
from softmeter.security.ciphering import Cipher, CounterError, Opened, Protection
from softmeter.security.suites import TITLE_OCTETS, Key
from softmeter.wire.types import Cursor, encode_length

GENERAL_GLO = 0xDB
_GLO_FORMS = frozenset(GLOBAL.values())


class Family(Enum):
    """How a protected APDU is wrapped; `overhead` is what the wrapping adds at most, in octets."""

    GLO = 1 + 3 + 5 + 12
    GENERAL_GLO = 1 + 1 + TITLE_OCTETS + 3 + 5 + 12

    @property
    def overhead(self) -> int:
        return self.value


class Envelope(NamedTuple):
    """A protected APDU taken apart."""

    family: Family
    tag: int
    content: bytes


class Protector:
    """One client's keys at work; `title` is the client's system title."""

    __slots__ = ("_cipher", "_counters", "_own_title", "_sap", "title")

    def __init__(self, host: Host, sap: int, title: bytes) -> None:
        keys = host.keys(sap)
        self._cipher = Cipher(Key(keys.unicast_encryption), Key(keys.authentication))
        self._counters = host.counters
        self._own_title = host.system_title
        self._sap = sap
        self.title = title

    def envelope(self, apdu: bytes) -> Envelope | None:
        """A protected APDU taken apart; None if it is not protected with the global key.

        Raises:
            DecodeError: its lengths are wrong.
            SecurityError: it names another sender.
        """
        tag = apdu[0] if apdu else 0
        if tag in _GLO_FORMS:
            family = Family.GLO
        elif tag == GENERAL_GLO:
            family = Family.GENERAL_GLO
        else:
            return None
        cursor = Cursor(apdu, 1)
        if family is Family.GENERAL_GLO and cursor.take(cursor.length()) not in {b"", self.title}:
            raise SecurityError("another title than that of the association")
        content = cursor.take(cursor.length())
        cursor.finish()
        return Envelope(family, tag, content)

    def open(self, envelope: Envelope) -> Opened:
        """The APDU inside, verified and encrypted and with a counter that may be accepted.

        Raises:
            SecurityError: it is not; a CounterError only if all but its counter is right.
            DecodeError: the APDU inside is another than its ciphered tag says.
        """
        opened = self._cipher.unprotect(self.title, envelope.content)
        if opened.protection is not Protection.FULL:
            raise SecurityError("less protected than the policy demands")
        last = self.last_accepted
        if opened.counter <= last:
            raise CounterError(last)
        if envelope.family is Family.GLO and opened.plain[:1] != bytes((PLAIN[envelope.tag],)):
            raise DecodeError("the ciphered service is another than its tag says")
        return opened

    @property
    def last_accepted(self) -> int:
        return self._counters.last_accepted(self._sap, self.title)

    def accept(self, counter: int) -> None:
        self._counters.accept(self._sap, self.title, counter)

    def seal(self, family: Family, plain: bytes) -> bytes:
        """Protect an answer with the meter's next counter.

        Raises:
            RemoteProtocolError: the counter is used up; only a new key helps.
        """
        content = self._cipher.protect(self._own_title, self._draw(), Protection.FULL, plain)
        if family is Family.GLO:
            return bytes((GLOBAL[plain[0]],)) + encode_length(len(content)) + content
        title = self._own_title
        return b"\xdb" + encode_length(len(title)) + title + encode_length(len(content)) + content

    def prove(self, challenge: bytes) -> bytes:
        """Our answer to a challenge by GMAC."""
        return self._cipher.sign(self._own_title, self._draw(), challenge)

    def verify(self, challenge: bytes, answer: bytes) -> int:
        """The counter of the client's answer to our challenge.

        Raises:
            SecurityError: the answer is wrong.
        """
        return verify_gmac(self._cipher, self.title, challenge, answer)

    def _draw(self) -> int:
        try:
            return self._counters.next_own(self._sap)
        except LocalProtocolError as error:
            raise RemoteProtocolError(str(error)) from error
