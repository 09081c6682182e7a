"""`keys.toml`: the secrets of one meter, for the tools that read it.

The store is the truth; this file is what the first start exports, and what a first start can be given.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from softmeter.dlms.host import Keys as Held
from softmeter.entropy import Entropy
from softmeter.errors import ConfigurationError
from softmeter.meter.clients import CLIENTS, MANAGEMENT
from softmeter.runtime.whole_file import write_whole

SAPS = {client.name: client.sap for client in CLIENTS.values() if client.ways}
"""The clients that associate by name and their addresses; all but the public one have secrets."""
SECURITY_HOLDER = CLIENTS[MANAGEMENT].name
"""The client whose security setup has what is not one client's alone."""
KEY_SIZE = 16
TITLE_SIZE = 8
PASSWORD_SIZE = 16
LONGEST_TEXT = 64
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_PASSWORD = re.compile(rf"[!#-&(-\[\]-~]{{1,{LONGEST_TEXT}}}")
"""Printable ASCII without quotes, backslash and blank."""
_NAME = re.compile(rf"[!#-\[\]-~]{{1,{LONGEST_TEXT}}}")
_SECRETS = ("unicast_encryption_key", "authentication_key", "lls_password")
BROADCAST_KEY = "broadcast_encryption_key"
"""Of messages to all meters: in the security setup of the management client, so in its table; may be missing."""
_P1 = ("encryption_key", "authentication_key")
_ENCRYPTION_KEYS = {"unicast_encryption_key", BROADCAST_KEY, "encryption_key"}
_METER = ("system_title", "logical_device_name", "master_key")
HLS_SECRET, SIGNING_KEY, SIGNING_CERTIFICATE = "hls_secret", "signing_key", "signing_certificate"
"""What a client may have for suite 1; the last two are the client's own business, no meter looks at them."""
SECURITY_SUITE = "security_suite"
"""Of the meter; a certificate beside it is that by which clients check what the meter signs."""
_SIGNING_OCTETS = 32
_DER = re.compile(r"(?:[0-9A-Fa-f]{2}){16,4096}")


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """One client's address and secrets; empty where they do not apply."""

    sap: int
    unicast_encryption_key: bytes = field(default=b"", repr=False)
    authentication_key: bytes = field(default=b"", repr=False)
    lls_password: bytes = field(default=b"", repr=False)
    broadcast_encryption_key: bytes = field(default=b"", repr=False)
    hls_secret: bytes = field(default=b"", repr=False)
    signing_key: bytes = field(default=b"", repr=False, compare=False)
    signing_certificate: bytes = field(default=b"", repr=False, compare=False)

    @property
    def held(self) -> Held:
        """The secrets as a meter holds them."""
        return Held(
            self.unicast_encryption_key,
            self.authentication_key,
            self.lls_password,
            self.broadcast_encryption_key,
            hls_secret=self.hls_secret,
        )

    @classmethod
    def holding(cls, sap: int, keys: Held) -> "ClientKeys":
        """Those that a meter holds for a client."""
        standing = keys.unicast_encryption, keys.authentication, keys.password, keys.broadcast_encryption
        return cls(sap, *standing, keys.hls_secret)


@dataclass(frozen=True, slots=True)
class P1Keys:
    """What opens ciphered P1 telegrams."""

    encryption_key: bytes = field(repr=False)
    authentication_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """Who a meter is, and all its secrets; `clients` by name, `p1` only where telegrams are ciphered."""

    system_title: bytes
    logical_device_name: str
    master_key: bytes = field(repr=False)
    clients: Mapping[str, ClientKeys]
    p1: P1Keys | None = None
    security_suite: int = field(default=0, compare=False)
    signing_certificate: bytes = field(default=b"", repr=False, compare=False)


def generate(entropy: Entropy, system_title: bytes, logical_device_name: str) -> Keys:
    """Fresh secrets for a meter."""

    def secrets(sap: int) -> ClientKeys:
        return ClientKeys(sap, entropy.octets(KEY_SIZE), entropy.octets(KEY_SIZE), password(entropy))

    clients = {name: ClientKeys(sap) if name == "public" else secrets(sap) for name, sap in SAPS.items()}
    master = entropy.octets(KEY_SIZE)
    management = SECURITY_HOLDER
    clients[management] = replace(clients[management], broadcast_encryption_key=entropy.octets(KEY_SIZE))
    return Keys(system_title, logical_device_name, master, clients)


def generate_p1(entropy: Entropy) -> P1Keys:
    """Fresh keys for ciphered P1 telegrams."""
    return P1Keys(entropy.octets(KEY_SIZE), entropy.octets(KEY_SIZE))


def read_keys(path: Path) -> Keys:
    """Read a key file.

    Raises:
        ConfigurationError: it cannot be read, or an entry is missing, unknown or wrong; names file and entry.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read ({error.strerror}); give the path of a keys.toml", str(path)
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError("is no text in UTF-8", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
    except RecursionError:
        raise ConfigurationError("is no key file: nested far too deep", str(path)) from None
    return _Reader(str(path)).keys(document)


def write_keys(path: Path, keys: Keys, *, replace: bool = False) -> None:
    """Write a key file, whole or not at all, readable by its owner only.

    Raises:
        ConfigurationError: there is a file with other content and `replace` is not given; it cannot be written; a
            password cannot be written as text.
    """
    write_secret(path, key_text(keys).encode(), replace=replace)


def write_secret(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file, whole or not at all, readable by its owner only; raises as `write_keys`."""
    try:
        if os.path.lexists(path) and not replace:
            if path.read_bytes() == content:
                return
            raise ConfigurationError("there is such a file with other content; move it away first", str(path))
        write_private(path, content)
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None


def write_private(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, in place of one that is there, readable by its owner only.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, content, 0o600)


def key_text(keys: Keys) -> str:
    """The content of a key file."""
    lines = [
        "[meter]",
        f'system_title = "{keys.system_title.hex()}"',
        f'logical_device_name = "{_written(_NAME, keys.logical_device_name.encode(), "logical_device_name")}"',
        f'master_key = "{keys.master_key.hex()}"',
        *([f'{SECURITY_SUITE} = "{keys.security_suite}"'] if keys.security_suite else []),
        *_hex_lines(keys, SIGNING_CERTIFICATE),
    ]
    for name, client in keys.clients.items():
        lines += ["", f"[clients.{name}]", f"sap = {client.sap}"]
        if client.unicast_encryption_key:
            lines.append(f'unicast_encryption_key = "{client.unicast_encryption_key.hex()}"')
            lines.append(f'authentication_key = "{client.authentication_key.hex()}"')
        if client.broadcast_encryption_key:
            lines.append(f'{BROADCAST_KEY} = "{client.broadcast_encryption_key.hex()}"')
        if client.lls_password:
            password = _written(_PASSWORD, client.lls_password, f"clients.{name}.lls_password")
            lines.append(f'lls_password = "{password}"')
        if client.hls_secret:
            secret = _written(_PASSWORD, client.hls_secret, f"clients.{name}.{HLS_SECRET}")
            lines.append(f'{HLS_SECRET} = "{secret}"')
        lines += _hex_lines(client, SIGNING_KEY, SIGNING_CERTIFICATE)
    if keys.p1 is not None:
        lines += ["", "[p1]", *(f'{name} = "{getattr(keys.p1, name).hex()}"' for name in _P1)]
    return "\n".join(lines) + "\n"


def _hex_lines(of: object, *names: str) -> list[str]:
    return [f'{name} = "{octets.hex()}"' for name in names if (octets := getattr(of, name))]


def repeated_key(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Two entries with one encryption key, if there are such: as each counts for itself, nonces would repeat."""
    clients = document.get("clients")
    tables = {f"clients.{name}": one for name, one in clients.items()} if isinstance(clients, dict) else {}
    seen: dict[str, str] = {}
    for where, table in {**tables, "p1": document.get("p1")}.items():
        for name, value in table.items() if isinstance(table, dict) else ():
            if name in _ENCRYPTION_KEYS and isinstance(value, str) and value:
                first = seen.setdefault(value.lower(), f"{where}.{name}")
                if first != f"{where}.{name}":
                    return first, f"{where}.{name}"
    return None


class _Reader:
    """Takes a document apart and names what is wrong."""

    def __init__(self, path: str) -> None:
        self._path = path

    def keys(self, document: Mapping[str, Any]) -> Keys:
        names = ("meter", "clients", "p1") if "p1" in document else ("meter", "clients")
        meter, clients, *p1 = self._tables(document, "", names)
        self._tables(clients, "clients", SAPS)
        title, name, master = self._entries(meter, "meter", _METER, (SECURITY_SUITE, SIGNING_CERTIFICATE))
        again = repeated_key(document)
        if again:
            raise self._wrong(again[1], f"is the same as {again[0]}; each needs a key of its own")
        suite = meter.get(SECURITY_SUITE, "0")
        if suite not in ("0", "1"):  # what stands there may be anything
            raise self._wrong(f"meter.{SECURITY_SUITE}", 'is "0" or "1"')
        return Keys(
            self._octets(title, "meter.system_title", TITLE_SIZE),
            self._text(_NAME, name, "meter.logical_device_name").decode(),
            self._octets(master, "meter.master_key", KEY_SIZE),
            {client: self._client(clients[client], client) for client in SAPS},
            self._p1(p1[0]) if p1 else None,
            int(suite),
            self._certificate(meter, "meter"),
        )

    def _p1(self, table: Mapping[str, Any]) -> P1Keys:
        return P1Keys(
            *(
                self._octets(secret, f"p1.{name}", KEY_SIZE)
                for name, secret in zip(_P1, self._entries(table, "p1", _P1), strict=True)
            )
        )

    def _client(self, table: Mapping[str, Any], client: str) -> ClientKeys:
        where = f"clients.{client}"
        broadcast = b""
        if client == SECURITY_HOLDER and BROADCAST_KEY in table:
            broadcast = self._octets(table[BROADCAST_KEY], f"{where}.{BROADCAST_KEY}", KEY_SIZE)
            table = {name: value for name, value in table.items() if name != BROADCAST_KEY}
        names = ("sap",) if client == "public" else ("sap", *_SECRETS)
        more = () if client == "public" else (HLS_SECRET, SIGNING_KEY, SIGNING_CERTIFICATE)
        sap, *secrets = self._entries(table, where, names, more)
        if type(sap) is not int or not 1 <= sap <= 127:
            raise self._wrong(f"{where}.sap", "is no client address; it is a number from 1 to 127")
        if not secrets:
            return ClientKeys(sap)
        encryption, authentication, password = secrets
        return ClientKeys(
            sap,
            self._octets(encryption, f"{where}.unicast_encryption_key", KEY_SIZE),
            self._octets(authentication, f"{where}.authentication_key", KEY_SIZE),
            self._text(_PASSWORD, password, f"{where}.lls_password"),
            broadcast,
            self._text(_PASSWORD, table[HLS_SECRET], f"{where}.{HLS_SECRET}") if HLS_SECRET in table else b"",
            self._octets(table[SIGNING_KEY], f"{where}.{SIGNING_KEY}", _SIGNING_OCTETS)
            if SIGNING_KEY in table
            else b"",
            self._certificate(table, where),
        )

    def _certificate(self, table: Mapping[str, Any], where: str) -> bytes:
        written = table.get(SIGNING_CERTIFICATE)
        if written is None:
            return b""
        if not isinstance(written, str) or not _DER.fullmatch(written):
            raise self._wrong(f"{where}.{SIGNING_CERTIFICATE}", "must be a certificate, DER in hexadecimal digits")
        return bytes.fromhex(written)

    def _tables(self, table: Mapping[str, Any], where: str, names: Iterable[str]) -> list[Mapping[str, Any]]:
        tables = self._entries(table, where, names)
        for name, value in zip(names, tables, strict=True):
            if not isinstance(value, dict):
                raise self._wrong(_joined(where, name), "is no table")
        return tables

    def _entries(
        self, table: Mapping[str, Any], where: str, names: Iterable[str], more: Iterable[str] = ()
    ) -> list[Any]:
        """The values of `names`, which must be all there are; of `more` there may be some."""
        expected = tuple(names)
        known = (*expected, *more)
        for name in table.keys() - set(known):
            raise self._wrong(_joined(where, name), f"is not known here; known are {', '.join(known)}")
        for name in expected:
            if name not in table:
                raise self._wrong(_joined(where, name), "is missing")
        return [table[name] for name in expected]

    def _octets(self, value: object, where: str, size: int) -> bytes:
        if not isinstance(value, str) or not re.fullmatch(rf"[0-9A-Fa-f]{{{2 * size}}}", value):
            raise self._wrong(where, f"must be {2 * size} hexadecimal digits in quotes")
        return bytes.fromhex(value)

    def _text(self, form: re.Pattern[str], value: object, where: str) -> bytes:
        if not isinstance(value, str) or not form.fullmatch(value):
            message = f"must be 1 to {LONGEST_TEXT} printable ASCII characters without blanks, quotes and backslashes"
            raise self._wrong(where, message)
        return value.encode()

    def _wrong(self, where: str, message: str) -> ConfigurationError:
        return ConfigurationError(f"{where} {message}", self._path)


def _joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _written(form: re.Pattern[str], octets: bytes, where: str) -> str:
    text = octets.decode("latin-1")
    if not form.fullmatch(text):
        raise ConfigurationError("has characters that a key file does not hold", where)
    return text


def password(entropy: Entropy) -> bytes:
    """Letters and digits that are not mistaken for one another, each equally likely."""
    fair = 256 - 256 % len(_LETTERS)
    letters = ""
    while len(letters) < PASSWORD_SIZE:
        letters += "".join(_LETTERS[octet % len(_LETTERS)] for octet in entropy.octets(PASSWORD_SIZE) if octet < fair)
    return letters[:PASSWORD_SIZE].encode()
