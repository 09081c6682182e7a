"""Tariffs of the device as the interface classes want to see them: calendars, special days, register activation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from softmeter.clock import DAY_S, NOT_SPECIFIED, DateTime
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.activity_calendar import (
    DayProfile,
    DayProfileAction,
    SeasonProfile,
    Tables,
    WeekProfile,
)
from softmeter.cosem.classes.register_activation import RegisterMask, RegisterReference
from softmeter.cosem.classes.special_days_table import SpecialDayEntry
from softmeter.device.activation import Activation, Assigned, Family, Mask, Masks
from softmeter.device.calendar import Calendar, Day, Season, Switch, Week
from softmeter.device.programming import (
    activate_mask,
    activate_passive,
    program_passive,
    set_activation_time,
    set_masks,
    set_special_days,
)
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import SpecialDay, SpecialDays
from softmeter.errors import AccessError
from softmeter.meter.parts import lived, refusals
from softmeter.meter.presented import Presented
from softmeter.obis import Obis

TARIFF_SCRIPTS = Obis(0, 0, 10, 0, 100)
"""The script table whose scripts 1 to 4 activate the rates."""


class CalendarPart:
    """The activity calendar."""

    def __init__(self, meter: Presented) -> None:
        self._meter = meter

    @property
    def active(self) -> Tables:
        return tables_of(self._meter.device.tariff.table)

    @property
    def passive(self) -> Tables:
        return tables_of(self._meter.device.tariff.passive)

    def program(self, passive: Tables) -> None:
        with refusals():
            calendar = calendar_of(passive)
            lived(self._meter)
            program_passive(self._meter.device, calendar)

    @property
    def activation_time(self) -> DateTime:
        return self._meter.device.tariff.activation_time

    def activate_at(self, moment: DateTime) -> None:
        with refusals():
            lived(self._meter)
            set_activation_time(self._meter.device, moment)

    def activate(self) -> None:
        with refusals():
            lived(self._meter)
            activate_passive(self._meter.device)


class SpecialDaysPart:
    """The special days table."""

    def __init__(self, meter: Presented) -> None:
        self._meter = meter

    @property
    def entries(self) -> tuple[SpecialDayEntry, ...]:
        return special_day_entries(self._meter.device.tariff.special_days.entries)

    def replace(self, entries: tuple[SpecialDayEntry, ...]) -> None:
        with refusals():
            self._set(SpecialDays.of(special_day_of(entry) for entry in entries))

    def insert(self, entry: SpecialDayEntry) -> None:
        with refusals():
            self._set(self._meter.device.tariff.special_days.with_entry(special_day_of(entry)))

    def delete(self, index: int) -> None:
        with refusals():
            self._set(self._meter.device.tariff.special_days.without(index))

    def _set(self, days: SpecialDays) -> None:
        lived(self._meter)
        set_special_days(self._meter.device, days)


@dataclass
class ActivationPart:
    """The register activation of a family of registers."""

    meter: Presented
    family: Family

    @property
    def registers(self) -> tuple[RegisterReference, ...]:
        return tuple(RegisterReference(*register) for register in self._activation.masks.registers)

    @registers.setter
    def registers(self, registers: tuple[RegisterReference, ...]) -> None:
        with refusals():
            assigned = tuple(Assigned(one.class_id, one.logical_name) for one in registers)
            self._set(replace(self._activation.masks, registers=assigned))

    @property
    def masks(self) -> tuple[RegisterMask, ...]:
        return tuple(RegisterMask(*mask) for mask in self._activation.masks.masks)

    @masks.setter
    def masks(self, masks: tuple[RegisterMask, ...]) -> None:
        with refusals():
            self._set(
                replace(self._activation.masks, masks=tuple(Mask(one.mask_name, one.index_list) for one in masks))
            )

    @property
    def active(self) -> bytes:
        return self._activation.active

    @active.setter
    def active(self, name: bytes) -> None:
        with refusals():
            lived(self.meter)
            activate_mask(self.meter.device, self.family, name)

    @property
    def _activation(self) -> Activation:
        return self.meter.device.tariff.activations[self.family]

    def _set(self, masks: Masks) -> None:
        lived(self.meter)
        set_masks(self.meter.device, self.family, masks)


def calendar_of(tables: Tables) -> Calendar:
    """The calendar that a client's tables describe.

    Raises:
        ConfigurationError: a table is unsound.
        AccessError: a switch has no time, or runs what is no tariff script.
    """
    return Calendar(
        tables.name,
        tuple(Season(one.season_profile_name, one.season_start, one.week_name) for one in tables.seasons),
        tuple(_week(one) for one in tables.weeks),
        tuple(Day(one.day_id, tuple(_switch(action) for action in one.day_schedule)) for one in tables.days),
    )


def tables_of(calendar: Calendar) -> Tables:
    """A calendar as a client sees it."""
    return Tables(
        calendar.name,
        tuple(SeasonProfile(*season) for season in calendar.seasons),
        tuple(WeekProfile(week.name, *week.days) for week in calendar.weeks),
        tuple(
            DayProfile(day.number, tuple(DayProfileAction(_time(s), TARIFF_SCRIPTS, s.selector) for s in day.switches))
            for day in calendar.days
        ),
    )


def _week(week: WeekProfile) -> Week:
    days = (week.monday, week.tuesday, week.wednesday, week.thursday, week.friday, week.saturday, week.sunday)
    return Week(week.week_profile_name, days)


def _time(switch: Switch) -> bytes:
    return bytes((switch.start_s // 3600, switch.start_s // 60 % 60, switch.start_s % 60, 0))


def _switch(action: DayProfileAction) -> Switch:
    hour, minute, second, hundredths = action.start_time
    if hour > 23 or max(minute, second) > 59 or hundredths not in {0, NOT_SPECIFIED}:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{action.start_time.hex().upper()} is no time of a switch")
    if action.script_logical_name != TARIFF_SCRIPTS:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{action.script_logical_name} has no tariff scripts")
    return Switch((hour * 3600 + minute * 60 + second) % DAY_S, action.script_selector)


def special_day_entries(days: Iterable[SpecialDay]) -> tuple[SpecialDayEntry, ...]:
    """Special days as a client sees them."""
    return tuple(SpecialDayEntry(one.number, one.date.encode(), one.day_id) for one in days)


def special_day_of(entry: SpecialDayEntry) -> SpecialDay:
    """The special day that a client's entry describes; raises ConfigurationError where its date is none."""
    return SpecialDay(entry.index, Date.decode(entry.specialday_date), entry.day_id)
