"""What a P1 telegram says of sub-meters on M-Bus (DSMR 5.0.2 P1, 6.12; e-MUCS P1).

Of each that is installed: what it is, what it is called, and its first value with the time at which it was captured.
"""

from collections.abc import Iterator
from typing import NamedTuple

from softmeter.device.device import Device
from softmeter.device.mbus_channel import Channel, Value
from softmeter.meter.mbus_channels import identifier, second_identifier
from softmeter.units import Unit
from softmeter.wire.telegram import line, stamp, text, wrapped

GAS, WATER = 3, 7
"""Device types of EN 13757-3; in Belgium those that may have a valve."""


class _Format(NamedTuple):
    """How a unit is printed: its name, the power of ten of the printed unit, digits and decimals."""

    name: str
    exponent: int
    digits: int
    decimals: int


_VOLUME = _Format("m3", 0, 8, 3)
_COARSE_VOLUME = _Format("m3", 0, 8, 2)
_COARSE = -2
"""The scaler from which on a volume has two decimals."""
_FORMATS = {
    Unit.CUBIC_METRE: _VOLUME,
    Unit.CORRECTED_CUBIC_METRE: _VOLUME,
    Unit.JOULE: _Format("GJ", 9, 8, 2),
    Unit.WATT_HOUR: _Format("kWh", 3, 9, 3),
}
"""The units that P1 has forms for; a value in another one is not sent."""


def dutch(device: Device) -> list[str]:
    """The lines of all sub-meters in the order of their channels."""
    lines: list[str] = []
    for number, channel in _installed(device):
        lines += [*_names(number, channel, 0, identifier(channel)), *_readings(number, channel, "24.2.1")]
    return lines


def belgian(device: Device) -> list[str]:
    """The same; with the valve, and gas that is not converted to a reference temperature under a code of its own."""
    lines: list[str] = []
    for number, channel in _installed(device):
        lines += _names(number, channel, 1, second_identifier(channel))
        if channel.device_type in {GAS, WATER}:
            lines.append(f"0-{number}:24.4.0({int(channel.valve)})")
        as_measured = channel.device_type == GAS and channel.values and channel.values[0].unit is Unit.CUBIC_METRE
        lines += _readings(number, channel, "24.2.3" if as_measured else "24.2.1")
    return lines


def _installed(device: Device) -> Iterator[tuple[int, Channel]]:
    return ((number, channel) for number, channel in device.behaviours.mbus.channels.items() if channel.installed)


def _names(number: int, channel: Channel, code: int, name: bytes) -> list[str]:
    """The device type, and what the sub-meter is called in the object of that code."""
    return [f"0-{number}:24.1.0({wrapped(channel.device_type, 3)})", f"0-{number}:96.1.{code}({text(name)})"]


def _readings(number: int, channel: Channel, code: str) -> list[str]:
    """The line of the first value; none before the first was captured, and of a negative one, as P1 has no sign."""
    if not channel.values or channel.values[0].unit not in _FORMATS or channel.values[0].number < 0:
        return []
    return [line(f"0-{number}:{code}", stamp(channel.captured.date_time), _printed(channel.values[0]))]


def _printed(value: Value) -> str:
    """The value cut to the decimals of its format."""
    form = _FORMATS[value.unit]
    if form is _VOLUME and value.scaler >= _COARSE:
        form = _COARSE_VOLUME
    shift = value.scaler - form.exponent + form.decimals
    number = value.number * 10**shift if shift >= 0 else value.number // 10**-shift
    return f"{wrapped(number, form.digits, form.decimals)}*{form.name}"
