"""What a meter knows of one sub-meter, and who talks to it (IEC 62056-62, class M-Bus client).

The meter knows no frames: a `Bus` asks and tells for it. What the sub-meters of a simulated bus remember travels
through the device as a text that only the bus can read, so that a fork of a device leaves those of its twin alone.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from typing import NamedTuple, Protocol

from softmeter.clock import Stamp
from softmeter.device.breaker import State
from softmeter.device.saved import saved_int, saved_octets, saved_text
from softmeter.device.surroundings import Surrounded
from softmeter.persistent import Scalar
from softmeter.units import Unit

PERIOD_S = 3600
VALUES = 4
BATTERY, FRAUD = 0x01, 0x02
"""Bits of the alarm octet."""
POWER_LOW, PERMANENT, TEMPORARY, VALVE = 0x04, 0x08, 0x10, 0x20
"""Bits of the status octet."""
_NUMBERS = (
    "primary_address",
    "identification",
    "manufacturer",
    "version",
    "device_type",
    "access",
    "status",
    "alarm",
    "configuration",
    "key_status",
    "period_s",
    "installed",
    "failed",
    "mode",
    "valve",
)


class KeyStatus(IntEnum):
    """How far the key of a sub-meter has come."""

    NONE = 0
    SET = 1
    TRANSFERRED = 2
    SET_AND_TRANSFERRED = 3
    IN_USE = 4


LEAST, MOST = -(2**31), 2**32 - 1
"""Between which the number of a value is, so that it travels in four octets, with a sign where it has one."""


class Value(NamedTuple):
    """What was read: `number * 10**scaler` in `unit`."""

    number: int
    scaler: int
    unit: Unit


NO_VALUE = Value(0, 0, Unit.COUNT)
"""In the place of a wanted record that an answer does not have, so that the others keep theirs."""


class Definition(NamedTuple):
    """Which record of an answer is wanted, by its octets of data and value information."""

    data: bytes
    value: bytes


class Identity(NamedTuple):
    """Who a sub-meter says it is; zeros for nobody yet."""

    identification: int = 0
    manufacturer: int = 0
    version: int = 0
    device_type: int = 0


class Channel(NamedTuple):
    """One of the four channels. Without a primary address its sub-meter is called by its identity."""

    primary_address: int = 0
    identification: int = 0
    manufacturer: int = 0
    version: int = 0
    device_type: int = 0
    access: int = 0
    status: int = 0
    alarm: int = 0
    configuration: int = 0
    key: bytes = b""
    key_status: int = KeyStatus.NONE
    period_s: int = PERIOD_S
    definitions: tuple[Definition, ...] = ()
    identifier: bytes = b""
    """What the operator calls the sub-meter."""
    second_identifier: bytes = b""
    """Another name for it."""
    installed: int = 0
    failed: int = 0
    """Whether the last try to read it was in vain."""
    mode: int = 4
    valve: int = State.CONNECTED
    values: tuple[Value, ...] = ()
    captured: Stamp = Stamp(0, 0)

    def __repr__(self) -> str:
        return f"Channel({self.identity}, installed={self.installed})"

    @property
    def identity(self) -> Identity:
        return Identity(self.identification, self.manufacturer, self.version, self.device_type)

    def saved(self, number: int) -> Mapping[str, Scalar]:
        """What differs from an empty channel, under names with its number."""
        saved: dict[str, Scalar] = {
            name: int(getattr(self, name)) for name in _NUMBERS if getattr(self, name) != _of(name)
        }
        if self.key:
            saved["key"] = self.key
        if self.identifier:
            saved["identifier"] = self.identifier
        if self.second_identifier:
            saved["second_identifier"] = self.second_identifier
        if self.definitions:
            saved["definitions"] = " ".join(f"{one.data.hex()}.{one.value.hex()}" for one in self.definitions)
        if self.values:
            saved["values"] = " ".join(f"{one.number}.{one.scaler}.{int(one.unit)}" for one in self.values)
            saved["captured_second"], saved["captured_mode"] = self.captured
        return {f"{number}.{name}": value for name, value in saved.items()}

    @classmethod
    def restored(cls, number: int, saved: Mapping[str, Scalar]) -> "Channel":
        """The channel of that number, as it was saved."""
        mine = {name.partition(".")[2]: value for name, value in saved.items() if name.startswith(f"{number}.")}
        if not mine:
            return EMPTY
        numbers = {name: saved_int(mine, name, _of(name)) for name in _NUMBERS}
        definitions = [text.partition(".") for text in saved_text(mine, "definitions", "").split()]
        values = [text.split(".") for text in saved_text(mine, "values", "").split()]
        return cls(
            **numbers,
            key=saved_octets(mine, "key", b""),
            identifier=saved_octets(mine, "identifier", b""),
            second_identifier=saved_octets(mine, "second_identifier", b""),
            definitions=tuple(Definition(bytes.fromhex(data), bytes.fromhex(value)) for data, _, value in definitions),
            values=tuple(Value(int(number), int(scaler), Unit(int(unit))) for number, scaler, unit in values),
            captured=Stamp(saved_int(mine, "captured_second", 0), saved_int(mine, "captured_mode", 0)),
        )


EMPTY = Channel()


def _of(name: str) -> int:
    """What an empty channel has."""
    return int(getattr(EMPTY, name))


class Moment(NamedTuple):
    """When somebody talks on the bus: the bench second, and what surrounds meter and sub-meters."""

    second: int
    surrounded: Surrounded


class Asked(NamedTuple):
    """Who is asked: by primary address, or where that is 0 by identity. With the key, and the records wanted."""

    primary_address: int
    identity: Identity
    key: bytes = b""
    definitions: tuple[Definition, ...] = ()

    def __repr__(self) -> str:
        return f"Asked({self.primary_address}, {self.identity})"


class Answer(NamedTuple):
    """What a sub-meter said. `readable`: its records were plain or the key opened them, which makes them `sealed`."""

    identity: Identity
    access: int
    status: int
    alarm: int
    configuration: int
    readable: bool
    values: tuple[Value, ...]
    sealed: bool = False
    valve: int | None = None
    """The state of the valve, None where nothing is said of one."""


class Kind(Enum):
    """What a sub-meter may be told."""

    ADDRESS = auto()
    TIME = auto()
    VALVE = auto()
    KEY = auto()
    RECORDS = auto()


class Order(NamedTuple):
    """What a sub-meter is told: an address, a local second, a state of its valve; octets of a key or of records."""

    kind: Kind
    number: int = 0
    octets: bytes = b""
    summer: bool = False
    """Whether a local second is one of summer time."""
    access: int = 0
    """By which an encrypted order is told from those before it."""


class Task(Enum):
    """What is wanted on the bus."""

    READ = auto()
    INSTALL = auto()
    TELL = auto()


class Errand(NamedTuple):
    """Something to do for a channel. To install without address and identity means: whoever is not among `known`."""

    channel: int
    task: Task
    asked: Asked
    order: Order | None = None
    known: tuple[Identity, ...] = ()
    number: int = 0
    """By which its outcome is told, where that comes later."""


class Outcome(NamedTuple):
    """What became of an errand: what was answered, whether an order was taken; of an installation the address used."""

    answer: Answer | None = None
    taken: bool = False
    primary_address: int = 0


class Bus(Protocol):
    """Who talks to sub-meters; `memory` is what is remembered on the bus, and comes back as it is afterwards."""

    def perform(self, memory: str, moment: Moment, errand: Errand) -> tuple[str, Outcome]:
        """Run an errand."""
        ...

    def felt(self, memory: str, before: Moment, now: Moment) -> str:
        """What surrounds the sub-meters has changed from what it was before."""
        ...


class Nobody:
    """A bus that nothing is connected to."""

    def perform(self, memory: str, _: Moment, __: Errand) -> tuple[str, Outcome]:
        return memory, Outcome()

    def felt(self, memory: str, _: Moment, __: Moment) -> str:
        return memory
