"""What a device tells while time passes: pulses, and each whole second to those who ask."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from softmeter.device.registers import ACTIVE_SUM, REACTIVE_SUM, Registers
from softmeter.instant import SECOND
from softmeter.metrology.energy import Quantity
from softmeter.metrology.pulses import pulse_count, pulse_instants
from softmeter.signal.samples import Integers

if TYPE_CHECKING:
    from softmeter.device.device import Device

_ACTIVE = slice(Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT + 1)
_REACTIVE = slice(Quantity.REACTIVE_Q1, Quantity.REACTIVE_Q4 + 1)


class Pulses(NamedTuple):
    """Instants in nanoseconds of the pulses of both outputs, each in order."""

    active: Integers
    reactive: Integers


class Outputs(Protocol):
    """Someone who watches; nothing here may change the device."""

    @property
    def wants_seconds(self) -> bool:
        """Whether `second` is to be called, each time after the pulses of that second."""
        ...

    def pulses(self, active: Integers, reactive: Integers) -> None:
        """The next pulses of both outputs: instants in nanoseconds, each in order, perhaps none."""
        ...

    def second(self, device: "Device") -> None:
        """A whole second with power has passed; the device shows what it is at its end."""
        ...


def active_pulse_count(registers: Registers) -> int:
    """The pulses the active output has given since the meter was made."""
    return pulse_count(registers.mj(*ACTIVE_SUM))


def reactive_pulse_count(registers: Registers) -> int:
    """The pulses the reactive output has given since the meter was made."""
    return pulse_count(registers.mj(*REACTIVE_SUM))


def pulses_of(registers: Registers, counted: Integers, first_second: int) -> Pulses:
    """The pulses of the seconds `counted`, shape (8, n), that the registers do not hold yet."""
    return Pulses(
        pulse_instants(registers.mj(*ACTIVE_SUM), counted[_ACTIVE].sum(axis=0), first_second),
        pulse_instants(registers.mj(*REACTIVE_SUM), counted[_REACTIVE].sum(axis=0), first_second),
    )


def pulses_each(registers: Registers, counted: Integers, first_second: int) -> Iterator[Pulses]:
    """The same second by second."""
    pulses = pulses_of(registers, counted, first_second)
    ends = np.arange(first_second + 1, first_second + counted.shape[1] + 1) * SECOND  # a pulse may come at the very end
    edges = [[0, *np.searchsorted(instants, ends, side="right").tolist()] for instants in pulses]
    for active, reactive in zip(*[pairwise(edge) for edge in edges], strict=True):
        yield Pulses(pulses.active[slice(*active)], pulses.reactive[slice(*reactive)])
