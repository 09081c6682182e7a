"""Class 20, Activity calendar: scripts executed by season, week and day (IEC 62056-62, 4.5.5)."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.obis import Obis
from softmeter.wire.types import (
    array_of,
    date_time,
    i8,
    logical_name,
    octet_string,
    octets,
    of,
    struct,
    structure,
    u8,
    u16,
)


@structure
class SeasonProfile:
    """From `season_start` on, which may have wildcards, the week `week_name` is valid."""

    season_profile_name: bytes = of(octets)
    season_start: DateTime = of(date_time)
    week_name: bytes = of(octets)


@structure
class WeekProfile:
    """The day_id of each weekday."""

    week_profile_name: bytes = of(octets)
    monday: int = of(u8)
    tuesday: int = of(u8)
    wednesday: int = of(u8)
    thursday: int = of(u8)
    friday: int = of(u8)
    saturday: int = of(u8)
    sunday: int = of(u8)


@structure
class DayProfileAction:
    """At `start_time` (hour, minute, second, hundredths) a script is executed."""

    start_time: bytes = of(octet_string(4))
    script_logical_name: Obis = of(logical_name)
    script_selector: int = of(u16)


@structure
class DayProfile:
    """What is executed on a day, by time."""

    day_id: int = of(u8)
    day_schedule: tuple[DayProfileAction, ...] = of(array_of(struct(DayProfileAction), most=64))


class Tables(NamedTuple):
    """One whole calendar."""

    name: bytes
    seasons: tuple[SeasonProfile, ...]
    weeks: tuple[WeekProfile, ...]
    days: tuple[DayProfile, ...]


class CalendarPart(Protocol):
    """A meter's calendars. What changes them may raise AccessError, and nothing is changed then."""

    @property
    def active(self) -> Tables: ...

    @property
    def passive(self) -> Tables: ...

    def program(self, passive: Tables) -> None:
        """Let the passive calendar be another one."""
        ...

    @property
    def activation_time(self) -> DateTime: ...

    def activate_at(self, moment: DateTime) -> None: ...

    def activate(self) -> None: ...


_SEASONS = array_of(struct(SeasonProfile), most=64)
_WEEKS = array_of(struct(WeekProfile), most=64)
_DAYS = array_of(struct(DayProfile), most=64)


class ActivityCalendar(Interface, class_id=20, version=0):
    """The calendar in force, and the one that waits."""

    part: Callable[[Any], CalendarPart]

    @computed(2, octets)
    def calendar_name_active(self, meter: Holder) -> bytes:
        return self.part(meter).active.name

    @computed(3, _SEASONS)
    def season_profile_active(self, meter: Holder) -> tuple[SeasonProfile, ...]:
        return self.part(meter).active.seasons

    @computed(4, _WEEKS)
    def week_profile_table_active(self, meter: Holder) -> tuple[WeekProfile, ...]:
        return self.part(meter).active.weeks

    @computed(5, _DAYS)
    def day_profile_table_active(self, meter: Holder) -> tuple[DayProfile, ...]:
        return self.part(meter).active.days

    @computed(6, octets)
    def calendar_name_passive(self, meter: Holder) -> bytes:
        return self.part(meter).passive.name

    @setter(6)
    def set_calendar_name_passive(self, meter: Holder, name: bytes) -> None:
        part = self.part(meter)
        part.program(part.passive._replace(name=name))

    @computed(7, _SEASONS)
    def season_profile_passive(self, meter: Holder) -> tuple[SeasonProfile, ...]:
        return self.part(meter).passive.seasons

    @setter(7)
    def set_season_profile_passive(self, meter: Holder, seasons: tuple[SeasonProfile, ...]) -> None:
        part = self.part(meter)
        part.program(part.passive._replace(seasons=seasons))

    @computed(8, _WEEKS)
    def week_profile_table_passive(self, meter: Holder) -> tuple[WeekProfile, ...]:
        return self.part(meter).passive.weeks

    @setter(8)
    def set_week_profile_table_passive(self, meter: Holder, weeks: tuple[WeekProfile, ...]) -> None:
        part = self.part(meter)
        part.program(part.passive._replace(weeks=weeks))

    @computed(9, _DAYS)
    def day_profile_table_passive(self, meter: Holder) -> tuple[DayProfile, ...]:
        return self.part(meter).passive.days

    @setter(9)
    def set_day_profile_table_passive(self, meter: Holder, days: tuple[DayProfile, ...]) -> None:
        part = self.part(meter)
        part.program(part.passive._replace(days=days))

    @computed(10, date_time)
    def activate_passive_calendar_time(self, meter: Holder) -> DateTime:
        return self.part(meter).activation_time

    @setter(10)
    def set_activate_passive_calendar_time(self, meter: Holder, moment: DateTime) -> None:
        self.part(meter).activate_at(moment)

    @method(1, i8)
    def activate_passive_calendar(self, meter: Holder, _: int) -> None:
        self.part(meter).activate()
