"""What a device tells while time passes: pulses, and each whole second to those who ask."""

from collections.abc import Callable, Iterator
from enum import Enum
from heapq import merge
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from softmeter.device.registers import ACTIVE_SUM, REACTIVE_SUM, Registers
from softmeter.instant import SECOND, Instant
from softmeter.metrology.energy import Quantity
from softmeter.metrology.pulses import pulse_count, pulse_instants
from softmeter.signal.samples import Integers

if TYPE_CHECKING:
    from softmeter.device.device import Device

_ACTIVE = slice(Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT + 1)
_REACTIVE = slice(Quantity.REACTIVE_Q1, Quantity.REACTIVE_Q4 + 1)
_NOTHING: Integers = np.empty(0, dtype=np.int64)


class Output(Enum):
    """The two outputs, which are the two LEDs as well."""

    ACTIVE = "active"
    REACTIVE = "reactive"


class Train(NamedTuple):
    """Pulses of one output, in order."""

    instants: Integers
    """Nanoseconds, shape (n,)."""
    energies: Integers = _NOTHING
    """The energy (`Quantity`) whose second brought each about, shape (n,); empty: they end measuring periods."""
    first: int = 0
    """The number of the first one, counted since the meter was made. Pulses that end measuring periods have none."""

    def part(self, begin: int, end: int) -> "Train":
        """Some of them."""
        return Train(self.instants[begin:end], self.energies[begin:end], self.first + begin)


class Pulses(NamedTuple):
    """The pulses of both outputs."""

    active: Train
    reactive: Train


class Pulse(NamedTuple):
    """One pulse."""

    output: Output
    at: Instant
    energy: Quantity | None
    """What was counted when it came; None: it ends a measuring period."""
    number: int | None
    """Counted since the meter was made, for each output apart; the end of a measuring period has none."""


class Outputs(Protocol):
    """Someone who watches; nothing here may change the device."""

    @property
    def wants_seconds(self) -> bool:
        """Whether `second` is to be called, each time after the pulses of that second."""
        ...

    def pulses(self, active: Train, reactive: Train) -> None:
        """The next pulses of both outputs, perhaps none."""
        ...

    def second(self, device: "Device") -> None:
        """A whole second with power has passed; the device shows what it is at its end."""
        ...


class EachPulse:
    """Outputs that call back for every pulse, as an edge at a pin would: in the order of time."""

    wants_seconds = False

    def __init__(self, callback: Callable[[Pulse], object]) -> None:
        self._callback = callback

    def pulses(self, active: Train, reactive: Train) -> None:
        """Tell of each."""
        for pulse in in_order(active, reactive):
            self._callback(pulse)

    def second(self, device: "Device") -> None:
        """Whole seconds are of no interest here."""


class PulseCounter:
    """Outputs that count the pulses of each."""

    wants_seconds = False

    def __init__(self) -> None:
        self.counts = dict.fromkeys(Output, 0)

    def pulses(self, active: Train, reactive: Train) -> None:
        """Count them."""
        self.counts[Output.ACTIVE] += len(active.instants)
        self.counts[Output.REACTIVE] += len(reactive.instants)

    def second(self, device: "Device") -> None:
        """Whole seconds are of no interest here."""


class Together:
    """Several who watch as one."""

    def __init__(self, *outputs: Outputs) -> None:
        self._outputs = outputs

    @property
    def wants_seconds(self) -> bool:
        """Whether one of them does."""
        return any(one.wants_seconds for one in self._outputs)

    def pulses(self, active: Train, reactive: Train) -> None:
        """Tell all of them."""
        for one in self._outputs:
            one.pulses(active, reactive)

    def second(self, device: "Device") -> None:
        """Tell whoever wants to know."""
        for one in self._outputs:
            if one.wants_seconds:
                one.second(device)


def in_order(active: Train, reactive: Train) -> Iterator[Pulse]:
    """The pulses of both outputs one by one; of two at the same instant the active one comes first."""
    return merge(_each(Output.ACTIVE, active), _each(Output.REACTIVE, reactive), key=attrgetter("at"))


def _each(output: Output, train: Train) -> Iterator[Pulse]:
    if not len(train.energies):
        for instant in train.instants.tolist():
            yield Pulse(output, Instant(instant), None, None)
        return
    told = zip(train.instants.tolist(), train.energies.tolist(), strict=True)
    for number, (instant, energy) in enumerate(told, train.first):
        yield Pulse(output, Instant(instant), Quantity(energy), number)


def active_pulse_count(registers: Registers) -> int:
    """The pulses the active output has given since the meter was made."""
    return pulse_count(registers.mj(*ACTIVE_SUM))


def reactive_pulse_count(registers: Registers) -> int:
    """The pulses the reactive output has given since the meter was made."""
    return pulse_count(registers.mj(*REACTIVE_SUM))


def pulses_of(registers: Registers, counted: Integers, first_second: int) -> Pulses:
    """The pulses of the seconds `counted`, shape (8, n), that the registers do not hold yet."""
    active = pulse_instants(registers.mj(*ACTIVE_SUM), counted[_ACTIVE].sum(axis=0), first_second)
    reactive = pulse_instants(registers.mj(*REACTIVE_SUM), counted[_REACTIVE].sum(axis=0), first_second)
    return Pulses(
        Train(active, _energies(active, counted, _ACTIVE, first_second), active_pulse_count(registers) + 1),
        Train(reactive, _energies(reactive, counted, _REACTIVE, first_second), reactive_pulse_count(registers) + 1),
    )


def _energies(instants: Integers, counted: Integers, rows: slice, first_second: int) -> Integers:
    """What the seconds of these pulses count: one of the rows each. A pulse at a second's end is of that second."""
    if not len(instants):
        return _NOTHING
    found: Integers = counted[rows][:, (instants - 1) // SECOND - first_second].argmax(axis=0) + rows.start
    return found


def pulses_each(registers: Registers, counted: Integers, first_second: int) -> Iterator[Pulses]:
    """The same second by second."""
    pulses = pulses_of(registers, counted, first_second)
    ends = np.arange(first_second + 1, first_second + counted.shape[1] + 1) * SECOND  # a pulse may come at the very end
    edges = [[0, *np.searchsorted(train.instants, ends, side="right").tolist()] for train in pulses]
    for active, reactive in zip(*[pairwise(edge) for edge in edges], strict=True):
        yield Pulses(pulses.active.part(*active), pulses.reactive.part(*reactive))
