"""Local time: a time zone and the rule of daylight saving (IEC 62056-62, class Clock)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from softmeter.clock import (
    DAY_S,
    DAYLIGHT_SAVING,
    NOT_SPECIFIED,
    NOT_SPECIFIED_DEVIATION,
    DateTime,
    civil_from_days,
    weekday,
)
from softmeter.device.schedule import check_rule, occurrence, years_around
from softmeter.errors import ConfigurationError

FOREVER = 2**62
"""A second that never comes."""

FIRST_YEAR, LAST_YEAR = 1970, 2105  # what 32 bits of UTC seconds hold


class Segment(NamedTuple):
    """A span of UTC seconds, `begin` to `end` - 1, of one deviation; `shift` is UTC minus local time in seconds."""

    begin: int
    end: int
    deviation_min: int
    daylight_saving: bool

    @property
    def shift(self) -> int:
        return self.deviation_min * 60


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone: deviations in minutes, UTC minus local time; `begin` in standard time, `end` in summer time.

    Each of the two recurs yearly or, with a year, is once.
    """

    standard_min: int
    begin: DateTime
    end: DateTime
    daylight_saving_min: int
    enabled: bool

    def __post_init__(self) -> None:
        if not -720 <= self.standard_min <= 720:
            raise ConfigurationError(f"time zone of {self.standard_min} minutes; it must be -720..720", "time zone")
        if not -120 <= self.daylight_saving_min <= 120:
            message = f"deviation of {self.daylight_saving_min} minutes; it must be -120..120"
            raise ConfigurationError(message, "daylight saving")
        check_rule(self.begin, "begin of daylight saving")
        check_rule(self.end, "end of daylight saving")

    def segment(self, second: int) -> Segment:
        """The segment around a UTC second."""
        if not self.enabled:
            return Segment(-FOREVER, FOREVER, self.standard_min, daylight_saving=False)
        year = civil_from_days((second - self.standard_min * 60) // DAY_S)[0]
        changes = [(self._begin(y), True) for y in years_around(self.begin, year)]
        changes += [(self._end(y), False) for y in years_around(self.end, year)]
        changes.sort()
        begin, active, end = -FOREVER, not changes[0][1], FOREVER
        for at, into_summer in changes:
            if into_summer is active:
                continue  # of two rules one may hold once and the other each year
            if at > second:
                end = at
                break
            begin, active = at, into_summer
        return Segment(begin, end, self.summer_min if active else self.standard_min, active)

    @property
    def summer_min(self) -> int:
        """The deviation while daylight saving is active."""
        return self.standard_min - self.daylight_saving_min

    def utc_second(self, moment: DateTime) -> int:
        """The UTC second a client means: deviation decides, else the status, else what is valid at that time.

        Raises:
            ConfigurationError: no definite time, a wrong weekday, or a year that a meter cannot hold.
        """
        if not moment.is_definite or not FIRST_YEAR < moment.year <= LAST_YEAR:
            raise ConfigurationError(f"{moment.iso()} is no complete time of {FIRST_YEAR + 1} to {LAST_YEAR}", "clock")
        local = moment.local_second
        if moment.day_of_week not in {NOT_SPECIFIED, weekday(local // DAY_S)}:
            raise ConfigurationError(f"{moment.iso()} is not on weekday {moment.day_of_week}", "clock")
        if moment.deviation_min != NOT_SPECIFIED_DEVIATION:
            return local + moment.deviation_min * 60
        summer = local + self.summer_min * 60
        if moment.status != NOT_SPECIFIED:
            is_summer = self.enabled and bool(moment.status & DAYLIGHT_SAVING)
        else:
            is_summer = self.segment(summer).daylight_saving
        return summer if is_summer else local + self.standard_min * 60

    def _begin(self, year: int) -> int:
        return occurrence(self.begin, year) + self.standard_min * 60

    def _end(self, year: int) -> int:
        return occurrence(self.end, year) + self.summer_min * 60


def next_boundary(segment_at: Callable[[int], Segment], after: int, next_local: Callable[[int], int]) -> int:
    """The first UTC second after `after` that local time marks.

    `next_local` gives, for a local second, the next marked one, FOREVER for none. Marks in an hour that summer time
    skips are met together when it begins.
    """
    segment = segment_at(after)
    while True:
        shift = segment.shift
        marked = next_local(after - shift)
        if marked >= FOREVER:
            return FOREVER
        if marked + shift < segment.end:
            return marked + shift
        after = segment.end
        before, segment = after - shift, segment_at(after)
        local = after - segment.shift
        if next_local(min(before, local) - 1) <= local:
            return after


AMSTERDAM = Zone(
    standard_min=-60,
    begin=DateTime.decode(bytes.fromhex("FFFF03FE07020000FF8000FF")),
    end=DateTime.decode(bytes.fromhex("FFFF0AFE07030000FF8000FF")),
    daylight_saving_min=60,
    enabled=True,
)
"""Central European Time: summer from the last Sunday of March 02:00 to the last Sunday of October 03:00."""
