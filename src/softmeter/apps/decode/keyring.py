"""The keys that decoding may use, and opening what they protect (IEC 62056-53, security header)."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from softmeter.errors import ConfigurationError, LocalProtocolError, SecurityError
from softmeter.security.ciphering import HEADER_OCTETS, Cipher, Protection
from softmeter.security.suites import TAG_OCTETS, TITLE_OCTETS, Key, Suite
from softmeter.security.wrapping import unwrap_key

KEYLOG = "# softmeter keylog"
"""How a key log begins."""
_BROADCAST = 0x40
_ENCRYPTION = "encryption_key"
_AUTHENTICATION = "authentication_key"
_MASTER = "master_key"
_MOST_TRIES = 4096


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys of one client, meter or session; `name` says whose. An empty authentication key is not known."""

    name: str
    encryption: Key
    authentication: Key


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a protected APDU: the text about it, and the plain octets if there are any."""

    text: str
    plain: bytes | None = None
    verified: bool | None = None
    """Whether the tag verified; None where that could not be tried."""
    fault: bool = False
    keys: KeySet | None = None


@dataclass(slots=True)
class Keyring:
    """All keys and system titles that are known beforehand."""

    sets: list[KeySet] = field(default_factory=list)
    titles: list[bytes] = field(default_factory=list)
    masters: list[Key] = field(default_factory=list)
    """Keys that wrap others."""

    def add(self, name: str, encryption: bytes, authentication: bytes = b"") -> None:
        """Take keys up; an encryption key of no suite's length is refused.

        Raises:
            ConfigurationError: a key has a length that no suite has.
        """
        for key in (encryption, authentication):
            if key and len(key) not in {16, 32}:
                raise ConfigurationError(f"a key of {name} has {len(key)} octets; suites take 16 or 32")
        self.sets.append(KeySet(name, Key(encryption), Key(authentication)))

    def take(self, other: "Keyring", source: str = "") -> None:
        """Take up all that another one knows; `source` is said beside the names of its keys."""
        told = f" ({source})" if source else ""
        self.sets += [replace(one, name=f"{one.name}{told}") for one in other.sets]
        self.titles += [one for one in other.titles if one not in self.titles]
        self.masters += [one for one in other.masters if one not in self.masters]


def open_protected(
    content: bytes,
    titles: Iterable[bytes],
    sets: Iterable[KeySet],
    plausible: Callable[[bytes], bool],
    described: bytes = b"",
) -> Outcome:
    """Open a protected APDU with whatever keys fit; `plausible` judges a plain text that no tag vouches for.

    `described`: what a general-ciphering APDU says in clear, which its tag covers.
    """
    if len(content) < HEADER_OCTETS:
        return Outcome(f"{len(content)} octets are no security header and content", fault=True)
    control = content[0]
    suite = control & 0x0F
    if suite not in set(Suite):
        return Outcome(f"suite {suite} is not known", fault=True)
    protection = Protection(control & 0x30)
    if protection is Protection.NONE:
        return Outcome("neither encrypted nor authenticated", content[HEADER_OCTETS:])
    if protection is not Protection.ENCRYPTED and len(content) < HEADER_OCTETS + TAG_OCTETS:
        return Outcome("too short for its tag", fault=True)
    size = Suite(suite).key_octets
    fitting = [one for one in sets if len(one.encryption) == size]
    tries = product(dict.fromkeys(title for title in titles if len(title) == TITLE_OCTETS), fitting)
    if protection is Protection.ENCRYPTED:
        return _unverified(content, tries, plausible, "encrypted only, no tag")
    return _verified(content, list(_first(tries)), plausible, described)


def unwrapped(wrapped: bytes, masters: Iterable[Key], sets: Iterable[KeySet]) -> list[KeySet]:
    """The key that comes with an APDU, beside each authentication key it may go with; none where none unwraps it."""
    for master in masters:
        suite = next((one for one in Suite if one.key_octets == len(master)), Suite.SUITE_0)
        try:
            key = unwrap_key(master, wrapped, suite)
        except SecurityError:
            continue
        known = dict.fromkeys(bytes(one.authentication) for one in sets)
        return [KeySet("wrapped in the APDU", key, Key(one)) for one in known]
    return []


def _first(tries: Iterable[tuple[bytes, KeySet]]) -> Iterator[tuple[bytes, KeySet]]:
    for number, one in enumerate(tries):
        if number >= _MOST_TRIES:
            return
        yield one


def _verified(
    content: bytes, tries: list[tuple[bytes, KeySet]], plausible: Callable[[bytes], bool], described: bytes
) -> Outcome:
    control = content[0]
    complete = [(title, keys) for title, keys in tries if len(keys.authentication) == len(keys.encryption)]
    for title, keys in complete:
        cipher = _cipher(keys, control)
        try:
            opened = cipher.unprotect(title, content, described)
        except (SecurityError, LocalProtocolError):
            continue
        return Outcome(f"tag verified, keys: {keys.name}", opened.plain, verified=True, keys=keys)
    if Protection(control & 0x30) is Protection.AUTHENTICATED:
        plain = content[HEADER_OCTETS:-TAG_OCTETS]
        if complete:
            return Outcome("the tag does NOT verify with any key given", plain, verified=False, fault=True)
        return Outcome("tag not checked: no keys or no system title", plain)
    if len(complete) < len(tries):
        loose = [one for one in tries if one not in complete]
        without = content[:-TAG_OCTETS]
        return _unverified(without, loose, plausible, "tag not checked: no authentication key")
    if not tries:
        return Outcome("no key, or no system title of the sender")
    loosely = _unverified(content[:-TAG_OCTETS], complete, plausible, "")
    if loosely.plain is None or loosely.keys is None:
        return Outcome("the tag does NOT verify with any key given", verified=False, fault=True)
    why = "the authentication key is another one, or octets were changed"
    text = f"the tag does NOT verify: {why}; opened, keys: {loosely.keys.name}"
    return Outcome(text, loosely.plain, verified=False, fault=True, keys=loosely.keys)


def _unverified(
    content: bytes, tries: Iterable[tuple[bytes, KeySet]], plausible: Callable[[bytes], bool], note: str
) -> Outcome:
    tried = False
    for title, keys in _first(tries):
        tried = True
        # Counter mode is its own inverse: encrypting what is encrypted gives the plain text.
        counter = int.from_bytes(content[1:HEADER_OCTETS], "big")
        cipher = _cipher(keys, content[0])
        plain = cipher.protect(title, counter, Protection.ENCRYPTED, content[HEADER_OCTETS:])[HEADER_OCTETS:]
        if plausible(plain):
            return Outcome(f"{note}; opened, keys: {keys.name}", plain, keys=keys)
    if not tried:
        return Outcome(f"{note}; no key, or no system title of the sender")
    return Outcome(f"{note}; no key given makes an APDU of it", fault=True)


def _cipher(keys: KeySet, control: int) -> Cipher:
    authentication = keys.authentication or Key(bytes(len(keys.encryption)))
    return Cipher(keys.encryption, authentication, Suite(control & 0x0F), broadcast=bool(control & _BROADCAST))


def read_keyring(path: Path) -> Keyring:
    """The keys in a key file of a meter or in a key log.

    Raises:
        ConfigurationError: it cannot be read, or holds no keys.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None
    except UnicodeDecodeError:
        raise ConfigurationError("is no text", str(path)) from None
    try:
        ring = _from_log(text) if text.startswith(KEYLOG) else _from_toml(text)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
    except RecursionError:
        raise ConfigurationError("holds no keys: nested far too deep", str(path)) from None
    if not ring.sets:
        raise ConfigurationError("holds no encryption key", str(path))
    return ring


def _from_toml(text: str) -> Keyring:
    ring = Keyring()
    for name, table in _tables("", tomllib.loads(text)):
        for entry, value in table.items():
            if entry.endswith(_ENCRYPTION) and isinstance(value, str):
                ring.add(_title(name, entry), octets(value, entry), octets(table.get(_AUTHENTICATION, ""), entry))
            elif entry.endswith(_MASTER) and isinstance(value, str):
                ring.masters.append(Key(octets(value, entry)))
            elif entry.endswith("system_title") and isinstance(value, str):
                ring.titles.append(octets(value, entry))
    return ring


def _title(name: str, entry: str) -> str:
    return name.removeprefix("clients.") if entry == "unicast_encryption_key" else f"{name} {entry}".strip()


def _tables(name: str, table: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield name, table
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _tables(f"{name}.{key}".lstrip("."), value)


def _from_log(text: str) -> Keyring:
    ring = Keyring()
    for number, line in enumerate(text.splitlines(), 1):
        entries = dict(part.split("=", 1) for part in line.split() if "=" in part and not line.startswith("#"))
        if "encryption" in entries:
            where = f"line {number}"
            name = entries.get("name", f"line {number}")
            ring.add(name, octets(entries["encryption"], where), octets(entries.get("authentication", ""), where))
        ring.titles += [octets(entries[title], f"line {number}") for title in ("title", "meter") if title in entries]
    return ring


def octets(text: object, where: str) -> bytes:
    """Hexadecimal digits, in any spacing.

    Raises:
        ConfigurationError: they are none; `where` names them.
    """
    digits = re.sub(r"[\s:,-]", "", text) if isinstance(text, str) else "?"
    if not re.fullmatch(r"([0-9A-Fa-f]{2})*", digits):
        raise ConfigurationError("are no hexadecimal octets", where)
    return bytes.fromhex(digits)
