"""What the display can show of any object: numbers, texts, times, as a client that reads everything would read them."""

from softmeter.clock import DateTime
from softmeter.device.display import DisplayValue, Reading
from softmeter.device.display_lists import Item
from softmeter.errors import AccessError, DecodeError
from softmeter.meter.policies import Audience
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import WHOLE_NUMBERS, Data, Tag, date_time, decode_data, encode_data

_SCALED = {(3, 2): 3, (4, 2): 3, (5, 2): 4, (5, 3): 4}
"""Class and attribute of a value to the attribute with its scaler and unit."""

_NUMBERS = WHOLE_NUMBERS | {Tag.BOOLEAN, Tag.ENUM}
_TEXTS = {Tag.VISIBLE_STRING, Tag.UTF8_STRING}
_CONTAINERS = {Tag.ARRAY, Tag.STRUCTURE}
_PROFILE, _BUFFER = 7, 2
_LOGICAL_NAME = 1
_IP_SETUP, _ADDRESSES = 42, {3, 6, 7, 9, 10}
_ALARMS = 97
_DBM = {Obis(0, 1, 94, 31, e) for e in (6, 7, 9)}
"""Signal strengths, whose class has no unit (annex I)."""
_DATE_TIME_OCTETS = 12
_LOCAL_TIME, _LOCAL_DATE = (0, 9, 1), (0, 9, 2)


def encoded(meter: Presented, item: Item) -> bytes | None:
    """What an item holds, as it travels; None where there is no such object, attribute or element.

    The right to read it is that of data readout: what it may not see, nobody sees on the display.
    """
    if (item.class_id, item.attribute) == (_PROFILE, _BUFFER) or item.attribute == _LOGICAL_NAME:
        return None  # rows of a profile are nothing for a display, and a display list would list itself
    reader = meter.dictionary.view(Audience.READOUT).readers.get(_key(item, item.attribute))
    if reader is None:
        return None
    try:
        octets = reader(meter)
    except AccessError:
        return None
    return _element(octets, item.data_index) if item.data_index else octets


def displayable(meter: Presented, item: Item) -> bool:
    """Whether the display can show an item."""
    octets = encoded(meter, item)
    return octets is not None and content(item, decode_data(octets)) is not None


def value(meter: Presented, item: Item) -> DisplayValue | None:
    """What an item shows now; None where there is nothing to show."""
    octets = encoded(meter, item)
    if octets is None:
        return None
    data = decode_data(octets)
    scaled = _SCALED.get((item.class_id, item.attribute))
    if scaled is None or data.type not in _NUMBERS:
        return content(item, data)
    scaler, unit = decode_data(meter.dictionary.view(Audience.READOUT).readers[_key(item, scaled)](meter)).value
    return Reading(data.value, scaler.value, Unit(unit.value))


def content(item: Item, data: Data) -> DisplayValue | None:
    """How a value without a unit is shown; None for what is neither number nor text."""
    if data.type in _NUMBERS:
        number = int(data.value)
        if item.obis.c == _ALARMS:
            return f"{number:08X}"
        if item.class_id == _IP_SETUP and item.attribute in _ADDRESSES:
            return ".".join(map(str, number.to_bytes(4, "big")))
        return Reading(number, 0, Unit.DECIBEL_MILLIWATT if item.obis in _DBM else Unit.COUNT)
    if data.type in _TEXTS:
        return str(data.value)
    if data.type == Tag.OCTET_STRING:
        return _octets(item, data)
    return None


def _octets(item: Item, data: Data) -> DisplayValue:
    """A time, a text, or octets in hexadecimal."""
    octets: bytes = data.value
    if item.obis[2:5] == _LOCAL_TIME:
        return ":".join(f"{part:02d}" for part in octets[:3])
    if item.obis[2:5] == _LOCAL_DATE:
        return f"{int.from_bytes(octets[:2], 'big') % 100:02d}.{octets[2]:02d}.{octets[3]:02d}"
    if len(octets) == _DATE_TIME_OCTETS and not _is_text(octets):
        moment = _moment(data)
        if moment is not None:
            return moment
    return octets.decode("ascii") if _is_text(octets) else octets.hex().upper()


def _moment(data: Data) -> DateTime | None:
    try:
        moment = date_time.decode(encode_data(data))
    except DecodeError:
        return None
    return moment if moment.is_definite else None


def _is_text(octets: bytes) -> bool:
    return all(0x20 <= octet < 0x7F for octet in octets)


def _element(octets: bytes, index: int) -> bytes | None:
    data = decode_data(octets)
    if data.type not in _CONTAINERS or index > len(data.value):
        return None
    return encode_data(data.value[index - 1])


def _key(item: Item, attribute: int) -> bytes:
    return item.class_id.to_bytes(2, "big") + item.obis.octets + bytes((attribute & 0xFF,))
