"""The bus of a meter in frames: what its M-Bus master asks and tells, over a line of octets (EN 13757-3)."""

from collections.abc import Callable
from typing import TypeVar

from softmeter.device.mbus_channel import VALUES, Answer, Asked, Definition, Identity, Kind, Moment, Order, Value
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.mbus import MODE_5, decrypt_mode_5, encrypted_octets, mode_of
from softmeter.units import Unit
from softmeter.wire import mbus_writing
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import SELECTED, Header
from softmeter.wire.mbus_master import Conversation, Told, read, search, select, send
from softmeter.wire.mbus_records import Function, Record, records

T = TypeVar("T")

Exchange = Callable[[str, bytes, Moment], tuple[str, bytes]]
"""A line: what is remembered on it and the octets of a frame, to what is remembered then and the octets answered."""

_UNITS = {unit.symbol: unit for unit in reversed(Unit) if unit.symbol}
_THOUSANDS = {"MWh": ("Wh", 6), "GJ": ("J", 9), "t": ("kg", 3), "MW": ("W", 6), "GJ/h": ("J/h", 9)}
_ERROR_FLAGS = "error flags"
_MOST_NUMBER = 2**32 - 1


class FramedBus:
    """A `Bus` over a line of octets."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def read(self, memory: str, moment: Moment, asked: Asked) -> tuple[str, Answer | None]:
        """What a sub-meter says; None where nobody can be understood."""
        memory, told = self._held(memory, moment, _addressed(asked, read))
        return memory, None if told is None else _answer(told, asked)

    def search(self, memory: str, moment: Moment) -> tuple[str, tuple[Identity, ...]]:
        """Everybody on the line."""
        memory, headers = self._held(memory, moment, search())
        return memory, tuple(_identity(header) for header in headers)

    def tell(self, memory: str, moment: Moment, asked: Asked, order: Order) -> tuple[str, bool]:
        """Give an order; whether it was acknowledged."""
        content = _written(order)
        memory, taken = self._held(memory, moment, _addressed(asked, lambda address: send(address, content)))
        return memory, bool(taken)

    def _held(self, memory: str, moment: Moment, conversation: Conversation[T]) -> tuple[str, T]:
        """Hold a conversation over the line."""
        answer: bytes | None = None
        while True:
            try:
                frame = next(conversation) if answer is None else conversation.send(answer)
            except StopIteration as end:
                return memory, end.value
            memory, answer = self._exchange(memory, frame, moment)


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
    numbers = [_value(record) for record in _wanted(found, asked.definitions)] if found else []
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
        elif mode:
            return None
        return [
            (one, content[one.at : one.at + one.data], content[one.at + one.data : one.at + one.head])
            for one in records(Cursor(content))
        ]
    except (DecodeError, SecurityError):
        return None


def _wanted(found: list[_Found], definitions: tuple[Definition, ...]) -> list[Record]:
    """The records of the definitions in their order; without any, whatever counts something now."""
    if definitions:
        named = {Definition(data, value): record for record, data, value in found}
        return [named[definition] for definition in definitions if definition in named]
    return [record for record, _, _ in found if _counts(record)]


def _counts(record: Record) -> bool:
    has_unit = record.quantity.unit in _UNITS or record.quantity.unit in _THOUSANDS
    return has_unit and isinstance(record.value, int) and record.function is Function.INSTANTANEOUS


def _value(record: Record) -> Value:
    """A record as an extended register holds it."""
    unit, more = _THOUSANDS.get(record.quantity.unit, (record.quantity.unit, 0))
    number = record.value if isinstance(record.value, int) else 0
    return Value(max(0, min(number, _MOST_NUMBER)), record.quantity.exponent + more, _UNITS.get(unit, Unit.OTHER))
