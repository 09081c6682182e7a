"""The time of a running meter, as its bench may turn it."""

from collections.abc import Callable

from softmeter.instant import Instant, LinkTime
from softmeter.runtime.drive import Drive


class LiveTime:
    """A `Timekeeper`: what the drive makes of real time."""

    def __init__(self, drive: Drive, monotonic: Callable[[], float]) -> None:
        self._drive = drive
        self._monotonic = monotonic

    @property
    def rate(self) -> float:
        return float(self._drive.bench_time.rate)

    def present(self) -> Instant:
        return self._drive.present()

    def link_now(self) -> LinkTime:
        return LinkTime(self._monotonic())

    def set_rate(self, rate: float) -> None:
        self._drive.retime(rate=rate)

    def move_to(self, instant: Instant) -> None:
        self._drive.retime(instant)
