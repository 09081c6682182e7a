"""What went wrong, and who is told: event logs, alarm words, monitors, power failures (manual 5, 9)."""

from collections.abc import Callable

from softmeter.cosem.capture import CaptureObject
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
from softmeter.device.supervision import FUSE
from softmeter.meter.model.alarm_words import (
    ALARM_REGISTERS,
    ERROR_REGISTER,
    WORDS,
    read_error,
    read_word,
    word_object,
)
from softmeter.meter.model.capture import COUNTERS, data, key, last_code
from softmeter.meter.model.seconds import in_seconds
from softmeter.meter.parts import EventLogProfile, FailureLog, lived, refusals
from softmeter.meter.parts_monitors import MonitorPart
from softmeter.meter.policies import LOG, MONITOR, READ, SET, THRESHOLD
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
DISCONNECT = Script(Obis.parse("0-0:10.0.106"), 1)
"""The script that opens the breaker, where there is one."""

ALARM_MONITORS = tuple(Obis.parse(f"0-0:16.1.{number}") for number in ALARM_REGISTERS)

_OF_THE_MANUAL = (1, 2)
"""Monitors of whose rights the manual says something."""

ALARM_WORDS = {key(data(obis)): read for obis, read in WORDS.items()}
"""What monitors look at whenever it changes."""

MONITORS = {
    name: Monitor(key(data(word_object(number, "descriptor"))), (0,), (Actions(PUSH_ON_ALARM, NO_SCRIPT),))
    for number, name in enumerate(ALARM_MONITORS)
} | {FUSE: Monitor(key(CaptureObject(5, FUSE, 3, 0)), (), (Actions(DISCONNECT, NO_SCRIPT),))}
"""The monitors of the factory: alarms are pushed; too much current opens the breaker once there is a threshold."""


def _clear_error(meter: Presented, kept: int) -> None:
    lived(meter)
    meter.device.behaviours.alarms.clear_error(meter.device, kept)


def _writes(number: int) -> dict[str, Callable[[Presented, int], None]]:
    """What writing to one of the words does."""

    def clear(meter: Presented, kept: int) -> None:
        lived(meter)
        meter.device.behaviours.alarms.clear_alarms(meter.device, number, kept)

    def allow(meter: Presented, wanted: int) -> None:
        lived(meter)
        meter.device.behaviours.alarms.allow(number, wanted)

    def acknowledge(meter: Presented, kept: int) -> None:
        lived(meter)
        meter.device.behaviours.alarms.acknowledge(meter.device, number, kept)

    return {"register": clear, "filter": allow, "descriptor": acknowledge}


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


def monitor(name: Obis) -> RegisterMonitor:
    """The object of a register monitor."""
    return RegisterMonitor(part=lambda meter: MonitorPart(meter, name))


def _set_long(meter: Presented, long_s: int) -> None:
    lived(meter)
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
    *(Row(str(name), f"Alarm monitor {number}", monitor(name), MONITOR if number in _OF_THE_MANUAL else THRESHOLD)
      for number, name in enumerate(ALARM_MONITORS, 1)),
    *(Row(f"0-0:96.7.{e}", f"Number of power failures, {which}",
          _data(Tag.LONG_UNSIGNED, COUNTERS["0-0:96.7.21"]), READ)
      for e, which in ((21, "any phase"), (0, "all phases"))),
    *(Row(f"0-0:96.7.{e}", f"Number of long power failures, {which}",
          _data(Tag.LONG_UNSIGNED, COUNTERS["0-0:96.7.9"]), READ)
      for e, which in ((9, "any phase"), (5, "all phases"), (6, "L1"))),
    *(Row(f"0-0:96.7.{e}", f"Duration of the last long power failure, {which}",
          _seconds(Tag.DOUBLE_LONG_UNSIGNED, lambda device: device.behaviours.power_failures.last_long_s), READ)
      for e, which in ((19, "any phase"), (15, "all phases"), (16, "L1"))),
    Row("0-0:96.7.20", "Time threshold for long power failures",
        _seconds(Tag.LONG_UNSIGNED, lambda device: device.behaviours.power_failures.long_s, _set_long), SET),
    Row("1-0:99.97.0", "Power failure event log", ProfileGeneric(part=FailureLog), LOG),
)
# fmt: on
