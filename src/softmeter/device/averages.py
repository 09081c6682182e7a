"""Averages, minima and maxima of measurement periods (manual 9, 9.1, 9.3; period: 1-0:0.8.2).

Voltage and current: the mean of the seconds that had power, so 220 V stay 220 V when half the period was dark. Powers:
the energy of the period over its whole length. A period ends at a multiple of its length in local time; what it was is
shown until the next one ends. A dark one is nothing.
"""

from collections.abc import Mapping
from math import isqrt
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from softmeter.device.behaviour import Behaviour, Block
from softmeter.device.registers import Registers, directed
from softmeter.device.saved import saved_int, saved_text
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.persistent import Scalar
from softmeter.signal.faults import BLIND

if TYPE_CHECKING:
    from softmeter.device.clock import Clock
    from softmeter.device.device import Device

PERIODS_S = (60, 300, 600, 900, 1800, 3600)
FACTORY_PERIOD_S = 600
PERMILLE = 1000


class Averages(NamedTuple):
    """Of one period, in thousandths; all zero when it was dark."""

    voltage_mv: int = 0
    least_voltage_mv: int = 0
    greatest_voltage_mv: int = 0
    current_ma: int = 0
    least_current_ma: int = 0
    greatest_current_ma: int = 0
    active_import_mw: int = 0
    active_export_mw: int = 0
    reactive_import_mvar: int = 0
    reactive_export_mvar: int = 0
    power_factor_permille: int = 0
    powered_s: int = 0
    """How many seconds were measured."""


DARK = Averages()


class Running(NamedTuple):
    """What the running period has come to; the energies are those of the registers at its begin."""

    seconds: int = 0
    voltage_sum: int = 0
    least_voltage: int = 0
    greatest_voltage: int = 0
    current_sum: int = 0
    least_current: int = 0
    greatest_current: int = 0
    active_import: int = 0
    active_export: int = 0
    reactive_import: int = 0
    reactive_export: int = 0

    @property
    def energies(self) -> tuple[int, int, int, int]:
        """What the registers showed at the begin, in the order of `directed`."""
        return self.active_import, self.active_export, self.reactive_import, self.reactive_export

    @classmethod
    def begun(cls, registers: Registers) -> "Running":
        """A period that begins now."""
        return cls(0, 0, 0, 0, 0, 0, 0, *directed(registers))

    def and_more(self, block: Block, begin: int, end: int) -> "Running":
        """After further seconds; those of unknown voltage do not count."""
        ranges = block.ranges[:, begin:end]
        if block.seconds.faults is not None:
            ranges = ranges[:, (block.seconds.faults[begin:end] & BLIND) == 0]
        seconds = ranges.shape[1]
        if not seconds:
            return self
        least_v, least_a, negated_v, negated_a = _LEAST(ranges, axis=1).tolist()
        voltages, currents = _SUM(ranges[:2], axis=1).tolist()
        greatest_v, greatest_a = -negated_v, -negated_a
        if self.seconds:
            least_v, greatest_v = min(least_v, self.least_voltage), max(greatest_v, self.greatest_voltage)
            least_a, greatest_a = min(least_a, self.least_current), max(greatest_a, self.greatest_current)
        voltages, currents = self.voltage_sum + voltages, self.current_sum + currents
        return Running(
            self.seconds + seconds, voltages, least_v, greatest_v, currents, least_a, greatest_a, *self.energies
        )

    def ended(self, registers: Registers, period_s: int) -> Averages:
        """The averages when the period ends now."""
        if not self.seconds:
            return DARK
        half = self.seconds // 2
        energies = [now - then for now, then in zip(directed(registers), self.energies, strict=True)]
        active, reactive = energies[0] - energies[1], energies[2] - energies[3]
        apparent = isqrt(active * active + reactive * reactive)
        powers = [(energy + period_s // 2) // period_s for energy in energies]
        return Averages(
            voltage_mv=(self.voltage_sum + half) // self.seconds,
            least_voltage_mv=self.least_voltage,
            greatest_voltage_mv=self.greatest_voltage,
            current_ma=(self.current_sum + half) // self.seconds,
            least_current_ma=self.least_current,
            greatest_current_ma=self.greatest_current,
            active_import_mw=powers[0],
            active_export_mw=powers[1],
            reactive_import_mvar=powers[2],
            reactive_export_mvar=powers[3],
            power_factor_permille=min(abs(active) * PERMILLE // apparent, PERMILLE) if apparent else PERMILLE,
            powered_s=self.seconds,
        )


_SUM, _LEAST = np.add.reduce, np.minimum.reduce


class Averaging(Behaviour):
    """The running period and the averages of the last one; `due` is when the running one ends."""

    __slots__ = ("_last", "_running", "period_s")

    name: ClassVar[str] = "averages"
    watches: ClassVar[bool] = True
    measures: ClassVar[bool] = True

    def __init__(self, period_s: int) -> None:
        super().__init__()
        self.period_s = _checked(period_s)
        self._last = DARK
        self._running = Running()

    def shown(self, device: "Device") -> Averages:
        """The averages of the last period; while a row is captured, of the one that ends with the row."""
        second = device.stamp.second
        if second < self.due:
            return self._last
        return self._running.ended(device.registers, self.period_s) if second == self.due else DARK

    def running(self, device: "Device") -> Averages:
        """The averages of the running period as if it ended now; powers over its whole length."""
        return self._running.ended(device.registers, self.period_s)

    def set_period(self, device: "Device", period_s: int) -> None:
        """Average over other periods: the one that begins now is shortened by what has passed of it.

        Raises:
            ConfigurationError: it is none of `PERIODS_S`.
        """
        self.period_s = _checked(period_s)
        device.behaviours.supervision.restart()
        self._running = Running.begun(device.registers)
        self.due = self._boundary(device.clock, device.clock.time(device.now) // SECOND)

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:  # noqa: ARG002
        self._running = self._running.and_more(block, begin, end)

    def run(self, device: "Device", second: int) -> None:
        self._end(device, self._boundary(device.clock, second))

    def reschedule(self, device: "Device", second: int) -> None:
        """Go on with the running period if it ends when it did, else it has ended."""
        due = self._boundary(device.clock, second)
        if self.due == FOREVER:
            self.due, self._running = due, Running.begun(device.registers)
        elif due != self.due:
            self._end(device, due)

    def power_up(self, device: "Device", at: Instant) -> None:
        """What ended in the dark has ended; if another period passed since, the last one was dark."""
        clock = device.clock
        second = clock.time(at) // SECOND
        if self.due <= second:
            following = self._boundary(clock, self.due)
            self._end(device, self._boundary(clock, second))
            if following <= second:
                self._last = DARK
                device.behaviours.supervision.dark(device, (second - following) // self.period_s + 1)

    def saved(self) -> Mapping[str, Scalar]:
        return {
            "period_s": self.period_s,
            "due": self.due,
            "last": " ".join(map(str, self._last)),
            "running": " ".join(map(str, self._running)),
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.period_s = saved_int(saved, "period_s", self.period_s)
        self.due = saved_int(saved, "due", self.due)
        last, running = saved_text(saved, "last", ""), saved_text(saved, "running", "")
        self._last = Averages(*map(int, last.split())) if last else self._last
        self._running = Running(*map(int, running.split())) if running else self._running

    def _end(self, device: "Device", due: int) -> None:
        self._last = self._running.ended(device.registers, self.period_s)
        self._running, self.due = Running.begun(device.registers), due
        device.behaviours.supervision.ended(device, self._last)
        device.behaviours.voltage_quality.ended(self._last, self.period_s)

    def _boundary(self, clock: "Clock", after: int) -> int:
        """The meter second after `after` at which a period ends."""
        period = self.period_s
        return next_boundary(clock.segment, after, lambda local: (local // period + 1) * period)


def _checked(period_s: int) -> int:
    if period_s not in PERIODS_S:
        possible = ", ".join(str(period // 60) for period in PERIODS_S)
        raise ConfigurationError(f"a period of {period_s} s; possible are {possible} minutes", "measurement period")
    return period_s
