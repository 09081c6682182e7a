"""Declared messages as a tree: every field with its name, its place and its meaning, without a line per message."""

from collections.abc import Iterator
from dataclasses import Field, fields
from enum import Flag, IntEnum
from itertools import islice
from typing import Any

from softmeter.apps.decode.meaning import explain
from softmeter.apps.decode.tree import Node, hexed, word
from softmeter.apps.decode.values import add_data, named, octets_text
from softmeter.apps.smartset.classes import attribute_name, class_name, method_name
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Codec, Cursor, struct

_DATA = {"result", "results", "value", "values", "data", "parameter", "parameters", "body"}
"""Fields whose octets are encoded Data, except in blocks."""
MOST_ELEMENTS = 10_000
"""Elements of a list that are shown."""
_LONGEST_MARK = 2
"""Octets of usage flags and choice tags that can stand before a value."""


_SECRET_PARTS = {(AttributeReference, 15, 7), (MethodReference, 15, 2)}
"""What carries a secret in clear: that of an association, set or changed."""


class Veil:
    """Whether secrets are hidden, and whether what follows in a message is one."""

    __slots__ = ("down", "secrets")

    def __init__(self, *, secrets: bool = False) -> None:
        self.secrets = secrets
        self.down = False

    def pass_over(self, value: Any) -> None:
        """Come down if `value` names an attribute or a method that takes a secret."""
        number = getattr(value, "attribute", getattr(value, "method", 0))
        if (type(value), getattr(value, "class_id", 0), number) in _SECRET_PARTS:
            self.down = not self.secrets


def add_fields(node: Node, cls: type[Any], cursor: Cursor, veil: Veil) -> dict[str, Any]:
    """Append the fields of a declared structure at `cursor`; returns their values.

    Raises:
        DecodeError: a field is broken; those before it stay in the tree.
    """
    values: dict[str, Any] = {}
    for item in fields(cls):
        codec: Codec[Any] = item.metadata["codec"]
        at = cursor.at
        value = codec.read_bare(cursor)
        values[item.name] = value
        hidden = not item.repr and value is not None and not veil.secrets
        if hidden or (veil.down and isinstance(value, bytes | tuple) and not isinstance(value, Obis)):
            node.add(_words(item.name), f"hidden ({cursor.at - at} octets)", at, cursor.at - at)
        else:
            _add(node, cls, item, value, bounded(cursor.octets, at, cursor.at), veil)
    return values


def _add(node: Node, cls: type[Any], item: Field[Any], value: Any, span: Cursor, veil: Veil) -> None:
    """Append one value, whose octets `span` holds to their end."""
    name = _words(item.name)
    at, size = span.at, span.left
    if isinstance(value, bytes):
        holds_data = item.name in _DATA and "Block" not in cls.__name__
        _add_octets(node, name, bounded(span.octets, span.end - len(value), span.end), holds_data=holds_data)
    elif isinstance(value, tuple) and not isinstance(value, Obis | AttributeReference):
        listed = node.add(name, f"{len(value)}", at, size)
        marks = int(" | " in str(item.type))
        for element, place in islice(_located(value, span, marks), MOST_ELEMENTS):
            if isinstance(element, bytes):
                part = bounded(span.octets, place, place + len(element))
                _add_octets(listed, "", part, holds_data=item.name in _DATA)
            else:
                _add_value(listed, "", element, bounded(span.octets, place, span.end), veil)
    else:
        _add_value(node, name, value, span, veil)


def _add_value(node: Node, name: str, value: Any, span: Cursor, veil: Veil) -> None:
    at, kind = span.at, _words(type(value).__name__)
    veil.pass_over(value)
    text = reference_text(value) or scalar_text(name, value)
    if text is not None:
        node.add(name or kind, text, at, span.left if name else 0, json_value(value))
        return
    inside = bounded(span.octets, _start(value, span.octets, at), span.end)
    made = node.add(name or kind, kind if name not in {"", kind} else "", inside.at)
    add_fields(made, type(value), inside, veil)
    made.size = inside.at - (made.at or 0)


def _add_octets(node: Node, name: str, cursor: Cursor, *, holds_data: bool) -> None:
    at, octets = cursor.at, cursor.octets[cursor.at : cursor.end]
    if not holds_data:
        node.add(name or "octets", octets_text(octets), at, len(octets), octets.hex().upper())
        return
    before = len(node.children)
    try:
        add_data(node, cursor, name)
        cursor.finish()
    except DecodeError as error:
        node.blame_error(error)
        node.add("octets", hexed(octets), at, len(octets))
    for child in node.children[before:]:
        explain(child)


def bounded(octets: bytes, at: int, stop: int) -> Cursor:
    """A cursor over a part of `octets`, which counts offsets as its reader does."""
    cursor = Cursor(octets, at)
    cursor.end = stop
    return cursor


def _located(values: tuple[Any, ...], span: Cursor, marks: int) -> Iterator[tuple[Any, int]]:
    """The elements of a list and where each begins; `marks` choice tags stand before octets and numbers."""
    cursor = bounded(span.octets, span.at, span.end)
    if cursor.left and cursor.octets[cursor.at] == 1 and cursor.left > 1 and not _counts(cursor, len(values)):
        cursor.at += 1  # the usage flag of an optional list
    cursor.length()
    at = cursor.at
    for value in values:
        if isinstance(value, bytes):
            at += marks
            yield value, at
            at += len(value)
        elif isinstance(value, int):
            yield value, at + marks
            at += marks + 1
        else:
            start = _start(value, span.octets, at)
            yield value, start
            inside = Cursor(span.octets, start)
            struct(type(value)).read_bare(inside)
            at = inside.at


def _counts(cursor: Cursor, count: int) -> bool:
    return cursor.octets[cursor.at] == count


def _start(value: Any, octets: bytes, at: int) -> int:
    """Where a structure begins whose field begins at `at`: after the tags of a choice or an option, if any."""
    codec = struct(type(value))
    for start in range(at, at + _LONGEST_MARK + 1):
        try:
            if codec.read_bare(Cursor(octets, start)) == value:
                return start
        except DecodeError:
            continue
    return at


def reference_text(value: Any) -> str | None:
    """An attribute or a method on one line; None for anything else."""
    if isinstance(value, AttributeReference):
        part = f"attribute {value.attribute} {attribute_name(value.class_id, value.attribute)}".rstrip()
    elif isinstance(value, MethodReference):
        part = f"method {value.method} {method_name(value.class_id, value.method)}".rstrip()
    else:
        return None
    return f"{class_name(value.class_id)} {named(value.name)}, {part}"


def scalar_text(name: str, value: Any) -> str | None:
    """A number, flag or name as text; None for a structure."""
    if value is None:
        return "absent"
    if isinstance(value, Flag):
        return ", ".join(word(bit.name or hex(bit.value)) for bit in value) or "none"
    if isinstance(value, IntEnum):
        return f"{int(value)} {word(value.name)}"
    if name in {"invoke id", "long invoke id"}:
        return _invoke_text(value, long=name.startswith("long"))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Obis):
        return named(value)
    return str(value) if isinstance(value, int | float | str) else None


def _invoke_text(value: int, *, long: bool) -> str:
    """The number of a request with the flags beside it."""
    if long:
        number, high, confirmed, digits = value & 0xFFFFFF, value >> 31 & 1, value >> 30 & 1, 8
    else:
        number, high, confirmed, digits = value & 0x0F, value >> 7 & 1, value >> 6 & 1, 2
    return (
        f"{value:0{digits}X}, number {number}, {'confirmed' if confirmed else 'unconfirmed'}, "
        f"{'high' if high else 'normal'} priority"
    )


def json_value(value: Any) -> Any:
    """A field for JSON."""
    if isinstance(value, Flag):
        return [word(bit.name or hex(bit.value)) for bit in value]
    if isinstance(value, AttributeReference):
        return {"class": value.class_id, "obis": value.name.short, "attribute": value.attribute}
    if isinstance(value, MethodReference):
        return {"class": value.class_id, "obis": value.name.short, "method": value.method}
    if isinstance(value, Obis):
        return value.short
    return int(value) if isinstance(value, IntEnum) else value


def _words(name: str) -> str:
    """`long_invoke_id` and `GetRequestNormal` as words."""
    spaced = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
    return spaced.replace("_", " ")
