"""Does a head-end's work with gurux-dlms and prints one JSON object: calendars, the clock, logs, alarms.

Run by the interpreter of the environment `gurux`, as a process of its own. Called as `gurux_client.py`, with further
tasks: `["calendar", name, day, at]`, `["activate"]`, `["clock", time]`, `["word", name, number]`, `["reset", name]`,
`["keys", setup, master, encryption, authentication]`.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import tomllib
from pathlib import Path

from gurux_client import COUNTERS, Reader, plain
from gurux_dlms import GXDateTime, GXTime
from gurux_dlms.enums import DataType, DateTimeSkips
from gurux_dlms.objects import (
    GXDLMSActivityCalendar,
    GXDLMSClock,
    GXDLMSData,
    GXDLMSDayProfile,
    GXDLMSDayProfileAction,
    GXDLMSProfileGeneric,
    GXDLMSSeasonProfile,
    GXDLMSSecuritySetup,
    GXDLMSWeekProfile,
)
from gurux_dlms.objects.enums import GlobalKeyType

TARIFFS = "0.0.10.0.100.255"
LOCAL = DateTimeSkips.DEVITATION | DateTimeSkips.STATUS | DateTimeSkips.DAY_OF_WEEK


def moment(text, skip):
    found = GXDateTime(dt.datetime.fromisoformat(text))
    found.skip = skip
    return found


class HeadEnd(Reader):
    """One connection of a head-end."""

    def perform(self, task):
        match task:
            case ["calendar", name, day, at]:
                return self.program(name, day, at)
            case ["activate"]:
                calendar = GXDLMSActivityCalendar()
                return self.done(calendar.activatePassiveCalendar(self.client))
            case ["clock", time]:
                clock = GXDLMSClock()
                clock.time = moment(time, DateTimeSkips.STATUS)
                return self.done(self.client.write(clock, 2))
            case ["word", name, number]:
                word = GXDLMSData(name)
                word.setDataType(2, DataType.UINT32)
                word.value = number
                return self.done(self.client.write(word, 2))
            case ["keys", setup, master, encryption, authentication]:
                return self.transfer(setup, bytes.fromhex(master), bytes.fromhex(encryption), authentication)
            case ["reset", name]:
                return self.done(GXDLMSProfileGeneric(name).reset(self.client))
        return super().perform(task)

    def done(self, frames) -> bool:
        self.ask(frames)
        return True

    def transfer(self, setup, master, encryption, authentication) -> bool:
        """Replace both keys of this client, and go on with them in the same association."""
        fresh = bytes.fromhex(authentication)
        keys = [(GlobalKeyType.UNICAST_ENCRYPTION, encryption), (GlobalKeyType.AUTHENTICATION, fresh)]
        self.ask(GXDLMSSecuritySetup(setup).globalKeyTransfer(self.client, master, keys))
        ciphering = self.client.ciphering
        ciphering.blockCipherKey, ciphering.authenticationKey = bytearray(encryption), bytearray(fresh)
        ciphering.invocationCounter = 1
        return True

    def program(self, name, day, at) -> list[list[int]]:
        """Write the passive calendar, every day of every week alike, and when it is activated; read its days back."""
        calendar = GXDLMSActivityCalendar()
        calendar.calendarNamePassive = name
        start = moment("2000-01-01T00:00:00+00:00", LOCAL | DateTimeSkips.YEAR)
        calendar.seasonProfilePassive = [GXDLMSSeasonProfile(b"all", start, b"W")]
        week = GXDLMSWeekProfile()
        week.name = b"W"
        week.monday = week.tuesday = week.wednesday = week.thursday = 1
        week.friday = week.saturday = week.sunday = 1
        calendar.weekProfileTablePassive = [week]
        switches = [
            GXDLMSDayProfileAction(GXTime(dt.datetime(2000, 1, 1, hour, tzinfo=dt.UTC)), TARIFFS, rate)
            for hour, rate in day
        ]
        calendar.dayProfileTablePassive = [GXDLMSDayProfile(1, switches)]
        calendar.time = moment(at, LOCAL)
        for attribute in (9, 8, 7, 6, 10):
            self.ask(self.client.write(calendar, attribute))
        self.client.updateValue(calendar, 9, self.ask(self.client.read(calendar, 9)).value)
        (read,) = calendar.dayProfileTablePassive
        return [[one.startTime.value.hour, one.scriptSelector] for one in read.daySchedules]


def main() -> None:
    where, keyfile, client, text = sys.argv[1:]
    host, port = where.rsplit(":", 1)
    keys = tomllib.loads(Path(keyfile).read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(sys.stderr):  # gurux-dlms prints lines of its own
        public = Reader((host, int(port)), "public", keys, 0, 0xFFFF)
        public.open()
        counter = public.read(1, COUNTERS[client], 2)[1] + 1
        public.close()
        reader = HeadEnd((host, int(port)), client, keys, counter, 0xFFFF)
        reader.open()
        answers = [plain(reader.perform(task)) for task in json.loads(text)]
        reader.close()
    sys.stdout.write(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
