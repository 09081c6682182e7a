"""Frames and datagrams as trees: HDLC (IEC 62056-46) and the wrapper (IEC 62056-47)."""

from softmeter.apps.decode.exchange import LONGEST, Exchange, Talk
from softmeter.apps.decode.fields import bounded
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError
from softmeter.wire.crc import x25
from softmeter.wire.hdlc import FLAG, LLC_COMMAND, LLC_RESPONSE, Address, Frame, Kind
from softmeter.wire.types import Cursor
from softmeter.wire.wrapper import HEADER_OCTETS

_SEGMENTED = 0x0800
_NOBODY = Address(0)
_PARAMETERS = {
    5: "longest information sent",
    6: "longest information received",
    7: "window sent",
    8: "window received",
}
_LLC = {LLC_COMMAND: "LLC, command", LLC_RESPONSE: "LLC, response"}


def add_llc(node: Node, cursor: Cursor) -> bool:
    """Append the LLC header, if there is one."""
    name = _LLC.get(cursor.octets[cursor.at : min(cursor.at + 3, cursor.end)])
    if name is None:
        return False
    node.add(name, hexed(cursor.octets[cursor.at : cursor.at + 3]), cursor.at, 3)
    cursor.at += 3
    return True


def add_wrapper(parent: Node, cursor: Cursor, exchange: Exchange) -> None:
    """Append the datagram at `cursor`.

    Raises:
        DecodeError: it ends too early.
    """
    at, octets = cursor.at, cursor.octets
    header = cursor.take(HEADER_OCTETS)
    version, source, destination, length = (int.from_bytes(header[i : i + 2], "big") for i in (0, 2, 4, 6))
    node = parent.add("wrapper", f"{source} → {destination}, {length} octets", at, HEADER_OCTETS + length)
    node.value = {"version": version, "source": source, "destination": destination, "length": length}
    if version != 1:
        node.blame(f"version {version}, only 1 exists", at)
    stop = cursor.at + length
    if stop > cursor.end:
        node.blame(f"{length} octets announced, {cursor.left} are there", cursor.at)
        stop = cursor.end
    if length:
        exchange.apdu(node, bounded(octets, cursor.at, stop), exchange.talk(source, destination))
    cursor.at = stop


def add_hdlc(parent: Node, cursor: Cursor, exchange: Exchange) -> None:
    """Append the frame at `cursor`, with or without its flags.

    Raises:
        DecodeError: it is broken before its end can be known.
    """
    octets = cursor.octets
    at = cursor.at
    if octets[at] == FLAG:
        at = cursor.at = at + 1
    form = int.from_bytes(cursor.take(2), "big")
    length = form & 0x07FF
    node = parent.add("HDLC frame", "", at, length)
    if form & 0xF000 != 0xA000:
        raise DecodeError(f"frame format {form:04X} is not of type 3", at)
    stop = at + length
    is_cut = stop > cursor.end
    if is_cut:
        node.blame(f"{length} octets announced, {cursor.end - at} are there", at)
        stop = cursor.end
    frame = bounded(octets, at + 2, stop)
    cursor.at = stop
    if stop < cursor.end and octets[stop] == FLAG:
        cursor.at += 1
    elif stop < cursor.end:
        node.blame(f"no flag after the frame, but {octets[stop]:02X}", stop)
    try:
        _frame(node, frame, at, form, exchange, is_cut=is_cut)
    except DecodeError as error:
        node.blame_error(error)


def _frame(node: Node, cursor: Cursor, at: int, form: int, exchange: Exchange, *, is_cut: bool) -> None:
    segmented = bool(form & _SEGMENTED)
    node.add("format", f"{form:04X}, {form & 0x7FF} octets{', segmented' if segmented else ''}", at, 2)
    destination = _address(node, cursor, "destination")
    source = _address(node, cursor, "source")
    control = cursor.byte()
    kind = control_text(control)
    node.text = f"{kind}, {source} → {destination}"
    node.value = {"control": kind, "source": source, "destination": destination}
    node.add("control", f"{control:02X} {kind}", cursor.at - 1, 1, control)
    stop = cursor.end if is_cut else cursor.end - 2
    if cursor.at > stop:
        raise DecodeError("no frame check sequence", cursor.at)
    if cursor.at < stop:
        if stop - cursor.at < 2:
            raise DecodeError("no header check sequence", cursor.at)
        _check(node, "header check", cursor.octets[at : cursor.at], cursor.octets[cursor.at : cursor.at + 2], cursor.at)
        cursor.at += 2
    information = bounded(cursor.octets, cursor.at, stop)
    try:
        if information.left:
            _information(node, information, control, exchange, exchange.talk(source, destination), segmented=segmented)
    finally:
        if not is_cut:
            _check(node, "frame check", cursor.octets[at:stop], cursor.octets[stop : stop + 2], stop)


def _information(node: Node, cursor: Cursor, control: int, exchange: Exchange, talk: Talk, *, segmented: bool) -> None:
    kind = Frame(_NOBODY, _NOBODY, control).kind
    if kind not in {Kind.I, Kind.UI}:
        if kind in {Kind.SNRM, Kind.UA}:
            _parameters(node, cursor)
        else:
            node.add("information", hexed(cursor.rest()), cursor.at)
        return
    octets = cursor.octets[cursor.at : cursor.end]
    if kind is Kind.I:  # the same I frame again: sent twice, gathered once
        again = talk.last_frame == bytes((control & 0x0E,)) + octets
        talk.last_frame = bytes((control & 0x0E,)) + octets
        if again:
            node.add("information", f"{len(octets)} octets, the same again", cursor.at, len(octets))
            return
    if segmented or talk.segments:
        if len(talk.segments) < LONGEST:
            talk.segments += octets
        node.add("segment", f"{len(octets)} octets", cursor.at, len(octets))
        if segmented:
            return
        whole = bytes(talk.segments)
        talk.segments.clear()
        node = node.add("all segments", f"{len(whole)} octets", None, len(whole))
        node.inner = True
        cursor = Cursor(whole)
    add_llc(node, cursor)
    exchange.apdu(node, cursor, talk)


def _check(node: Node, name: str, octets: bytes, found: bytes, at: int) -> None:
    wanted = x25(octets).to_bytes(2, "little")
    made = node.add(name, f"{found.hex().upper()}, correct", at, 2, value=True)
    if wanted != found:
        made.fault, made.value = True, False
        made.text = f"{found.hex().upper()}, but the octets make {wanted.hex().upper()}"


def _address(node: Node, cursor: Cursor, name: str) -> str:
    at = cursor.at
    parts = []
    while True:
        octet = cursor.byte()
        parts.append(octet >> 1)
        if octet & 1:
            break
        if len(parts) == 4:
            raise DecodeError("an address of more than four octets", at)
    match parts:
        case [one]:
            text = str(one)
        case [upper, lower]:
            text = f"{upper}/{lower}"
        case [upper, more, lower, last]:
            text = f"{upper << 7 | more}/{lower << 7 | last}"
        case _:
            raise DecodeError(f"an address of {len(parts)} octets", at)
    node.add(name, text, at, len(parts), text)
    return text


def control_text(control: int) -> str:
    """What kind of frame a control octet makes."""
    frame = Frame(_NOBODY, _NOBODY, control)
    final = " P/F" if frame.poll else ""
    if frame.kind is None:
        return f"{control:02X}{final}"
    if frame.kind is Kind.I:
        return f"I {frame.sent}, expects {frame.received}{final}"
    if frame.kind in {Kind.RR, Kind.RNR}:
        return f"{frame.kind.name}, expects {frame.received}{final}"
    return frame.kind.name + final


def _parameters(node: Node, cursor: Cursor) -> None:
    """What SNRM and UA negotiate."""
    at = cursor.at
    made = node.add("negotiation", "", at, cursor.left)
    header = cursor.take(3)
    if header[:2] != b"\x81\x80":
        raise DecodeError(f"parameters begin with {header[:2].hex().upper()}", at)
    while cursor.left:
        at = cursor.at
        identifier, size = cursor.byte(), cursor.byte()
        value = int.from_bytes(cursor.take(size), "big") if size <= 8 else -1
        made.add(_PARAMETERS.get(identifier, f"parameter {identifier}"), str(value), at, cursor.at - at, value)
