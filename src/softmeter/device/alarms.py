"""Alarms: what events mean to a head-end, as bits in words (manual 5.2; IDIS package 2, alarm handling).

An event sets its bits in the alarm registers and in the error register. A bit that rises in a register rises in its
descriptor too; a monitor on the descriptor has it pushed. The filter decides which bits an event may set at all.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from softmeter.clock import Stamp
from softmeter.device.behaviour import Behaviour
from softmeter.device.events import M_BUS_CHANNELS, Event, SubMeterEvent, ValveEvent
from softmeter.device.saved import saved_int
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

ERROR_BITS = {
    Event.PROGRAM_MEMORY_ERROR: 8,
    Event.RAM_ERROR: 9,
    Event.NONVOLATILE_MEMORY_ERROR: 10,
    Event.MEASUREMENT_SYSTEM_ERROR: 11,
    Event.WATCHDOG_ERROR: 12,
}
_CHANNELS = range(1, M_BUS_CHANNELS + 1)
_SUB_METER_BITS = {
    SubMeterEvent.COMMUNICATION_ERROR: 15,
    SubMeterEvent.FRAUD: 19,
    SubMeterEvent.PERMANENT_ERROR: 23,
    SubMeterEvent.BATTERY_LOW: 27,
}
"""Each with the number of its channel added (IDIS package 2; the manual reserves the bits)."""
FIRST = {
    Event.CLOCK_INVALID: 0,
    **ERROR_BITS,
    Event.TERMINAL_COVER_REMOVED: 13,
    Event.STRONG_FIELD_DETECTED: 13,
    Event.METER_COVER_REMOVED: 13,
    Event.LOGIN_FAILED: 13,
    Event.DECRYPTION_FAILED: 13,
    Event.REPLAY: 13,
    **{event.of(channel): bit + channel for event, bit in _SUB_METER_BITS.items() for channel in _CHANNELS},
}
"""Bits of alarm register 1 and of the error register (table 5.2.1)."""

SECOND = {
    Event.POWER_DOWN: 0,
    Event.POWER_UP: 1,
    Event.MISSING_VOLTAGE_L1: 2,
    Event.VOLTAGE_NORMAL_L1: 5,
    Event.CURRENT_REVERSAL: 10,
    Event.KEY_EXCHANGED: 13,
    Event.BAD_VOLTAGE_L1: 14,
    Event.LOCAL_COMMUNICATION: 18,
    **{SubMeterEvent.INSTALLED.of(channel): 18 + channel for channel in _CHANNELS},
    **{ValveEvent.ALARM.of(channel): 26 + channel for channel in _CHANNELS},
}
"""Bits of alarm register 2 (table 5.2.2); phase asymmetry and phase sequence are not for one phase."""
THIRD = {
    Event.TERMINAL_COVER_CLOSED: 14,
    Event.STRONG_FIELD_GONE: 14,
    Event.METER_COVER_CLOSED: 14,
}
"""Bits of alarm register 3 that events set: the end of a fraud. The manual has none; the numbers are those of E450."""

REMOVED, TEMPORARY_ERROR = 3, 9
"""Bits of alarm register 3 for sub-meters, each with the number of its channel added; no event has them."""

CRITICAL = 0x0F00
"""Errors that make values doubtful (ERR and DNV in profiles): all but the watchdog's."""


def _all(bits: Mapping[Event, int]) -> int:
    return sum({1 << bit for bit in bits.values()})


class Words(NamedTuple):
    """An alarm register with its filter and descriptor."""

    register: int
    filter: int
    descriptor: int


_OF_SUB_METERS = sum(1 << bit + channel for bit in (REMOVED, TEMPORARY_ERROR) for channel in _CHANNELS)
FACTORY_WORDS = (Words(0, _all(FIRST), 0), Words(0, _all(SECOND), 0), Words(0, _all(THIRD) | _OF_SUB_METERS, 0))
"""Every alarm the meter knows is let through."""


class Alarms(Behaviour):
    """The error register and the three alarm registers."""

    __slots__ = ("error", "words")

    name = "alarms"

    def __init__(self) -> None:
        super().__init__()
        self.error = 0
        self.words: tuple[Words, ...] = FACTORY_WORDS

    @property
    def critical(self) -> bool:
        """Whether values are doubtful."""
        return bool(self.error & CRITICAL)

    def logged(self, device: "Device", event: Event, stamp: Stamp) -> None:  # noqa: ARG002
        before = self.error, self.words
        if event in FIRST:
            self.error |= 1 << FIRST[event]
        for number, bits in enumerate((FIRST, SECOND, THIRD)):
            if event in bits:
                self._raise(number, 1 << bits[event])
        if (self.error, self.words) != before:
            device.behaviours.monitors.look(device)

    def sub_meter(self, device: "Device", bit: int, channel: int) -> None:
        """Something is told of a sub-meter that has no event: `REMOVED` or `TEMPORARY_ERROR`."""
        self._raise(2, 1 << bit + channel)
        device.behaviours.monitors.look(device)

    def clear_error(self, device: "Device", kept: int) -> None:
        """Keep only the bits of the error register that `kept` has; what is still broken is found again at once."""
        if self.error & ~kept:
            self.error &= kept
            device.record(Event.ERROR_REGISTER_CLEARED)
            device.behaviours.diagnosis.look(device)
            if device.clock.invalid:
                self.error |= 1 << FIRST[Event.CLOCK_INVALID]
            device.behaviours.monitors.look(device)

    def clear_alarms(self, device: "Device", number: int, kept: int) -> None:
        """Keep only the bits of an alarm register that `kept` has."""
        words = self.words[number]
        if words.register & ~kept:
            self._put(number, words._replace(register=words.register & kept))
            device.record(Event.ALARM_REGISTER_CLEARED)
            device.behaviours.monitors.look(device)

    def acknowledge(self, device: "Device", number: int, kept: int) -> None:
        """Keep only the bits of a descriptor that `kept` has: the monitor is armed again for the others."""
        words = self.words[number]
        self._put(number, words._replace(descriptor=words.descriptor & kept))
        device.behaviours.monitors.look(device)

    def allow(self, number: int, wanted: int) -> None:
        """Let events set only the bits of `wanted` from now on."""
        self._put(number, self.words[number]._replace(filter=wanted))

    def saved(self) -> Mapping[str, Scalar]:
        if not self.error and self.words is FACTORY_WORDS:
            return {}
        saved: dict[str, Scalar] = {"error": self.error}
        for number, words in enumerate(self.words, 1):
            saved |= {f"{name}_{number}": word for name, word in words._asdict().items()}
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if not saved:
            return
        self.error = saved_int(saved, "error", 0)
        self.words = tuple(
            Words(*[saved_int(saved, f"{name}_{number}", word) for name, word in words._asdict().items()])
            for number, words in enumerate(FACTORY_WORDS, 1)
        )

    def _raise(self, number: int, bit: int) -> None:
        words = self.words[number]
        rising = bit & words.filter & ~words.register
        if rising:
            self._put(number, words._replace(register=words.register | rising, descriptor=words.descriptor | rising))

    def _put(self, number: int, words: Words) -> None:
        self.words = (*self.words[:number], words, *self.words[number + 1 :])
