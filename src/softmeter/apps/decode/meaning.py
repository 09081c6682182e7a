"""What the elements of a value are about: objects named beside them, or in a list before them.

Meters push values in three clothes: each beside the name of its object; all behind a list of their objects, as a push
setup has it; or in an order that only the operator's paper tells. The first two say what a value is.
"""

from itertools import pairwise
from typing import Any

from softmeter.apps.decode.names import obis_name
from softmeter.apps.decode.tree import Node
from softmeter.apps.decode.values import named, scale_values
from softmeter.apps.smartset.classes import attribute_name, class_name
from softmeter.clock import DateTime
from softmeter.errors import DecodeError
from softmeter.obis import Obis

_SEQUENCES = ("array", "structure")
_DATE_OCTETS, _TIME_OCTETS = 5, 4
_NAME_OCTETS = 6
_NAME_SIZE = 2 + _NAME_OCTETS
"""With its tag and its length."""
_NO_ZONE = b"\x80\x00\x00"
_REFERENCE_PARTS = 4
"""A class, a name, an attribute and a data index; more may follow them."""


def explain(node: Node) -> None:
    """Say in every sequence below `node` what its values amount to and what they are of."""
    scale_values(node)
    stack = [node]
    while stack:
        one = stack.pop()
        stack += one.children
        if not one.children or not one.name.endswith(_SEQUENCES):
            continue
        reference = _reference(one)
        if reference is not None:
            one.text = _reference_text(reference)
            one.value = reference
            continue
        _from_names(one)
        _from_list(one)
        _date_and_time(one)


def _reference(node: Node) -> dict[str, Any] | None:
    """What an element of a list of objects refers to."""
    if len(node.children) < _REFERENCE_PARTS or not node.name.endswith("structure"):
        return None
    class_id, name, attribute, index = node.children[:_REFERENCE_PARTS]
    obis = _obis(name)
    if obis is None or (class_id.name, attribute.name, index.name) != ("long-unsigned", "integer", "long-unsigned"):
        return None
    return {"class": class_id.value, "obis": obis.short, "attribute": attribute.value, "data_index": index.value}


def _reference_text(reference: dict[str, Any]) -> str:
    obis, class_id, attribute = Obis.parse(reference["obis"]), reference["class"], reference["attribute"]
    text = f"{class_name(class_id)} {named(obis)}, attribute {attribute} {attribute_name(class_id, attribute)}".rstrip()
    return f"{text}, element {reference['data_index']}" if reference["data_index"] else text


def _from_names(node: Node) -> None:
    """A value that stands behind the name of its object is its value."""
    for name, value in pairwise(node.children):
        obis = _obis(name)
        if name.name == "descriptor":
            value.of = name.value
        elif obis is not None and _obis(value) is None and value.of is None and not _is_scale(value):
            value.of = {"obis": obis.short, "name": obis_name(obis)}


def _from_list(node: Node) -> None:
    """Values behind an array of references, one for each: the array may count itself as the first of them."""
    for place, child in enumerate(node.children):
        references = [_reference(element) for element in child.children] if child.name.endswith("array") else []
        if not references or None in references:
            continue
        following = len(node.children) - place - 1
        first = {len(references): 0, len(references) - 1: 1}.get(following)
        if first is None:
            continue
        for value, reference in zip(node.children[place + 1 :], references[first:], strict=True):
            if reference is None:
                continue
            value.of = reference
            value.text += f" ({_short(reference)})"


def _date_and_time(node: Node) -> None:
    """Five octets that make a date beside four that make a time are both."""
    for pair in pairwise(node.children):
        by_octets = {len(one.value) // 2: one for one in pair if one.name == "octet-string" and one.value}
        if set(by_octets) != {_DATE_OCTETS, _TIME_OCTETS}:
            continue
        date, time = by_octets[_DATE_OCTETS], by_octets[_TIME_OCTETS]
        both = bytes.fromhex(date.value + time.value) + _NO_ZONE
        try:
            shown = DateTime.decode(both).iso()
        except DecodeError:
            continue
        day, _, clock = shown.partition("T")
        date.text, time.text = f"{date.value} = {day}", f"{time.value} = {clock}"


def _short(reference: dict[str, Any]) -> str:
    text = named(Obis.parse(reference["obis"]))
    attribute = reference["attribute"]
    main = attribute == 2 and not reference["data_index"]
    return text if main else f"{text}, {attribute_name(reference['class'], attribute) or f'attribute {attribute}'}"


def _obis(node: Node) -> Obis | None:
    if node.name.endswith("octet-string") and isinstance(node.value, str) and node.size == _NAME_SIZE:
        octets = bytes.fromhex(node.value)
        if len(octets) == _NAME_OCTETS:  # a length may be written in more octets than it needs
            obis = Obis.of(octets)
            return obis if obis.a <= 9 and obis.f == 255 else None
    return None


def _is_scale(node: Node) -> bool:
    return isinstance(node.value, dict) and "scaler" in node.value
