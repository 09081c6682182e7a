"""The activity calendar: seasons refer to weeks, weeks to days, days list their switches (manual 7 and annex II).

Source: IEC 62056-62, class Activity calendar.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from softmeter.clock import DAY_S, DateTime, civil_from_days, weekday
from softmeter.device.registers import RATES
from softmeter.device.schedule import check_rule, occurrence, years_around
from softmeter.device.special_days import NO_SPECIAL_DAYS, SpecialDays
from softmeter.errors import ConfigurationError, DecodeError, StorageError

MOST_SEASONS, MOST_WEEKS, MOST_DAYS, MOST_SWITCHES = 6, 4, 8, 8
LONGEST_NAME = 32
LONGEST_GAP_DAYS = 8
"""After a week without a switch there is none: a week profile repeats."""


class Switch(NamedTuple):
    """From `start_s` after local midnight on, what script `selector` of the tariff script table says holds."""

    start_s: int
    selector: int


class Season(NamedTuple):
    """From the local time of `start` on, the week `week` is valid."""

    name: bytes
    start: DateTime
    week: bytes


class Week(NamedTuple):
    """The numbers of the days from Monday to Sunday."""

    name: bytes
    days: tuple[int, ...]


class Day(NamedTuple):
    """The switches of a day, by time."""

    number: int
    switches: tuple[Switch, ...]


class Action(NamedTuple):
    """What the calendar last called for: the local second of the switch, and its selector."""

    local: int
    selector: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar each of whose tables is sound by itself; `check` says whether they fit together."""

    name: bytes
    seasons: tuple[Season, ...]
    weeks: tuple[Week, ...]
    days: tuple[Day, ...]
    _weeks: Mapping[bytes, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    _days: Mapping[int, tuple[Switch, ...]] = field(init=False, repr=False, compare=False)
    _text: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        _check_name(self.name, "calendar")
        _check_seasons(self.seasons)
        _check_weeks(self.weeks)
        _check_days(self.days)
        object.__setattr__(self, "_weeks", dict(self.weeks))
        object.__setattr__(self, "_days", dict(self.days))

    def check(self) -> None:
        """Verify from season to day that everything referred to exists; what nobody refers to may stay.

        Raises:
            ConfigurationError: there is no season, or a week or day that is referred to does not exist.
        """
        if not self.seasons:
            raise ConfigurationError("a calendar without a season cannot be activated", "tariff")
        for season in self.seasons:
            if season.week not in self._weeks:
                raise ConfigurationError(f"week {_shown(season.week)} does not exist", _where("season", season.name))
            missing = set(self._weeks[season.week]) - set(self._days)
            if missing:
                raise ConfigurationError(f"day {min(missing)} does not exist", _where("week", season.week))

    @property
    def highest_rate(self) -> int:
        """The highest rate that any switch activates."""
        return max((switch.selector for day in self.days for switch in day.switches), default=1)

    def action(self, local: int, special: SpecialDays = NO_SPECIAL_DAYS) -> Action | None:
        """The last switch at or before a local second; None where there is none within a week."""
        today, elapsed = divmod(local, DAY_S)
        for day in range(today, today - LONGEST_GAP_DAYS, -1):
            at = local if day == today else (day + 1) * DAY_S - 1
            passed = [one for one in self._switches(at, special) if day < today or one.start_s <= elapsed]
            if passed:
                return Action(day * DAY_S + passed[-1].start_s, passed[-1].selector)
        return None

    def next_look(self, local: int, special: SpecialDays = NO_SPECIAL_DAYS) -> int:
        """The next local second after `local` at which there may be a switch: one, a new season, or midnight."""
        today = local - local % DAY_S
        marks = [today + switch.start_s for switch in self._switches(local, special)]
        marks += [start for start, _ in self._starts(local)]
        return min([today + DAY_S, *(mark for mark in marks if mark > local)])

    def _switches(self, local: int, special: SpecialDays) -> tuple[Switch, ...]:
        day = local // DAY_S
        chosen = special.day_id(day, self._days)
        if chosen is None:
            chosen = self._weeks[self._season(local).week][weekday(day) - 1]
        return self._days[chosen]

    def _season(self, local: int) -> Season:
        begun = [pair for pair in self._starts(local) if pair[0] <= local]
        return max(begun, key=lambda pair: pair[0])[1] if begun else self.seasons[-1]

    def _starts(self, local: int) -> list[tuple[int, Season]]:
        """When the seasons begin in the years around a local second; of a single season nothing depends on that."""
        if len(self.seasons) == 1:
            return []
        year = civil_from_days(local // DAY_S)[0]
        return [(occurrence(one.start, y), one) for one in self.seasons for y in years_around(one.start, year)]

    @property
    def text(self) -> str:
        """The calendar as JSON, names and dates in hexadecimal; `parse` reads it; written once."""
        if not self._text:
            tables = {
                "name": self.name.hex(),
                "seasons": [[one.name.hex(), one.start.encode().hex(), one.week.hex()] for one in self.seasons],
                "weeks": [[name.hex(), days] for name, days in self.weeks],
                "days": self.days,
            }
            object.__setattr__(self, "_text", json.dumps(tables, separators=(",", ":")))
        return self._text

    @classmethod
    def parse(cls, text: str) -> "Calendar":
        """The calendar written by `text`.

        Raises:
            StorageError: it is none.
        """
        try:
            read: dict[str, Any] = json.loads(text)
            return cls(
                bytes.fromhex(read["name"]),
                tuple(
                    Season(bytes.fromhex(name), DateTime.decode(bytes.fromhex(start)), bytes.fromhex(week))
                    for name, start, week in read["seasons"]
                ),
                tuple(Week(bytes.fromhex(name), tuple(days)) for name, days in read["weeks"]),
                tuple(Day(number, tuple(Switch(*one) for one in switches)) for number, switches in read["days"]),
            )
        except (ValueError, TypeError, KeyError, DecodeError, ConfigurationError) as error:
            raise StorageError(f"a calendar in the stored state is damaged: {error}") from error


def _check_name(name: bytes, where: str) -> None:
    if len(name) > LONGEST_NAME:
        raise ConfigurationError(f"a name of {len(name)} octets; at most {LONGEST_NAME} are possible", where)


def _check_seasons(seasons: tuple[Season, ...]) -> None:
    _check_table("season", MOST_SEASONS, [season.name for season in seasons])
    for season in seasons:
        where = _where("season", season.name)
        _check_name(season.name, where)
        _check_name(season.week, where)
        check_rule(season.start, where)


def _check_weeks(weeks: tuple[Week, ...]) -> None:
    _check_table("week", MOST_WEEKS, [week.name for week in weeks])
    for week in weeks:
        _check_name(week.name, _where("week", week.name))
        if len(week.days) != 7:
            raise ConfigurationError(f"{week.days} are not seven days", _where("week", week.name))


def _check_days(days: tuple[Day, ...]) -> None:
    _check_table("day", MOST_DAYS, [day.number for day in days])
    for number, switches in days:
        where = f"tariff day {number}"
        if len(switches) > MOST_SWITCHES:
            raise ConfigurationError(f"{len(switches)} switches; {MOST_SWITCHES} are possible", where)
        starts = [switch.start_s for switch in switches]
        if starts != sorted(set(starts)) or not all(0 <= start < DAY_S for start in starts):
            raise ConfigurationError("switches must follow each other within the day", where)
        if not all(1 <= switch.selector <= RATES for switch in switches):
            raise ConfigurationError(f"rates are 1 to {RATES}", where)


def _check_table(what: str, most: int, names: list[bytes] | list[int]) -> None:
    if len(names) > most:
        raise ConfigurationError(f"{len(names)} {what}s; {most} are possible", "tariff")
    doubled = [name for name in names if names.count(name) > 1]  # type: ignore[arg-type]
    if doubled:
        raise ConfigurationError(f"two {what}s {_shown(doubled[0])}", "tariff")


def _shown(name: bytes | int) -> str:
    return repr(name.decode("ascii", "backslashreplace")) if isinstance(name, bytes) else str(name)


def _where(what: str, name: bytes) -> str:
    return f"tariff {what} {_shown(name)}"


FACTORY_CALENDAR = Calendar(
    name=b"factory",
    seasons=(Season(b"S01", DateTime.decode(bytes.fromhex("FFFF0101FF000000FF8000FF")), b"W0"),),
    weeks=(Week(b"W0", (0,) * 7),),
    days=(Day(0, (Switch(0, 1), Switch(6 * 3600, 2), Switch(12 * 3600, 3), Switch(18 * 3600, 4))),),
)
"""The default tariff table of annex II."""
