"""The client's end of a ciphered association: how requests are sealed and responses opened.

Source: IEC 62056-53, ciphered APDUs. Requests and responses are of one family.
"""

from dataclasses import dataclass
from enum import Enum

from softmeter.dlms.acse import Mechanism
from softmeter.dlms.apdu import GLOBAL, PLAIN, Ciphered, decode_apdu, encode_apdu
from softmeter.dlms.messages import ConfirmedServiceError, ExceptionResponse, GeneralGlobal
from softmeter.dlms.refusals import WrongKeyError, refused_service
from softmeter.errors import ConfigurationError, RemoteProtocolError, SecurityError
from softmeter.security.ciphering import (
    HEADER_OCTETS,
    Cipher,
    Protection,
    ReceiveCounter,
    SendCounter,
)
from softmeter.security.suites import TAG_OCTETS, TITLE_OCTETS, Key, Suite

_NO_KEY = Key()
_EXCEPTION, _SERVICE_ERROR = 0xD8, 0x0E


class Family(Enum):
    """How APDUs are protected: not at all, each under its own glo- tag, or all under general-glo-ciphering."""

    PLAIN = "plain"
    SERVICE = "glo"
    GENERAL = "general-glo"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a client is and how it proves it; what its mechanism and family do not need stays empty."""

    mechanism: Mechanism = Mechanism.LOWEST
    password: Key = _NO_KEY
    family: Family = Family.PLAIN
    protection: Protection = Protection.FULL
    system_title: bytes = b""
    encryption_key: Key = _NO_KEY
    authentication_key: Key = _NO_KEY
    suite: Suite = Suite.SUITE_0

    def __post_init__(self) -> None:
        if self.mechanism not in {Mechanism.LOWEST, Mechanism.LLS, Mechanism.HLS_GMAC}:
            raise ConfigurationError(f"{self.mechanism.name} is not offered; use LOWEST, LLS or HLS_GMAC", "mechanism")
        if self.mechanism is Mechanism.LLS and not self.password:
            raise ConfigurationError("LLS needs a password", "password")
        if self.needs_keys and len(self.system_title) != TITLE_OCTETS:
            raise ConfigurationError(f"a client that ciphers needs a title of {TITLE_OCTETS} octets", "system_title")
        for name in ("encryption_key", "authentication_key"):
            if self.needs_keys and len(getattr(self, name)) != self.suite.key_octets:
                raise ConfigurationError(f"a key of {self.suite.name} has {self.suite.key_octets} octets", name)
        if self.is_ciphered and self.protection is Protection.NONE:
            raise ConfigurationError("a ciphered association needs a protection", "protection")

    @property
    def is_ciphered(self) -> bool:
        return self.family is not Family.PLAIN

    @property
    def needs_keys(self) -> bool:
        return self.is_ciphered or self.mechanism is Mechanism.HLS_GMAC


class Channel:
    """Seals requests and opens responses with the keys of one client and one meter."""

    __slots__ = ("_credentials", "cipher", "received", "sent", "server_title")

    def __init__(self, credentials: Credentials, counter: int) -> None:
        self._credentials = credentials
        self.sent = SendCounter(counter)
        self.received = ReceiveCounter()
        self.server_title = b""
        self.cipher = (
            Cipher(credentials.encryption_key, credentials.authentication_key, credentials.suite)
            if credentials.needs_keys
            else None
        )

    @property
    def overhead(self) -> int:
        """How many octets sealing adds at most."""
        if self.cipher is None or not self._credentials.is_ciphered:
            return 0
        return 1 + TITLE_OCTETS + 1 + 5 + HEADER_OCTETS + TAG_OCTETS

    def seal(self, plain: bytes) -> bytes:
        """What is sent in place of the APDU `plain`."""
        own = self._credentials
        if self.cipher is None or not own.is_ciphered:
            return plain
        content = self.cipher.protect(own.system_title, self.sent.draw(), own.protection, plain)
        if own.family is Family.SERVICE:
            return encode_apdu(Ciphered(GLOBAL[plain[0]], content))
        return encode_apdu(GeneralGlobal(own.system_title, content))

    def open(self, octets: bytes) -> bytes:
        """The APDU in a response.

        Raises:
            RefusalError: the meter refused, or its protection does not verify with our keys.
            RemoteProtocolError: the response is not protected as the request was, or is an old one.
        """
        first = octets[0] if octets else -1
        if first == _EXCEPTION or (first == _SERVICE_ERROR and len(octets) == 4):
            answer = decode_apdu(octets)
            if isinstance(answer, ExceptionResponse | ConfirmedServiceError):
                raise refused_service(answer)
        if self.cipher is None or not self._credentials.is_ciphered:
            return octets
        apdu = decode_apdu(octets)
        if isinstance(apdu, Ciphered):
            plain = self._verified(self.cipher, self.server_title, apdu.content)
            if plain[:1] != bytes((PLAIN[apdu.tag],)) or GLOBAL[plain[0]] != apdu.tag:
                raise SecurityError("a response under the tag of another")
            return plain
        if isinstance(apdu, GeneralGlobal):
            if apdu.title and self.server_title and apdu.title != self.server_title:
                raise SecurityError("a response from another meter")
            return self._verified(self.cipher, self.server_title or apdu.title, apdu.content)
        raise RemoteProtocolError("the meter answers a protected request without protection")

    def _verified(self, cipher: Cipher, title: bytes, content: bytes) -> bytes:
        try:
            opened = cipher.unprotect(title, content)
        except SecurityError as error:
            raise WrongKeyError(
                "the meter's answer does not verify with these keys: they are not the meter's"
            ) from error
        wanted = self._credentials.protection
        if opened.protection & wanted != wanted:
            raise SecurityError("a response with less protection than the request")
        self.received.accept(opened.counter)
        return opened.plain
