"""Which rate counts: seasons, weeks and days with their switching times (manual 7 and annex II)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from softmeter.clock import DAY_S, DateTime, civil_from_days, weekday
from softmeter.device.clock import Clock
from softmeter.device.registers import RATES
from softmeter.device.saved import saved_int
from softmeter.device.schedule import check_rule, occurrence, years_around
from softmeter.device.zone import next_boundary
from softmeter.errors import ConfigurationError
from softmeter.persistent import Scalar

MOST_SEASONS, MOST_WEEKS, MOST_DAYS, MOST_SWITCHES = 6, 4, 8, 8


class Switch(NamedTuple):
    """From `start_s` after local midnight, `rate` counts."""

    start_s: int
    rate: int


class Season(NamedTuple):
    """From the local day of `start` on, the week `week` is valid."""

    name: str
    start: DateTime
    week: str


@dataclass(frozen=True, slots=True)
class TariffTable:
    """Seasons refer to weeks by name, weeks to the day of each weekday, Monday first; days list their switches."""

    seasons: tuple[Season, ...]
    weeks: Mapping[str, tuple[int, ...]]
    days: Mapping[int, tuple[Switch, ...]]

    def __post_init__(self) -> None:
        if not (
            1 <= len(self.seasons) <= MOST_SEASONS
            and 1 <= len(self.weeks) <= MOST_WEEKS
            and 1 <= len(self.days) <= MOST_DAYS
        ):
            message = f"1 to {MOST_SEASONS} seasons, {MOST_WEEKS} weeks and {MOST_DAYS} days are possible"
            raise ConfigurationError(message, "tariff")
        for season in self.seasons:
            check_rule(season.start, f"tariff season {season.name}")
            if season.week not in self.weeks:
                raise ConfigurationError(f"week {season.week!r} does not exist", f"tariff season {season.name}")
        for name, days in self.weeks.items():
            if len(days) != 7 or not set(days) <= set(self.days):
                raise ConfigurationError(f"{days} are not seven days of the day table", f"tariff week {name}")
        for day, switches in self.days.items():
            _check_day(day, switches)

    @property
    def highest_rate(self) -> int:
        """The highest rate that any switch activates."""
        return max((switch.rate for switches in self.days.values() for switch in switches), default=1)

    def rate_at(self, local: int) -> int | None:
        """The rate of the last switch at or before a local second; None where there is none within a week."""
        today, elapsed = divmod(local, DAY_S)
        for day in range(today, today - 8, -1):
            rates = [switch.rate for switch in self._switches(day) if day < today or switch.start_s <= elapsed]
            if rates:
                return rates[-1]
        return None

    def next_switch(self, local: int) -> int:
        """The next local second after `local` at which the rate may change: a switch or midnight."""
        day, elapsed = divmod(local, DAY_S)
        starts = (switch.start_s for switch in self._switches(day))
        return day * DAY_S + next((start for start in starts if start > elapsed), DAY_S)

    def _switches(self, day: int) -> tuple[Switch, ...]:
        return self.days[self.weeks[self._season(day).week][weekday(day) - 1]]

    def _season(self, day: int) -> Season:
        if len(self.seasons) == 1:
            return self.seasons[0]
        year = civil_from_days(day)[0]
        begun = [
            (start, season)
            for season in self.seasons
            for start in (occurrence(season.start, y) // DAY_S for y in years_around(season.start, year))
            if start <= day
        ]
        return max(begun, key=lambda pair: pair[0])[1] if begun else self.seasons[-1]


def _check_day(day: int, switches: tuple[Switch, ...]) -> None:
    where = f"tariff day {day}"
    if len(switches) > MOST_SWITCHES:
        raise ConfigurationError(f"{len(switches)} switches; {MOST_SWITCHES} are possible", where)
    starts = [switch.start_s for switch in switches]
    if starts != sorted(set(starts)) or not all(0 <= start < DAY_S for start in starts):
        raise ConfigurationError("switches must follow each other within the day", where)
    if not all(1 <= switch.rate <= RATES for switch in switches):
        raise ConfigurationError(f"rates are 1 to {RATES}", where)


FACTORY_TABLE = TariffTable(
    seasons=(Season("S01", DateTime.decode(bytes.fromhex("FFFF0101FF000000FF8000FF")), "W0"),),
    weeks={"W0": (0, 0, 0, 0, 0, 0, 0)},
    days={0: (Switch(0, 1), Switch(6 * 3600, 2), Switch(12 * 3600, 3), Switch(18 * 3600, 4))},
)
"""The default tariff table of annex II."""


class Tariff:
    """The rate that counts now; `due` is the meter second at which it is looked at again."""

    __slots__ = ("default_rate", "due", "rate", "table")

    def __init__(self, table: TariffTable, default_rate: int) -> None:
        self.table = table
        self.default_rate = default_rate
        self.rate = default_rate
        self.due = 0

    @property
    def name(self) -> str:
        """The name of the active register mask: four digits."""
        return f"{self.rate:04d}"

    def evaluate(self, clock: Clock, second: int) -> None:
        """Take the rate valid at a meter second, the default one while the clock is invalid."""
        segment = clock.segment(second)
        found = None if clock.invalid else self.table.rate_at(second - segment.shift)
        self.rate = found or self.default_rate
        self.due = min(next_boundary(clock.segment, second, self.table.next_switch), segment.end)

    def saved(self) -> Mapping[str, Scalar]:
        return {"rate": self.rate, "due": self.due}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.rate = saved_int(saved, "rate", self.rate)
        self.due = saved_int(saved, "due", self.due)
