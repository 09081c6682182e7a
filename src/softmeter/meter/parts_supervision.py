"""The average that fuse supervision watches, as the interface class wants to see it."""

from dataclasses import dataclass

from softmeter.clock import DateTime
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.device.profile import levels
from softmeter.device.supervision import PERIODS
from softmeter.errors import AccessError
from softmeter.meter.model.supervised import SUPERVISED
from softmeter.meter.parts_billing import OverMeasurementPeriods


@dataclass
class SupervisedPart(OverMeasurementPeriods):
    """The current over the last measurement periods."""

    @property
    def current(self) -> int:
        return SUPERVISED[2](self.meter.device)

    @property
    def last(self) -> int:
        return SUPERVISED[3](self.meter.device)

    @property
    def status(self) -> int:
        return int(levels(self.meter.device.behaviours.supervision.captured))

    @property
    def capture_time(self) -> DateTime:
        return self.meter.device.behaviours.supervision.captured.date_time

    @property
    def start_time(self) -> DateTime:
        device = self.meter.device
        return device.clock.stamp_of(device.behaviours.averages.due - self.period_s).date_time

    @property
    def periods(self) -> int:
        return PERIODS

    @periods.setter
    def periods(self, _: int) -> None:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, f"the window is {PERIODS} periods")

    def reset(self) -> None:
        raise AccessError(ActionResult.READ_WRITE_DENIED, "the average follows its periods")

    def next_period(self) -> None:
        raise AccessError(ActionResult.READ_WRITE_DENIED, "the average follows its periods")
