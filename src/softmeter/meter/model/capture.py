"""What the profiles of this meter can capture, and under which keys the device knows it.

A key is the capture object in text, `3,1-0:1.8.0.255,2,0`; the device treats it as opaque.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from softmeter.clock import STAMP
from softmeter.cosem.buffer import SIGNED
from softmeter.cosem.buffer import Column as Travelling
from softmeter.cosem.capture import CaptureObject
from softmeter.device.device import Device
from softmeter.device.events import Log
from softmeter.device.mbus import NUMBERS
from softmeter.device.mbus_channel import VALUES
from softmeter.device.profile import Catalogue, Column, clock_column, status_column
from softmeter.device.supervision import FUSE
from softmeter.meter.model.alarm_words import WORDS
from softmeter.meter.model.demanded import DEMANDED, Demanded
from softmeter.meter.model.limited import LIMITED
from softmeter.meter.model.measured import MEASURED
from softmeter.meter.model.periodic import PERIODIC
from softmeter.meter.model.supervised import SUPERVISED, SUPERVISED_TYPE
from softmeter.metrology.voltage_events import Condition
from softmeter.obis import Obis
from softmeter.wire.types import Tag

LOAD, DAILY, BILLING, QUALITY = "load", "daily", "billing", "quality"
"""Names of the profiles in the device."""

_PERIODS_S = (900, 1800, 3600)
PERIODS_S = {LOAD: _PERIODS_S, DAILY: (*_PERIODS_S, 86_400)}
"""The capture periods that a client may choose (manual 8.1, 8.3), where not all that divide a day are possible."""

SUB_METERS = tuple(f"mbus{number}" for number in NUMBERS)
"""The hourly profiles of the M-Bus channels."""

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


def last_code(log: Log) -> Callable[[Device], int]:
    """How the last event code of a log is read off a device."""
    return lambda device: device.events.last_code(log)


def _disturbances(condition: Condition) -> Callable[[Device], int]:
    return lambda device: device.behaviours.power_quality.count(condition) & 0xFFFF


COUNTERS: dict[str, Callable[[Device], int]] = {
    "1-0:32.32.0": _disturbances(Condition.UNDERVOLTAGE),
    "1-0:32.36.0": _disturbances(Condition.OVERVOLTAGE),
    "0-0:96.7.21": attrgetter("behaviours.power_failures.count"),
    "0-0:96.7.9": attrgetter("behaviours.power_failures.long_count"),
}
"""Sags, swells, power failures and long ones: objects of class Data, and how they are read off a device."""


def _value(captured: CaptureObject, tag: Tag, read: Callable[[Device], object]) -> Capturable:
    return Capturable(captured, tag, Column(key(captured), _DTYPES[tag], read))


def _capturable() -> tuple[Capturable, ...]:
    status = (("0-0:96.10.1", LOAD), ("0-0:96.10.2", DAILY), ("0-0:96.10.3", QUALITY))
    return (
        Capturable(CLOCK, Tag.OCTET_STRING, clock_column(key(CLOCK))),
        *(Capturable(data(obis), Tag.UNSIGNED, status_column(key(data(obis)), profile)) for obis, profile in status),
        *(_value(data(log.code_object), Tag.UNSIGNED, last_code(log)) for log in Log),
        *(_value(data(obis), Tag.DOUBLE_LONG_UNSIGNED, read) for obis, read in WORDS.items()),
        *(_value(data(obis), Tag.LONG_UNSIGNED, read) for obis, read in COUNTERS.items()),
        _value(register("0-0:96.7.19"), Tag.DOUBLE_LONG_UNSIGNED, attrgetter("behaviours.power_failures.last_long_s")),
        *(_value(register(value.obis), value.type, value.read) for value in (*MEASURED, *PERIODIC)),
        *(one for demanded in DEMANDED for one in _demand(demanded)),
        *(one for number in NUMBERS for one in _sub_meter(number)),
        *(
            _value(CaptureObject(5, FUSE, attribute, 0), SUPERVISED_TYPE, read)
            for attribute, read in SUPERVISED.items()
        ),
        *(
            _value(CaptureObject(5, Obis.parse(one.obis), attribute, 0), one.type, read)
            for one in LIMITED
            for attribute, read in ((2, one.current), (3, one.last))
        ),
    )


def _demand(demanded: Demanded) -> tuple[Capturable, Capturable]:
    """The value of a captured demand, and its time."""
    read = demanded.read
    value, time = (CaptureObject(4, Obis.parse(demanded.obis), attribute, 0) for attribute in (2, 5))
    return (
        Capturable(value, Tag.DOUBLE_LONG_UNSIGNED, Column(key(value), "<u4", lambda device: read(device).value)),
        Capturable(time, Tag.OCTET_STRING, Column(key(time), STAMP, lambda device: read(device).captured)),
    )


def captured_value(number: int, place: int) -> tuple[CaptureObject, CaptureObject]:
    """A value of an M-Bus channel, and when it was read."""
    name = Obis.parse(f"0-{number}:24.2.{place}")
    return CaptureObject(4, name, 2, 0), CaptureObject(4, name, 5, 0)


def _sub_meter(number: int) -> Iterator[Capturable]:
    """The status of an M-Bus channel, and its values with their times."""
    status = data(f"0-{number}:96.10.3")
    yield _value(status, Tag.UNSIGNED, lambda device: device.behaviours.mbus.status(device, number))
    time = Column("", STAMP, lambda device: device.behaviours.mbus.channel(number).captured)
    for place in range(1, VALUES + 1):
        value, moment = captured_value(number, place)
        read = partial(_read_value, number, place)
        yield Capturable(value, Tag.DOUBLE_LONG_UNSIGNED, Column(key(value), SIGNED, read))
        yield Capturable(moment, Tag.OCTET_STRING, replace(time, key=key(moment)))


def _read_value(number: int, place: int, device: Device) -> int:
    values = device.behaviours.mbus.channel(number).values
    return values[place - 1].number if place <= len(values) else 0


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
