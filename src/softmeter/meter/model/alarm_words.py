"""The words of error register, alarm registers, filters and descriptors, by object (manual 5.2)."""

from collections.abc import Callable
from operator import attrgetter

from softmeter.device.device import Device

Read = Callable[[Device], int]

ERROR_REGISTER = "0-0:97.97.0"


def read_error(device: Device) -> int:
    """The error register."""
    return device.behaviours.alarms.error


def read_word(number: int, name: str) -> Read:
    """How a word (`register`, `filter`, `descriptor`) of an alarm register is read off a device."""
    read = attrgetter(name)
    return lambda device: int(read(device.behaviours.alarms.words[number]))


def word_object(number: int, name: str) -> str:
    """The object of a word."""
    return f"0-0:97.98.{FIRST[name] + number}"


FIRST = {"register": 0, "filter": 10, "descriptor": 20}
"""Value group E of the first word of each kind."""

ALARM_REGISTERS = range(3)

WORDS: dict[str, Read] = {
    ERROR_REGISTER: read_error,
    **{word_object(number, name): read_word(number, name) for name in FIRST for number in ALARM_REGISTERS},
}
