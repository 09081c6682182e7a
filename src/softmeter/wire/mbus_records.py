"""Data records of M-Bus answers: what a sub-meter says of each of its values (EN 13757-3)."""

import struct
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor

_EXTENDED = 0x80
_FILLER, _MANUFACTURER_DATA, _MORE_FOLLOWS = 0x2F, 0x0F, 0x1F
_MOST_EXTENSIONS = 10
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 6: 6, 7: 8}
_FLOAT, _VARIABLE = 5, 0x0D
_BCD = {0x09: 1, 0x0A: 2, 0x0B: 3, 0x0C: 4, 0x0E: 6}
_NO_DATA = frozenset({0, 8})
_TEXT_UNIT, _FIRST_TABLE, _SECOND_TABLE, _MANUFACTURER = 0x7C, 0x7B, 0x7D, 0x7F
_DATE, _DATE_TIME = 0x6C, 0x6D
_FACTORS, _THOUSAND = range(0x70, 0x78), 0x7D
_TEXT_MOST = 0xBF
_LONG_BINARY = {0xF0: 16, 0xF1: 20, 0xF2: 24, 0xF3: 28, 0xF4: 32, 0xF5: 48, 0xF6: 64}


class Function(Enum):
    """Which of the values of a period it is."""

    INSTANTANEOUS = "now"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    ERROR = "during an error"


_FUNCTIONS = tuple(Function)


class Quantity(NamedTuple):
    """What a value is of: `value * 10**exponent` in `unit`."""

    name: str
    unit: str = ""
    exponent: int = 0


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


class _Span(NamedTuple):
    """Codes from `first` on, each ten times the one before."""

    first: int
    codes: int
    name: str
    unit: str
    exponent: int


_PRIMARY = (
    _Span(0x00, 8, "energy", "Wh", -3),
    _Span(0x08, 8, "energy", "J", 0),
    _Span(0x10, 8, "volume", "m3", -6),
    _Span(0x18, 8, "mass", "kg", -3),
    _Span(0x28, 8, "power", "W", -3),
    _Span(0x30, 8, "power", "J/h", 0),
    _Span(0x38, 8, "volume flow", "m3/h", -6),
    _Span(0x40, 8, "volume flow", "m3/min", -7),
    _Span(0x48, 8, "volume flow", "m3/s", -9),
    _Span(0x50, 8, "mass flow", "kg/h", -3),
    _Span(0x58, 4, "flow temperature", "°C", -3),
    _Span(0x5C, 4, "return temperature", "°C", -3),
    _Span(0x60, 4, "temperature difference", "K", -3),
    _Span(0x64, 4, "external temperature", "°C", -3),
    _Span(0x68, 4, "pressure", "bar", -3),
)
_FIRST = (
    _Span(0x00, 2, "energy", "MWh", -1),
    _Span(0x08, 2, "energy", "GJ", -1),
    _Span(0x10, 2, "volume", "m3", 2),
    _Span(0x18, 2, "mass", "t", 2),
    _Span(0x28, 2, "power", "MW", -1),
    _Span(0x30, 2, "power", "GJ/h", -1),
)
_SECOND = (_Span(0x40, 16, "voltage", "V", -9), _Span(0x50, 16, "current", "A", -12))
_DURATIONS = {0x20: "on time", 0x24: "operating time", 0x70: "averaging duration", 0x74: "actuality duration"}
_DURATION_UNITS = ("s", "min", "h", "d")
_NAMES = {
    _DATE: "date",
    _DATE_TIME: "time",
    0x6E: "heat cost units",
    0x78: "fabrication number",
    0x79: "identification",
    0x7A: "bus address",
    _TEXT_UNIT: "value",
    0x7E: "any",
    _MANUFACTURER: "manufacturer's own",
}
_SECOND_NAMES = {
    0x08: "access number",
    0x09: "medium",
    0x0A: "manufacturer",
    0x0B: "parameter set",
    0x0C: "model",
    0x0D: "hardware version",
    0x0E: "firmware version",
    0x0F: "software version",
    0x10: "customer location",
    0x11: "customer",
    0x16: "password",
    0x17: "error flags",
    0x18: "error mask",
    0x19: "key",
    0x1A: "digital output",
    0x1B: "digital input",
    0x1C: "baud rate",
    0x1F: "remote control",
    0x3A: "number",
    0x60: "reset counter",
    0x61: "cumulation counter",
}


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
    value = _value(cursor, form)
    if isinstance(value, int) and (code, form) == (_DATE, 2):
        value = _date(value & 0xFFFF)
    elif isinstance(value, int) and (code, form) == (_DATE_TIME, 4):
        value = _time(value & 0xFFFFFFFF)
    function = _FUNCTIONS[head >> 4 & 3]
    return Record(quantity, value, function, storage, tariff, subunit, qualifiers, at, cursor.at - at, data, told)


def _information(cursor: Cursor) -> tuple[Quantity, int, bytes]:
    """What a value is of; the code, -1 where it is of another table; extensions that qualify it."""
    first = cursor.byte()
    code, more = first & 0x7F, bool(first & _EXTENDED)
    text = ""
    if code == _TEXT_UNIT:
        text = cursor.take(cursor.byte())[::-1].decode("latin-1")
    table = code
    if code in {_FIRST_TABLE, _SECOND_TABLE} and more:
        octet = cursor.byte()
        code, more = octet & 0x7F, bool(octet & _EXTENDED)
    qualifiers = b""
    while more:
        if len(qualifiers) > _MOST_EXTENSIONS:
            raise DecodeError(f"more than {_MOST_EXTENSIONS} extensions of a unit", cursor.at)
        octet = cursor.byte()
        more = bool(octet & _EXTENDED)
        qualifiers += bytes((octet & 0x7F,))
    if table == _FIRST_TABLE:
        return _spanned(_FIRST, code) or Quantity(f"quantity FB {code:02X}"), -1, qualifiers
    if table == _SECOND_TABLE:
        known = _spanned(_SECOND, code)
        return known or Quantity(_SECOND_NAMES.get(code, f"quantity FD {code:02X}")), -1, qualifiers
    return _primary(code, text), code, qualifiers


def _corrected(quantity: Quantity, code: int, qualifiers: bytes) -> tuple[Quantity, int, bytes]:
    """The same with the extensions applied that only multiply."""
    left = bytearray()
    for octet in qualifiers:
        if octet in _FACTORS:
            quantity = quantity._replace(exponent=quantity.exponent + octet - _FACTORS.start - 6)
        elif octet == _THOUSAND:
            quantity = quantity._replace(exponent=quantity.exponent + 3)
        else:
            left.append(octet)
    return quantity, code, bytes(left)


def _primary(code: int, text: str) -> Quantity:
    spanned = _spanned(_PRIMARY, code)
    if spanned is not None:
        return spanned
    duration = _DURATIONS.get(code & 0x7C)
    if duration is not None:
        return Quantity(duration, _DURATION_UNITS[code & 3])
    return Quantity(text or _NAMES.get(code, f"quantity {code:02X}"))


def _spanned(spans: tuple[_Span, ...], code: int) -> Quantity | None:
    for span in spans:
        if span.first <= code < span.first + span.codes:
            return Quantity(span.name, span.unit, span.exponent + code - span.first)
    return None


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


def _time(value: int) -> str:
    """A date and time in four octets (type F), as ISO 8601."""
    invalid = " (not valid)" if value & 0x80 else ""
    return f"{_date(value >> 16)}T{value >> 8 & 0x1F:02}:{value & 0x3F:02}{invalid}"


def _date(date: int) -> str:
    """A date in two octets (type G), as ISO 8601."""
    year = date >> 5 & 7 | date >> 9 & 0x78
    return f"{2000 + year if year < 81 else 1900 + year}-{date >> 8 & 0x0F:02}-{date & 0x1F:02}"
