"""Answers in the fixed structure of old sub-meters, as what they would say in records (EN 13757-3:2004, 6.2).

Two counters, each with a code for its unit, which stands for a quantity of the tables of today.
"""

from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import Header

_BINARY, _STORED, _STATES = 0x01, 0x02, 0xFC
_UNIT, _HISTORIC, _FIRST_UNIT = 0x3F, 0x3E, 0x02
_COUNTER_OCTETS = 4
_BINARY_FORM, _DIGITS_FORM, _STORAGE = 0x04, 0x0C, 0x40
_TIMES_10, _TIMES_100 = b"\x77", b"\xfd\x75"
_SECOND_MODE = {0x0A: 0x03, 0x0B: 0x04, 0x0C: 0x06, 0x0D: 0x07, 0x0E: 0x08}
"""Media of sub-meters that send their highest octets first, as they are without that."""
_DIMENSIONLESS = b"\xfd\x3a"


def _spread(*parts: tuple[int, int]) -> list[bytes]:
    """Value information of neighbouring codes: first codes and how many follow each other."""
    return [bytes((first + more,)) for first, count in parts for more in range(count)]


def _large(code: int) -> list[bytes]:
    """The larger units of a kind, from the table behind FB: two of its own, then ten and a hundred times the second."""
    one, more = bytes((0xFB, code + 1)), bytes((0xFB, code + 1 | 0x80))
    return [bytes((0xFB, code)), one, more + _TIMES_10, more + _TIMES_100]


_UNITS = [
    *_spread((0x03, 5)),
    *_large(0x00),
    *_spread((0x0B, 5)),
    *_large(0x08),
    *_spread((0x2B, 5)),
    *_large(0x28),
    *_spread((0x33, 5)),
    *_large(0x30),
    *_spread((0x10, 8)),
    b"\xfb\x10",
    *_spread((0x38, 8)),
    b"\xbf" + _TIMES_10,
    b"\x58",
    b"\x6e",
]
"""From Wh on to units of heat cost allocators, as records name them."""


def told(content: bytes) -> tuple[Header, bytes]:
    """The header, without manufacturer and version, and the records of an answer.

    Raises:
        DecodeError: it is too short.
    """
    cursor = Cursor(content)
    identification = int.from_bytes(cursor.take(_COUNTER_OCTETS), "little")
    access, status, first, second = cursor.take(4)
    counters = [cursor.take(_COUNTER_OCTETS) for _ in range(2)]
    cursor.finish()
    medium = second >> 6 << 2 | first >> 6
    header = Header(identification, 0, 0, _SECOND_MODE.get(medium, medium), access, status & _STATES)
    form = _BINARY_FORM if status & _BINARY else _DIGITS_FORM
    records, named = b"", first & _UNIT
    for code, counter in zip((first & _UNIT, second & _UNIT), counters, strict=True):
        is_stored = status & _STORED or code == _HISTORIC
        named = named if code == _HISTORIC else code
        records += bytes((form | (_STORAGE if is_stored else 0),)) + _information(named) + counter
    return header, records


def _information(code: int) -> bytes:
    place = code - _FIRST_UNIT
    return _UNITS[place] if 0 <= place < len(_UNITS) else _DIMENSIONLESS
