"""Sub-meters as others show them: the customer port, the panel (DSMR P1, lines 0-n:24.1.0, 0-n:96.1.0, 0-n:24.2.1)."""

from typing import NamedTuple

from softmeter.clock import Stamp
from softmeter.device.device import Device
from softmeter.device.mbus_channel import EMPTY, NO_VALUE, Channel, Value
from softmeter.wire.mbus import manufacturer_letters


class Shown(NamedTuple):
    """An installed sub-meter. `value` is its main one, None where there is none, read at `time`."""

    number: int
    device_type: int
    identifier: bytes
    value: Value | None
    time: Stamp
    answers: bool
    valve: int


def identifier(channel: Channel) -> bytes:
    """What the operator calls a sub-meter; else maker, number, version and type, as its header has them."""
    if channel.identifier or channel.identity == EMPTY.identity:
        return channel.identifier
    maker = manufacturer_letters(channel.manufacturer)
    return f"{maker}{channel.identification:08X}{channel.version:02X}{channel.device_type:02X}".encode("ascii")


def second_identifier(channel: Channel) -> bytes:
    """The other name of a sub-meter; until it has one, the first."""
    return channel.second_identifier or identifier(channel)


def channels(device: Device) -> tuple[Shown, ...]:
    """The sub-meters that are installed, by channel."""
    return tuple(
        Shown(
            number,
            channel.device_type,
            identifier(channel),
            None if channel.values[:1] in {(), (NO_VALUE,)} else channel.values[0],
            channel.captured,
            not channel.failed,
            channel.valve,
        )
        for number, channel in device.behaviours.mbus.channels.items()
        if channel.installed
    )
