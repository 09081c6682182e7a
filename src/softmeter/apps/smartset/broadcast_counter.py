"""How far we have counted with messages to all meters, by key: in a file beside the key file.

No meter can say how far: of what was lost on the way it knows nothing. Yet under one key a counter is used once only,
or the key gives away what it protects. So counters are written down here before the first message leaves.
"""

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import write_private

HIGHEST = 0xFFFF_FFFF
SUFFIX = ".broadcast"
"""What the name of the key file is followed by."""
_LINE = re.compile(r"([0-9a-f]{32}) ([0-9]{1,10})")
_MARK_DIGITS = 32


def reserve(keys: Path, key: bytes, heard: int, count: int) -> int:
    """The first of `count` counters that nobody has used under `key`; `heard` is the last that some meter has accepted.

    Raises:
        ConfigurationError: there are not so many left, or the file cannot be read or written.
    """
    path = keys.with_name(keys.name + SUFFIX)
    with _alone(keys):
        return _reserved(path, key, heard, count)


@contextlib.contextmanager
def _alone(keys: Path) -> Iterator[None]:
    """Nobody else reserves in this directory meanwhile; who does is waited for, as it takes no time."""
    try:
        directory = os.open(keys.parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(keys)) from None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _reserved(path: Path, key: bytes, heard: int, count: int) -> int:
    used, mark = _used(path), _mark(key)
    first = max(heard, used.get(mark, 0)) + 1
    last = first + count - 1
    if last > HIGHEST:
        raise ConfigurationError("the broadcast key is used up; replace it: smartset … keys transfer --key broadcast")
    text = "".join(f"{one} {number}\n" for one, number in {**used, mark: last}.items())
    try:
        write_private(path, text.encode())
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None
    return first


def _used(path: Path) -> dict[str, int]:
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
        raise ConfigurationError(
            "is damaged; where it is lost, replace the broadcast key before the next message", str(path)
        )
    return {one[1]: int(one[2]) for one in found if one is not None}


def _mark(key: bytes) -> str:
    """What tells keys apart, and says nothing about them."""
    return hashlib.sha256(b"a broadcast key" + key).hexdigest()[:_MARK_DIGITS]
