"""Who smartset is to a meter: a client's address, mechanism and secrets, from a key file of any meter."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from softmeter.apps.smartset.settings import Settings
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import SAPS
from softmeter.security.suites import Key

PUBLIC = "public"
_MECHANISMS = {"lowest": Mechanism.LOWEST, "lls": Mechanism.LLS, "hls5": Mechanism.HLS_GMAC}
_ENCRYPTION, _AUTHENTICATION, _PASSWORD = "unicast_encryption_key", "authentication_key", "lls_password"
_KNOWN = {"sap", _ENCRYPTION, _AUTHENTICATION, _PASSWORD}
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
    wanted = {
        Mechanism.LLS: [(_PASSWORD, entry.password)],
        Mechanism.HLS_GMAC: [(_ENCRYPTION, entry.encryption), (_AUTHENTICATION, entry.authentication)],
    }
    for name, secret in wanted.get(mechanism, []):
        if not secret:
            raise ConfigurationError(
                f"{mechanism.name} needs {name}, which is not in {where}; add it, or use --mechanism"
            )
    family = Family.PLAIN
    if entry.encryption and mechanism is not Mechanism.LOWEST:
        family = Family.GENERAL if settings.general else Family.SERVICE
    elif settings.general:
        raise ConfigurationError(f"client {settings.client} has no keys to cipher with; leave --general out")
    credentials = Credentials(
        mechanism,
        Key(entry.password) if mechanism is Mechanism.LLS else Key(),
        family,
        system_title=settings.title,
        encryption_key=Key(entry.encryption),
        authentication_key=Key(entry.authentication),
    )
    return Login(sap, credentials, where)


def known_clients(path: Path) -> list[str]:
    """The clients a key file names.

    Raises:
        ConfigurationError: it cannot be read.
    """
    clients = _document(path).get("clients", {})
    return list(clients) if isinstance(clients, dict) else []


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
    return _read(table, settings)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror}); is it the right path?", str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
    except RecursionError:
        raise ConfigurationError("is no key file: nested far too deep", str(path)) from None


def _read(table: dict[str, Any], settings: Settings) -> _Entry:
    def wrong(name: str, what: str) -> ConfigurationError:
        return ConfigurationError(f"{name} of [clients.{settings.client}] {what}", str(settings.keys))

    def key(name: str) -> bytes:
        text = table.get(name, "")
        if not isinstance(text, str) or not re.fullmatch("([0-9A-Fa-f]{32})?", text):
            raise wrong(name, "must be 32 hexadecimal digits in quotes")
        return bytes.fromhex(text)

    for name in table:
        if name not in _KNOWN:
            raise wrong(name, f"is not known; known are {', '.join(sorted(_KNOWN))}")
    sap, password = table.get("sap"), table.get(_PASSWORD, "")
    if sap is not None and (not isinstance(sap, int) or not 0 < sap < 0x10000):
        raise wrong("sap", "is no client address")
    if not isinstance(password, str):
        raise wrong(_PASSWORD, "must be text in quotes")
    return _Entry(sap, key(_ENCRYPTION), key(_AUTHENTICATION), password.encode())
