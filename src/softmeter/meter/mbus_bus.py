"""The bus of a meter in frames: what its M-Bus master asks and tells, over a line of octets (EN 13757-3)."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TypeVar

from softmeter.device.mbus_channel import (
    NO_VALUE,
    VALUES,
    Answer,
    Asked,
    Definition,
    Errand,
    Identity,
    Kind,
    Moment,
    Order,
    Outcome,
    Task,
    Value,
)
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.mbus import MODE_5, decrypt_mode_5, encrypted_octets, mode_of
from softmeter.units import Unit
from softmeter.wire import mbus_writing
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import SELECTED, Header
from softmeter.wire.mbus_master import Conversation, Told, read, reset, search, select, send
from softmeter.wire.mbus_records import Function, Record, records

T = TypeVar("T")

Exchange = Callable[[str, bytes, Moment], tuple[str, bytes]]
"""A line: what is remembered on it and the octets of a frame, to what is remembered then and the octets answered."""

Felt = Callable[[str, Moment, Moment], str]
"""What is remembered on a line after its surroundings have changed from one moment to the next."""

_UNITS = {unit.symbol: unit for unit in reversed(Unit) if unit.symbol}
_THOUSANDS = {"MWh": ("Wh", 6), "GJ": ("J", 9), "t": ("kg", 3), "MW": ("W", 6), "GJ/h": ("J/h", 9)}
_ERROR_FLAGS = "error flags"
_MOST_NUMBER = 2**32 - 1
_OTHER_MODES = frozenset({1, 2, 3, 4, *range(7, 16)})
"""Encryption that no wired sub-meter has; what is beyond are old ones, which have a signature in its place."""
_FLOAT_DECIMALS = 3


class FramedBus:
    """A `Bus` over a line of octets; `felt` tells who is on it that their surroundings changed."""

    def __init__(self, exchange: Exchange, felt: Felt = lambda memory, _, __: memory) -> None:
        self._exchange = exchange
        self._felt = felt

    def perform(self, memory: str, moment: Moment, errand: Errand) -> tuple[str, Outcome]:
        """Run an errand."""
        conversation, answer = run(errand), b""
        try:
            frame = next(conversation)
            while True:
                memory, answer = self._exchange(memory, frame, moment)
                frame = conversation.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return memory, outcome

    def felt(self, memory: str, before: Moment, now: Moment) -> str:
        """Tell who is on the line that what surrounds them has changed."""
        return self._felt(memory, before, now)


def run(errand: Errand) -> Conversation[Outcome]:
    """What is said on the bus to run an errand."""
    match errand.task:
        case Task.READ:
            told = yield from _addressed(errand.asked, read)
            return Outcome(None if told is None else _answer(told, errand.asked))
        case Task.INSTALL:
            return (yield from _install(errand))
        case Task.TELL:
            if errand.order is None:
                return Outcome()
            content = _written(errand.order)
            return Outcome(taken=bool((yield from _addressed(errand.asked, lambda address: send(address, content)))))


def _install(errand: Errand) -> Conversation[Outcome]:
    """Find whom to install, and hear what he says."""
    asked = errand.asked
    if not asked.primary_address and not asked.identity.identification:
        free = [one for one in map(_identity, (yield from search())) if one not in errand.known]
        if not free:
            return Outcome()
        asked = asked._replace(identity=free[0])
        asked = asked._replace(primary_address=(yield from _named(asked, errand.channel)))
    told = yield from _addressed(asked, read)
    return Outcome(None if told is None else _answer(told, asked), primary_address=asked.primary_address)


def _named(asked: Asked, address: int) -> Conversation[int]:
    """Have somebody take a primary address, unless another one listens to it; the address, 0 where he has none."""
    if (yield from reset(address)):
        return 0
    content = _written(Order(Kind.ADDRESS, address))
    taken = yield from _addressed(asked, lambda selected: send(selected, content))
    return address if taken else 0


def _addressed(asked: Asked, talk: Callable[[int], Conversation[T]]) -> Conversation[T | None]:
    """Talk to whoever is asked; None where he has to be selected and is not there."""
    if asked.primary_address:
        return (yield from talk(asked.primary_address))
    if not any(asked.identity):
        return None
    wanted = Header(*asked.identity)
    if not (yield from select(_selection(wanted))):
        return None
    return (yield from talk(SELECTED))


def _selection(wanted: Header) -> bytes:
    """The secondary address of a header; what it says nothing of is not looked at."""
    address = wanted.address
    maker = address[4:6] if wanted.manufacturer else b"\xff\xff"
    rest = address[6:8] if wanted.device_type else b"\xff\xff"
    return address[:4] + maker + rest


def _identity(header: Header) -> Identity:
    return Identity(header.identification, header.manufacturer, header.version, header.device_type)


def _written(order: Order) -> bytes:
    """The records of an order."""
    match order.kind:
        case Kind.ADDRESS:
            return mbus_writing.octet(mbus_writing.BUS_ADDRESS, order.number)
        case Kind.TIME:
            return mbus_writing.time(order.number)
        case Kind.VALVE:
            return mbus_writing.octet(mbus_writing.REMOTE_CONTROL, order.number)
        case Kind.KEY:
            return mbus_writing.string(mbus_writing.KEY, order.octets)
        case Kind.RECORDS:
            return order.octets


def _answer(told: Told, asked: Asked) -> Answer:
    """What an answer means: header and, where it can be read, the wanted values."""
    header = told.header
    found = _opened(told, asked.key)
    numbers = (
        [NO_VALUE if record is None else _value(record) for record in _wanted(found, asked.definitions)]
        if found
        else []
    )
    flags = [one.value for one, _, _ in found or () if one.quantity.name == _ERROR_FLAGS and isinstance(one.value, int)]
    return Answer(
        _identity(header),
        header.access,
        header.status,
        flags[0] & 0xFF if flags else 0,
        header.configuration,
        readable=found is not None,
        values=tuple(numbers[:VALUES]),
    )


_Found = tuple[Record, bytes, bytes]
"""A record with its octets of data and value information."""


def _opened(told: Told, key: bytes) -> list[_Found] | None:
    """The records of an answer; None where they cannot be read."""
    header, content = told
    mode = mode_of(header.configuration)
    try:
        if mode == MODE_5:
            size = encrypted_octets(header.configuration)
            content = decrypt_mode_5(key, header.address, header.access, content[:size]) + content[size:]
        elif mode in _OTHER_MODES:
            return None
        return [
            (one, content[one.at : one.at + one.data], content[one.at + one.data : one.at + one.head])
            for one in records(Cursor(content))
        ]
    except (DecodeError, SecurityError):
        return None


def _wanted(found: list[_Found], definitions: tuple[Definition, ...]) -> Sequence[Record | None]:
    """The records of the definitions in their order, None for one that is missing; without any, what counts now."""
    if definitions:
        named = {Definition(data, value): record for record, data, value in found}
        return [named.get(definition) for definition in definitions]
    return [record for record, _, _ in found if _counts(record)]


def _counts(record: Record) -> bool:
    has_unit = record.quantity.unit in _UNITS or record.quantity.unit in _THOUSANDS
    is_now = record.function is Function.INSTANTANEOUS and not record.storage
    return has_unit and is_now and isinstance(record.value, int | float)


def _value(record: Record) -> Value:
    """A record as an extended register holds it."""
    unit, more = _THOUSANDS.get(record.quantity.unit, (record.quantity.unit, 0))
    number, exponent = record.value, record.quantity.exponent
    if isinstance(number, float):
        number, exponent = _whole(number), exponent - _FLOAT_DECIMALS
    elif not isinstance(number, int):
        number = 0
    return Value(max(0, min(number, _MOST_NUMBER)), exponent + more, _UNITS.get(unit, Unit.OTHER))


def _whole(number: float) -> int:
    """A number with its decimals as an integer; 0 for what is none."""
    return round(number * 10**_FLOAT_DECIMALS) if isfinite(number) else 0
