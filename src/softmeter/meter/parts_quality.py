"""The power quality profile: its period is that of the averages it captures (manual 9.3)."""

from softmeter.meter.model.capture import QUALITY
from softmeter.meter.parts import LoadProfile, lived, refusals
from softmeter.meter.presented import Presented


class QualityProfile(LoadProfile):
    """Changing its period changes that of the averages, and the other way round."""

    def __init__(self, meter: Presented) -> None:
        super().__init__(meter, QUALITY)

    def set_capture_period(self, period_s: int) -> None:
        """Capture and average at multiples of 1, 5, 10, 15, 30 or 60 minutes; the rows are forgotten."""
        lived(self.meter)
        with refusals():
            self.meter.device.behaviours.averages.set_period(self.meter.device, period_s)
        super().set_capture_period(period_s)
