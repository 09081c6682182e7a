"""M-Bus frames as trees: DLMS carried in them, or the records of a sub-meter (EN 13757-2, EN 13757-3)."""

from decimal import Decimal

from softmeter.apps.decode.exchange import LONGEST, Exchange
from softmeter.apps.decode.fields import bounded
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError
from softmeter.wire.mbus_records import Function, Record, records
from softmeter.wire.types import Cursor

_LAST = 0x10
_MOST_TRANSPORT = 0x1F
_LONG_HEADER, _SHORT_HEADER, _NO_HEADER = 12, 4, 0
_HEADERS = {0x72: _LONG_HEADER, 0x7A: _SHORT_HEADER, 0x78: _NO_HEADER}
_MODES = 0x1F
_MEDIA = {
    0x00: "other",
    0x01: "oil",
    0x02: "electricity",
    0x03: "gas",
    0x04: "heat",
    0x05: "steam",
    0x06: "warm water",
    0x07: "water",
    0x08: "heat cost allocator",
    0x0A: "cooling, outlet",
    0x0B: "cooling, inlet",
    0x0C: "heat, inlet",
    0x0D: "heat and cooling",
    0x0E: "system",
    0x0F: "unknown",
    0x15: "hot water",
    0x16: "cold water",
    0x17: "hot and cold water",
    0x18: "pressure",
    0x1A: "smoke detector",
    0x1B: "room sensor",
}


def add_mbus(parent: Node, cursor: Cursor, exchange: Exchange) -> None:
    """Append the M-Bus frame at `cursor`: the transport of DLMS in it, or just its parts.

    Raises:
        DecodeError: it ends too early, or its lengths differ.
    """
    at, octets = cursor.at, cursor.octets
    start = cursor.byte()
    if start == 0x10:
        body = cursor.take(2)
        node = parent.add("M-Bus short frame", f"control {body[0]:02X}, address {body[1]}", at, 5)
        _end(node, cursor, body)
        return
    first, second, mark = cursor.take(3)
    node = parent.add("M-Bus frame", "", at, first + 6)
    if first != second or mark != start or first < 3:
        raise DecodeError(f"lengths {first} and {second} of an M-Bus frame", at + 1)
    body = cursor.take(first)
    node.text = f"control {body[0]:02X}, address {body[1]}, {first} octets"
    node.add("control information", f"{body[2]:02X}", at + 6, 1, body[2])
    _end(node, cursor, body)
    content = bounded(octets, at + 7, at + 4 + first)
    if body[2] <= _MOST_TRANSPORT and first >= 5:
        _transport(node, content, body[2], body[1], exchange)
    elif body[2] in _HEADERS:
        _answer(node, content, _HEADERS[body[2]])
    elif first > 3:
        node.add("data", hexed(body[3:]), at + 7, first - 3)


def _end(node: Node, cursor: Cursor, body: bytes) -> None:
    at = cursor.at
    found, stop = cursor.take(2)
    wanted = sum(body) & 0xFF
    if found != wanted:
        node.blame(f"checksum {found:02X}, but the octets make {wanted:02X}", at)
    if stop != 0x16:
        node.blame(f"ends with {stop:02X} instead of 16", at + 1)


def _transport(node: Node, cursor: Cursor, information: int, address: int, exchange: Exchange) -> None:
    """DLMS in M-Bus frames (EN 13757-3, transport layer): a segment with the two access points."""
    at = cursor.at
    source, destination = cursor.take(2)
    last, number = bool(information & _LAST), information & 0x0F
    talk = exchange.talk("M-Bus", address)
    node.add("access points", f"{source} → {destination}", at, 2)
    if last and not number:
        exchange.apdu(node, cursor, talk)
        return
    if not number:
        talk.segments.clear()
    talk.segments += cursor.octets[cursor.at : cursor.end]
    node.add("segment", f"{number}{', last' if last else ''}, {cursor.left} octets", cursor.at, cursor.left)
    if last or len(talk.segments) > LONGEST:
        whole = bytes(talk.segments)
        talk.segments.clear()
        joined = node.add("all segments", f"{len(whole)} octets", None, len(whole))
        joined.inner = True
        exchange.apdu(joined, Cursor(whole), talk)


def _answer(node: Node, cursor: Cursor, header: int) -> None:
    """What a sub-meter says of itself and its values."""
    if header == _LONG_HEADER:
        at = cursor.at
        identification, maker = cursor.take(4), int.from_bytes(cursor.take(2), "little")
        letters = "".join(chr(64 + (maker >> shift & 0x1F)) for shift in (10, 5, 0))
        node.add("identification", identification[::-1].hex().upper(), at, 4)
        node.add("manufacturer", letters, at + 4, 2, letters)
        node.add("version", str(cursor.byte()), at + 6, 1)
        medium = cursor.byte()
        node.add("medium", f"{medium:02X} {_MEDIA.get(medium, 'reserved')}", at + 7, 1, medium)
    mode = 0
    if header:
        at = cursor.at
        access, status, low, high = cursor.take(4)
        node.add("access number", str(access), at, 1)
        node.add("status", f"{status:02X}", at + 1, 1, status)
        node.add("configuration", f"{high:02X}{low:02X}", at + 2, 2)
        mode = high & _MODES
    if mode:
        node.add(
            "encrypted records", f"mode {mode}, {hexed(cursor.octets[cursor.at : cursor.end])}", cursor.at, cursor.left
        )
        return
    for record in records(cursor):
        node.add(_name(record), _shown(record), record.at, record.size, _plain(record))
    if cursor.left:
        more = "more records follow" if cursor.octets[cursor.at] == 0x1F else "manufacturer's own"
        node.add(more, hexed(cursor.octets[cursor.at + 1 : cursor.end]), cursor.at, cursor.left)


def _name(record: Record) -> str:
    parts = [record.quantity.name]
    if record.function is not Function.INSTANTANEOUS:
        parts.append(record.function.value)
    for name in ("storage", "tariff", "subunit"):
        number = getattr(record, name)
        if number:
            parts.append(f"{name} {number}")
    if record.qualifiers:
        parts.append(f"qualified by {record.qualifiers.hex().upper()}")
    return ", ".join(parts)


def _shown(record: Record) -> str:
    value, unit = record.value, f" {record.quantity.unit}" if record.quantity.unit else ""
    match value:
        case None:
            return "no value"
        case bytes():
            return hexed(value)
        case str():
            return value if record.quantity.name in {"date", "time"} else repr(value)
        case float():
            return f"{value * 10.0**record.quantity.exponent:g}{unit}"
        case int():
            return f"{Decimal(value).scaleb(record.quantity.exponent):f}{unit}"


def _plain(record: Record) -> object:
    return record.value.hex().upper() if isinstance(record.value, bytes) else record.value
