"""COSEM data as XML elements named by their type: `<long-unsigned>900</long-unsigned>`, and back."""

import math
from xml.etree.ElementTree import Element, SubElement

from softmeter.apps.smartset.typed import TYPES
from softmeter.apps.smartset.values import bits_text, octets_text, type_name
from softmeter.errors import ConfigurationError, LocalProtocolError
from softmeter.wire.types import Bits, Compact, Data, Tag, encode_data

MEANS = "means"
"""The attribute that says what octets most likely are, for people; it is not read."""

_SEQUENCES = frozenset({Tag.ARRAY, Tag.STRUCTURE})
_OCTETS = frozenset({Tag.OCTET_STRING, Tag.DATE_TIME, Tag.DATE, Tag.TIME})
_TEXTS = frozenset({Tag.VISIBLE_STRING, Tag.UTF8_STRING})
_FLOATS = frozenset({Tag.FLOAT32, Tag.FLOAT64})
_DEEPEST = 32
_FLAGS = {"true": True, "false": False}


def written(data: Data, parent: Element) -> None:
    """Add a value to `parent`; a compact array becomes a plain one."""
    tag, value = data.type, data.value
    if isinstance(value, Compact):
        tag, value = Tag.ARRAY, tuple(value.elements)
    element = SubElement(parent, type_name(tag))
    match value:
        case Bits():
            element.text = bits_text(value)
        case tuple():
            for one in value:
                written(one, element)
        case bool():
            element.text = str(value).lower()
        case bytes():
            element.text = value.hex()
            meaning = octets_text(value)
            if meaning != element.text and meaning.isprintable():
                element.set(MEANS, meaning)
        case str() if not _plain(value):
            element.set("encoding", "hex")
            element.text = value.encode().hex()
        case None:
            pass
        case _:
            element.text = repr(value) if isinstance(value, float) else str(value)


def read(element: Element, depth: int = 0) -> Data:
    """The value that an element describes.

    Raises:
        ConfigurationError: it is none; names the element.
    """
    tag = TYPES.get(element.tag)
    if tag is None or depth > _DEEPEST:
        raise ConfigurationError(f"<{element.tag}> is no type of a value")
    if tag in _SEQUENCES:
        return Data(tag, tuple(read(one, depth + 1) for one in element))
    text = element.text or ""
    try:
        data = Data(tag, _value(tag, text, element.get("encoding", "")))
        encode_data(data)
    except (ValueError, KeyError, LocalProtocolError):
        raise ConfigurationError(f"<{element.tag}>{text:.40}</{element.tag}> is no such value") from None
    return data


def _value(tag: Tag, text: str, encoding: str) -> object:
    if tag == Tag.NULL:
        return None
    if tag == Tag.BOOLEAN:
        return _FLAGS[text]
    if tag in _OCTETS:
        return bytes.fromhex(text)
    if tag == Tag.BIT_STRING:
        return Bits(int(text or "0", 2), len(text))
    if tag in _TEXTS:
        return bytes.fromhex(text).decode() if encoding == "hex" else text
    if tag in _FLOATS:
        return _number(text)
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number) and "inf" not in text:
        raise ValueError(text)
    return number


def _plain(text: str) -> bool:
    """Whether XML gives a text back as it was."""
    return all(one.isprintable() for one in text)
