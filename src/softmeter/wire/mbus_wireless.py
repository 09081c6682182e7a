"""The blocks of a wireless M-Bus telegram and their checksums, formats A and B (EN 13757-4, 12.3 and 12.4).

A telegram without them is what most receivers hand on: its length octet counts what follows. Format A counts the same
and puts two octets of checksum behind every block; format B counts the checksums too.
"""

from collections.abc import Iterator
from enum import Enum
from functools import cache

from softmeter.errors import DecodeError

CHECKSUM_OCTETS = 2
_FIRST_A, _NEXT_A = 10, 16
_FIRST_B = 126
"""Octets of a block, without its checksum."""
_POLYNOMIAL = 0x3D65
_MOST = 256


class Format(Enum):
    """How the blocks of a telegram are laid out."""

    A = "A"
    B = "B"


def checksum(octets: bytes) -> int:
    """The checksum of EN 13757; it is sent high octet first."""
    crc = 0
    for octet in octets:
        crc = (crc << 8 & 0xFFFF) ^ _table()[crc >> 8 ^ octet]
    return crc ^ 0xFFFF


def with_checksums(telegram: bytes, form: Format) -> bytes:
    """A telegram as it is on the air.

    Raises:
        ValueError: its length octet is not that of what follows, or there is no room for the checksums.
    """
    if not telegram or telegram[0] + 1 != len(telegram):
        raise ValueError(f"a length octet does not count the {len(telegram)} octets of the telegram")
    if form is Format.B:
        count = 1 + (len(telegram) > _FIRST_B)
        if telegram[0] + CHECKSUM_OCTETS * count >= _MOST:
            raise ValueError(f"{len(telegram)} octets leave no room for checksums in format B")
        telegram = bytes((telegram[0] + CHECKSUM_OCTETS * count,)) + telegram[1:]
    blocks = _blocks(len(telegram), form)
    return b"".join(_closed(telegram[begin:end]) for begin, end in blocks)


def length_on_air(length: int) -> int:
    """How many octets a telegram in format A has, given its length octet."""
    return length + 1 + CHECKSUM_OCTETS * len(list(_blocks(length + 1, Format.A)))


def without_checksums(octets: bytes, form: Format) -> bytes:
    """The telegram in what was on the air.

    Raises:
        DecodeError: it is cut, or a checksum is wrong.
    """
    size = octets[0] + 1 if octets else 0
    blocks = list(_blocks(size, Format.A)) if form is Format.A else list(_blocks_on_air_b(size))
    parts, at = [], 0
    for begin, end in blocks:
        part, found = octets[at : at + end - begin], octets[at + end - begin : at + end - begin + CHECKSUM_OCTETS]
        if len(found) < CHECKSUM_OCTETS:
            raise DecodeError(f"a wireless telegram in format {form.value} ends too early", len(octets))
        if checksum(part) != int.from_bytes(found, "big"):
            raise DecodeError(f"the checksum {found.hex().upper()} of a block does not fit it", at + len(part))
        parts.append(part)
        at += len(part) + CHECKSUM_OCTETS
    if at != len(octets) or not parts:
        raise DecodeError(f"{len(octets)} octets, but the blocks of format {form.value} have {at}", at)
    telegram = b"".join(parts)
    return bytes((len(telegram) - 1,)) + telegram[1:]


def _closed(block: bytes) -> bytes:
    return block + checksum(block).to_bytes(CHECKSUM_OCTETS, "big")


def _blocks(size: int, form: Format) -> Iterator[tuple[int, int]]:
    """Where the blocks of a telegram begin and end."""
    first, following = (_FIRST_A, _NEXT_A) if form is Format.A else (_FIRST_B, _MOST)
    begin, end = 0, min(first, size)
    while begin < size:
        yield begin, end
        begin, end = end, min(end + following, size)


def _blocks_on_air_b(size: int) -> Iterator[tuple[int, int]]:
    """Those of a telegram in format B of so many octets with its checksums."""
    first = _FIRST_B + CHECKSUM_OCTETS
    count = 1 + (size > first)
    return _blocks(max(0, size - CHECKSUM_OCTETS * count), Format.B)


@cache
def _table() -> tuple[int, ...]:
    """What each octet makes of an empty checksum."""
    table = []
    for octet in range(256):
        crc = octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc & 0x8000 else 0)) & 0xFFFF
        table.append(crc)
    return tuple(table)
