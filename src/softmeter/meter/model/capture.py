"""What the profiles of this meter can capture, and under which keys the device knows it.

A key is the capture object in text, `3,1-0:1.8.0.255,2,0`; the device treats it as opaque.
"""

from typing import NamedTuple

from softmeter.cosem.buffer import Column as Travelling
from softmeter.cosem.capture import CaptureObject
from softmeter.device.device import Device
from softmeter.device.events import Log
from softmeter.device.profile import Catalogue, Column, clock_column, status_column
from softmeter.meter.model.measured import MEASURED
from softmeter.obis import Obis
from softmeter.wire.types import Tag

LOAD, DAILY = "load", "daily"
"""Names of the profiles in the device."""

CLOCK = CaptureObject(8, Obis(0, 0, 1, 0, 0), 2, 0)

_DTYPES = {Tag.DOUBLE_LONG_UNSIGNED: "<u4", Tag.DOUBLE_LONG: "<i4", Tag.LONG_UNSIGNED: "<u2", Tag.UNSIGNED: "u1"}


class Capturable(NamedTuple):
    """One value: as a capture object, its type on the wire, and the device's column."""

    object: CaptureObject
    type: Tag
    column: Column


def key(captured: CaptureObject) -> str:
    """The text by which the device knows a capture object."""
    return f"{captured.class_id},{captured.name},{captured.attribute},{captured.data_index}"


def data(obis: str) -> CaptureObject:
    """The value of an object of class Data."""
    return CaptureObject(1, Obis.parse(obis), 2, 0)


def register(obis: str) -> CaptureObject:
    """The value of an object of class Register."""
    return CaptureObject(3, Obis.parse(obis), 2, 0)


def _event_code(device: Device) -> int:
    return device.events.last_code(Log.STANDARD)


def _capturable() -> tuple[Capturable, ...]:
    status = (("0-0:96.10.1", LOAD), ("0-0:96.10.2", DAILY))
    event_code = data("0-0:96.11.0")
    return (
        Capturable(CLOCK, Tag.OCTET_STRING, clock_column(key(CLOCK))),
        *(Capturable(data(obis), Tag.UNSIGNED, status_column(key(data(obis)), profile)) for obis, profile in status),
        Capturable(event_code, Tag.UNSIGNED, Column(key(event_code), "u1", _event_code)),
        *(
            Capturable(
                register(value.obis), value.type, Column(key(register(value.obis)), _DTYPES[value.type], value.read)
            )
            for value in MEASURED
        ),
    )


CAPTURABLE = {key(one.object): one for one in _capturable()}
CATALOGUE = Catalogue(one.column for one in CAPTURABLE.values())


def travelling(column_key: str) -> Travelling:
    """How a captured column travels."""
    one = CAPTURABLE[column_key]
    return Travelling(one.object, column_key, one.type)


def column_key(wanted: CaptureObject) -> str | None:
    """The key of what a client asks to capture; None where this meter cannot capture it."""
    found = key(wanted)
    return found if found in CAPTURABLE else None
