"""What a person hands in: octets written in text, a file, or standard input."""

import sys
from pathlib import Path

from softmeter.apps.decode.written import octets_of
from softmeter.errors import ConfigurationError
from softmeter.wire.pcapng import is_capture

LONGEST = 64 << 20
"""Octets that are read."""
_TEXT_STARTS = b"/\x01\x02\x06\x15"
_COMMENTS = {b"//", b"/*"}


def read_input(what: str) -> bytes:
    """The octets behind HEX, a file's name, or `-`.

    Raises:
        ConfigurationError: there is no such file and these are no digits, or it is too long.
    """
    if what == "-":
        return understood(_limited(sys.stdin.buffer.read(LONGEST + 1), "standard input"))
    octets = octets_of(what.encode("utf-8", "replace"))
    if octets is not None and not _is_there(what):
        return octets
    try:
        with Path(what).open("rb") as file:
            return understood(_limited(file.read(LONGEST + 1), what))
    except (OSError, ValueError):
        shown = what if len(what) <= 60 else f"{what[:60]}…"
        raise ConfigurationError(
            f"{shown!r} is no file and no hexadecimal octets; give hex, a file, or - for standard input"
        ) from None


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for a name
        return False


def _limited(octets: bytes, name: str) -> bytes:
    if len(octets) > LONGEST:
        raise ConfigurationError(f"longer than {LONGEST >> 20} MiB", name)
    return octets


def understood(octets: bytes) -> bytes:
    """The octets a file's content stands for: hexadecimal text becomes what it writes, all else stays."""
    begins_as_text = octets[:1] in {bytes((start,)) for start in _TEXT_STARTS} and octets[:2] not in _COMMENTS
    if begins_as_text or is_capture(octets):
        return octets
    digits = octets_of(octets)
    return octets if digits is None else digits
