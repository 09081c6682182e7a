"""A-XDR data (IEC 62056-6-2) read to plain Python values, written without a look at softmeter's own code."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

_FIXED: Final = {
    3: ">?", 5: ">i", 6: ">I", 13: ">B", 15: ">b", 16: ">h", 17: ">B", 18: ">H", 20: ">q", 21: ">Q", 22: ">B",
    23: ">f", 24: ">d",
}  # fmt: skip
_OCTETS: Final = {9, 10, 12}
_TIMES: Final = {25: 12, 26: 5, 27: 4}


def length(data: bytes, offset: int) -> tuple[int, int]:
    """A length or count, and the offset behind it."""
    first = data[offset]
    if first < 0x80:
        return first, offset + 1
    end = offset + 1 + (first & 0x7F)
    return int.from_bytes(data[offset + 1 : end], "big"), end


def encoded_length(count: int) -> bytes:
    if count < 0x80:
        return bytes((count,))
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def octet_string(octets: bytes) -> bytes:
    return b"\x09" + encoded_length(len(octets)) + octets


def value(data: bytes, offset: int = 0) -> tuple[Any, int]:
    """One value and the offset behind it; arrays and structures are lists, strings are bytes."""
    tag = data[offset]
    offset += 1
    if tag in (0, 0xFF):
        return None, offset
    if tag in (1, 2):
        count, offset = length(data, offset)
        items = []
        for _ in range(count):
            item, offset = value(data, offset)
            items.append(item)
        return items, offset
    if tag in _OCTETS:
        count, offset = length(data, offset)
        return data[offset : offset + count], offset + count
    if tag == 4:
        bits, offset = length(data, offset)
        end = offset + (bits + 7) // 8
        return f"{int.from_bytes(data[offset:end], 'big'):0{8 * (end - offset)}b}"[:bits], end
    if tag in _TIMES:
        return data[offset : offset + _TIMES[tag]], offset + _TIMES[tag]
    form = _FIXED[tag]
    return struct.unpack_from(form, data, offset)[0], offset + struct.calcsize(form)


def parsed(data: bytes) -> Any:
    """The value of a whole octet string.

    Raises:
        ValueError: octets are left over.
    """
    result, end = value(data)
    if end != len(data):
        raise ValueError(f"{len(data) - end} octets behind the value")
    return result


def moment(octets: bytes) -> datetime:
    """The instant of a COSEM date-time with a stated deviation, in UTC."""
    year, month, day, _, hour, minute, second, _, deviation, _ = struct.unpack(">H7BhB", octets)
    zone = timezone(timedelta(minutes=-deviation))
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)


def logical_name(text: str) -> bytes:
    """The six octets of `A-B:C.D.E` or `A-B:C.D.E.F`; F is 255 unless given."""
    numbers = [int(part) for part in text.replace("-", ".").replace(":", ".").split(".")]
    return bytes(numbers if len(numbers) == 6 else [*numbers, 255])
