"""What an answer on M-Bus means to a meter: who says it, whether it can be read, and the values (EN 13757-3).

A value that its sub-meter marks as none, or writes as no number or as the most negative one of its size (which has no
counterpart), keeps its place and is empty. One with more digits than an extended register holds loses the last ones,
and its scaler says so.
"""

from collections.abc import Sequence
from math import isfinite

from softmeter.device.breaker import State
from softmeter.device.mbus_channel import LEAST, MOST, NO_VALUE, VALUES, Answer, Asked, Definition, Identity, Value
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.mbus import MODE_5, decrypt_mode_5, encrypted_octets, mode_of
from softmeter.units import Unit
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import DeviceType, Header
from softmeter.wire.mbus_master import Told
from softmeter.wire.mbus_quantities import AT_BASE_CONDITIONS, FORWARD_ONLY, HEAT_COST_UNITS, UNCORRECTED
from softmeter.wire.mbus_records import Function, Record, records

_UNITS = {unit.symbol: unit for unit in reversed(Unit) if unit.symbol}
_THOUSANDS = {"MWh": ("Wh", 6), "GJ": ("J", 9), "t": ("kg", 3), "MW": ("W", 6), "GJ/h": ("J/h", 9)}
_CORRECTED = {
    Unit.CUBIC_METRE: Unit.CORRECTED_CUBIC_METRE,
    Unit.CUBIC_METRE_PER_HOUR: Unit.CORRECTED_CUBIC_METRE_PER_HOUR,
}
_QUALIFIED = frozenset({UNCORRECTED, FORWARD_ONLY, AT_BASE_CONDITIONS})
"""With these a value is still what the sub-meter counts."""
_ERROR_FLAGS, _VALVE = "error flags", "remote control"
_MAIN: dict[int, str] = {
    **dict.fromkeys(
        (
            DeviceType.ELECTRICITY,
            DeviceType.HEAT,
            DeviceType.COOLING_OUTLET,
            DeviceType.COOLING_INLET,
            DeviceType.HEAT_INLET,
            DeviceType.HEAT_AND_COOLING,
        ),
        "energy",
    ),
    DeviceType.HEAT_COST_ALLOCATOR: HEAT_COST_UNITS,
}
"""What a sub-meter is there to count, where that is no volume."""
_OTHER_MODES = frozenset({1, 2, 3, 4, *range(6, 16)})
"""Encryption that no wired sub-meter has; what is beyond are old ones, which have a signature in its place."""
_FLOAT_DECIMALS = 3


def identity(header: Header) -> Identity:
    """Who a header is of."""
    return Identity(header.identification, header.manufacturer, header.version, header.device_type)


def opened(header: Header, content: bytes, asked: Asked) -> bytes | None:
    """The records of one answer in clear; None where they are encrypted and no key opens them."""
    mode = mode_of(header.configuration)
    if mode in _OTHER_MODES:
        return None
    if mode != MODE_5:
        return content
    size = encrypted_octets(header.configuration)
    sender = header if header.is_named else Header(*asked.identity)
    try:
        return decrypt_mode_5(asked.key, sender.address, header.access, content[:size]) + content[size:]
    except SecurityError:
        return None


def meaning(told: Told, asked: Asked) -> Answer:
    """What an answer means: header and, where it can be read, the wanted values."""
    header = told.header
    found = _found(told.content)
    who = identity(header) if header.is_named else asked.identity
    wanted = _wanted(found, asked.definitions, who.device_type) if found else []
    flags, valve = (_stated(found, name) for name in (_ERROR_FLAGS, _VALVE))
    return Answer(
        who,
        header.access,
        header.status,
        (flags or 0) & 0xFF,
        header.configuration,
        readable=found is not None,
        values=tuple(NO_VALUE if record is None else _value(record) for record in wanted[:VALUES]),
        sealed=found is not None and mode_of(header.configuration) == MODE_5,
        valve=valve if valve in set(State) else None,
    )


_Found = tuple[Record, bytes, bytes]
"""A record with its octets of data and value information."""


def _found(content: bytes | None) -> list[_Found] | None:
    """The records; None where they cannot be read."""
    if content is None:
        return None
    try:
        return [
            (one, content[one.at : one.at + one.data], content[one.at + one.data : one.at + one.head])
            for one in records(Cursor(content))
        ]
    except DecodeError:
        return None


def _stated(found: list[_Found] | None, name: str) -> int | None:
    """The first number under a name, of now; None where there is none."""
    for record, _, _ in found or ():
        is_now = record.function is Function.INSTANTANEOUS and not record.storage
        if record.quantity.name == name and is_now and isinstance(record.value, int) and not record.qualifiers:
            return record.value
    return None


def _wanted(found: list[_Found], definitions: tuple[Definition, ...], device_type: int) -> Sequence[Record | None]:
    """The records of the definitions in their order, None for one that is missing.

    Without any, what counts now, before all what the sub-meter is there for: energy or volume.
    """
    if definitions:
        named = {Definition(data, value): record for record, data, value in reversed(found)}
        return [named.get(definition) for definition in definitions]
    counted = [record for record, _, _ in found if _counts(record)]
    main = next((one for one in counted if _is_main(one, device_type)), None)
    return counted if main is None else [main, *(one for one in counted if one is not main)]


def _is_main(record: Record, device_type: int) -> bool:
    name = _MAIN.get(device_type, "volume")
    return record.quantity.name == name and not record.tariff and not record.subunit


def _counts(record: Record) -> bool:
    """Whether a record is of something counted or measured now; a sub-meter may say that it has no value."""
    has_unit = record.quantity.unit in {*_UNITS, *_THOUSANDS} or record.quantity.name == HEAT_COST_UNITS
    is_now = record.function is Function.INSTANTANEOUS and not record.storage
    is_plain = record.error is not None or _QUALIFIED.issuperset(record.qualifiers)
    return has_unit and is_now and is_plain and record.value is not None and not isinstance(record.value, str)


def _value(record: Record) -> Value:
    """A record as an extended register holds it."""
    unit, more = _THOUSANDS.get(record.quantity.unit, (record.quantity.unit, 0))
    number, exponent = record.value, record.quantity.exponent + more
    if isinstance(number, float) and isfinite(number):
        number, exponent = round(number * 10**_FLOAT_DECIMALS), exponent - _FLOAT_DECIMALS
    if not isinstance(number, int) or number == _least(record) or record.error is not None:
        return NO_VALUE
    while not LEAST <= number <= MOST:
        number, exponent = (number // 10 if number > 0 else -(-number // 10)), exponent + 1
    known = _UNITS.get(unit, Unit.OTHER)
    is_corrected = AT_BASE_CONDITIONS in record.qualifiers
    return Value(number, exponent, _CORRECTED.get(known, known) if is_corrected else known)


def _least(record: Record) -> int:
    """The most negative whole number of a record's size."""
    return -(1 << 8 * (record.size - record.head) - 1)
