"""Class 8, Clock: the meter's time, its zone and daylight saving (IEC 62056-62, 4.5.1)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.clock import NOT_SPECIFIED, DateTime
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.errors import AccessError
from softmeter.wire.types import EnumOf, boolean, date_time, i8, i16, of, struct, structure, u8

QUARTER_S, MINUTE_S = 900, 60


class ClockBase(IntEnum):
    """What the clock counts."""

    NOT_DEFINED = 0
    CRYSTAL = 1
    MAINS_50_HZ = 2
    MAINS_60_HZ = 3
    GPS = 4
    RADIO = 5


@structure
class PresetTime:
    """A time to be taken later, within the validity."""

    preset_time: DateTime = of(date_time)
    validity_begin: DateTime = of(date_time)
    validity_end: DateTime = of(date_time)


class ClockPart(Protocol):
    """A meter's clock. Assignments and methods may raise AccessError for values the clock cannot take."""

    time_zone_min: int
    """UTC minus local winter time, minutes."""
    daylight_begin: DateTime
    daylight_end: DateTime
    daylight_deviation_min: int
    daylight_enabled: bool

    @property
    def time(self) -> DateTime:
        """Local time as of now, with deviation and status."""
        ...

    def set_time(self, moment: DateTime) -> None:
        """Take a definite `moment`; its deviation and daylight bit, where given, say which instant it is."""
        ...

    def adjust(self, period_s: int) -> None:
        """Go to the nearest multiple of `period_s`."""
        ...

    def adjust_to_measuring_period(self) -> None: ...

    def preset(self, moment: DateTime, begin: DateTime, end: DateTime) -> None:
        """Keep `moment` to be taken between `begin` and `end`."""
        ...

    def adjust_to_preset_time(self) -> None: ...

    def shift(self, seconds: int) -> None: ...


class Clock(Interface, class_id=8, version=0):
    """The one clock of the meter."""

    part: Callable[[Any], ClockPart]
    base: ClockBase = ClockBase.CRYSTAL

    @computed(2, date_time)
    def time(self, meter: Holder) -> DateTime:
        return self.part(meter).time

    @setter(2)
    def set_time(self, meter: Holder, moment: DateTime) -> None:
        self.part(meter).set_time(_definite(moment))

    @computed(3, i16)
    def time_zone(self, meter: Holder) -> int:
        return self.part(meter).time_zone_min

    @setter(3)
    def set_time_zone(self, meter: Holder, minutes: int) -> None:
        self.part(meter).time_zone_min = _within(minutes, -840, 720)

    @computed(4, u8)
    def status(self, meter: Holder) -> int:
        return self.part(meter).time.status

    @computed(5, date_time)
    def daylight_savings_begin(self, meter: Holder) -> DateTime:
        return self.part(meter).daylight_begin

    @setter(5)
    def set_daylight_savings_begin(self, meter: Holder, moment: DateTime) -> None:
        self.part(meter).daylight_begin = _rule(moment)

    @computed(6, date_time)
    def daylight_savings_end(self, meter: Holder) -> DateTime:
        return self.part(meter).daylight_end

    @setter(6)
    def set_daylight_savings_end(self, meter: Holder, moment: DateTime) -> None:
        self.part(meter).daylight_end = _rule(moment)

    @computed(7, i8)
    def daylight_savings_deviation(self, meter: Holder) -> int:
        return self.part(meter).daylight_deviation_min

    @setter(7)
    def set_daylight_savings_deviation(self, meter: Holder, minutes: int) -> None:
        self.part(meter).daylight_deviation_min = _within(minutes, -120, 120)

    @computed(8, boolean)
    def daylight_savings_enabled(self, meter: Holder) -> bool:
        return self.part(meter).daylight_enabled

    @setter(8)
    def set_daylight_savings_enabled(self, meter: Holder, enabled: bool) -> None:  # noqa: FBT001 - a value
        self.part(meter).daylight_enabled = enabled

    @computed(9, EnumOf(ClockBase))
    def clock_base(self, _: Holder) -> ClockBase:
        return self.base

    @method(1, i8)
    def adjust_to_quarter(self, meter: Holder, _: int) -> None:
        self.part(meter).adjust(QUARTER_S)

    @method(2, i8)
    def adjust_to_measuring_period(self, meter: Holder, _: int) -> None:
        self.part(meter).adjust_to_measuring_period()

    @method(3, i8)
    def adjust_to_minute(self, meter: Holder, _: int) -> None:
        self.part(meter).adjust(MINUTE_S)

    @method(4, i8)
    def adjust_to_preset_time(self, meter: Holder, _: int) -> None:
        self.part(meter).adjust_to_preset_time()

    @method(5, struct(PresetTime))
    def preset_adjusting_time(self, meter: Holder, preset: PresetTime) -> None:
        moments = (preset.preset_time, preset.validity_begin, preset.validity_end)
        self.part(meter).preset(*(_definite(moment) for moment in moments))

    @method(6, i16)
    def shift_time(self, meter: Holder, seconds: int) -> None:
        self.part(meter).shift(_within(seconds, -900, 900))


def _definite(moment: DateTime) -> DateTime:
    if not moment.is_definite:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{moment.iso()} is no definite time")
    return moment


def _rule(moment: DateTime) -> DateTime:
    """A yearly rule: at least month, day and hour are given."""
    if NOT_SPECIFIED in {moment.month, moment.day, moment.hour}:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{moment.iso()} names no day and hour of a year")
    return moment


def _within(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise AccessError(ActionResult.OTHER_REASON, f"{number} is outside {low} to {high}")
    return number
