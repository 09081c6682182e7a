"""Octets of any kind as trees, unit after unit."""

import re
from collections.abc import Iterator

from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.fields import bounded
from softmeter.apps.decode.links import add_hdlc, add_llc, add_wrapper
from softmeter.apps.decode.mbus import add_mbus
from softmeter.apps.decode.mbus_wireless import add_wireless
from softmeter.apps.decode.resync import is_sound, next_sound
from softmeter.apps.decode.text import add_part_of_telegram, add_text, is_part_of_telegram
from softmeter.apps.decode.tree import Node, hexed
from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor
from softmeter.wire.mode_e import with_parity, without_parity
from softmeter.wire.units import Kind, unit_at

_MOST_UNITS = 100_000
_SML = re.compile(rb"\x1B{4}\x01{4}|\x76[\x01-\x0F].{0,14}?\x62.\x62.\x72[\x63\x65]", re.DOTALL)
"""How transmissions of German meters begin, or messages without one around."""


def decoded(octets: bytes, exchange: Exchange, source: object = None, destination: object = None) -> Iterator[Node]:
    """The units of `octets`, one tree each; nothing is raised, whatever they are."""
    at = 0
    characters: bytes | None = None
    exchange.sender = source
    for _ in range(_MOST_UNITS):
        if at >= len(octets):
            return
        kind, stop = unit_at(octets, at)
        stop = max(stop, at + 1)
        before_another = False
        if not is_sound(kind, octets, at, stop):
            sound = next_sound(octets, at + 1, stop)
            before_another, stop = sound < stop, sound
        if kind is not Kind.FILLER:
            root = Node(kind.value, at=at, size=stop - at)
            cursor = bounded(octets, at, stop)
            if kind is Kind.TEXT and _has_parity(octets[at:stop]):
                root.add("line", "seven bits, even parity", at, stop - at)
                characters = characters or without_parity(octets)
                cursor = bounded(characters, at, stop)
            _add(root, kind, cursor, exchange, source, destination)
            if before_another and kind is Kind.OTHER and root.faulty:
                root = Node("between units", at=at, size=stop - at)
                root.blame(f"{stop - at} octets that are no unit", at)
                root.add("octets not understood", hexed(octets[at:stop]), at, stop - at)
            yield root.children[0] if len(root.children) == 1 else root
        at = stop
    if at < len(octets):
        root = Node("more", at=at)
        root.blame(f"{len(octets) - at} octets after {_MOST_UNITS} units are not looked at", at)
        yield root


def _add(root: Node, kind: Kind, cursor: Cursor, exchange: Exchange, source: object, destination: object) -> None:
    try:
        match kind:
            case Kind.HDLC:
                add_hdlc(root, cursor, exchange)
            case Kind.WRAPPER:
                add_wrapper(root, cursor, exchange)
            case Kind.MBUS:
                add_mbus(root, cursor, exchange)
            case Kind.WIRELESS:
                add_wireless(root, cursor, exchange)
            case Kind.TEXT:
                node = root.add("text", "", cursor.at, cursor.left)
                try:
                    add_text(node, cursor)
                except DecodeError as error:
                    node.blame_error(error)
                    cursor.at = cursor.end
            case _ if _SML.match(cursor.octets, cursor.at, cursor.end):
                node = root.add("SML", "Smart Message Language, which is not decoded here", cursor.at, cursor.left)
                node.add("octets", hexed(cursor.rest()), node.at)
            case _ if is_part_of_telegram(cursor):
                add_part_of_telegram(root, cursor)
            case _:
                add_llc(root, cursor)
                exchange.apdu(root, cursor, exchange.talk(source, destination))
                return
        if cursor.left:
            raise DecodeError(f"{cursor.left} octets after the end", cursor.at)  # noqa: TRY301 - said in one place
    except DecodeError as error:
        at = cursor.at
        broken = root.children[-1] if root.children else root
        broken.blame_error(error)
        if at < cursor.end:
            broken.add("octets not understood", hexed(cursor.octets[at : cursor.end]), at, cursor.end - at)


def _has_parity(octets: bytes) -> bool:
    """Whether these are characters of seven bits, with their parity as the eighth."""
    characters = without_parity(octets)
    return characters != octets and with_parity(characters) == octets
