"""Who a client is, how it proves it, and how it protects what it sends (IEC 62056-53)."""

from dataclasses import dataclass, field
from enum import Enum

from softmeter.dlms.acse import Mechanism
from softmeter.dlms.dialect import STANDARD, Dialect
from softmeter.dlms.layers import SIGNATURE, Form, Layer, Layers
from softmeter.dlms.proofs import TITLED
from softmeter.dlms.sealing import KeySet
from softmeter.errors import ConfigurationError
from softmeter.security.ciphering import Protection
from softmeter.security.identity import Identity
from softmeter.security.suites import TITLE_OCTETS, Key, Suite, Use

_NO_KEY = Key()
_WITH_SECRET = frozenset({Mechanism.LLS, Mechanism.HLS_MD5, Mechanism.HLS_SHA1, Mechanism.HLS_SHA256})
_AGREED = frozenset({Use.ONE_PASS, Use.STATIC})
_MESSAGE_USES = frozenset({Use.UNICAST, Use.WRAPPED, Use.ONE_PASS, Use.STATIC})


class Family(Enum):
    """How APDUs are protected: not at all, each under its own tag, or all under a general one."""

    PLAIN = "plain"
    SERVICE = "glo"
    GENERAL = "general-glo"
    DEDICATED = "ded"
    GENERAL_DEDICATED = "general-ded"
    CIPHERING = "general-ciphering"


class Signing(Enum):
    """Whether APDUs are signed, and which comes first."""

    NONE = "none"
    BEFORE = "before ciphering"
    AFTER = "after ciphering"


_FORMS = {
    Family.SERVICE: (Form.SERVICE, Use.UNICAST),
    Family.GENERAL: (Form.GENERAL, Use.UNICAST),
    Family.DEDICATED: (Form.SERVICE, Use.DEDICATED),
    Family.GENERAL_DEDICATED: (Form.GENERAL, Use.DEDICATED),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a client is and how it proves it; what its mechanism and family do not need stays empty.

    `password` is also the secret of HLS 3, 4 and 6. `message_key`: which key general-ciphering uses.
    """

    mechanism: Mechanism = Mechanism.LOWEST
    password: Key = _NO_KEY
    family: Family = Family.PLAIN
    protection: Protection = Protection.FULL
    system_title: bytes = b""
    encryption_key: Key = _NO_KEY
    authentication_key: Key = _NO_KEY
    suite: Suite = Suite.SUITE_0
    dedicated_key: Key = _NO_KEY
    master_key: Key = _NO_KEY
    message_key: Use = Use.UNICAST
    signing: Signing = Signing.NONE
    identity: Identity | None = field(default=None, repr=False)
    server_title: bytes = b""
    """The only meter to talk to; any if empty. Agreed keys need it before the meter has said a word."""
    dialect: Dialect = STANDARD
    certificate: bytes = b""
    """That of the signature key of HLS 7 in DER, shown to meters that do not know it."""
    user_id: int | None = None
    """Which user of the client address this is, 0 to 255, for meters that tell them apart."""

    def __post_init__(self) -> None:
        if self.mechanism is Mechanism.HLS:
            raise ConfigurationError("HLS without a number is each manufacturer's own and not offered", "mechanism")
        if self.mechanism in _WITH_SECRET and not self.password:
            raise ConfigurationError(f"{self.mechanism.name} needs a password", "password")
        if self.needs_title and len(self.system_title) != TITLE_OCTETS:
            raise ConfigurationError(f"this client needs a title of {TITLE_OCTETS} octets", "system_title")
        for name in self._needed_keys():
            if len(getattr(self, name)) != self.suite.key_octets:
                raise ConfigurationError(f"a key of {self.suite.name} has {self.suite.key_octets} octets", name)
        if self.is_ciphered and not self.protection & Protection.FULL:
            raise ConfigurationError("a ciphered association needs a protection", "protection")
        if self.message_key not in _MESSAGE_USES:
            raise ConfigurationError(f"{self.message_key.name} is no key of general-ciphering", "message_key")
        if self._needs_identity and self.identity is None:
            raise ConfigurationError("signatures and agreed keys need key pairs", "identity")
        if self.message_key in _AGREED and len(self.server_title) != TITLE_OCTETS:
            raise ConfigurationError("an agreed key is one with a certain meter", "server_title")
        if self.signing is Signing.BEFORE and self.family in {Family.SERVICE, Family.DEDICATED}:
            raise ConfigurationError("what is signed first can be ciphered in a general form only", "signing")

    def _needed_keys(self) -> list[str]:
        names = ["encryption_key", "authentication_key"] if self.needs_keys else []
        if self.uses_dedicated_key:
            names.append("dedicated_key")
        if self.message_key is Use.WRAPPED:
            names.append("master_key")
        return names

    @property
    def _needs_identity(self) -> bool:
        return self.message_key in _AGREED or self.signing is not Signing.NONE or self.mechanism is Mechanism.HLS_ECDSA

    @property
    def is_ciphered(self) -> bool:
        return self.family is not Family.PLAIN

    @property
    def uses_dedicated_key(self) -> bool:
        return self.family in {Family.DEDICATED, Family.GENERAL_DEDICATED}

    @property
    def needs_keys(self) -> bool:
        return self.is_ciphered or self.mechanism is Mechanism.HLS_GMAC

    @property
    def needs_title(self) -> bool:
        return self.needs_keys or self.mechanism in TITLED

    def key_set(self) -> KeySet:
        """The keys, as both ends use them."""
        standing = self.encryption_key, self.authentication_key
        return KeySet(self.suite, *standing, b"", self.dedicated_key, self.master_key, self.identity)

    def layers(self, *, initiate: bool) -> Layers:
        """How APDUs are protected; an InitiateRequest (`initiate`) never with the dedicated key it may bring."""
        if not self.is_ciphered:
            return ()
        form, use = _FORMS.get(self.family, (Form.CIPHERING, self.message_key))
        layer = Layer(form, Use.UNICAST if initiate and use is Use.DEDICATED else use, self.protection)
        match self.signing:
            case Signing.NONE:
                return (layer,)
            case Signing.BEFORE:
                return (layer, SIGNATURE)
            case Signing.AFTER:
                return (SIGNATURE, layer)
