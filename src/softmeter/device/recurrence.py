"""Times that recur: a time and a date with wildcards, as single action schedules and special days have them.

Source: IEC 62056-62, 4.1.6 (date and time notation).
"""

from collections.abc import Iterator
from typing import NamedTuple

from softmeter.clock import (
    DAY_S,
    LAST_DAY,
    NOT_SPECIFIED,
    NOT_SPECIFIED_YEAR,
    SECOND_LAST_DAY,
    civil_from_days,
    days_from_civil,
    days_in_month,
    weekday,
)
from softmeter.device.zone import FOREVER
from softmeter.errors import ConfigurationError

LAST_YEAR = 2105
HORIZON_Y = 40
"""A 29 February that is a given weekday comes again within 40 years, 2100 included."""


class Day(NamedTuple):
    """A date with wildcards: FFFF or FF where any will do; the day may be the last (FE) or second last (FD)."""

    year: int = NOT_SPECIFIED_YEAR
    month: int = NOT_SPECIFIED
    day: int = NOT_SPECIFIED
    day_of_week: int = NOT_SPECIFIED

    @classmethod
    def decode(cls, octets: bytes) -> "Day":
        """Read the five octets of a COSEM date.

        Raises:
            ConfigurationError: they are no date.
        """
        if len(octets) != 5:
            raise ConfigurationError(f"a date has five octets, not {len(octets)}", "date")
        day = cls(int.from_bytes(octets[:2], "big"), *octets[2:])
        day.check()
        return day

    def encode(self) -> bytes:
        """The five octets of a COSEM date."""
        return self.year.to_bytes(2, "big") + bytes(self[1:])

    def check(self) -> None:
        """Refuse what can never be.

        Raises:
            ConfigurationError: a part is out of range, or no month has that day.
        """
        month = range(1, 13) if self.month == NOT_SPECIFIED else (self.month,)
        if not (self.year <= LAST_YEAR or self.year == NOT_SPECIFIED_YEAR) or not (
            all(1 <= one <= 12 for one in month)
            and (self.day_of_week == NOT_SPECIFIED or 1 <= self.day_of_week <= 7)
            and (
                self.day in {NOT_SPECIFIED, LAST_DAY, SECOND_LAST_DAY}
                or 1 <= self.day <= max(days_in_month(2024, one) for one in month)
            )
        ):
            raise ConfigurationError(f"{self.encode().hex().upper()} is no date", "date")

    @property
    def is_definite(self) -> bool:
        """Whether it is one day only."""
        return (
            self.year != NOT_SPECIFIED_YEAR
            and self.month != NOT_SPECIFIED
            and self.day not in {NOT_SPECIFIED, LAST_DAY, SECOND_LAST_DAY}
        )

    def matches(self, days: int) -> bool:
        """Whether the day number `days` since 1970-01-01 is meant."""
        year, month, _ = civil_from_days(days)
        return (
            self.year in {NOT_SPECIFIED_YEAR, year}
            and self.month in {NOT_SPECIFIED, month}
            and days in self._days_of(year, month)
        )

    def following(self, days: int) -> int | None:
        """The first day number from `days` on that is meant; None where none comes."""
        if LAST_YEAR < self.year < NOT_SPECIFIED_YEAR:
            return None
        year, month, _ = civil_from_days(days)
        for y, m in self._months(year, month):
            for one in self._days_of(y, m):
                if one >= days:
                    return one
        return None

    def _months(self, year: int, month: int) -> Iterator[tuple[int, int]]:
        years = range(year, min(year + HORIZON_Y, LAST_YEAR + 1)) if self.year == NOT_SPECIFIED_YEAR else (self.year,)
        for y in years:
            for m in range(1, 13) if self.month == NOT_SPECIFIED else (self.month,):
                if (y, m) >= (year, month):
                    yield y, m

    def _days_of(self, year: int, month: int) -> list[int]:
        length = days_in_month(year, month)
        first = days_from_civil(year, month, 1)
        if self.day == NOT_SPECIFIED:
            numbers = range(1, length + 1)
        elif self.day in {LAST_DAY, SECOND_LAST_DAY}:
            last = length - (self.day == SECOND_LAST_DAY)
            numbers = range(last - 6, last + 1) if self.day_of_week != NOT_SPECIFIED else range(last, last + 1)
        else:
            numbers = range(self.day, self.day + 1) if self.day <= length else range(0)
        days = [first + number - 1 for number in numbers]
        return days if self.day_of_week == NOT_SPECIFIED else [one for one in days if weekday(one) == self.day_of_week]


class Time(NamedTuple):
    """A time of day with wildcards."""

    hour: int
    minute: int
    second: int

    @classmethod
    def decode(cls, octets: bytes) -> "Time":
        """Read the four octets of a COSEM time; hundredths do not matter.

        Raises:
            ConfigurationError: they are no time.
        """
        if len(octets) != 4:
            raise ConfigurationError(f"a time has four octets, not {len(octets)}", "time")
        time = cls(*octets[:3])
        if any(part != NOT_SPECIFIED and part >= most for part, most in zip(time, (24, 60, 60), strict=True)):
            raise ConfigurationError(f"{octets.hex().upper()} is no time", "time")
        return time

    def encode(self) -> bytes:
        """The four octets of a COSEM time."""
        return bytes((*self, 0))

    def following(self, elapsed: int) -> int | None:
        """The first second of a day from `elapsed` on that is meant; None where it has passed."""
        hours = range(24) if self.hour == NOT_SPECIFIED else (self.hour,)
        minutes = range(60) if self.minute == NOT_SPECIFIED else (self.minute,)
        seconds = range(60) if self.second == NOT_SPECIFIED else (self.second,)
        for hour in hours:
            if hour * 3600 + 3599 < elapsed:
                continue
            for minute in minutes:
                start = hour * 3600 + minute * 60
                if start + 59 < elapsed:
                    continue
                for second in seconds:
                    if start + second >= elapsed:
                        return start + second
        return None


def next_local(time: Time, date: Day, local: int) -> int:
    """The first local second after `local` that `time` on `date` means; FOREVER where none comes."""
    day, elapsed = divmod(local + 1, DAY_S)
    today = time.following(elapsed) if date.matches(day) else None
    if today is not None:
        return day * DAY_S + today
    later, first = date.following(day + 1), time.following(0)
    return FOREVER if later is None or first is None else later * DAY_S + first
