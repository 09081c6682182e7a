"""What the object list of a push means: the attributes, elements and entries of profiles, as they are now.

Of a profile's buffer the data index selects: 1 to 0xFFF is that entry; 0xFcnn the last nn entries, of their first c
columns (0: of all), as IEC 62056-62 has it for class Push setup. Spans of time (0x1000 to 0xEFFF) are not offered.
"""

from functools import lru_cache

from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.dictionary import Dictionary, View
from softmeter.cosem.selection import EntryDescriptor
from softmeter.device.push_setting import CONSUMER, Pushed
from softmeter.errors import AccessError
from softmeter.meter.policies import Audience
from softmeter.meter.presented import Presented
from softmeter.wire.types import NULL, Data, Tag, decode_data, encode_data, encode_length, struct

MOST_OCTETS = 0xFFFF
"""Of the values in one push; what has no room in them is left out."""
_HEAD_OCTETS = 4
"""Of a structure."""
_BUFFER, _ENTRIES_IN_USE = 2, 7
_BY_ENTRY = 2
_LAST_ENTRIES = 0xF
_SELECTING = 0x1000
"""From here on a data index is no number of an element."""


def audience(setup: int) -> Audience:
    """Who a push is for, and so what may be in it: consumer information is for the readout client."""
    return Audience.READOUT if setup == CONSUMER else Audience.MANAGEMENT


def can_be_pushed(dictionary: Dictionary, setup: int, pushed: Pushed) -> bool:
    """Whether there is such an attribute for whom the push is for, and such a selection of it."""
    is_selection = pushed.element >= _SELECTING
    if is_selection and (pushed.element >> 12 != _LAST_ENTRIES or not pushed.element & 0xFF or not _is_buffer(pushed)):
        return False
    return bool(_keys(dictionary.view(audience(setup)), pushed))


def collected(meter: Presented, dictionary: Dictionary, setup: int) -> bytes:
    """The values that a setup lists, as one encoded structure; what cannot be read or has no room is null-data."""
    view, objects = dictionary.view(audience(setup)), meter.device.behaviours.pushes.setting(setup).objects
    parts, nothing = [], encode_data(NULL)
    room = MOST_OCTETS - _HEAD_OCTETS - len(objects) * len(nothing)
    for one in objects:
        part = _value(meter, view, one)
        grows = len(part) - len(nothing)
        parts.append(part if grows <= room else nothing)
        room -= grows if grows <= room else 0
    return bytes((Tag.STRUCTURE,)) + encode_length(len(parts)) + b"".join(parts)


def _is_buffer(pushed: Pushed) -> bool:
    return (pushed.class_id, pushed.attribute) == (ProfileGeneric.class_id, _BUFFER)


def _keys(view: View, pushed: Pushed) -> list[bytes]:
    """The attributes that are meant: one, or for attribute 0 all that may be read."""
    place = pushed.class_id.to_bytes(2, "big") + pushed.name.octets
    if pushed.attribute:
        key = place + bytes((pushed.attribute & 0xFF,))
        return [key] if key in view.readers else []
    return sorted(key for key in view.readers if key.startswith(place))


def _value(meter: Presented, view: View, pushed: Pushed) -> bytes:
    values = [_read(meter, view, key, pushed) for key in _keys(view, pushed)]
    if not values:
        return encode_data(NULL)
    if not pushed.attribute:
        return bytes((Tag.STRUCTURE,)) + encode_length(len(values)) + b"".join(values)
    return values[0]


def _read(meter: Presented, view: View, key: bytes, pushed: Pushed) -> bytes:
    """An attribute, or what the data index selects of it; null-data where it cannot be read."""
    index = pushed.element if pushed.attribute else 0
    try:
        if not index:
            return view.readers[key](meter)
        if not _is_buffer(pushed):
            return _element(view.readers[key](meter), index)
        if index < _SELECTING:
            return _element(_entries(meter, view, key, EntryDescriptor(index, index, 1, 0)), 1)
        in_use: int = decode_data(view.readers[key[:-1] + bytes((_ENTRIES_IN_USE,))](meter)).value
        first = max(1, in_use - (index & 0xFF) + 1)
        return _entries(meter, view, key, EntryDescriptor(first, 0, 1, index >> 8 & 0xF))
    except AccessError:
        return encode_data(NULL)


def _entries(meter: Presented, view: View, key: bytes, wanted: EntryDescriptor) -> bytes:
    return view.selectors[key](meter, _BY_ENTRY, struct(EntryDescriptor).encode(wanted))


def _element(value: bytes, number: int) -> bytes:
    """One element of a structure or array, counted from 1."""
    elements = _elements(value)
    return encode_data(elements[number - 1] if number <= len(elements) else NULL)


@lru_cache(maxsize=4)
def _elements(value: bytes) -> tuple[Data, ...]:
    """The elements of a structure or array; kept, as lists name several of one value."""
    whole = decode_data(value)
    elements: tuple[Data, ...] = whole.value if whole.type in {Tag.STRUCTURE, Tag.ARRAY} else ()
    return elements
