"""Data as a tree: each element with its type, its place, and what its octets most likely mean."""

from typing import Any

from softmeter.apps.decode.names import known, obis_name
from softmeter.apps.decode.tree import Node, hexed, word
from softmeter.apps.smartset.classes import attribute_name, class_name
from softmeter.apps.smartset.values import scaled, unit_symbol
from softmeter.clock import DateTime
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.data import DEEPEST
from softmeter.wire.types import Bits, Compact, Cursor, Data, Tag, read_data

MOST_NODES = 100_000
"""Elements of one value that are shown; the others are counted."""
_SEQUENCES = frozenset({Tag.ARRAY, Tag.STRUCTURE})
_SWAPPED = b"\x06\x09"
_TIME_OCTETS = 12
_DESCRIPTOR_OCTETS = 9
"""Class, name and attribute."""


class _Budget:
    """How many elements may still be shown, and whether liberties are looked for."""

    __slots__ = ("left", "loose")

    def __init__(self, *, loose: bool = False) -> None:
        self.left = MOST_NODES
        self.loose = loose


def add_data(parent: Node, cursor: Cursor, name: str = "") -> Node:
    """Append the value at `cursor` to `parent`; what was understood stays when the rest is broken.

    What is no value as A-XDR has it is read once more with the liberties some meters take; that counts where it leads
    further.

    Raises:
        DecodeError: the octets are no value.
    """
    at, before = cursor.at, len(parent.children)
    try:
        return _add(parent, cursor, name, 0, _Budget())
    except DecodeError as error:
        strict, strictly_at = parent.children[before:], cursor.at
        del parent.children[before:]
        cursor.at = at
        try:
            return _add(parent, cursor, name, 0, _Budget(loose=True))
        except DecodeError as loosely:
            if loosely.offset > error.offset:
                raise
            parent.children[before:], cursor.at = strict, strictly_at
        raise


def _add(parent: Node, cursor: Cursor, name: str, depth: int, budget: _Budget) -> Node:
    at = cursor.at
    if budget.loose:
        taken = _liberty(parent, cursor)
        if taken is not None:
            return taken
    tag = cursor.octets[at] if cursor.left else -1
    if tag not in _SEQUENCES:
        data = read_data(cursor, depth)
        node = parent.add(*_titled(name, data), at=at, size=cursor.at - at, value=_plain(data))
        if data.type is Tag.COMPACT_ARRAY:
            _add_compact(node, data.value, budget)
        return node
    if depth >= DEEPEST:
        raise DecodeError(f"nested deeper than {DEEPEST}", at)
    cursor.at += 1
    count = cursor.length()  # not checked against what is left: of a cut value, what is there is shown
    kind = word(Tag(tag).name)
    node = parent.add(f"{name} {kind}".strip(), f"{count} elements", at)
    try:
        for done in range(count):
            if budget.left <= 0:
                _skip(node, cursor, count - done, depth)
                break
            budget.left -= 1
            _add(node, cursor, "", depth + 1, budget)
    finally:
        node.size = cursor.at - at
    _give_meaning(node)
    return node


def _liberty(parent: Node, cursor: Cursor) -> Node | None:
    """A name with tag and length the wrong way round, or a whole descriptor of an attribute without tags; else None."""
    at = cursor.at
    head = cursor.octets[at : min(cursor.end, at + _DESCRIPTOR_OCTETS)]
    if head[:2] == _SWAPPED and known(head[2:8]) is not None:
        cursor.at += 8
        return parent.add("octet-string", f"{octets_text(head[2:8])} (tag and length swapped)", at, 8, hexed(head[2:8]))
    class_id, attribute = int.from_bytes(head[:2], "big"), head[-1:]
    if len(head) < _DESCRIPTOR_OCTETS or known(head[2:8]) is None or not attribute_name(class_id, attribute[0]):
        return None
    cursor.at += _DESCRIPTOR_OCTETS
    obis, number = Obis.of(head[2:8]), attribute[0]
    text = f"{class_name(class_id)} {named(obis)}, attribute {number} {attribute_name(class_id, number)} (without tags)"
    value = {"class": class_id, "obis": obis.short, "attribute": number}
    return parent.add("descriptor", text, at, _DESCRIPTOR_OCTETS, value)


def _skip(node: Node, cursor: Cursor, count: int, depth: int) -> None:
    at = cursor.at
    for _ in range(count):
        read_data(cursor, depth + 1)
    node.add("more", f"{count} elements, not shown", at, cursor.at - at)


def _add_compact(node: Node, compact: Compact, budget: _Budget) -> None:
    """The elements of a compact array: they have no places of their own."""
    node.add("type of the elements", hexed(compact.description))
    for done, element in enumerate(compact.elements):
        if budget.left <= 0:
            node.add("more", f"{len(compact.elements) - done} elements, not shown")
            break
        budget.left -= 1
        node.add(*_titled("", element), value=_plain(element))


def _titled(name: str, data: Data) -> tuple[str, str]:
    return f"{name} {word(data.type.name)}".strip(), value_text(data)


def _give_meaning(node: Node) -> None:
    """In a structure of name, value, {scaler, unit}, say the value as people do."""
    if len(node.children) != 2 or not node.name.endswith("structure"):
        return
    exponent, unit = node.children
    if exponent.name == "integer" and unit.name == "enum" and isinstance(exponent.value, int):
        node.text = f"scaler {exponent.value}, unit {unit_symbol(unit.value) or unit.value}"
        node.value = {"scaler": exponent.value, "unit": unit.value}


def scale_values(node: Node) -> None:
    """Where a value stands before its scaler and unit, say what it amounts to."""
    stack = [node]
    while stack:
        one = stack.pop()
        stack += one.children
        for number, unit in zip(one.children, one.children[1:], strict=False):
            if not _is_scaler(unit.value) or not isinstance(number.value, int) or number.children:
                continue
            if isinstance(number.value, bool) or not -30 <= unit.value["scaler"] <= 30:
                continue
            amount = scaled(number.value, unit.value["scaler"])
            number.text += f" = {amount:f} {unit_symbol(unit.value['unit'])}".rstrip()


def _is_scaler(value: object) -> bool:
    """Whether a value is a scaler and unit, as `_give_meaning` writes them; descriptors are named values too."""
    return isinstance(value, dict) and "scaler" in value


def value_text(data: Data) -> str:
    """A value on one line."""
    value = data.value
    if isinstance(value, bytes):
        return octets_text(value, data.type)
    if isinstance(value, Bits):
        return f"{value.value:0{value.length}b}" if 0 < value.length <= 256 else f"{value.length} bits"
    if isinstance(value, Compact):
        return f"{len(value.elements)} elements"
    if isinstance(value, tuple):
        return "{" + ", ".join(value_text(element) for element in value) + "}"
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def octets_text(octets: bytes, tag: Tag = Tag.OCTET_STRING) -> str:
    """Octets with what they most likely mean: a name, a time, text."""
    shown = hexed(octets)
    obis = known(octets) if tag is Tag.OCTET_STRING else None
    if obis is not None:
        return f"{shown} = {named(obis)}"
    time = _time_text(octets)
    if time:
        return f"{shown} = {time}"
    if octets and all(32 <= octet < 127 for octet in octets):
        return f"{shown} = {octets.decode('ascii')!r}"
    return shown


def _time_text(octets: bytes) -> str:
    """Twelve octets as a time, if they are one; also where the day of the week is left at 0 or is another one's."""
    if len(octets) != _TIME_OCTETS:
        return ""
    for tried in (octets, octets[:4] + b"\xff" + octets[5:]):
        try:
            return DateTime.decode(tried).iso()
        except DecodeError:
            continue
    return ""


def named(obis: Obis) -> str:
    """A code with its name."""
    name = obis_name(obis)
    return f"{obis.short} {name}" if name else obis.short


def _plain(data: Data) -> Any:
    """A value for JSON."""
    value = data.value
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, Bits):
        return f"{value.value:0{value.length}b}" if value.length else ""
    if isinstance(value, tuple) and not isinstance(value, Compact):
        return [_plain(element) for element in value]
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return str(value)
    return None if isinstance(value, Compact) or value != value else value  # noqa: PLR0124 - a NaN is no JSON
