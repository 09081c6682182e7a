"""Every captured demand once: its name, and how it is read off the device.

Rows of the model and columns of profiles are made of this table (manual 2.2; fixed numbers of IDIS).
"""

from collections.abc import Callable
from typing import NamedTuple

from softmeter.device.activation import DEMANDS
from softmeter.device.demand import Maximum
from softmeter.device.device import Device
from softmeter.device.registers import RATES
from softmeter.units import Unit

Read = Callable[[Device], Maximum]

QUANTITIES = (("+P", Unit.WATT), ("-P", Unit.WATT), ("+Q", Unit.VAR), ("-Q", Unit.VAR))
"""The demands, in the order of value group C from 1."""


class Demanded(NamedTuple):
    """An average of class Extended register; `place` is that of a maximum, None for the last average."""

    obis: str
    title: str
    unit: Unit
    read: Read
    place: int | None


def _last(demand: int) -> Read:
    def read(device: Device) -> Maximum:
        window = device.behaviours.demand.windows()[demand]
        return Maximum(window.last, window.captured)

    return read


def _maximum(place: int) -> Read:
    return lambda device: device.behaviours.demand.maximum(place)


def _of(c: int, name: str, unit: Unit) -> tuple[Demanded, ...]:
    maxima = (
        Demanded(
            f"1-0:{c}.6.{rate}",
            f"Maximum demand {name}, rate {rate}" if rate else f"Maximum demand {name}",
            unit,
            _maximum(rate * DEMANDS + c - 1),
            rate * DEMANDS + c - 1,
        )
        for rate in range(RATES + 1)
    )
    return (Demanded(f"1-0:{c}.5.0", f"Last average demand {name}", unit, _last(c - 1), None), *maxima)


DEMANDED = tuple(one for c, (name, unit) in enumerate(QUANTITIES, 1) for one in _of(c, name, unit))
