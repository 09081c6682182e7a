"""Civil time as meters write it: COSEM date-time, the proleptic calendar, and a compact stamp for rows.

Source: IEC 62056-62 (date-time, 12 octets). The deviation is UTC minus local time: CET is -60 minutes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from softmeter.errors import DecodeError

NOT_SPECIFIED_YEAR = 0xFFFF
NOT_SPECIFIED = 0xFF
NOT_SPECIFIED_DEVIATION = -0x8000
DST_END, DST_BEGIN = 0xFD, 0xFE  # as a month
SECOND_LAST_DAY, LAST_DAY = 0xFD, 0xFE  # as a day of month

INVALID, DOUBTFUL, DIFFERENT_BASE, INVALID_STATUS, DAYLIGHT_SAVING = 0x01, 0x02, 0x04, 0x08, 0x80
"""Bits of the clock status octet."""

DAY_S = 86_400
STAMP = np.dtype([("second", "<u4"), ("mode", "<i2")])
"""A row's time stamp: meter time in UTC seconds, and deviation with status in one number, see `Stamp`."""


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of the date `days` after 1970-01-01."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def weekday(days: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (days + 3) % 7 + 1


class Stamp(NamedTuple):
    """Meter time of one row.

    `second` is UTC by the meter's clock; `mode` holds the deviation (minutes, times 32) and five status bits:
    invalid, doubtful, different base, invalid status, daylight saving.
    """

    second: int
    mode: int

    @classmethod
    def of(cls, second: int, deviation_min: int, status: int) -> "Stamp":
        """Pack a meter time."""
        return cls(second, deviation_min * 32 + (status & 0x0F) + (0x10 if status & DAYLIGHT_SAVING else 0))

    @property
    def deviation_min(self) -> int:
        return self.mode >> 5

    @property
    def status(self) -> int:
        return (self.mode & 0x0F) | (DAYLIGHT_SAVING if self.mode & 0x10 else 0)

    @property
    def date_time(self) -> "DateTime":
        """The same time as a COSEM date-time."""
        return DateTime.of(self.second, self.deviation_min, self.status)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A COSEM date-time; a field may be `NOT_SPECIFIED`, month and day also one of the special marks."""

    year: int = NOT_SPECIFIED_YEAR
    month: int = NOT_SPECIFIED
    day: int = NOT_SPECIFIED
    day_of_week: int = NOT_SPECIFIED
    hour: int = NOT_SPECIFIED
    minute: int = NOT_SPECIFIED
    second: int = NOT_SPECIFIED
    hundredths: int = NOT_SPECIFIED
    deviation_min: int = NOT_SPECIFIED_DEVIATION
    status: int = NOT_SPECIFIED

    @classmethod
    def of(cls, utc_second: int, deviation_min: int, status: int, hundredths: int = 0) -> "DateTime":
        """The local time at a UTC second."""
        days, rest = divmod(utc_second - deviation_min * 60, DAY_S)
        year, month, day = civil_from_days(days)
        hour, rest = divmod(rest, 3600)
        minute, second = divmod(rest, 60)
        return cls(year, month, day, weekday(days), hour, minute, second, hundredths, deviation_min, status)

    @classmethod
    def decode(cls, octets: bytes) -> "DateTime":
        """Read 12 octets.

        Raises:
            DecodeError: wrong length, or a field outside its range.
        """
        if len(octets) != 12:
            raise DecodeError(f"a date-time has 12 octets, not {len(octets)}")
        deviation = int.from_bytes(octets[9:11], "big", signed=True)
        year = int.from_bytes(octets[:2], "big")
        month, day, day_of_week, hour, minute, second, hundredths = octets[2:9]
        moment = cls(year, month, day, day_of_week, hour, minute, second, hundredths, deviation, octets[11])
        moment._check()
        return moment

    def encode(self) -> bytes:
        """The 12 octets."""
        return b"%b%b%b%b" % (
            self.year.to_bytes(2, "big"),
            bytes((self.month, self.day, self.day_of_week, self.hour, self.minute, self.second, self.hundredths)),
            self.deviation_min.to_bytes(2, "big", signed=True),
            bytes((self.status,)),
        )

    @property
    def is_definite(self) -> bool:
        """Whether date, hour, minute and second are all given as plain numbers."""
        return (
            self.year != NOT_SPECIFIED_YEAR
            and self.month <= 12
            and self.day <= 31
            and max(self.hour, self.minute, self.second) != NOT_SPECIFIED
        )

    @property
    def local_second(self) -> int:
        """Seconds from 1970-01-01 00:00 to this local time; only of a definite one."""
        return days_from_civil(self.year, self.month, self.day) * DAY_S + (
            self.hour * 3600 + self.minute * 60 + self.second
        )

    def iso(self) -> str:
        """ISO 8601 with the offset, for people and tables; fields that are not given are written as `*`."""
        if not self.is_definite:
            return self._pattern()
        text = f"{self.year:04d}-{self.month:02d}-{self.day:02d}T{self.hour:02d}:{self.minute:02d}:{self.second:02d}"
        if self.deviation_min == NOT_SPECIFIED_DEVIATION:
            return text
        sign = "-" if self.deviation_min > 0 else "+"
        hours, minutes = divmod(abs(self.deviation_min), 60)
        return f"{text}{sign}{hours:02d}:{minutes:02d}"

    def _pattern(self) -> str:
        def part(number: int, width: int) -> str:
            return f"{number:0{width}d}" if number < 0xFD or width == 4 else _MARKS.get(number, "*")

        year = "*" if self.year == NOT_SPECIFIED_YEAR else f"{self.year:04d}"
        date = f"{year}-{part(self.month, 2)}-{part(self.day, 2)}"
        day = "" if self.day_of_week == NOT_SPECIFIED else f"({_WEEKDAYS[self.day_of_week - 1]})"
        return f"{date}{day}T{part(self.hour, 2)}:{part(self.minute, 2)}:{part(self.second, 2)}"

    def _check(self) -> None:
        ranges = (
            ("month", self.month, 1, 12, (DST_END, DST_BEGIN, NOT_SPECIFIED)),
            ("day", self.day, 1, 31, (SECOND_LAST_DAY, LAST_DAY, NOT_SPECIFIED)),
            ("day of week", self.day_of_week, 1, 7, (NOT_SPECIFIED,)),
            ("hour", self.hour, 0, 23, (NOT_SPECIFIED,)),
            ("minute", self.minute, 0, 59, (NOT_SPECIFIED,)),
            ("second", self.second, 0, 59, (NOT_SPECIFIED,)),
            ("hundredths", self.hundredths, 0, 99, (NOT_SPECIFIED,)),
            ("deviation", self.deviation_min, -840, 720, (NOT_SPECIFIED_DEVIATION,)),
        )
        for name, number, low, high, marks in ranges:
            if not low <= number <= high and number not in marks:
                raise DecodeError(f"{name} {number} in a date-time")
        if self.is_definite and self.day > days_in_month(self.year, self.month):
            raise DecodeError(f"day {self.day} in month {self.month} of {self.year}")


_MARKS = {DST_END: "FD", DST_BEGIN: "FE", NOT_SPECIFIED: "*"}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def encode_stamps(stamps: NDArray[np.void]) -> NDArray[np.uint8]:
    """COSEM date-times of many stamps at once.

    `stamps`: shape (n,) of `STAMP`. Returns: octets, shape (n, 12), hundredths 0.
    """
    mode = stamps["mode"].astype(np.int64)
    deviation = mode >> 5
    local = stamps["second"].astype(np.int64) - deviation * 60
    days, rest = np.divmod(local, DAY_S)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    octets = np.zeros((len(stamps), 12), np.uint8)
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    octets[:, 0], octets[:, 1] = year >> 8, year & 0xFF
    octets[:, 2] = months.astype(np.int64) % 12 + 1
    octets[:, 3] = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    octets[:, 4] = (days + 3) % 7 + 1
    octets[:, 5], octets[:, 6], octets[:, 7] = rest // 3600, rest // 60 % 60, rest % 60
    octets[:, 9], octets[:, 10] = (deviation >> 8) & 0xFF, deviation & 0xFF
    octets[:, 11] = (mode & 0x0F) | np.where(mode & 0x10, DAYLIGHT_SAVING, 0)
    return octets
