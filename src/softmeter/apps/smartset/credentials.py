"""Who smartset is to a meter: a client's address, mechanism and secrets, from a key file of any meter."""

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from softmeter.apps.smartset.broadcast_counter import BROADCAST
from softmeter.apps.smartset.settings import TITLE, Settings
from softmeter.apps.smartset.signing import Signature
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.announcing import Announcer
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.credentials import Signing
from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import (
    BROADCAST_KEY,
    HLS_SECRET,
    SAPS,
    SECURITY_SUITE,
    SIGNING_CERTIFICATE,
    SIGNING_KEY,
    repeated_key,
)
from softmeter.security.suites import Key, Suite

PUBLIC = "public"
_MECHANISMS = {
    "lowest": Mechanism.LOWEST,
    "lls": Mechanism.LLS,
    "hls5": Mechanism.HLS_GMAC,
    "hls6": Mechanism.HLS_SHA256,
    "hls7": Mechanism.HLS_ECDSA,
}
_ENCRYPTION, _AUTHENTICATION, _PASSWORD = "unicast_encryption_key", "authentication_key", "lls_password"
_OF_SUITE_1 = (HLS_SECRET, SIGNING_KEY, SIGNING_CERTIFICATE)
_KNOWN = {"sap", _ENCRYPTION, _AUTHENTICATION, _PASSWORD, BROADCAST_KEY, *_OF_SUITE_1}
KEEPER_OF_BROADCAST = "management"
"""In whose entry the key of messages to all meters is."""
_GROUPS = {1: 0}
"""Client address to value group E of what is its own, where the two differ."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a client comes in. `where` names its secrets for messages: `[clients.management] of keys.toml`."""

    sap: int
    credentials: Credentials
    where: str


@dataclass(frozen=True, slots=True)
class _Entry:
    sap: int | None = None
    encryption: bytes = field(default=b"", repr=False)
    authentication: bytes = field(default=b"", repr=False)
    password: bytes = field(default=b"", repr=False)
    hls_secret: bytes = field(default=b"", repr=False)
    signature: Signature = field(default_factory=Signature)
    suite: int = 0
    broadcast: bytes = field(default=b"", repr=False)

    @property
    def can_sign(self) -> bool:
        return bool(self.encryption and self.signature.private and self.signature.of_meter)


def login(settings: Settings) -> Login:
    """What the options and the key file say.

    Raises:
        ConfigurationError: something is missing or wrong in them; names it.
    """
    entry = _entry(settings)
    sap = settings.sap or entry.sap or SAPS.get(settings.client)
    if sap is None:
        raise ConfigurationError(
            f"client {settings.client} has no address; add --sap, or sap to its entry of the key file"
        )
    mechanism = _mechanism(settings, entry)
    where = f"[clients.{settings.client}] of {settings.keys}"
    keys = [(_ENCRYPTION, entry.encryption), (_AUTHENTICATION, entry.authentication)]
    signature = entry.signature
    of_meter = f"{SIGNING_CERTIFICATE} of [meter]", signature.of_meter
    wanted = {
        Mechanism.LLS: [(_PASSWORD, entry.password)],
        Mechanism.HLS_GMAC: keys,
        Mechanism.HLS_SHA256: [*keys, (HLS_SECRET, entry.hls_secret)],
        Mechanism.HLS_ECDSA: [*keys, (SIGNING_KEY, signature.private), of_meter],
    }
    for name, secret in wanted.get(mechanism, []):
        if not secret:
            raise ConfigurationError(
                f"{mechanism.name} needs {name}, which is not in {where}; add it, or use --mechanism"
            )
    if settings.sign and not entry.can_sign:
        raise ConfigurationError(f"--sign needs keys, {SIGNING_KEY} and {of_meter[0]}; not all are in {where}")
    family = Family.PLAIN
    if entry.encryption and mechanism is not Mechanism.LOWEST:
        family = Family.GENERAL if settings.general or settings.sign else Family.SERVICE
    elif settings.general:
        raise ConfigurationError(f"client {settings.client} has no keys to cipher with; leave --general out")
    credentials = Credentials(
        mechanism,
        Key({Mechanism.LLS: entry.password, Mechanism.HLS_SHA256: entry.hls_secret}.get(mechanism, b"")),
        family,
        system_title=settings.title,
        encryption_key=Key(entry.encryption),
        authentication_key=Key(entry.authentication),
        suite=Suite(entry.suite if settings.suite is None else settings.suite),
        signing=Signing.BEFORE if settings.sign else Signing.NONE,
        identity=signature.identity(where),
        certificate=signature.certificate if mechanism is Mechanism.HLS_ECDSA else b"",
    )
    return Login(sap, credentials, where)


def can_sign(settings: Settings) -> bool:
    """Whether the key file has what a client signs with.

    Raises:
        ConfigurationError: it cannot be read, or does not have the client.
    """
    return _entry(settings).can_sign


def announcer(settings: Settings, heard: int, count: int) -> Announcer:
    """Whoever says `count` messages to all meters, with the broadcast key of the management client's entry.

    `heard`: the last counter that some meter has accepted.

    Raises:
        ConfigurationError: the key file has no such key, or it is used up.
    """
    entry = _entry(replace(settings, client=KEEPER_OF_BROADCAST))
    if settings.keys is None or not (entry.broadcast and entry.authentication):
        message = f"has no {BROADCAST_KEY} in [clients.{KEEPER_OF_BROADCAST}]; leave --broadcast out"
        raise ConfigurationError(message, str(settings.keys))
    suite = Suite(entry.suite if settings.suite is None else settings.suite)
    first = BROADCAST.reserve(settings.keys, entry.broadcast, heard, count)
    return Announcer(settings.title, Key(entry.broadcast), Key(entry.authentication), first, suite)


def known_clients(path: Path) -> list[str]:
    """The clients a key file names.

    Raises:
        ConfigurationError: it cannot be read.
    """
    clients = _document(path).get("clients", {})
    return list(clients) if isinstance(clients, dict) else []


def system_title(path: Path) -> bytes:
    """The title of the meter that a key file belongs to; empty where it says none.

    Raises:
        ConfigurationError: it cannot be read.
    """
    meter = _document(path).get("meter", {})
    title = meter.get("system_title", "") if isinstance(meter, dict) else ""
    is_title = isinstance(title, str) and re.fullmatch("[0-9A-Fa-f]{16}", title)
    return bytes.fromhex(title) if is_title else b""


def repeated(settings: Settings) -> tuple[str, str] | None:
    """Two entries of the key file that are one encryption key, where the client has it; a `--title` tells them apart.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    if settings.keys is None or settings.title != TITLE:
        return None
    clients = _document(settings.keys).get("clients", {})
    own = {settings.client: clients.get(settings.client)}
    pairs = (repeated_key({"clients": {**own, name: table}}) for name, table in clients.items() if own[settings.client])
    return next((pair for pair in pairs if pair and pair[0].startswith(f"clients.{settings.client}.")), None)


def public_login() -> Login:
    """The client that needs no secret."""
    return Login(SAPS[PUBLIC], Credentials(), f"client {PUBLIC}")


def group_e(sap: int) -> int:
    """Value group E of a client's counter 0-0:43.1.e and security setup 0-0:43.0.e."""
    return _GROUPS.get(sap, sap)


def _mechanism(settings: Settings, entry: _Entry) -> Mechanism:
    """HLS 5 with keys, else LLS with a password; the readout client has keys and yet a password (manual 12.3)."""
    if settings.mechanism:
        return _MECHANISMS[settings.mechanism]
    if entry.password and (settings.client == "readout" or not entry.encryption):
        return Mechanism.LLS
    return Mechanism.HLS_GMAC if entry.encryption else Mechanism.LOWEST


def _entry(settings: Settings) -> _Entry:
    if settings.keys is None:
        if settings.client == PUBLIC or (settings.sap is not None and settings.mechanism == "lowest"):
            return _Entry()
        message = (
            f"client {settings.client} needs secrets; add --keys FILE, the keys.toml in the meter's state directory"
        )
        raise ConfigurationError(message)
    clients = _document(settings.keys).get("clients", {})
    table = clients.get(settings.client) if isinstance(clients, dict) else None
    if table is None and settings.client == PUBLIC:
        return _Entry()
    if not isinstance(table, dict):
        known = ", ".join(clients) if isinstance(clients, dict) and clients else "no client at all"
        raise ConfigurationError(f"has no [clients.{settings.client}]; it has {known}", str(settings.keys))
    return _read(table, _document(settings.keys).get("meter", {}), settings)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror}); is it the right path?", str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
    except RecursionError:
        raise ConfigurationError("is no key file: nested far too deep", str(path)) from None


def _read(table: dict[str, Any], meter: Any, settings: Settings) -> _Entry:
    def wrong(name: str, what: str) -> ConfigurationError:
        return ConfigurationError(f"{name} of [clients.{settings.client}] {what}", str(settings.keys))

    def octets(name: str, digits: str, of: Any = table) -> bytes:
        text = of.get(name, "") if isinstance(of, dict) else ""
        if not isinstance(text, str) or not re.fullmatch(f"([0-9A-Fa-f]{{{digits}}})?", text):
            raise wrong(name, f"must be {digits.strip(',')} hexadecimal digits in quotes")
        return bytes.fromhex(text)

    def words(name: str) -> bytes:
        text = table.get(name, "")
        if not isinstance(text, str):
            raise wrong(name, "must be text in quotes")
        return text.encode()

    for name in table:
        if name not in _KNOWN:
            raise wrong(name, f"is not known; known are {', '.join(sorted(_KNOWN))}")
    sap, suite = table.get("sap"), meter.get(SECURITY_SUITE, "0") if isinstance(meter, dict) else "0"
    if sap is not None and (not isinstance(sap, int) or not 0 < sap < 0x10000):
        raise wrong("sap", "is no client address")
    if suite not in ("0", "1"):  # what stands there may be anything
        raise ConfigurationError(f'{SECURITY_SUITE} of [meter] is "0" or "1"', str(settings.keys))
    signature = Signature(
        octets(SIGNING_KEY, "64"), octets(SIGNING_CERTIFICATE, "2,"), octets(SIGNING_CERTIFICATE, "2,", meter)
    )
    keys = octets(_ENCRYPTION, "32"), octets(_AUTHENTICATION, "32")
    return _Entry(sap, *keys, words(_PASSWORD), words(HLS_SECRET), signature, int(suite), octets(BROADCAST_KEY, "32"))
