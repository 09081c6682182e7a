"""Addresses of IP links as people write them: `192.0.2.7` for the number that IPv4 setup holds (IEC 62056-62, 4.9)."""

import json
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from softmeter.errors import ConfigurationError
from softmeter.wire.types import Data, Tag

_V4 = frozenset((42, number) for number in (3, 4, 6, 7, 9, 10))
_V6 = frozenset((48, number) for number in (4, 5, 6, 7, 8))
"""Class and attribute of what is an address, or an array of them."""
_V6_OCTETS = 16
_MARKED = ("text:", "time:", "obis:")
"""By which octets are told that are no address."""
_EXAMPLES = {Tag.DOUBLE_LONG_UNSIGNED: "192.0.2.7", Tag.OCTET_STRING: "2001:db8::7"}


def legible(class_id: int, attribute: int, data: Data) -> Data:
    """A value with addresses in it as text; any other as it is."""
    return _written(data) if _kind(class_id, attribute) else data


def address_of(class_id: int, attribute: int, text: str, like: Data | None) -> Data | None:
    """The addresses a person wrote in place of `like`; None where none are meant or they are written otherwise.

    Raises:
        ConfigurationError: it is no address, though it looks like one.
    """
    kind = _kind(class_id, attribute)
    if kind is None or like is None:
        return None
    if like.type != Tag.ARRAY:
        return _address(text, kind)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return None
    found = [_address(one, kind) for one in given]
    return None if None in found else Data(Tag.ARRAY, tuple(found))


def _kind(class_id: int, attribute: int) -> Tag | None:
    """The type by which addresses travel there."""
    if (class_id, attribute) in _V4:
        return Tag.DOUBLE_LONG_UNSIGNED
    return Tag.OCTET_STRING if (class_id, attribute) in _V6 else None


def _written(data: Data) -> Data:
    match data.type:
        case Tag.ARRAY:
            return Data(Tag.ARRAY, tuple(_written(one) for one in data.value))
        case Tag.DOUBLE_LONG_UNSIGNED:
            return Data(Tag.VISIBLE_STRING, str(IPv4Address(data.value)))
        case Tag.OCTET_STRING if len(data.value) == _V6_OCTETS:
            return Data(Tag.VISIBLE_STRING, str(IPv6Address(data.value)))
        case _:
            return data


def _address(text: str, kind: Tag) -> Data | None:
    if not set(".:").intersection(text) or text.startswith(_MARKED):
        return None  # a number, or octets
    try:
        if kind is not Tag.OCTET_STRING:
            return Data(kind, int(IPv4Address(text)))
        address = IPv6Address(text)
    except AddressValueError:
        address = None
    if address is None or address.scope_id is not None:  # a scope is of this computer, not of the meter
        raise ConfigurationError(f"{text!r} is no address of this kind; write it like {_EXAMPLES[kind]}")
    return Data(kind, address.packed)
