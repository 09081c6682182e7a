"""Wireless M-Bus telegrams as trees: link, authentication, transport, records (EN 13757-4; OMS, volume 2).

They come as receivers give them: from the length octet on, with the checksums of the blocks, in format A or B, or
without.
"""

import hmac

from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.mbus_content import Sealing, add_address, add_content, add_identity, add_state
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.mbus import authenticate, crypt_extended_link, message_keys
from softmeter.wire.mbus_wireless import Format, checksum, length_on_air, without_checksums
from softmeter.wire.types import Cursor

_LONG, _NONE = 0x72, 0x78
_HAS_CONTROL, _HAS_KEY, _HAS_COUNTER, _HAS_MAC = 0x2000, 0x0200, 0x0800, 0x0400
_HAS_LENGTH = 0x1000
_HAS_SESSION, _HAS_ADDRESS = 0x01, 0x02
"""Bits of the control information of extended link layers."""


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
    control = cursor.byte()
    node.add("control", f"{control:02X}", at + 1, 1, control)
    _layers(node, cursor, exchange, Sealing(_add_link_address(node, cursor)))


def _add_link_address(node: Node, cursor: Cursor) -> bytes:
    """Append an address as link layers have it, the maker first; it is returned as headers have it."""
    at = cursor.at
    maker = cursor.take(2)
    address = cursor.take(4) + maker
    address += cursor.take(2)
    add_identity(node, address, (at + 2, at, at + 6, at + 7))
    return address


def _layers(node: Node, cursor: Cursor, exchange: Exchange, sealing: Sealing) -> None:
    """Append layer after layer, each begun by its control information."""
    mac: tuple[bytes, bytes] = (b"", b"")
    while cursor.left:
        at = cursor.at
        information = cursor.byte()
        node.add("control information", f"{information:02X}", at, 1, information)
        match information:
            case 0x8C | 0x8D | 0x8E | 0x8F:
                if not _extended(node, cursor, information, exchange, sealing):
                    return
            case 0x79:
                _compact(node, cursor)
                return
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


def _extended(node: Node, cursor: Cursor, information: int, exchange: Exchange, sealing: Sealing) -> bool:
    """Append an extended link layer; whether what follows it is in clear, else it is appended here."""
    at = cursor.at
    control, access = cursor.take(2)
    part = node.add("extended link", f"control {control:02X}, access number {access}", at)
    if information & _HAS_ADDRESS:
        _add_link_address(part, cursor)
    if information & _HAS_SESSION:
        session = cursor.take(4)
        mode = session[3] >> 5
        number = int.from_bytes(session, "little") & 0x1FFFFFFF
        part.add("session", f"{number}, {'encrypted' if mode else 'not encrypted'}", cursor.at - 4, 4, number)
        if mode:
            _sealed(node, cursor, exchange, sealing, control, session)
            return False
        _add_payload_check(part, cursor.take(2), cursor.octets[cursor.at : cursor.end], cursor.at - 2)
    part.size = cursor.at - at
    return True


def _sealed(node: Node, cursor: Cursor, exchange: Exchange, sealing: Sealing, control: int, session: bytes) -> None:
    """Append what an extended link layer encrypted: the key that opens it makes its checksum fit."""
    at = cursor.at
    content = cursor.rest()
    sealed = node.add("encrypted", hexed(content), at, len(content))
    for keys in exchange.keys:
        try:
            plain = crypt_extended_link(bytes(keys.encryption), sealing.address, control, session, content)
        except SecurityError:
            continue
        if checksum(plain[2:]).to_bytes(2, "little") == plain[:2]:
            opened = sealed.add("telegram", f"opened with {keys.name}", None, len(plain))
            opened.inner = True
            inside = Cursor(plain)
            _add_payload_check(opened, inside.take(2), plain[2:], 0)
            _layers(opened, inside, exchange, sealing)
            return
    told = "no key given opens it" if exchange.keys else "no key"
    sealed.add("protection", told).fault = bool(exchange.keys)


def _add_payload_check(node: Node, found: bytes, content: bytes, at: int) -> None:
    wanted = checksum(content).to_bytes(2, "little")
    made = node.add("payload check", f"{found.hex().upper()}, correct", at, 2, value=found == wanted)
    if found != wanted:
        made.fault, made.text = True, f"{found.hex().upper()}, but the octets make {wanted.hex().upper()}"


def _compact(node: Node, cursor: Cursor) -> None:
    """Append a compact frame: the values alone; what they are was said in a full frame with the same signature."""
    at = cursor.at
    told = "values alone; a full frame with this signature says what they are"
    node = node.add("compact frame", told, at, cursor.left)
    node.add("format signature", cursor.take(2)[::-1].hex().upper(), at, 2)
    node.add("checksum of the full frame", cursor.take(2)[::-1].hex().upper(), at + 2, 2)
    node.add("values", hexed(cursor.rest()), at + 4, cursor.end - at - 4)


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
