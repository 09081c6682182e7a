"""What meters say in plain characters: P1 telegrams and the messages of IEC 62056-21 (modes C and E)."""

import re

from softmeter.apps.decode.names import obis_name
from softmeter.apps.decode.tree import Node
from softmeter.errors import ConfigurationError, DecodeError
from softmeter.obis import Obis
from softmeter.wire.crc import arc
from softmeter.wire.types import Cursor

SOH, STX, ETX, ACK, NAK = 0x01, 0x02, 0x03, 0x06, 0x15
_LINE = re.compile(r"([^()\s]{0,40}+)((?:\([^()]*+\))++)")
_LINES = re.compile(rf"(?:{_LINE.pattern})++")
"""Nothing that was taken is given back: values without a code before them can be shared out in many ways."""
_MOST_VALUES = 200
_GROUPS = {"C": "96", "F": "97", "L": "98", "P": "99"}
_LETTERS = re.compile(r"([CFLP])\.?(F|\d{1,2})(?:\.(\d{1,2}))?(?:\*\d+)?")
"""A reduced code of what is of no medium: the letters stand for values of group C, and F for that of D as well."""
_STAMP = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW])")
_BAUDS = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19_200}
_PROTOCOLS = {"0": "normal", "1": "secondary", "2": "HDLC"}
_MODES = {"0": "data readout", "1": "programming", "2": "binary (HDLC)"}
_P1_END = re.compile(rb"!([0-9A-Fa-f]{4})?[ \t]*(\r?\n|$)")
_MOST_LINES = 20_000
_LONGEST_TEXT = 200
_FOREIGN_UNIT = re.compile(r"\*(?:GJ|m3|m³|l|h|d|bar|°C|C|K|l/h|m3/h|m³/h)$", re.IGNORECASE)
"""What is not of electricity: codes without a medium are named as electricity's otherwise."""
_PART = re.compile(rb"[\t\n\r\x20-\x7E]+")
_SET = re.compile(rb"[\w.:*-]{1,40}\([^()\r\n]*\)[^()\r\n]*\r?\n")
"""A line of a telegram."""


def add_text(node: Node, cursor: Cursor) -> None:
    """Append a P1 telegram or a message of IEC 62056-21 that begins at `cursor`.

    Raises:
        DecodeError: it is neither.
    """
    octets, at = cursor.octets, cursor.at
    first = octets[at] if cursor.left else -1
    if octets[at : at + 2] == b"/?":
        _request(node, cursor)
    elif first == ord("/"):
        _telegram(node, cursor)
    elif first == ACK and cursor.left >= 6:
        _option(node, cursor)
    elif first in {SOH, STX}:
        _block(node, cursor)
    elif first in {ACK, NAK}:
        cursor.at += 1
        node.name = "acknowledged" if first == ACK else "not acknowledged"
    else:
        raise DecodeError("no telegram and no message of IEC 62056-21", at)


def is_part_of_telegram(cursor: Cursor) -> bool:
    """Whether the octets are lines of a telegram or a read-out whose beginning is not there."""
    part = _PART.fullmatch(cursor.octets, cursor.at, cursor.end)
    return part is not None and _SET.search(cursor.octets, cursor.at, cursor.end) is not None


def add_part_of_telegram(node: Node, cursor: Cursor) -> None:
    """Append the lines that are there; the first of them may be cut."""
    made = node.add(
        "part of a telegram", "its beginning is missing, so its checksum says nothing", cursor.at, cursor.left
    )
    octets, at = cursor.octets, cursor.at
    cursor.at = cursor.end
    first = octets.find(b"\n", at, cursor.end) + 1
    cut = octets[at:first].decode("latin-1").strip()
    if cut and _LINE.fullmatch(cut) is None:
        made.add("cut", cut[:_LONGEST_TEXT], at, first - at)
        at = first
    end = _P1_END.search(octets, at, cursor.end)
    _lines(made, octets, at, end.start() if end else cursor.end)


def _until(cursor: Cursor, end: bytes) -> bytes:
    """Octets up to and with `end`."""
    found = cursor.octets.find(end, cursor.at, cursor.end)
    if found < 0:
        raise DecodeError(f"ends without {end!r}", cursor.end)
    return cursor.take(found + len(end) - cursor.at)


def _request(node: Node, cursor: Cursor) -> None:
    at = cursor.at
    text = _until(cursor, b"\n").decode("latin-1").strip()
    node.name, node.text = "sign-on request", repr(text)
    address = text.removeprefix("/?").removesuffix("!")
    node.add("address", address or "any", at + 2, len(address))


def _option(node: Node, cursor: Cursor) -> None:
    at = cursor.at
    text = cursor.take(6)[1:4].decode("latin-1")
    node.name = "option select"
    node.add("protocol", _PROTOCOLS.get(text[0], text[0]), at + 1, 1)
    node.add("speed", f"{_BAUDS.get(text[1], text[1])} baud", at + 2, 1)
    node.add("mode", _MODES.get(text[2], text[2]), at + 3, 1)


def _identification(node: Node, text: str, at: int, *, is_telegram: bool = False) -> None:
    """`/XXXZ...`: maker, speed and what the meter calls itself."""
    node.add("manufacturer", text[1:4], at + 1, 3)
    if len(text) > 4:
        baud = _BAUDS.get(text[4])
        if is_telegram and text[4] == "5":
            node.add("fixed", "5 as in every P1 telegram, whatever its speed", at + 4, 1)
        else:
            node.add("speed", f"{text[4]} = {baud} baud" if baud else text[4], at + 4, 1)
        node.add("identification", repr(text[5:]), at + 5, len(text) - 5)


def _telegram(node: Node, cursor: Cursor) -> None:
    octets, at = cursor.octets, cursor.at
    end = _P1_END.search(octets, at, cursor.end)
    head = re.compile(rb"[^\r\n]*").match(octets, at, cursor.end)
    line = head[0].decode("latin-1") if head else "/"
    following = octets[at + len(line) : min(cursor.end, at + len(line) + 4)]
    if end is None and not following.strip(b"\r\n") and octets.find(b"(", at, cursor.end) < 0:
        cursor.at = min(cursor.end, at + len(line) + 2)
        node.name = "identification message"
        _identification(node, line, at)
        return
    node.name = "P1 telegram"
    _identification(node, line, at, is_telegram=True)
    cursor.at = at + len(line)
    stop = end.start() if end else cursor.end
    _lines(node, octets, cursor.at, stop)
    cursor.at = end.end() if end else cursor.end
    if end is None:
        raise DecodeError("ends without ! and checksum", cursor.end)
    _checksum(node, octets[at : stop + 1], end[1], stop + 1)


def _checksum(node: Node, body: bytes, written: bytes | None, at: int) -> None:
    if written is None:
        node.add("checksum", "none (before DSMR 4)", at)
        return
    found, wanted = int(written, 16), arc(body)
    made = node.add("checksum", f"{found:04X}, correct", at, 4, value=True)
    if found == wanted:
        return
    made.fault, made.value = True, False
    made.text = f"{found:04X}, but the octets make {wanted:04X}"
    if b"\r" not in body and arc(body.replace(b"\n", b"\r\n")) == found:
        made.text += "; with CR LF as line ends it is correct"


def _block(node: Node, cursor: Cursor) -> None:
    """SOH or STX … ETX and block check character."""
    octets, at = cursor.octets, cursor.at
    node.name = "data message" if octets[at] == STX else "command message"
    found = octets.find(bytes((ETX,)), at, cursor.end)
    stop = found if found >= 0 else cursor.end
    _lines(node, octets, at + 1, stop)
    cursor.at = stop
    if found < 0 or found + 1 >= cursor.end:
        raise DecodeError("ends without ETX and block check character", cursor.end)
    check = 0
    for octet in octets[at + 1 : found + 1]:
        check ^= octet
    cursor.at = found + 2
    verdict = node.add("block check", f"{octets[found + 1]:02X}, correct", found + 1, 1)
    if check != octets[found + 1]:
        verdict.fault, verdict.text = True, f"{octets[found + 1]:02X}, but the octets make {check:02X}"


def _lines(node: Node, octets: bytes, at: int, stop: int) -> None:
    for number, raw in enumerate(octets[at:stop].split(b"\n")):
        if number >= _MOST_LINES:
            node.add("more", "lines, not shown", at)
            return
        text = raw.decode("latin-1").strip("\r\x02 ").removesuffix("!")
        if text:
            _line(node, text, at, len(raw))
        at += len(raw) + 1


def _line(node: Node, text: str, at: int, size: int) -> None:
    """One line: a data set, or several of them one after the other."""
    if _LINES.fullmatch(text) is None:
        if "(" in text or any(not letter.isprintable() for letter in text):
            node.blame(f"{text[:60]!r} is no line of a telegram", at)
        else:
            node.add("text", text[:_LONGEST_TEXT], at, size)
        return
    for match in _LINE.finditer(text):
        code, values = match[1], match[2][1:-1].split(")(")
        name = "" if ":" not in code and _FOREIGN_UNIT.search(values[0]) else line_name(code)
        shown = ", ".join(_value(value) for value in values[:_MOST_VALUES])
        value = values if len(values) > 1 else values[0]
        node.add(
            f"{code} {name}".strip() or "further values", shown, at + match.start(), match.end() - match.start(), value
        )


def line_name(code: str) -> str:
    """The name of the object behind a code as `1-0:1.8.1` or `1.8.1`."""
    reduced = code if ":" in code else f"1-0:{code}"
    letters = _LETTERS.fullmatch(code)
    if letters:
        groups = (_GROUPS.get(group, group.lstrip("0") or "0") for group in letters.groups(default="0"))
        reduced = f"0-0:{'.'.join(groups)}"
    if re.fullmatch(r"1-0:\w+\.\d+", reduced):
        reduced += ".0"
    try:
        obis = Obis.parse(reduced)
    except ConfigurationError:
        return ""
    if obis.a == 0 and (obis.c, obis.d, obis.e) == (24, 1, 0):
        return f"device type, channel {obis.b}"
    return obis_name(obis)


def _value(text: str) -> str:
    match = _STAMP.fullmatch(text)
    if match:
        year, month, day, hour, minute, second, season = match.groups()
        return f"20{year}-{month}-{day}T{hour}:{minute}:{second} {'summer' if season == 'S' else 'winter'}"
    if len(text) >= 8 and re.fullmatch(r"([2-7][0-9A-Fa-f])+", text):
        return f"{text} = {bytes.fromhex(text).decode('latin-1')!r}"
    return text.replace("*", " ")
