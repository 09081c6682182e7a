"""What a person hands in: hexadecimal digits in any spacing, a file, or standard input."""

import re
import sys
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.wire.pcapng import is_capture

LONGEST = 64 << 20
"""Octets that are read."""
_TEXT_STARTS = b"/\x01\x02\x06\x15"


def read_input(what: str) -> bytes:
    """The octets behind HEX, a file's name, or `-`.

    Raises:
        ConfigurationError: there is no such file and these are no digits, or it is too long.
    """
    if what == "-":
        return understood(_limited(sys.stdin.buffer.read(LONGEST + 1), "standard input"))
    octets = _from_hex(what.encode("utf-8", "replace"))
    if octets is not None and not (len(what) < 64 and Path(what).exists()):
        return octets
    try:
        with Path(what).open("rb") as file:
            return understood(_limited(file.read(LONGEST + 1), what))
    except (OSError, ValueError):
        shown = what if len(what) <= 60 else f"{what[:60]}…"
        raise ConfigurationError(
            f"{shown!r} is no file and no hexadecimal octets; give hex, a file, or - for standard input"
        ) from None


def _limited(octets: bytes, name: str) -> bytes:
    if len(octets) > LONGEST:
        raise ConfigurationError(f"longer than {LONGEST >> 20} MiB", name)
    return octets


def understood(octets: bytes) -> bytes:
    """The octets a file's content stands for: hexadecimal text becomes what it writes, all else stays."""
    if is_capture(octets) or octets[:1] in {bytes((start,)) for start in _TEXT_STARTS}:
        return octets
    digits = _from_hex(octets)
    return octets if digits is None else digits


def _from_hex(text: bytes) -> bytes | None:
    """Digits in pairs, with whatever people put between them; None for anything else."""
    cleaned = re.sub(rb"#[^\n]*", b"", text) if b"#" in text else text
    cleaned = re.sub(rb"0[xX]|\\x|[\s:,;|._-]", b"", cleaned)
    if not cleaned or len(cleaned) % 2 or not re.fullmatch(rb"[0-9A-Fa-f]+", cleaned):
        return None
    return bytes.fromhex(cleaned.decode("ascii"))
