"""M-Bus frames as trees: DLMS carried in them, or the records of a sub-meter (EN 13757-2, EN 13757-3)."""

from softmeter.apps.decode.exchange import LONGEST, Exchange
from softmeter.apps.decode.fields import bounded
from softmeter.apps.decode.mbus_content import (
    Sealing,
    add_address,
    add_clock,
    add_content,
    add_fixed,
    add_records,
    add_state,
)
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError
from softmeter.wire.mbus import ACKNOWLEDGE, ENVELOPE, SHORT, STOP, Information
from softmeter.wire.types import Cursor
from softmeter.wire.units import mbus_body_octets

_LAST = 0x10
_MOST_TRANSPORT = 0x1F
_LONG_HEADER, _SHORT_HEADER, _NO_HEADER = 12, 4, 0
_HEADERS = {
    Information.LONG_HEADER: _LONG_HEADER,
    Information.SHORT_HEADER: _SHORT_HEADER,
    Information.NO_HEADER: _NO_HEADER,
    Information.DATA: _NO_HEADER,
    Information.COMMAND: _LONG_HEADER,
    Information.CLOCK: _LONG_HEADER,
    Information.FIXED: _NO_HEADER,
}


def add_mbus(parent: Node, cursor: Cursor, exchange: Exchange) -> None:
    """Append the M-Bus frame at `cursor`: the transport of DLMS in it, or just its parts.

    Raises:
        DecodeError: it ends too early, or its lengths differ.
    """
    at, octets = cursor.at, cursor.octets
    start = cursor.byte()
    if start == ACKNOWLEDGE[0]:
        parent.add("M-Bus acknowledgement", "", at, 1)
        return
    if start == SHORT:
        body = cursor.take(2)
        node = parent.add("M-Bus short frame", f"control {body[0]:02X}, address {body[1]}", at, 5)
        _end(node, cursor, body)
        return
    first, second, mark = cursor.take(3)
    if first != second or mark != start:
        raise DecodeError(f"lengths {first} and {second} of an M-Bus frame", at + 1)
    counted, first = first, mbus_body_octets(octets, at)
    node = parent.add("M-Bus frame", "", at, first + ENVELOPE)
    is_whole = cursor.left >= first
    body = cursor.take(min(first, cursor.left))
    if len(body) < 3:
        raise DecodeError(f"{first} octets announced, {len(body)} are there", at + 1)
    overflow = "" if counted == first else f", of which the length octet says {counted}"
    node.text = f"control {body[0]:02X}, address {body[1]}, {first} octets{overflow}"
    node.add("control information", f"{body[2]:02X}", at + 6, 1, body[2])
    if is_whole:
        _end(node, cursor, body)
    else:
        node.blame(f"{first} octets announced, {len(body)} are there", at + 1)
    content = bounded(octets, at + 7, at + 4 + len(body))
    if body[2] <= _MOST_TRANSPORT and len(body) >= 5:
        _transport(node, content, body[2], body[1], exchange)
    elif body[2] in _HEADERS:
        _records(node, content, Information(body[2]), exchange)
    elif len(body) > 3:
        node.add("data", hexed(body[3:]), at + 7, len(body) - 3)


def _end(node: Node, cursor: Cursor, body: bytes) -> None:
    at = cursor.at
    found, stop = cursor.take(2)
    wanted = sum(body) & 0xFF
    if found != wanted:
        node.blame(f"checksum {found:02X}, but the octets make {wanted:02X}", at)
    if stop != STOP:
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
        talk.segments_seen = 0
    node.add("segment", f"{number}{', last' if last else ''}, {cursor.left} octets", cursor.at, cursor.left)
    if number == talk.segments_seen and len(talk.segments) < LONGEST:
        talk.segments += cursor.octets[cursor.at : cursor.end]
        talk.segments_seen += 1
    elif number > talk.segments_seen:
        missing = ", ".join(str(one) for one in range(talk.segments_seen, number))
        node.add("not complete", f"segments missing before: {missing}")
        return
    if last:
        whole = bytes(talk.segments)
        talk.segments.clear()
        talk.segments_seen = 0
        joined = node.add("all segments", f"{len(whole)} octets", None, len(whole))
        joined.inner = True
        exchange.apdu(joined, Cursor(whole), talk)


def _records(node: Node, cursor: Cursor, information: Information, exchange: Exchange) -> None:
    """What a sub-meter says of itself and its values, or what it is told."""
    if information == Information.FIXED:
        add_fixed(node, cursor)
        return
    header, sealing = _HEADERS[information], Sealing()
    if header == _LONG_HEADER:
        sealing = Sealing(add_address(node, cursor))
    if header:
        sealing = add_state(node, cursor, sealing)
    add_content(node, cursor, exchange, sealing, add_clock if information == Information.CLOCK else add_records)
