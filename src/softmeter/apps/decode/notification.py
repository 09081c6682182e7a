"""Data-notifications as a tree (IEC 62056-53, data-notification): what meters push."""

from softmeter.apps.decode.meaning import explain
from softmeter.apps.decode.tree import Node
from softmeter.apps.decode.values import add_data, octets_text
from softmeter.clock import DateTime
from softmeter.errors import DecodeError
from softmeter.wire.types import Cursor, octets, u32


def add_notification(node: Node, cursor: Cursor) -> None:
    """Append a data-notification behind its tag; some meters put the tag of an octet-string before its time.

    Raises:
        DecodeError: it is broken; what was understood stays in the tree.
    """
    at = cursor.at
    number = u32.read_bare(cursor)
    flags = "confirmed" if number >> 30 & 1 else "unconfirmed"
    node.add("long invoke id", f"{number:08X}, number {number & 0xFFFFFF}, {flags}", at, 4, number)
    at = cursor.at
    tagged = cursor.octets[at : at + 2] == b"\x09\x0c"
    cursor.at += tagged
    time = octets.read_bare(cursor)
    text = octets_text(time) if time else "absent"
    node.add("time", f"{text} (with a tag before it)" if tagged else text, at, cursor.at - at, _time(time))
    before = len(node.children)
    try:
        add_data(node, cursor, "body")
    finally:
        for child in node.children[before:]:
            explain(child)


def _time(octets_: bytes) -> str | None:
    try:
        return DateTime.decode(octets_).iso()
    except DecodeError:
        return octets_.hex().upper() or None
