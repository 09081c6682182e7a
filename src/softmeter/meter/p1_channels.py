"""What a P1 telegram says of sub-meters on M-Bus (DSMR 5.0.2 P1, 6.12; e-MUCS P1)."""

from collections.abc import Iterable
from typing import NamedTuple

from softmeter.clock import DateTime
from softmeter.units import Unit
from softmeter.wire.telegram import line, stamp, text, wrapped

GAS = 3
"""A device type of EN 13757-3."""


class Reading(NamedTuple):
    """A value captured from a sub-meter, `value * 10**scaler` in `unit`, and when it was captured.

    P1 has forms for volumes, heat and electric energy; a reading in another unit is not sent.
    """

    time: DateTime
    value: int
    scaler: int
    unit: Unit


class Channel(NamedTuple):
    """A sub-meter that is installed; `reading` is None until one was captured, `valve` where it has none.

    `converted`: a gas volume is corrected for temperature.
    """

    number: int
    device_type: int
    identifier: bytes
    reading: Reading | None = None
    valve: int | None = None
    converted: bool = True


class _Format(NamedTuple):
    """How a unit is printed: its name, the power of ten of the printed unit, digits and decimals."""

    name: str
    exponent: int
    digits: int
    decimals: int


_FORMATS = {
    Unit.CUBIC_METRE: _Format("m3", 0, 8, 3),
    Unit.CORRECTED_CUBIC_METRE: _Format("m3", 0, 8, 3),
    Unit.JOULE: _Format("GJ", 9, 8, 2),
    Unit.WATT_HOUR: _Format("kWh", 3, 9, 3),
}
_COARSE = -2
"""The scaler from which on a volume has two decimals."""


def dutch(channels: Iterable[Channel]) -> list[str]:
    """The lines of installed sub-meters in the order of their channels."""
    return [each for channel in _in_order(channels) for each in _lines(channel, 0, "24.2.1")]


def belgian(channels: Iterable[Channel]) -> list[str]:
    """The same; with the valve, and volumes of gas as they were measured apart from corrected ones."""
    lines = []
    for channel in _in_order(channels):
        measured = channel.device_type == GAS and not channel.converted
        lines += _lines(channel, 1, "24.2.3" if measured else "24.2.1")
    return lines


def _in_order(channels: Iterable[Channel]) -> list[Channel]:
    return sorted(channels, key=lambda channel: channel.number)


def _lines(channel: Channel, identifier: int, code: str) -> list[str]:
    prefix = f"0-{channel.number}"
    lines = [
        f"{prefix}:24.1.0({wrapped(channel.device_type, 3)})",
        f"{prefix}:96.1.{identifier}({text(channel.identifier)})",
    ]
    if identifier and channel.valve is not None:
        lines.append(f"{prefix}:24.4.0({channel.valve})")
    reading = channel.reading
    if reading is not None and reading.unit in _FORMATS:
        lines.append(line(f"{prefix}:{code}", stamp(reading.time), _value(reading, _FORMATS[reading.unit])))
    return lines


def _value(reading: Reading, form: _Format) -> str:
    """The value cut to the decimals of its format."""
    decimals = 2 if form.name == "m3" and reading.scaler >= _COARSE else form.decimals
    shift = reading.scaler - form.exponent + decimals
    value = reading.value * 10**shift if shift >= 0 else reading.value // 10**-shift
    return f"{wrapped(max(value, 0), form.digits, decimals)}*{form.name}"
