"""What a device does by itself: the hooks through which its parts take part in the passing of time.

A behaviour keeps small values only and replaces them whole, so that a shallow copy is a fork: the successor of a device
may go its own way without the visible one changing.
"""

from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from softmeter.clock import Stamp
from softmeter.device.runs import Runs
from softmeter.device.zone import FOREVER
from softmeter.instant import Instant
from softmeter.metrology.engine import Seconds
from softmeter.metrology.voltage_events import VoltageLimits
from softmeter.obis import Obis
from softmeter.persistent import Persistent
from softmeter.signal.samples import Integers

if TYPE_CHECKING:
    from softmeter.device.device import Device
    from softmeter.device.events import Event
    from softmeter.device.surroundings import Surrounded

LOWEST_REVERSE_MW = 4_600
"""The starting power: what is less may be noise."""


class Block:
    """Seconds measured together: their values, and what they count, shape (8, n).

    What holds for all of them is found once and kept, so that it is not looked for in each stretch between boundaries.
    """

    __slots__ = ("_calm", "_ranges", "_reverse", "counted", "seconds")

    def __init__(self, seconds: Seconds, counted: Integers) -> None:
        self.seconds, self.counted = seconds, counted
        self._calm: tuple[VoltageLimits, bool] | None = None
        self._reverse: Runs | None = None
        self._ranges: Integers | None = None

    @property
    def voltages_mv(self) -> Integers:
        """The finest voltages there are: those of half-cycles, shape (n, 100), else of seconds, shape (n,)."""
        cycles = self.seconds.half_cycles_mv
        return self.seconds.voltage_mv if cycles is None else cycles

    @property
    def reverse(self) -> Runs:
        """Runs of seconds in which energy flows back."""
        if self._reverse is None:
            self._reverse = Runs(self.seconds.active_power_mw <= -LOWEST_REVERSE_MW)
        return self._reverse

    @property
    def ranges(self) -> Integers:
        """Voltage, current, and both negated, shape (4, n): their least values tell all extremes at once."""
        if self._ranges is None:
            seconds = self.seconds
            ranges = np.empty((4, len(seconds.voltage_mv)), dtype=np.int64)
            ranges[0], ranges[1] = seconds.voltage_mv, seconds.current_ma
            np.negative(ranges[:2], out=ranges[2:])
            self._ranges = ranges
        return self._ranges

    def is_calm(self, limits: VoltageLimits) -> bool:
        """Whether the voltages of all seconds are normal, whatever was before."""
        if self._calm is None or self._calm[0] is not limits:
            self._calm = limits, limits.calm(self.voltages_mv)
        return self._calm[1]

    def without_load(self) -> "Block":
        """The same seconds while the breaker is open: voltage, but no current."""
        seconds = self.seconds
        nothing = np.zeros_like(seconds.active_mj)
        idle = seconds._replace(
            active_mj=nothing,
            reactive_mvars=nothing,
            apparent_mvas=nothing,
            current_ma=nothing,
            active_power_mw=nothing,
        )
        return Block(idle, np.zeros_like(self.counted))


class Script(NamedTuple):
    """A script of a script table: what a schedule, monitor or calendar wants to be done."""

    table: Obis
    selector: int


NO_SCRIPT = Script(Obis(0, 0, 0, 0, 0, 0), 0)


class Behaviour(Persistent):
    """A part of a device that acts by itself; each hook does nothing unless a part overrides it.

    `due` is the meter second at which `run` is called next; it is called once for each due second, in order. Hooks must
    not depend on how time was cut into steps: seconds come in any grouping.
    """

    __slots__ = ("due",)

    name: ClassVar[str]
    """Under which the part is stored."""

    watches: ClassVar[bool] = False
    """Whether the seconds lived through are shown to `limit` and `passed`."""

    measures: ClassVar[bool] = False
    """Whether `run` ends a measuring period: then it comes before rates are switched and rows are captured."""

    def __init__(self) -> None:
        self.due: int = FOREVER

    def run(self, device: "Device", second: int) -> None:
        """Do what is due at a meter second, and find out when next."""

    def reschedule(self, device: "Device", second: int) -> None:
        """Find `due` anew: the clock, its zone or the power came back, and it is `second` now."""

    def power_up(self, device: "Device", at: Instant) -> None:
        """Power is back; events and rows of the cut are dealt with already, and rates unless the part `measures`."""

    def power_down(self, device: "Device", at: Instant) -> None:
        """Power goes: what is in RAM is gone."""

    def limit(self, device: "Device", block: Block, begin: int, end: int) -> int:  # noqa: ARG002
        """How far into the seconds `begin` to `end` - 1 time may go before the part has to act.

        The number of the second after the one that makes it act; `end` when none of them does.
        """
        return end

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:
        """The seconds `begin` to `end` - 1 were counted; `limit` lets none of them but the last one cause action."""

    def logged(self, device: "Device", event: "Event", stamp: Stamp) -> None:
        """An event was put into its log."""

    def felt(self, device: "Device", before: "Surrounded", now: "Surrounded") -> None:
        """What surrounds the meter changed, perhaps while it had no power."""

    def fork(self) -> "Any":
        """A part in the same state that can go its own way."""
        return copy(self)
