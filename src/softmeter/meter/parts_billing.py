"""Demands of the device as the interface classes want to see them, and the periods that are another name for theirs."""

from dataclasses import dataclass

from softmeter.clock import DateTime, Stamp
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.device.demand import (
    DemandSettings,
    Window,
    configure_demand,
    current_average,
    next_period,
    reset_demand,
    reset_maximum,
)
from softmeter.device.profile import levels
from softmeter.errors import AccessError
from softmeter.meter.model.demanded import Read
from softmeter.meter.model.limited import Limited
from softmeter.meter.parts import lived, refusals
from softmeter.meter.presented import Presented


@dataclass
class DemandPart:
    """The demand number `demand` of a meter; its window is that of all demands."""

    meter: Presented
    demand: int

    @property
    def current(self) -> int:
        return current_average(self.meter.device, self.demand)

    @property
    def last(self) -> int:
        return self._window.last

    @property
    def status(self) -> int:
        return int(levels(self._window.captured))

    @property
    def capture_time(self) -> DateTime:
        return self._window.captured.date_time

    @property
    def start_time(self) -> DateTime:
        return self._window.started.date_time

    @property
    def period_s(self) -> int:
        return self._settings.period_s

    @period_s.setter
    def period_s(self, seconds: int) -> None:
        self._configure(self._settings._replace(period_s=seconds))

    @property
    def periods(self) -> int:
        return self._settings.periods

    @periods.setter
    def periods(self, periods: int) -> None:
        self._configure(self._settings._replace(periods=periods))

    def reset(self) -> None:
        lived(self.meter)
        reset_demand(self.meter.device, self.demand)

    def next_period(self) -> None:
        lived(self.meter)
        next_period(self.meter.device, self.demand)

    def _configure(self, settings: DemandSettings) -> None:
        with refusals():
            lived(self.meter)
            configure_demand(self.meter.device, settings)

    @property
    def _settings(self) -> DemandSettings:
        return self.meter.device.behaviours.demand.settings

    @property
    def _window(self) -> Window:
        return self.meter.device.behaviours.demand.windows()[self.demand]


@dataclass
class CapturedPart:
    """A captured demand of a meter; only a maximum has a `place`."""

    meter: Presented
    read: Read
    place: int | None

    @property
    def value(self) -> int:
        return self.read(self.meter.device).value

    @property
    def status(self) -> int:
        return int(levels(self.read(self.meter.device).captured))

    @property
    def capture_time(self) -> DateTime:
        return self.read(self.meter.device).captured.date_time

    def reset(self) -> None:
        if self.place is None:
            raise AccessError(ActionResult.READ_WRITE_DENIED, "the last average follows its demand")
        lived(self.meter)
        reset_maximum(self.meter.device, self.place)


@dataclass
class OverMeasurementPeriods:
    """What has the measurement period of 1-0:0.8.2, which is set there."""

    meter: Presented

    @property
    def period_s(self) -> int:
        return self.meter.device.behaviours.averages.period_s

    @period_s.setter
    def period_s(self, _: int) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "the period is that of 1-0:0.8.2")


@dataclass
class AveragePart(OverMeasurementPeriods):
    """An average power over the measurement period 1-0:0.8.2."""

    of: Limited

    @property
    def current(self) -> int:
        return self.of.current(self.meter.device)

    @property
    def last(self) -> int:
        return self.of.last(self.meter.device)

    @property
    def status(self) -> int:
        return int(levels(self._begun))

    @property
    def capture_time(self) -> DateTime:
        return self._begun.date_time

    @property
    def start_time(self) -> DateTime:
        return self._begun.date_time

    @property
    def periods(self) -> int:
        return 1

    @periods.setter
    def periods(self, _: int) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "the window is one period")

    def reset(self) -> None:
        raise AccessError(ActionResult.READ_WRITE_DENIED, "the averages follow their period")

    def next_period(self) -> None:
        raise AccessError(ActionResult.READ_WRITE_DENIED, "the averages follow their period")

    @property
    def _begun(self) -> Stamp:
        """When the last period ended and the running one began."""
        device = self.meter.device
        return device.clock.stamp_of(device.behaviours.averages.due - self.period_s)
