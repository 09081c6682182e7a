"""What went wrong, and who is told: event logs, alarm words, monitors, power failures (manual 5, 9)."""

from collections.abc import Callable

from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.classes.register import Register
from softmeter.cosem.classes.register_monitor import RegisterMonitor
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.behaviour import NO_SCRIPT, Script
from softmeter.device.device import Device
from softmeter.device.events import Log
from softmeter.device.monitors import Actions, Monitor
from softmeter.meter.model.alarm_words import (
    ALARM_REGISTERS,
    ERROR_REGISTER,
    WORDS,
    read_error,
    read_word,
    word_object,
)
from softmeter.meter.model.capture import data, key, last_code
from softmeter.meter.model.seconds import in_seconds
from softmeter.meter.parts import EventLogProfile, FailureLog, refusals
from softmeter.meter.parts_monitors import MonitorPart
from softmeter.meter.policies import LOG, MONITOR, READ, SET
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.wire.types import Tag

_TITLES = {
    Log.STANDARD: "standard",
    Log.FRAUD: "fraud detection",
    Log.POWER_QUALITY: "power quality",
    Log.COMMUNICATION: "communication",
}
PUSH_ON_ALARM = Script(Obis.parse("0-0:10.0.108"), 5)
"""The script that pushes what the push setup "on alarm" lists."""

ALARM_MONITORS = tuple(Obis.parse(f"0-0:16.1.{number}") for number in ALARM_REGISTERS)

ALARM_WORDS = {key(data(obis)): read for obis, read in WORDS.items()}
"""What monitors look at whenever it changes."""

MONITORS = {
    name: Monitor(key(data(word_object(number, "descriptor"))), (0,), (Actions(PUSH_ON_ALARM, NO_SCRIPT),))
    for number, name in enumerate(ALARM_MONITORS)
}
"""The monitors of the factory: alarms are pushed."""


def _clear_error(meter: Presented, kept: int) -> None:
    meter.device.behaviours.alarms.clear_error(meter.device, kept)


def _writes(number: int) -> dict[str, Callable[[Presented, int], None]]:
    """What writing to one of the words does."""
    return {
        "register": lambda meter, kept: meter.device.behaviours.alarms.clear_alarms(meter.device, number, kept),
        "filter": lambda meter, wanted: meter.device.behaviours.alarms.allow(number, wanted),
        "descriptor": lambda meter, kept: meter.device.behaviours.alarms.acknowledge(meter.device, number, kept),
    }


def _data(tag: Tag, read: Callable[[Device], int], write: Callable[[Presented, int], None] | None = None) -> Data:
    return Data(source=Source(tag, lambda meter: read(meter.device), write))


def _words(title: str, name: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            word_object(number, name),
            f"{title} {number + 1}",
            _data(Tag.DOUBLE_LONG_UNSIGNED, read_word(number, name), _writes(number)[name]),
            SET,
        )
        for number in ALARM_REGISTERS
    )


def _log(log: Log) -> ProfileGeneric:
    return ProfileGeneric(part=lambda meter: EventLogProfile(meter, log))


def log_rows(log: Log, title: str) -> tuple[Row, Row]:
    """An event log and the object of its last code."""
    return (
        Row(log.code_object, f"Event code, {title}", _data(Tag.UNSIGNED, last_code(log)), READ),
        Row(log.profile, f"Event log, {title}", _log(log), LOG),
    )


def _monitor(name: Obis) -> RegisterMonitor:
    return RegisterMonitor(part=lambda meter: MonitorPart(meter, name))


def _set_long(meter: Presented, long_s: int) -> None:
    with refusals():
        meter.device.behaviours.power_failures.set_long(long_s)


def _seconds(
    tag: Tag, read: Callable[[Device], int], write: Callable[[Presented, int], None] | None = None
) -> Register:
    return in_seconds(Source(tag, lambda meter: read(meter.device), write))


# fmt: off
ROWS = (
    *(row for log, title in _TITLES.items() for row in log_rows(log, title)),
    Row(ERROR_REGISTER, "Error register", _data(Tag.DOUBLE_LONG_UNSIGNED, read_error, _clear_error), SET),
    *_words("Alarm register", "register"),
    *_words("Alarm filter", "filter"),
    *_words("Alarm descriptor", "descriptor"),
    *(Row(str(name), f"Alarm monitor {number}", _monitor(name), MONITOR)
      for number, name in enumerate(ALARM_MONITORS, 1)),
    Row("0-0:96.7.21", "Number of power failures, any phase",
        _data(Tag.LONG_UNSIGNED, lambda device: device.behaviours.power_failures.count), READ),
    Row("0-0:96.7.9", "Number of long power failures, any phase",
        _data(Tag.LONG_UNSIGNED, lambda device: device.behaviours.power_failures.long_count), READ),
    Row("0-0:96.7.19", "Duration of the last long power failure",
        _seconds(Tag.DOUBLE_LONG_UNSIGNED, lambda device: device.behaviours.power_failures.last_long_s), READ),
    Row("0-0:96.7.20", "Time threshold for long power failures",
        _seconds(Tag.LONG_UNSIGNED, lambda device: device.behaviours.power_failures.long_s, _set_long), SET),
    Row("1-0:99.97.0", "Power failure event log", ProfileGeneric(part=FailureLog), LOG),
)
# fmt: on
