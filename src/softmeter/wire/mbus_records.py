"""Data records of M-Bus answers: what a sub-meter says of each of its values (EN 13757-3)."""

import struct
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from softmeter.errors import DecodeError
from softmeter.wire import mbus_quantities, mbus_times
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus_quantities import DATE, DATE_TIME, Quantity

_EXTENDED = 0x80
_FILLER, _MANUFACTURER_DATA, _MORE_FOLLOWS = 0x2F, 0x0F, 0x1F
_MOST_EXTENSIONS = 10
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 6: 6, 7: 8}
_FLOAT, _VARIABLE = 5, 0x0D
_BCD = {0x09: 1, 0x0A: 2, 0x0B: 3, 0x0C: 4, 0x0E: 6}
_NO_DATA = frozenset({0, 8})
_TEXT_MOST = 0xBF
_LONG_BINARY = {0xF0: 16, 0xF1: 20, 0xF2: 24, 0xF3: 28, 0xF4: 32, 0xF5: 48, 0xF6: 64}


class Function(Enum):
    """Which of the values of a period it is."""

    INSTANTANEOUS = "now"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    ERROR = "during an error"


_FUNCTIONS = tuple(Function)


class Record(NamedTuple):
    """One value. `qualifiers`: what its unit is extended by; `at` and `size`: its octets.

    The first `head` of them say what the value is; those are `data` octets about its form, then some about its unit.
    """

    quantity: Quantity
    value: int | float | str | bytes | None
    function: Function
    storage: int
    tariff: int
    subunit: int
    qualifiers: bytes
    at: int
    size: int
    data: int
    head: int

    @property
    def error(self) -> int | None:
        """By which code the sub-meter says that the value is none; None for a value."""
        known = b"" if self.quantity == mbus_quantities.OWN else self.qualifiers[: _known(self.qualifiers)]
        return next((one for one in known if one <= mbus_quantities.MOST_ERROR), None)


def records(cursor: Cursor) -> Iterator[Record]:
    """The records up to the end, or to data of the manufacturer's own, before which the cursor is left.

    Raises:
        DecodeError: one ends too early, or has a form that does not exist.
    """
    while cursor.left:
        first = cursor.octets[cursor.at]
        if first in {_MANUFACTURER_DATA, _MORE_FOLLOWS}:
            return
        if first == _FILLER:
            cursor.at += 1
            continue
        yield _record(cursor)


def part(content: bytes) -> tuple[bytes, bool]:
    """The records of one answer without what is the manufacturer's own behind them; whether another answer goes on.

    Octets that are no records are left as they are.
    """
    cursor = Cursor(content)
    try:
        for _ in records(cursor):
            pass
    except DecodeError:
        return content, False
    return content[: cursor.at], bool(cursor.left) and content[cursor.at] == _MORE_FOLLOWS


def _record(cursor: Cursor) -> Record:
    at = cursor.at
    head = cursor.byte()
    storage, tariff, subunit, octet = head >> 6 & 1, 0, 0, head
    for number in range(_MOST_EXTENSIONS + 1):
        if not octet & _EXTENDED:
            break
        octet = cursor.byte()
        storage |= (octet & 0x0F) << 4 * number + 1
        tariff |= (octet >> 4 & 3) << 2 * number
        subunit |= (octet >> 6 & 1) << number
    else:
        raise DecodeError(f"more than {_MOST_EXTENSIONS} extensions of a data field", cursor.at)
    data = cursor.at - at
    quantity, code, qualifiers = _corrected(*_information(cursor))
    told = cursor.at - at
    form = head & 0x0F
    before = cursor.at
    value = _value(cursor, form)
    if form in _INTEGERS and (code in {DATE, DATE_TIME} or mbus_quantities.TIMES_OF.intersection(qualifiers)):
        value = mbus_times.text(cursor.octets[before : cursor.at]) or value
    function = _FUNCTIONS[head >> 4 & 3]
    return Record(quantity, value, function, storage, tariff, subunit, qualifiers, at, cursor.at - at, data, told)


def _information(cursor: Cursor) -> tuple[Quantity, int, bytes]:
    """What a value is of; the code, -1 where it is of another table; extensions that qualify it."""
    first = cursor.byte()
    code, more = first & 0x7F, bool(first & _EXTENDED)
    text = ""
    if code == mbus_quantities.TEXT_UNIT:
        text = cursor.take(cursor.byte())[::-1].decode("latin-1")
    table = code
    if code in {mbus_quantities.FIRST_TABLE, mbus_quantities.SECOND_TABLE} and more:
        octet = cursor.byte()
        code, more = octet & 0x7F, bool(octet & _EXTENDED)
    qualifiers = b""
    while more:
        if len(qualifiers) > _MOST_EXTENSIONS:
            raise DecodeError(f"more than {_MOST_EXTENSIONS} extensions of a unit", cursor.at)
        octet = cursor.byte()
        more = bool(octet & _EXTENDED)
        qualifiers += bytes((octet & 0x7F,))
    if table == mbus_quantities.FIRST_TABLE:
        return mbus_quantities.first_table(code), -1, qualifiers
    if table == mbus_quantities.SECOND_TABLE:
        told = DATE_TIME if code in mbus_quantities.SECOND_TABLE_TIMES else -1
        return mbus_quantities.second_table(code), told, qualifiers
    return mbus_quantities.primary(code, text), code, qualifiers


def _corrected(quantity: Quantity, code: int, qualifiers: bytes) -> tuple[Quantity, int, bytes]:
    """The same with the extensions applied that only multiply."""
    left, known = bytearray(), 0 if code == mbus_quantities.MANUFACTURER else _known(qualifiers)
    for octet in qualifiers[:known]:
        if octet in mbus_quantities.FACTORS:
            quantity = quantity._replace(exponent=quantity.exponent + octet - mbus_quantities.FACTORS.start - 6)
        elif octet == mbus_quantities.THOUSAND:
            quantity = quantity._replace(exponent=quantity.exponent + 3)
        else:
            left += bytes((octet,)) if octet != mbus_quantities.NO_ERROR else b""
    return quantity, code, bytes(left) + qualifiers[known:]


def _known(qualifiers: bytes) -> int:
    """How many of them have the meanings of the common table."""
    return next((at for at, one in enumerate(qualifiers) if one in mbus_quantities.OWN_CODES), len(qualifiers))


def _value(cursor: Cursor, form: int) -> int | float | str | bytes | None:
    if form in _NO_DATA:
        return None
    if form in _INTEGERS:
        return int.from_bytes(cursor.take(_INTEGERS[form]), "little", signed=True)
    if form == _FLOAT:
        number: float = struct.unpack("<f", cursor.take(4))[0]
        return number
    if form in _BCD:
        return _digits(cursor.take(_BCD[form]))
    if form != _VARIABLE:
        raise DecodeError(f"a data field of form {form:X}", cursor.at)
    length = cursor.byte()
    if length <= _TEXT_MOST:
        return cursor.take(length)[::-1].decode("latin-1")
    match length >> 4:
        case 0xC:
            return _digits(cursor.take(length & 0x0F))
        case 0xD:
            digits = _digits(cursor.take(length & 0x0F))
            return -digits if isinstance(digits, int) else digits
        case 0xE:
            return cursor.take(length & 0x0F)[::-1]
        case 0xF if length in _LONG_BINARY:
            return cursor.take(_LONG_BINARY[length])[::-1]
        case _:
            raise DecodeError(f"a variable length of {length:02X}", cursor.at - 1)


def _digits(octets: bytes) -> int | bytes:
    """A number in BCD, an F before it means minus; what is no number stays as it is, most significant first."""
    text = octets[::-1].hex()
    sign, digits = (-1, text[1:]) if text[:1] == "f" else (1, text)
    return sign * int(digits) if digits.isdecimal() else octets[::-1]
