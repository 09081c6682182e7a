"""What a sub-meter says in M-Bus telegrams: header, encryption and records (EN 13757-3; OMS, modes 5 and 7)."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.mbus import (
    MODE_5,
    MODE_7,
    decrypt_mode_5,
    decrypt_mode_7,
    encrypted_octets,
    message_keys,
    mode_of,
)
from softmeter.wire import mbus_fixed, mbus_times
from softmeter.wire.mbus import manufacturer_letters
from softmeter.wire.mbus_quantities import ERRORS
from softmeter.wire.mbus_records import Function, Record, records
from softmeter.wire.mbus_writing import CLOCK_OCTETS, FILLER, SET_CLOCK
from softmeter.wire.types import Cursor

ADDRESS_OCTETS, SHORT_HEADER_OCTETS = 8, 4
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


class Sealing(NamedTuple):
    """What encryption depends on: the sender's address as a header has it, and what the telegram says of itself."""

    address: bytes = b""
    access: int = 0
    configuration: int = 0
    counter: bytes = b""
    """That of the message, as it was received; mode 7 needs it."""


def add_address(node: Node, cursor: Cursor) -> bytes:
    """Append the eight octets of an address: number, maker, version, medium."""
    at = cursor.at
    address = cursor.take(ADDRESS_OCTETS)
    add_identity(node, address, (at, at + 4, at + 6, at + 7))
    return address


def add_identity(node: Node, address: bytes, places: tuple[int, int, int, int]) -> None:
    """Append what an address says; `places` are those of number, maker, version and medium in the octets."""
    letters = manufacturer_letters(int.from_bytes(address[4:6], "little"))
    node.add("identification", address[3::-1].hex().upper(), places[0], 4)
    node.add("manufacturer", letters, places[1], 2, letters)
    node.add("version", str(address[6]), places[2], 1)
    medium = address[7]
    node.add("medium", f"{medium:02X} {_MEDIA.get(medium, 'reserved')}", places[3], 1, medium)


def add_state(node: Node, cursor: Cursor, sealing: Sealing) -> Sealing:
    """Append access number, status and configuration; the sealing with what they say."""
    at = cursor.at
    access, status, low, high = cursor.take(SHORT_HEADER_OCTETS)
    node.add("access number", str(access), at, 1)
    node.add("status", f"{status:02X}", at + 1, 1, status)
    node.add("configuration", f"{high:02X}{low:02X}", at + 2, 2)
    configuration = high << 8 | low
    if mode_of(configuration) == MODE_7:
        node.add("key derivation", f"{cursor.byte():02X}", at + SHORT_HEADER_OCTETS, 1)
    return sealing._replace(access=access, configuration=configuration)


def add_records(node: Node, cursor: Cursor) -> None:
    """Append the records that are left."""
    try:
        for record in records(cursor):
            node.add(_name(record), _shown(record), record.at, record.size, _plain(record))
    except DecodeError as error:
        node.blame(str(error), cursor.at)
        return
    if cursor.left:
        more = "more records follow" if cursor.octets[cursor.at] == 0x1F else "manufacturer's own"
        node.add(more, hexed(cursor.octets[cursor.at + 1 : cursor.end]), cursor.at, cursor.left)


def add_clock(node: Node, cursor: Cursor) -> None:
    """Append what a frame for the clock says: what to do, and a time."""
    while cursor.left and cursor.octets[cursor.at] == FILLER:
        cursor.at += 1
    at, left = cursor.at, cursor.left
    if left < CLOCK_OCTETS:
        node.add("data", hexed(cursor.rest()), at, left)
        return
    what = cursor.byte()
    time = mbus_times.text(cursor.take(mbus_times.SECONDS))
    node.add("clock", f"{'set to' if what == SET_CLOCK else f'{what:02X}'} {time}", at, 1 + mbus_times.SECONDS, time)
    said = cursor.at - at
    node.add("reserved", hexed(cursor.rest()), at + said, left - said)


def add_fixed(node: Node, cursor: Cursor) -> None:
    """Append an answer in the fixed structure: who it is of, and its counters as records."""
    at, octets = cursor.at, cursor.rest()
    header, content = mbus_fixed.told(octets)
    node.add("identification", f"{header.identification:08X}", at, 4)
    node.add("access number", str(header.access), at + 4, 1)
    node.add("status", f"{header.status:02X}", at + 5, 1, header.status)
    medium = header.device_type
    node.add("medium", f"{medium:02X} {_MEDIA.get(medium, 'reserved')}", at + 6, 2, medium)
    counters = node.add("counters", "as records", at + 8, len(octets) - 8)
    counters.inner = True
    add_records(counters, Cursor(content))


def add_content(
    node: Node, cursor: Cursor, exchange: Exchange, sealing: Sealing, add: Callable[[Node, Cursor], None] = add_records
) -> None:
    """Append what is left, records or what `add` takes it for, opened where a known key does it."""
    mode = mode_of(sealing.configuration)
    size = min(encrypted_octets(sealing.configuration), cursor.left) if mode in {MODE_5, MODE_7} else cursor.left
    if mode and size:
        at = cursor.at
        content = cursor.take(size)
        sealed = node.add("encrypted records", f"mode {mode}, {hexed(content)}", at, size)
        for keys in exchange.keys:
            try:
                plain = _opened(bytes(keys.encryption), sealing, content)
            except SecurityError:
                continue
            opened = sealed.add("records", f"opened with {keys.name}", None, size)
            opened.inner = True
            add(opened, Cursor(plain))
            break
        else:
            is_opened_here = mode in {MODE_5, MODE_7}
            told = "no key given opens it" if exchange.keys else "no key"
            verdict = sealed.add("protection", told if is_opened_here else f"mode {mode} is not opened here")
            verdict.fault = is_opened_here and bool(exchange.keys)
    if cursor.left or not size:
        add(node, cursor)


def _opened(key: bytes, sealing: Sealing, content: bytes) -> bytes:
    """The plain octets; SecurityError where the key is another one."""
    match mode_of(sealing.configuration):
        case 5:
            return decrypt_mode_5(key, sealing.address, sealing.access, content)
        case 7 if sealing.counter and len(key) == 16:
            return decrypt_mode_7(message_keys(key, sealing.counter, sealing.address[:4]), content)
        case mode:
            raise SecurityError(f"M-Bus encryption mode {mode} is not opened here")


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
    if record.error is not None:
        return f"no value: {ERRORS.get(record.error, f'error {record.error:02X}')}"
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
