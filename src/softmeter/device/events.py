"""What a meter logs: event codes by log (manual 5.3) and the logs themselves."""

from collections.abc import Iterable
from enum import Enum, IntEnum
from typing import Any

import numpy as np

from softmeter.clock import STAMP, Stamp
from softmeter.persistent import Ring

LOG_CAPACITY = 100
ENTRY: "np.dtype[Any]" = np.dtype([("clock", STAMP), ("code", "u1")])
"""One line of a log."""


class Log(IntEnum):
    """The logs, by value group E of their event code object 0-0:96.11.e and their profile 0-0:99.98.e."""

    STANDARD = 0
    FRAUD = 1
    DISCONNECTOR = 2
    POWER_QUALITY = 4
    COMMUNICATION = 5


class Event(Enum):
    """An event: the log it goes to and its code there."""

    POWER_DOWN = Log.STANDARD, 1
    POWER_UP = Log.STANDARD, 2
    DAYLIGHT_SAVING_CHANGED = Log.STANDARD, 3
    CLOCK_ADJUSTED_OLD = Log.STANDARD, 4
    CLOCK_ADJUSTED_NEW = Log.STANDARD, 5
    CLOCK_INVALID = Log.STANDARD, 6
    TARIFF_ACTIVATED = Log.STANDARD, 9
    ERROR_REGISTER_CLEARED = Log.STANDARD, 10
    ALARM_REGISTER_CLEARED = Log.STANDARD, 11
    PROGRAM_MEMORY_ERROR = Log.STANDARD, 12
    RAM_ERROR = Log.STANDARD, 13
    NONVOLATILE_MEMORY_ERROR = Log.STANDARD, 14
    WATCHDOG_ERROR = Log.STANDARD, 15
    MEASUREMENT_SYSTEM_ERROR = Log.STANDARD, 16
    FIRMWARE_READY = Log.STANDARD, 17
    FIRMWARE_ACTIVATED = Log.STANDARD, 18
    PASSIVE_TARIFF_PROGRAMMED = Log.STANDARD, 19
    EXTERNAL_ALERT = Log.STANDARD, 20
    KEY_EXCHANGED = Log.STANDARD, 48
    FIRMWARE_REFUSED = Log.STANDARD, 51
    STANDARD_LOG_CLEARED = Log.STANDARD, 255

    TERMINAL_COVER_REMOVED = Log.FRAUD, 40
    TERMINAL_COVER_CLOSED = Log.FRAUD, 41
    STRONG_FIELD_DETECTED = Log.FRAUD, 42
    STRONG_FIELD_GONE = Log.FRAUD, 43
    METER_COVER_REMOVED = Log.FRAUD, 44
    METER_COVER_CLOSED = Log.FRAUD, 45
    LOGIN_FAILED = Log.FRAUD, 46
    DECRYPTION_FAILED = Log.FRAUD, 49
    REPLAY = Log.FRAUD, 50
    CURRENT_REVERSAL = Log.FRAUD, 91
    FRAUD_LOG_CLEARED = Log.FRAUD, 255

    READY_FOR_RECONNECTION = Log.DISCONNECTOR, 59
    MANUALLY_DISCONNECTED = Log.DISCONNECTOR, 60
    MANUALLY_CONNECTED = Log.DISCONNECTOR, 61
    REMOTELY_DISCONNECTED = Log.DISCONNECTOR, 62
    REMOTELY_CONNECTED = Log.DISCONNECTOR, 63
    LOCALLY_DISCONNECTED = Log.DISCONNECTOR, 64
    LIMITER_EXCEEDED = Log.DISCONNECTOR, 65
    LIMITER_NORMAL = Log.DISCONNECTOR, 66
    LIMITER_CHANGED = Log.DISCONNECTOR, 67
    BREAKER_FAILED = Log.DISCONNECTOR, 68
    LOCALLY_CONNECTED = Log.DISCONNECTOR, 69
    FUSE_EXCEEDED = Log.DISCONNECTOR, 70
    FUSE_NORMAL = Log.DISCONNECTOR, 71
    DISCONNECTOR_LOG_CLEARED = Log.DISCONNECTOR, 255

    UNDERVOLTAGE_L1 = Log.POWER_QUALITY, 76
    OVERVOLTAGE_L1 = Log.POWER_QUALITY, 79
    MISSING_VOLTAGE_L1 = Log.POWER_QUALITY, 82
    VOLTAGE_NORMAL_L1 = Log.POWER_QUALITY, 85
    POWER_QUALITY_LOG_CLEARED = Log.POWER_QUALITY, 255

    DATA_CONTEXT_ESTABLISHED = Log.COMMUNICATION, 146
    DATA_CONTEXT_ENDED = Log.COMMUNICATION, 147
    DATA_CONTEXT_FAILED = Log.COMMUNICATION, 148
    MODEM_SOFTWARE_RESET = Log.COMMUNICATION, 149
    MODEM_HARDWARE_RESET = Log.COMMUNICATION, 150
    LOCAL_COMMUNICATION = Log.COMMUNICATION, 158
    COMMUNICATION_LOG_CLEARED = Log.COMMUNICATION, 255

    @property
    def log(self) -> Log:
        return self.value[0]

    @property
    def code(self) -> int:
        return self.value[1]


CLEARED = {event.log: event for event in Event if event.code == 255}
"""What the first line of a log says that was cleared."""


_NAMES = {log: f"events.{log.name.lower()}" for log in Log}


class EventLogs:
    """All logs of a meter; the last code of a log is that of its last line."""

    __slots__ = ("_rings",)

    def __init__(self) -> None:
        self._rings: dict[Log, Ring] = {}

    def record(self, event: Event, stamp: Stamp) -> None:
        """Add a line."""
        self.ring(event.log).append((stamp, event.code))

    def ring(self, log: Log) -> Ring:
        """The lines of one log; it takes no room before somebody asks for it."""
        ring = self._rings.get(log)
        if ring is None:
            ring = self._rings[log] = Ring(_NAMES[log], ENTRY, LOG_CAPACITY)
        return ring

    def rings(self) -> Iterable[Ring]:
        """The logs that ever had a line, in their order."""
        return (ring for log in Log if (ring := self._rings.get(log)) is not None and ring.end)

    def named(self, name: str) -> Ring | None:
        """The log whose ring has that name."""
        return next((self.ring(log) for log, known in _NAMES.items() if known == name), None)

    def last_code(self, log: Log) -> int:
        """The code of the last event, 0 before the first."""
        ring = self._rings.get(log)
        return int(ring.rows(ring.end - 1)["code"][0]) if ring else 0

    def clear(self, log: Log) -> None:
        """Forget all lines."""
        self.ring(log).clear()

    def fork(self) -> "EventLogs":
        """Logs with the same lines that can go their own way."""
        twin = object.__new__(EventLogs)
        twin._rings = {log: ring.fork() for log, ring in self._rings.items()}
        return twin
