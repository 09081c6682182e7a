"""Time in the hands of a test."""

from meter.making import Made
from softmeter.instant import Instant, LinkTime


class Hands:
    """A `Timekeeper` whose real time a test lets pass."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.rate = 1.0
        self.link_s = 100.0

    def present(self) -> Instant:
        return self.made.meter.device.now

    def link_now(self) -> LinkTime:
        return LinkTime(self.link_s)

    def set_rate(self, rate: float) -> None:
        self.rate = rate

    def move_to(self, instant: Instant) -> None:
        self.made.meter.device.advance(instant)
