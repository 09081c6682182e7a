"""Opening and closing of associations as a tree (IEC 62056-53 clause 9, ITU-T X.227)."""

from typing import TYPE_CHECKING, Any

from softmeter.apps.decode.fields import bounded
from softmeter.apps.decode.tree import Node, hexed, word
from softmeter.apps.decode.values import octets_text
from softmeter.dlms.acse import AARE, AARQ, FOREIGN, RLRE, RLRQ, Aare, Aarq, Context, Mechanism, Rlre, Rlrq
from softmeter.errors import DecodeError
from softmeter.wire.types import Bits, Cursor

if TYPE_CHECKING:
    from softmeter.apps.decode.exchange import Exchange, Talk

_MESSAGES: dict[int, type[Any]] = {AARQ: Aarq, AARE: Aare, RLRQ: Rlrq, RLRE: Rlre}
_ENUMS: dict[str, type[Context | Mechanism]] = {"context": Context, "mechanism": Mechanism}
_SECRET_MECHANISMS = {Mechanism.LLS, Mechanism.HLS}


def add_acse(node: Node, cursor: Cursor, exchange: "Exchange", talk: "Talk", depth: int) -> None:
    """Append the elements of one of the four messages.

    Raises:
        DecodeError: it is broken; the elements before stay in the tree.
    """
    cls = _MESSAGES[cursor.byte()]
    node.name = cls.__name__.upper()
    _, elements, _, required = cls.__ber__
    by_tag = {part.tag: part for part in elements}
    length = cursor.length()
    if length != cursor.left:
        raise DecodeError(f"{length} octets announced, {cursor.left} are there", cursor.at)
    seen: dict[str, Any] = {}
    while cursor.left:
        at = cursor.at
        tag = cursor.byte()
        content = cursor.take(cursor.length())
        part = by_tag.get(tag)
        if part is None:
            node.add(f"element {tag:02X}", hexed(content), at, cursor.at - at)
            continue
        if part.name in seen:
            raise DecodeError(f"{part.name} stands twice", at)
        value = seen[part.name] = part.form.read(content, cursor.at - len(content))
        _add(node, part.name, value, seen, at, cursor, exchange, talk, depth)
    for part in elements:
        if part.name in required and part.name not in seen:
            raise DecodeError(f"no {part.name.replace('_', ' ')}", cursor.at)


def _add(
    node: Node,
    name: str,
    value: Any,
    seen: dict[str, Any],
    at: int,
    cursor: Cursor,
    exchange: "Exchange",
    talk: "Talk",
    depth: int,
) -> None:
    title, size = name.replace("_", " "), cursor.at - at
    if name == "user_information":
        made = node.add(title, "", at, size)
        exchange.apdu(made, bounded(cursor.octets, cursor.at - len(value), cursor.at), talk, depth + 1)
    elif name in {"calling_title", "responding_title"}:
        exchange.learn_title(value, talk)
        node.add(title, octets_text(value), at, size, value.hex().upper())
    elif name == "authentication":
        secret = seen.get("mechanism", Mechanism.LLS) in _SECRET_MECHANISMS and not exchange.secrets
        node.add(title, f"hidden ({len(value)} octets)" if secret else octets_text(value), at, size)
    elif isinstance(value, bytes):
        node.add(title, octets_text(value), at, size, value.hex().upper())
    else:
        node.add(title, _text(name, value), at, size, None if isinstance(value, Bits) else int(value))


def _text(name: str, value: Any) -> str:
    if isinstance(value, Bits):
        return f"{value.value:0{value.length}b}" if 0 < value.length <= 64 else f"{value.length} bits"
    if value == FOREIGN and name in _ENUMS:
        return "not registered for DLMS"
    enum = _ENUMS.get(name)
    if enum is not None:
        known = {int(member): member for member in enum}
        return f"{value} {word(known[value].name)}" if value in known else str(value)
    return f"{int(value)} {word(value.name)}" if hasattr(value, "name") else str(value)
