"""Demand: the average power of a block or a sliding window of periods, and its maxima.

Source: IEC 62056-62, class Demand register. A window costs nothing while time passes: it remembers what the
registers showed when its periods began. Periods end on a grid of local time that is common to the four demands, +P, -P,
+Q and -Q.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from softmeter.clock import DAY_S, Stamp
from softmeter.device.activation import DEMANDS, Family
from softmeter.device.behaviour import Behaviour
from softmeter.device.registers import RATES, directed
from softmeter.device.saved import saved_int, saved_octets
from softmeter.device.zone import next_boundary
from softmeter.errors import ConfigurationError, StorageError
from softmeter.instant import SECOND, Instant, at_second, whole_second
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

SHORTEST_PERIOD_S, LONGEST_PERIOD_S, MOST_PERIODS = 60, 3600, 60
MOST_W = 2**32 - 1
MAXIMA = DEMANDS * (1 + RATES)
"""Of each demand a maximum of all, then one of each rate; that of demand c at a rate has place rate * 4 + c."""

HEAD = 5  # numbers of a window before its energies: last average, two time stamps
_MAXIMUM = struct.Struct("<IIh")
_ALL_MAXIMA = struct.Struct("<" + "IIh" * MAXIMA)


class DemandSettings(NamedTuple):
    """The window of all demands: so many periods, each so long. One is block demand, more are a sliding window."""

    period_s: int = 900
    periods: int = 1

    def check(self) -> None:
        """Refuse windows that cannot be.

        Raises:
            ConfigurationError: the period does not divide a day, or it or the number of periods is out of range.
        """
        if not SHORTEST_PERIOD_S <= self.period_s <= LONGEST_PERIOD_S or DAY_S % self.period_s:
            message = (
                f"a period of {self.period_s} s; it must divide a day and be {SHORTEST_PERIOD_S} to {LONGEST_PERIOD_S}"
            )
            raise ConfigurationError(message, "demand")
        if not 1 <= self.periods <= MOST_PERIODS:
            raise ConfigurationError(f"{self.periods} periods; 1 to {MOST_PERIODS} are possible", "demand")


FACTORY_DEMAND = DemandSettings()
"""Block demand of the measuring period (manual 2.4)."""


class Window(NamedTuple):
    """One demand: the last average in W or var, when it was taken, and when the running period began.

    `energies` is what the register showed at the beginning of each period of the window, the oldest first, in mJ.
    """

    last: int
    captured: Stamp
    started: Stamp
    energies: tuple[int, ...]


class Maximum(NamedTuple):
    """The highest average, in W or var, and when it was taken."""

    value: int
    captured: Stamp


class Demand(Behaviour):
    """The four demands of a meter and their maxima; both are kept packed, as they are stored."""

    __slots__ = ("_maxima", "_windows", "settings")
    name = "demand"
    measures = True

    def __init__(self, settings: DemandSettings) -> None:
        super().__init__()
        self.settings = settings
        self._windows = b""
        self._maxima = b""

    def windows(self) -> list[Window]:
        """The windows of the four demands."""
        count = self.settings.periods
        fields = _layout(count).unpack(self._windows)
        each = [fields[at : at + HEAD + count] for at in range(0, len(fields), HEAD + count)]
        return [Window(one[0], Stamp(*one[1:3]), Stamp(*one[3:5]), one[HEAD:]) for one in each]

    def oldest_mj(self, demand: int) -> int:
        """What the register of one demand showed when its window began."""
        periods = self.settings.periods
        oldest: int = _layout(periods).unpack(self._windows)[demand * (HEAD + periods) + HEAD]
        return oldest

    def maximum(self, place: int) -> Maximum:
        """One of the maxima."""
        value, second, mode = _MAXIMUM.unpack_from(self._maxima, place * _MAXIMUM.size)
        return Maximum(value, Stamp(second, mode))

    def maxima(self) -> tuple[int, ...]:
        """The values of all maxima."""
        return _ALL_MAXIMA.unpack(self._maxima)[::3]

    def put_window(self, demand: int, window: Window) -> None:
        """Let one demand have another window."""
        windows = self.windows()
        windows[demand] = window
        self._put(windows)

    def put_maximum(self, place: int, maximum: Maximum) -> None:
        """Let one maximum be another."""
        octets = bytearray(self._maxima)
        _MAXIMUM.pack_into(octets, place * _MAXIMUM.size, maximum.value, *maximum.captured)
        self._maxima = bytes(octets)

    def restart(self, device: "Device", settings: DemandSettings, second: int) -> None:
        """Begin a period at a meter second, with windows of `settings`, which are checked; the last averages stay."""
        stamp = device.clock.stamp_of(second)
        old = self.windows() if self._windows else [Window(0, stamp, stamp, ())] * DEMANDS
        self.settings = settings
        self._put(
            [
                window._replace(started=stamp, energies=(energy,) * settings.periods)
                for window, energy in zip(old, directed(device.registers), strict=True)
            ]
        )
        if not self._maxima:
            self._maxima = _MAXIMUM.pack(0, *stamp) * MAXIMA
        self.due = self._boundary(device, second)

    def run(self, device: "Device", second: int) -> None:
        period_s, periods = self.settings
        layout, stamp = _layout(periods), device.clock.stamp_of(second)
        old = layout.unpack(self._windows)
        new: list[int] = []
        averages: list[int] = []
        for demand, energy in enumerate(directed(device.registers)):
            oldest = demand * (HEAD + periods) + HEAD
            averages.append(mean_power(energy - old[oldest], period_s * periods))
            new += (averages[demand], *stamp, *stamp, *old[oldest + 1 : oldest + periods], energy)
        self._windows = layout.pack(*new)
        raise_maxima(device, enumerate(averages), stamp)
        self.due = self._boundary(device, second)

    def reschedule(self, device: "Device", second: int) -> None:
        self.restart(device, self.settings, second)

    def power_up(self, device: "Device", at: Instant) -> None:
        until = device.clock.time(at_second(whole_second(at))) // SECOND
        while self.due <= until:  # the registers stand still
            self.run(device, self.due)

    def saved(self) -> Mapping[str, Scalar]:
        return {
            "period_s": self.settings.period_s,
            "periods": self.settings.periods,
            "due": self.due,
            "windows": self._windows,
            "maxima": self._maxima,
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        restored = DemandSettings(
            saved_int(saved, "period_s", self.settings.period_s), saved_int(saved, "periods", self.settings.periods)
        )
        windows = saved_octets(saved, "windows", self._windows)
        maxima = saved_octets(saved, "maxima", self._maxima)
        if len(windows) != _layout(restored.periods).size or len(maxima) != len(self._maxima):
            raise StorageError("the demand in the stored state is damaged: it has another length than its periods need")
        if restored != self.settings:
            self.settings = restored
        self.due = saved_int(saved, "due", self.due)
        self._windows, self._maxima = windows, maxima

    def _boundary(self, device: "Device", after: int) -> int:
        period = self.settings.period_s
        return next_boundary(device.clock.segment, after, lambda local: (local // period + 1) * period)

    def _put(self, windows: Sequence[Window]) -> None:
        fields = [number for one in windows for number in (one.last, *one.captured, *one.started, *one.energies)]
        self._windows = _layout(self.settings.periods).pack(*fields)


def mean_power(energy_mj: int, length_s: int) -> int:
    """The mean power in W, rounded to the nearest."""
    return min((energy_mj + 500 * length_s) // (1000 * length_s), MOST_W)


def raise_maxima(device: "Device", averages: Iterable[tuple[int, int]], stamp: Stamp) -> None:
    """Take note of averages (demand, W or var): for the maxima of all, and those of the rates that count now."""
    own = device.behaviours.demand
    highest, counting = own.maxima(), device.tariff.counting(Family.MAXIMUM)
    for demand, average in averages:
        places = [demand, *(DEMANDS + place for place in counting if place % DEMANDS == demand)]
        for place in places:
            if average > highest[place]:
                own.put_maximum(place, Maximum(average, stamp))


def current_average(device: "Device", demand: int) -> int:
    """The average since the window began, over its whole length."""
    own = device.behaviours.demand
    settings = own.settings
    energy = directed(device.registers)[demand] - own.oldest_mj(demand)
    return mean_power(energy, settings.period_s * settings.periods)


def configure_demand(device: "Device", settings: DemandSettings) -> None:
    """Measure all demands over other windows from now on.

    Raises:
        ConfigurationError: such windows cannot be.
    """
    settings.check()
    if settings != device.behaviours.demand.settings:
        device.behaviours.demand.restart(device, settings, device.clock.time(device.now) // SECOND)


def reset_demand(device: "Device", demand: int) -> None:
    """Forget the averages of one demand and begin a period now; its maxima stay."""
    own, stamp = device.behaviours.demand, device.stamp
    energy = directed(device.registers)[demand]
    own.put_window(demand, Window(0, stamp, stamp, (energy,) * own.settings.periods))


def next_period(device: "Device", demand: int) -> None:
    """End the running period of one demand now: the average is that of the time which has passed."""
    own, stamp = device.behaviours.demand, device.stamp
    window = own.windows()[demand]
    elapsed_s = stamp.second - window.started.second
    if elapsed_s <= 0:
        return
    length_s = own.settings.period_s * (own.settings.periods - 1) + elapsed_s
    energy = directed(device.registers)[demand]
    last = mean_power(energy - window.energies[0], length_s)
    own.put_window(demand, Window(last, stamp, stamp, (*window.energies[1:], energy)))
    raise_maxima(device, [(demand, last)], stamp)


def reset_maximum(device: "Device", place: int) -> None:
    """Forget a maximum: 0, taken now."""
    device.behaviours.demand.put_maximum(place, Maximum(0, device.stamp))


@cache
def _layout(periods: int) -> struct.Struct:
    return struct.Struct("<" + f"IIhIh{periods}q" * DEMANDS)
