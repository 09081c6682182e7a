"""Parts of the device as the interface classes want to see them.

What the device refuses with a reason for people becomes the result that travels.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from softmeter.clock import DateTime
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.buffer import Column, Rows
from softmeter.cosem.capture import CaptureObject
from softmeter.device.adjustment import preset_clock, round_clock, set_clock, set_zone, shift_clock, take_preset
from softmeter.device.events import Log
from softmeter.device.profile import Profile
from softmeter.device.zone import Zone
from softmeter.errors import AccessError, ConfigurationError
from softmeter.instant import SECOND, Instant, at_second, whole_second
from softmeter.meter.model.capture import CLOCK, PERIODS_S, column_key, data, key, register, travelling
from softmeter.meter.presented import Presented
from softmeter.persistent import Ring


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the device refuses into OTHER_REASON."""
    try:
        yield
    except ConfigurationError as error:
        raise AccessError(DataAccessResult.OTHER_REASON, str(error)) from error


def lived(meter: Presented) -> Instant:
    """Bench time as of now. All whole seconds before it are lived through first: a change acts from now on."""
    now = meter.present()
    meter.device.advance(max(at_second(whole_second(now)), meter.device.now))  # it may stand within a second
    return now


class LocalTime:
    """Which instants a local time of the meter is."""

    def __init__(self, meter: Presented) -> None:
        self.meter = meter

    def utc_second(self, local_second: int, *, daylight: bool | None, last: bool) -> int:
        """The meter's UTC second at a local time; in the doubled hour `daylight`, else `last` decides."""
        zone = self.meter.device.clock.zone
        summer, winter = local_second + zone.summer_min * 60, local_second + zone.standard_min * 60
        possible = [second for second in (summer, winter) if self._local(second) == local_second]
        if not possible:
            return winter
        if daylight is None:
            return max(possible) if last else min(possible)
        return summer if daylight and zone.enabled else winter

    def _local(self, second: int) -> int:
        return second - self.meter.device.clock.zone.segment(second).shift


class ClockPart:
    """The clock of the device."""

    def __init__(self, meter: Presented) -> None:
        self._meter = meter

    @property
    def time(self) -> DateTime:
        return self._meter.device.clock.date_time(self._meter.present())

    def set_time(self, moment: DateTime) -> None:
        with refusals():
            set_clock(self._meter.device, self._now(), moment)

    def adjust(self, period_s: int) -> None:
        with refusals():
            round_clock(self._meter.device, self._now(), period_s)

    def adjust_to_measuring_period(self) -> None:
        self.adjust(self._meter.device.behaviours.demand.settings.period_s)

    def preset(self, moment: DateTime, begin: DateTime, end: DateTime) -> None:
        with refusals():
            preset_clock(self._meter.device, moment, begin, end)

    def adjust_to_preset_time(self) -> None:
        with refusals():
            take_preset(self._meter.device, self._now())

    def shift(self, seconds: int) -> None:
        with refusals():
            shift_clock(self._meter.device, self._now(), seconds)

    @property
    def time_zone_min(self) -> int:
        return self._zone.standard_min

    @time_zone_min.setter
    def time_zone_min(self, minutes: int) -> None:
        self._change_zone(standard_min=minutes)

    @property
    def daylight_begin(self) -> DateTime:
        return self._zone.begin

    @daylight_begin.setter
    def daylight_begin(self, moment: DateTime) -> None:
        self._change_zone(begin=moment)

    @property
    def daylight_end(self) -> DateTime:
        return self._zone.end

    @daylight_end.setter
    def daylight_end(self, moment: DateTime) -> None:
        self._change_zone(end=moment)

    @property
    def daylight_deviation_min(self) -> int:
        return self._zone.daylight_saving_min

    @daylight_deviation_min.setter
    def daylight_deviation_min(self, minutes: int) -> None:
        self._change_zone(daylight_saving_min=minutes)

    @property
    def daylight_enabled(self) -> bool:
        return self._zone.enabled

    @daylight_enabled.setter
    def daylight_enabled(self, enabled: bool) -> None:
        self._change_zone(enabled=enabled)

    def _change_zone(self, **changes: DateTime | int) -> None:
        with refusals():
            zone = replace(self._zone, **changes)  # type: ignore[arg-type]
            set_zone(self._meter.device, self._now(), zone)

    def _now(self) -> Instant:
        return lived(self._meter)

    @property
    def _zone(self) -> Zone:
        return self._meter.device.clock.zone


class LoadProfile(LocalTime):
    """A profile of the device that captures by its own clock."""

    def __init__(self, meter: Presented, name: str) -> None:
        super().__init__(meter)
        self._profile: Profile = meter.device.profile(name)

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(travelling(column) for column in self._profile.settings.columns)

    def rows(self) -> Rows:
        return self._profile.ring.rows()

    @property
    def entries_in_use(self) -> int:
        return len(self._profile.ring)

    @property
    def capture_period_s(self) -> int:
        return self._profile.settings.period_s

    @property
    def capacity(self) -> int:
        return self._profile.settings.capacity

    def capture_these(self, objects: tuple[CaptureObject, ...]) -> None:
        keys = [column_key(wanted) for wanted in objects]
        unknown = [wanted for wanted, found in zip(objects, keys, strict=True) if found is None]
        if unknown:
            raise AccessError(DataAccessResult.OTHER_REASON, f"{key(unknown[0])} cannot be captured")
        self._configure(columns=tuple(found for found in keys if found))

    def set_capture_period(self, period_s: int) -> None:
        possible = PERIODS_S.get(self._profile.settings.name)
        if possible is not None and period_s not in possible:
            raise AccessError(DataAccessResult.OTHER_REASON, f"a period of {period_s} s; possible are {possible}")
        self._configure(period_s=period_s)

    def set_capacity(self, entries: int) -> None:
        self._configure(capacity=entries)

    def clear(self) -> None:
        self._configure()

    def capture(self) -> None:
        lived(self.meter)
        self.meter.device.capture(self._profile)

    def _configure(self, **changes: object) -> None:
        lived(self.meter)
        device = self.meter.device
        with refusals():
            settings = replace(self._profile.settings, **changes)  # type: ignore[arg-type]
            self._profile.configure(settings, device.clock, device.clock.time(device.now) // SECOND)


class FixedLog(LocalTime, ABC):
    """A log of the device: rows are written by events only, and its form is fixed."""

    @property
    @abstractmethod
    def ring(self) -> Ring:
        """The lines of the log."""

    @property
    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """What the fields of the lines are."""

    @abstractmethod
    def clear(self) -> None:
        """Forget all lines."""

    def rows(self) -> Rows:
        return self.ring.rows()

    @property
    def entries_in_use(self) -> int:
        return len(self.ring)

    @property
    def capture_period_s(self) -> int:
        return 0

    @property
    def capacity(self) -> int:
        return self.ring.capacity

    def capture_these(self, _: tuple[CaptureObject, ...]) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "the form of a log is fixed")

    def set_capture_period(self, _: int) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "a log is written by events")

    def set_capacity(self, _: int) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "the size of a log is fixed")

    def capture(self) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "a log is written by events")


class EventLogProfile(FixedLog):
    """One of the event logs."""

    def __init__(self, meter: Presented, log: Log) -> None:
        super().__init__(meter)
        self._log = log

    @property
    def columns(self) -> tuple[Column, ...]:
        code = travelling(key(data(self._log.code_object)))
        return (travelling(key(CLOCK))._replace(field="clock"), code._replace(field="code"))

    @property
    def ring(self) -> Ring:
        return self.meter.device.events.ring(self._log)

    def clear(self) -> None:
        lived(self.meter)
        self.meter.device.clear_log(self._log)


class FailureLog(FixedLog):
    """The log of long power failures."""

    @property
    def columns(self) -> tuple[Column, ...]:
        duration = travelling(key(register("0-0:96.7.19")))
        return (travelling(key(CLOCK))._replace(field="clock"), duration._replace(field="duration_s"))

    @property
    def ring(self) -> Ring:
        return self.meter.device.behaviours.power_failures.ring

    def clear(self) -> None:
        lived(self.meter)
        self.ring.clear()
