"""What a value looks like to a person and to a machine: scalers applied exactly, octets shown as what they mean."""

import math
from decimal import Decimal
from typing import Any

from softmeter.clock import DateTime
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import Bits, Compact, Data, Tag

WIDEST = 100
"""A structure that fits in so many characters is written on one line."""

_NO_TIME = bytes.fromhex("FFFFFFFF8000FF")
"""What makes a date a date-time: no field of it specified."""
_SEQUENCES = frozenset({Tag.ARRAY, Tag.STRUCTURE})


def type_name(tag: Tag) -> str:
    """The standard's word: `double-long-unsigned`."""
    return tag.name.lower().replace("_", "-")


def unit_symbol(number: int) -> str:
    """A unit as it is written; one that is not in the enumeration by its number."""
    try:
        return Unit(number).symbol
    except ValueError:
        return f"unit {number}"


def is_number(data: Data) -> bool:
    """Whether a scaler applies to the value."""
    return isinstance(data.value, int | float) and not isinstance(data.value, bool) and data.type != Tag.ENUM


def whole(data: Data) -> int:
    """A value that must be a whole number; TypeError where it is none."""
    if type(data.value) is not int:
        raise TypeError(f"{type_name(data.type)} in place of a whole number")
    return data.value


def scaled(value: int, scaler: int) -> Decimal:
    """`value` times ten to the power of `scaler`, exactly."""
    digits = Decimal(value).as_tuple()
    return Decimal((digits.sign, digits.digits, scaler))


def exact(number: Decimal) -> int | float | str:
    """For JSON: an integer, a float that is written with the same digits, else text."""
    if number == number.to_integral_value():
        return int(number)
    nearest = float(number)
    return nearest if Decimal(repr(nearest)) == number else f"{number:f}"


def meaning(octets: bytes) -> str | DateTime | Obis | bytes:
    """What an octet-string most likely holds: text, a date-time, a logical name, or just octets."""
    if octets and all(32 <= octet < 127 for octet in octets):
        return octets.decode("ascii")
    if len(octets) == 12:
        try:
            return DateTime.decode(octets)
        except DecodeError:
            return octets
    if len(octets) == 6 and octets[5] == 0xFF:
        return Obis.of(octets)
    return octets


def octets_text(octets: bytes) -> str:
    """The meaning of an octet-string, written."""
    match meaning(octets):
        case str() as text:
            return text
        case DateTime() as moment:
            return moment.iso()
        case Obis() as obis:
            return obis.short
        case other:
            return other.hex()


def bits_text(bits: Bits) -> str:
    """The bits, first one first."""
    return f"{bits.value:0{bits.length}b}" if bits.length else ""


def plain(data: Data, scaler: int = 0) -> Any:
    """For JSON, as a person would write it: octets by their meaning, numbers with their scaler."""
    value = data.value
    if data.type in _SEQUENCES:
        return [plain(element) for element in value]
    match value:
        case bool() | None | str():
            return value
        case int():
            return exact(scaled(value, scaler)) if scaler else value
        case float():
            return _finite(value * 10.0**scaler if scaler else value)
        case bytes():
            return _part_of_a_date(data) or octets_text(value)
        case Compact():
            return [plain(element) for element in value.elements]
        case Bits():
            return bits_text(value)
        case _:
            return str(value)


def raw(data: Data) -> Any:
    """For JSON, as it travelled: unscaled numbers, octets in hex."""
    value = data.value
    if data.type in _SEQUENCES:
        return [raw(element) for element in value]
    match value:
        case bytes():
            return value.hex()
        case Compact():
            return [raw(element) for element in value.elements]
        case Bits():
            return bits_text(value)
        case float():
            return _finite(value)
        case _:
            return value


def text(data: Data, scaler: int = 0) -> str:
    """For people; long structures over several lines."""
    if data.type in _SEQUENCES or data.type == Tag.COMPACT_ARRAY:
        return _nested(data, "")
    match plain(data, scaler):
        case None:
            return "null" if data.type == Tag.NULL else "dont-care"
        case bool() as flag:
            return "true" if flag else "false"
        case int() | float() if scaler and isinstance(data.value, int):
            return f"{scaled(data.value, scaler):f}"  # keeps the zeros that the scaler promises
        case shown:
            return harmless(str(shown))


def harmless(text: str) -> str:
    """Text of a meter without characters that would command a terminal."""
    return text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _nested(data: Data, indent: str) -> str:
    if data.type not in _SEQUENCES and data.type != Tag.COMPACT_ARRAY:
        return text(data)
    opening, closing = "{}" if data.type == Tag.STRUCTURE else "[]"
    deeper = indent + "  "
    elements = data.value.elements if isinstance(data.value, Compact) else data.value
    parts = [_nested(element, deeper) for element in elements]
    one_line = f"{opening}{', '.join(parts)}{closing}"
    if len(one_line) <= WIDEST and "\n" not in one_line:
        return one_line
    return f"{opening}\n" + ",\n".join(deeper + part for part in parts) + f"\n{indent}{closing}"


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _part_of_a_date(data: Data) -> str:
    """The types date and time; fields that are not given are `*`."""
    if data.type == Tag.TIME:
        hour, minute, second, _ = data.value
        return ":".join("*" if part == 0xFF else f"{part:02d}" for part in (hour, minute, second))
    if data.type == Tag.DATE:
        try:
            return DateTime.decode(data.value + _NO_TIME).iso().rpartition("T")[0]
        except DecodeError:
            return ""
    return ""
