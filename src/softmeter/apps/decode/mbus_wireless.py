"""Wireless M-Bus telegrams as trees: link, authentication, transport, records (EN 13757-4; OMS, volume 2).

They come as receivers give them: from the length octet on, with the checksums of the blocks, in format A or B, or
without.
"""

import hmac

from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.mbus_content import Sealing, add_address, add_content, add_identity, add_state
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError
from softmeter.security.mbus import authenticate, message_keys
from softmeter.wire.mbus_wireless import Format, length_on_air, without_checksums
from softmeter.wire.types import Cursor
from softmeter.wire.units import SND_NR, WIRELESS_LINK_OCTETS

_LONG, _NONE = 0x72, 0x78
_HAS_CONTROL, _HAS_KEY, _HAS_COUNTER, _HAS_MAC = 0x2000, 0x0200, 0x0800, 0x0400
_HAS_LENGTH = 0x1000


def add_wireless(parent: Node, cursor: Cursor, exchange: Exchange) -> None:
    """Append the telegram at `cursor`; DecodeError where it ends too early, or a checksum is wrong."""
    at = cursor.at
    octets = cursor.octets[at : cursor.end]
    form = _format(octets)
    if form is None:
        _telegram(parent, cursor, exchange)
        return
    node = parent.add("blocks", f"format {form.value}", at, len(octets))
    telegram = without_checksums(octets, form)
    node.add("checksums", "fit", None, 0)
    cursor.take(len(octets))
    inside = node.add("telegram", f"{len(telegram)} octets", None, len(telegram))
    inside.inner = True
    _telegram(inside, Cursor(telegram), exchange)


def _format(octets: bytes) -> Format | None:
    """With which checksums a telegram comes; in format B the length octet counts them, so that they must fit."""
    if len(octets) == length_on_air(octets[0]):
        return Format.A
    try:
        without_checksums(octets, Format.B)
    except DecodeError:
        return None
    return Format.B


def _telegram(parent: Node, cursor: Cursor, exchange: Exchange) -> None:
    at = cursor.at
    length = cursor.byte()
    node = parent.add("wireless M-Bus telegram", f"{length} octets", at, length + 1)
    node.add("control", f"{cursor.byte():02X}", at + 1, 1, SND_NR)
    maker = cursor.take(2)
    address = cursor.take(4) + maker
    address += cursor.take(2)
    add_identity(node, address, (at + 4, at + 2, at + 8, at + WIRELESS_LINK_OCTETS - 1))
    _layers(node, cursor, exchange, Sealing(address))


def _layers(node: Node, cursor: Cursor, exchange: Exchange, sealing: Sealing) -> None:
    """Append layer after layer, each begun by its control information."""
    mac: tuple[bytes, bytes] = (b"", b"")
    while cursor.left:
        at = cursor.at
        information = cursor.byte()
        node.add("control information", f"{information:02X}", at, 1, information)
        match information:
            case 0x8C:
                node.add("extended link", hexed(cursor.take(2)), at + 1, 2)
            case 0x90:
                covered, code, counter = _authentication(node, cursor)
                sealing, mac = sealing._replace(counter=counter), (covered, code)
            case 0x72 | 0x7A | 0x78:
                if mac[1]:
                    _check(node, exchange, sealing, mac, cursor.octets[at : cursor.end])
                if information == _LONG:
                    sealing = sealing._replace(address=add_address(node, cursor))
                if information != _NONE:
                    sealing = add_state(node, cursor, sealing)
                add_content(node, cursor, exchange, sealing)
                return
            case _:
                node.add("data", hexed(cursor.rest()), at + 1, cursor.end - at - 1)


def _authentication(node: Node, cursor: Cursor) -> tuple[bytes, bytes, bytes]:
    """Append the authentication and fragmentation layer; what its code covers of it, the code, and the counter."""
    at = cursor.at
    size = cursor.byte()
    end = cursor.at + size
    control = int.from_bytes(cursor.take(2), "little")
    part = node.add("authentication and fragmentation", f"control {control:04X}", at, size + 1)
    covered = b""
    if control & _HAS_CONTROL:
        covered += cursor.take(1)
        part.add("message control", covered.hex().upper(), cursor.at - 1, 1)
    if control & _HAS_KEY:
        part.add("key information", hexed(cursor.take(2)), cursor.at - 2, 2)
    counter = cursor.take(4) if control & _HAS_COUNTER else b""
    if counter:
        part.add("message counter", str(int.from_bytes(counter, "little")), cursor.at - 4, 4)
    code = b""
    if control & _HAS_MAC:
        following = 2 if control & _HAS_LENGTH else 0
        code = cursor.take(max(0, end - cursor.at - following))
        part.add("code", hexed(code), cursor.at - len(code), len(code))
    length = cursor.take(2) if control & _HAS_LENGTH else b""
    return covered + counter + length, code, counter


def _check(node: Node, exchange: Exchange, sealing: Sealing, mac: tuple[bytes, bytes], rest: bytes) -> None:
    """Say which known key made the code."""
    covered, code = mac
    for keys in exchange.keys:
        key = bytes(keys.encryption)
        if len(key) == 16 and sealing.counter:
            made = authenticate(message_keys(key, sealing.counter, sealing.address[:4]), covered + rest, len(code))
            if hmac.compare_digest(made, code):
                node.add("authenticated", f"with {keys.name}", None, 0)
                return
