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


M_BUS_CHANNELS = 4


class Log(IntEnum):
    """The logs, by value groups B and E of their event code object 0-b:96.11.e."""

    STANDARD = 0
    FRAUD = 1
    DISCONNECTOR = 2
    M_BUS = 3
    POWER_QUALITY = 4
    COMMUNICATION = 5
    M_BUS_CONTROL_1 = 0x104
    M_BUS_CONTROL_2 = 0x204
    M_BUS_CONTROL_3 = 0x304
    M_BUS_CONTROL_4 = 0x404

    @property
    def code_object(self) -> str:
        """The object of its last code."""
        return f"0-{self >> 8}:96.11.{self & 0xFF}"

    @property
    def profile(self) -> str:
        """The object of its lines."""
        return f"0-{self >> 8}:24.5.0" if self >> 8 else f"0-0:99.98.{int(self)}"


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

    M_BUS_1_COMMUNICATION_ERROR = Log.M_BUS, 100
    M_BUS_1_COMMUNICATION_OK = Log.M_BUS, 101
    M_BUS_1_BATTERY_LOW = Log.M_BUS, 102
    M_BUS_1_FRAUD = Log.M_BUS, 103
    M_BUS_1_CLOCK_ADJUSTED = Log.M_BUS, 104
    M_BUS_1_INSTALLED = Log.M_BUS, 105
    M_BUS_1_PERMANENT_ERROR = Log.M_BUS, 106
    M_BUS_2_COMMUNICATION_ERROR = Log.M_BUS, 110
    M_BUS_2_COMMUNICATION_OK = Log.M_BUS, 111
    M_BUS_2_BATTERY_LOW = Log.M_BUS, 112
    M_BUS_2_FRAUD = Log.M_BUS, 113
    M_BUS_2_CLOCK_ADJUSTED = Log.M_BUS, 114
    M_BUS_2_INSTALLED = Log.M_BUS, 115
    M_BUS_2_PERMANENT_ERROR = Log.M_BUS, 116
    M_BUS_3_COMMUNICATION_ERROR = Log.M_BUS, 120
    M_BUS_3_COMMUNICATION_OK = Log.M_BUS, 121
    M_BUS_3_BATTERY_LOW = Log.M_BUS, 122
    M_BUS_3_FRAUD = Log.M_BUS, 123
    M_BUS_3_CLOCK_ADJUSTED = Log.M_BUS, 124
    M_BUS_3_INSTALLED = Log.M_BUS, 125
    M_BUS_3_PERMANENT_ERROR = Log.M_BUS, 126
    M_BUS_4_COMMUNICATION_ERROR = Log.M_BUS, 130
    M_BUS_4_COMMUNICATION_OK = Log.M_BUS, 131
    M_BUS_4_BATTERY_LOW = Log.M_BUS, 132
    M_BUS_4_FRAUD = Log.M_BUS, 133
    M_BUS_4_CLOCK_ADJUSTED = Log.M_BUS, 134
    M_BUS_4_INSTALLED = Log.M_BUS, 135
    M_BUS_4_PERMANENT_ERROR = Log.M_BUS, 136
    M_BUS_LOG_CLEARED = Log.M_BUS, 255

    M_BUS_1_MANUALLY_CLOSED = Log.M_BUS_CONTROL_1, 160
    M_BUS_1_MANUALLY_OPENED = Log.M_BUS_CONTROL_1, 161
    M_BUS_1_REMOTELY_CLOSED = Log.M_BUS_CONTROL_1, 162
    M_BUS_1_REMOTELY_OPENED = Log.M_BUS_CONTROL_1, 163
    M_BUS_1_VALVE_ALARM = Log.M_BUS_CONTROL_1, 164
    M_BUS_1_LOCALLY_CLOSED = Log.M_BUS_CONTROL_1, 165
    M_BUS_1_LOCALLY_OPENED = Log.M_BUS_CONTROL_1, 166
    M_BUS_CONTROL_1_CLEARED = Log.M_BUS_CONTROL_1, 255

    M_BUS_2_MANUALLY_CLOSED = Log.M_BUS_CONTROL_2, 170
    M_BUS_2_MANUALLY_OPENED = Log.M_BUS_CONTROL_2, 171
    M_BUS_2_REMOTELY_CLOSED = Log.M_BUS_CONTROL_2, 172
    M_BUS_2_REMOTELY_OPENED = Log.M_BUS_CONTROL_2, 173
    M_BUS_2_VALVE_ALARM = Log.M_BUS_CONTROL_2, 174
    M_BUS_2_LOCALLY_CLOSED = Log.M_BUS_CONTROL_2, 175
    M_BUS_2_LOCALLY_OPENED = Log.M_BUS_CONTROL_2, 176
    M_BUS_CONTROL_2_CLEARED = Log.M_BUS_CONTROL_2, 255

    M_BUS_3_MANUALLY_CLOSED = Log.M_BUS_CONTROL_3, 180
    M_BUS_3_MANUALLY_OPENED = Log.M_BUS_CONTROL_3, 181
    M_BUS_3_REMOTELY_CLOSED = Log.M_BUS_CONTROL_3, 182
    M_BUS_3_REMOTELY_OPENED = Log.M_BUS_CONTROL_3, 183
    M_BUS_3_VALVE_ALARM = Log.M_BUS_CONTROL_3, 184
    M_BUS_3_LOCALLY_CLOSED = Log.M_BUS_CONTROL_3, 185
    M_BUS_3_LOCALLY_OPENED = Log.M_BUS_CONTROL_3, 186
    M_BUS_CONTROL_3_CLEARED = Log.M_BUS_CONTROL_3, 255

    M_BUS_4_MANUALLY_CLOSED = Log.M_BUS_CONTROL_4, 190
    M_BUS_4_MANUALLY_OPENED = Log.M_BUS_CONTROL_4, 191
    M_BUS_4_REMOTELY_CLOSED = Log.M_BUS_CONTROL_4, 192
    M_BUS_4_REMOTELY_OPENED = Log.M_BUS_CONTROL_4, 193
    M_BUS_4_VALVE_ALARM = Log.M_BUS_CONTROL_4, 194
    M_BUS_4_LOCALLY_CLOSED = Log.M_BUS_CONTROL_4, 195
    M_BUS_4_LOCALLY_OPENED = Log.M_BUS_CONTROL_4, 196
    M_BUS_CONTROL_4_CLEARED = Log.M_BUS_CONTROL_4, 255

    UNDERVOLTAGE_L1 = Log.POWER_QUALITY, 76
    OVERVOLTAGE_L1 = Log.POWER_QUALITY, 79
    MISSING_VOLTAGE_L1 = Log.POWER_QUALITY, 82
    VOLTAGE_NORMAL_L1 = Log.POWER_QUALITY, 85
    BAD_VOLTAGE_L1 = Log.POWER_QUALITY, 92
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


class SubMeterEvent(IntEnum):
    """What happens to the sub-meter of a channel, by the last digit of its code in the M-Bus log."""

    COMMUNICATION_ERROR = 0
    COMMUNICATION_OK = 1
    BATTERY_LOW = 2
    FRAUD = 3
    CLOCK_ADJUSTED = 4
    INSTALLED = 5
    PERMANENT_ERROR = 6

    def of(self, channel: int) -> Event:
        """The event of a channel."""
        return Event((Log.M_BUS, 90 + 10 * channel + self))


class ValveEvent(IntEnum):
    """What happens to the valve of a channel, by the last digit of its code in the control log."""

    MANUALLY_CLOSED = 0
    MANUALLY_OPENED = 1
    REMOTELY_CLOSED = 2
    REMOTELY_OPENED = 3
    ALARM = 4
    LOCALLY_CLOSED = 5
    LOCALLY_OPENED = 6

    def of(self, channel: int) -> Event:
        """The event of a channel."""
        return Event((Log(channel << 8 | 4), 150 + 10 * channel + self))


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
