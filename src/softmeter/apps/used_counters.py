"""How far we have counted under keys whose use nobody reports back: in a file beside the one that holds them.

Whoever is told something cannot say how far: of what was lost on the way nobody knows. Yet under one key a counter is
used once only, or the key gives away what it protects. So counters are written down before anything leaves under them.
"""

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import write_private

HIGHEST = 0xFFFF_FFFF
_LINE = re.compile(r"([0-9a-f]{32}) ([0-9]{1,10})")
_MARK_DIGITS = 32


@dataclass(frozen=True, slots=True)
class UsedCounters:
    """The counters used under one kind of keys."""

    suffix: str
    """What the name of the key file is followed by in that of the file of counters."""
    salt: bytes
    """What marks of this kind of keys are made with."""
    used_up: str
    """What to say where a key has no counter left."""
    damaged: str
    """What to say where the file cannot be understood."""

    def reserve(self, keys: Path, key: bytes, heard: int, count: int) -> int:
        """The first of `count` counters above `heard` and above all that were reserved under `key` before.

        Raises:
            ConfigurationError: there are not so many left, the file cannot be read or written, or `keys` is no file.
        """
        if keys.exists() and not keys.is_file():
            raise ConfigurationError("is no file, and the counters used are kept beside it; name a file", str(keys))
        keys = Path(os.path.realpath(keys))  # whatever link names it, it is one file with one count
        path = keys.with_name(keys.name + self.suffix)
        with _alone(keys):
            return self._reserved(path, key, heard, count)

    def _reserved(self, path: Path, key: bytes, heard: int, count: int) -> int:
        used, mark = self._used(path), self._mark(key)
        first = max(heard, used.get(mark, -1)) + 1
        last = first + count - 1
        if last > HIGHEST:
            raise ConfigurationError(self.used_up)
        text = "".join(f"{one} {number}\n" for one, number in {**used, mark: last}.items())
        try:
            write_private(path, text.encode())
        except OSError as error:
            raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None
        return first

    def _used(self, path: Path) -> dict[str, int]:
        try:
            lines = path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None
        except UnicodeDecodeError:
            lines = [""]
        found = [_LINE.fullmatch(line) for line in lines]
        if None in found:
            raise ConfigurationError(self.damaged, str(path))
        return {one[1]: int(one[2]) for one in found if one is not None}

    def _mark(self, key: bytes) -> str:
        """What tells keys apart, and says nothing about them."""
        return hashlib.sha256(self.salt + key).hexdigest()[:_MARK_DIGITS]


@contextlib.contextmanager
def _alone(keys: Path) -> Iterator[None]:
    """Nobody else reserves in this directory meanwhile; who does is waited for, as it takes no time."""
    try:
        directory = os.open(keys.parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(keys)) from None
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
        except OSError as error:
            message = f"its file system gives no locks ({error.strerror}); move it to a local directory"
            raise ConfigurationError(message, str(keys)) from None
        yield
    finally:
        os.close(directory)
