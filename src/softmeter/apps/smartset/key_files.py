"""Key files while keys change: the file in force, and beside it the one that is to be, until the meter has proved it.

Both are readable by their owner only, and each is always whole.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from softmeter.apps.toml_lines import places
from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import repeated_key, write_private
from softmeter.runtime.lock import synchronise

PENDING = ".pending"
"""What the name of a file that is to be ends in."""
_VALUE = re.compile(r"""(=\s*)("[^"]*"|'[^']*')""")

_WRITTEN = re.compile(r"[^\"\\\x00-\x1f\x7f]*")
"""A value as it stands in quotes."""


class Entry(NamedTuple):
    """A secret of a key file, such as `clients.management.authentication_key`."""

    table: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return ".".join((*self.table, self.name))


MASTER = Entry(("meter",), "master_key")


P1 = "p1"
"""The table of the keys of ciphered P1 telegrams, and how they are named where a client is."""


def client_entry(client: str, name: str) -> Entry:
    """The secret `name` of a client."""
    return Entry(("clients", client), name)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file that was read."""

    path: Path
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path | None) -> "KeyFile":
        """Read it.

        Raises:
            ConfigurationError: there is none, or it cannot be read.
        """
        if path is None:
            raise ConfigurationError("keys are changed in a key file; add --keys FILE, the keys.toml of the meter")
        try:
            text = path.read_text("utf-8")
            tomllib.loads(text)
        except OSError as error:
            raise ConfigurationError(f"cannot be read ({error.strerror}); is it the right path?", str(path)) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
        return cls(path, text)

    @property
    def pending(self) -> Path:
        """Where the file that is to be lies meanwhile."""
        return self.path.with_name(self.path.name + PENDING)

    def secret(self, entry: Entry) -> str:
        """A secret as it is written.

        Raises:
            ConfigurationError: it is not there.
        """
        found = _inside(tomllib.loads(self.text), entry)
        if not isinstance(found, str) or not found:
            raise ConfigurationError(f"has no {entry}; add it", str(self.path))
        return found

    def key(self, entry: Entry) -> bytes:
        """A key.

        Raises:
            ConfigurationError: it is not there, or no key.
        """
        try:
            return bytes.fromhex(self.secret(entry))
        except ValueError:
            raise ConfigurationError(f"{entry} must be hexadecimal digits in quotes", str(self.path)) from None

    def changed(self, secrets: Mapping[Entry, str]) -> str:
        """The text with other secrets in place of those there, or in new lines; all else stays, comments too.

        Raises:
            ConfigurationError: an entry does not stand on a line of its own, or cannot be written.
        """
        lines = self.text.splitlines(keepends=True)
        known = places(self.text)
        for entry, value in secrets.items():
            if not _WRITTEN.fullmatch(value):
                raise ConfigurationError(
                    f"the new {entry} has characters that a key file does not hold", str(self.path)
                )
            number = known.get((*entry.table, entry.name))
            if not number:
                lines = _with_line(lines, entry, value)
                known = places("".join(lines))
                continue
            line, count = _VALUE.subn(rf'\g<1>"{value}"', lines[number - 1], count=1)
            if not count:
                raise ConfigurationError(f"{entry} must stand on a line of its own", str(self.path))
            lines[number - 1] = line
        text, before = "".join(lines), tomllib.loads(self.text)
        if differences(self.text, text) != {
            entry: value for entry, value in secrets.items() if _inside(before, entry) != value
        }:
            raise ConfigurationError("is written in a form that cannot be changed line by line", str(self.path))
        again = repeated_key(tomllib.loads(text))
        if again and set(again) & set(map(str, secrets)):
            raise ConfigurationError(
                f"{again[1]} would be the same as {again[0]}; each needs a key of its own", str(self.path)
            )
        return text

    def rewrite(self, entries: Mapping[Entry, str]) -> None:
        """Put entries that are no secrets of the meter into the file at once, and into the one that is to be.

        Raises:
            ConfigurationError: it cannot be written.
        """
        if self.pending.exists():  # whichever of the two it is that stays
            self.put_pending(KeyFile.read(self.pending).changed(entries))
        try:
            write_private(self.path, self.changed(entries).encode())
        except OSError as error:
            raise ConfigurationError(f"cannot be written ({error.strerror})", str(self.path)) from None

    def put_pending(self, text: str) -> None:
        """Write the file that is to be.

        Raises:
            ConfigurationError: it cannot be written, so that nothing may be sent.
        """
        try:
            write_private(self.pending, text.encode())
        except OSError as error:
            raise ConfigurationError(f"cannot be written ({error.strerror})", str(self.pending)) from None

    def take_pending(self) -> None:
        """Let it be the file in force.

        Raises:
            ConfigurationError: it cannot be renamed.
        """
        try:
            self.pending.replace(self.path)
            synchronise(self.path.parent)
        except OSError as error:
            message = f"cannot be renamed to {self.path} ({error.strerror}); the meter's keys are in it, guard it"
            raise ConfigurationError(message, str(self.pending)) from None

    def check_settled(self) -> None:
        """Refuse to begin while it is not settled how an earlier change ended.

        Raises:
            ConfigurationError: there is a file that was to be.
        """
        if self.pending.exists():
            raise ConfigurationError("an earlier change did not end; run smartset … keys recover", str(self.pending))

    def drop_pending(self) -> None:
        """Forget it."""
        self.pending.unlink(missing_ok=True)


def _with_line(lines: list[str], entry: Entry, value: str) -> list[str]:
    """A file with one more secret, in its table, which is made where there is none."""
    whole = [line if line.endswith("\n") else f"{line}\n" for line in lines]
    header = places("".join(whole)).get(entry.table)
    line = f'{entry.name} = "{value}"\n'
    if header is None:
        return [*whole, "\n", f"[{'.'.join(entry.table)}]\n", line]
    return [*whole[:header], line, *whole[header:]]


def differences(old: str, new: str) -> dict[Entry, str]:
    """The secrets of `new` that are others in `old`."""
    before, after = tomllib.loads(old), tomllib.loads(new)
    return {
        entry: value
        for entry, value in _entries(after, ())
        if isinstance(value, str) and _inside(before, entry) != value
    }


def _entries(table: Mapping[str, Any], path: tuple[str, ...]) -> list[tuple[Entry, Any]]:
    found: list[tuple[Entry, Any]] = []
    for name, value in table.items():
        found += _entries(value, (*path, name)) if isinstance(value, dict) else [(Entry(path, name), value)]
    return found


def _inside(document: Mapping[str, Any], entry: Entry) -> Any:
    table: Any = document
    for name in entry.table:
        table = table.get(name, {}) if isinstance(table, dict) else {}
    return table.get(entry.name) if isinstance(table, dict) else None
