"""Sags, swells and missing voltage: what is told of them, counted and logged (manual 5.3.3, 9.2; IDIS package 2).

Watched are the half-cycle values of waveforms, else the voltages of seconds. A line of the power quality log bears the
begin of its condition, not the moment at which it was told. A power cut ends no condition: it ends when another one has
lasted, so that each undervoltage in the log is followed by what came after it.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

import numpy as np

from softmeter.device.behaviour import Behaviour, Block
from softmeter.device.events import Event
from softmeter.device.saved import saved_int
from softmeter.instant import SECOND, Instant, at_second
from softmeter.metrology.voltage_events import Condition, Told, VoltageLimits, Watch, watched
from softmeter.persistent import Scalar
from softmeter.signal.faults import BLIND

if TYPE_CHECKING:
    from softmeter.device.device import Device

EVENTS = {
    Condition.NORMAL: Event.VOLTAGE_NORMAL_L1,
    Condition.UNDERVOLTAGE: Event.UNDERVOLTAGE_L1,
    Condition.OVERVOLTAGE: Event.OVERVOLTAGE_L1,
    Condition.MISSING: Event.MISSING_VOLTAGE_L1,
}
Item = TypeVar("Item")

DISTURBANCES = (Condition.UNDERVOLTAGE, Condition.OVERVOLTAGE, Condition.MISSING)
NOT_YET = -1
PRISTINE = Watch()


class Disturbance(NamedTuple):
    """A condition other than normal; `extreme_mv` is its lowest voltage, of overvoltage the highest."""

    begin: Instant
    end: Instant
    extreme_mv: int

    @property
    def duration_s(self) -> int:
        """Whole seconds."""
        return (self.end - self.begin) // SECOND


class PowerQuality(Behaviour):
    """The watch over the voltage: its limits, what was told last, how often, and the last of each kind."""

    __slots__ = ("_calm", "_counts", "_factory", "_last", "_watch", "limits")

    name: ClassVar[str] = "power_quality"
    watches: ClassVar[bool] = True

    def __init__(self, limits: VoltageLimits) -> None:
        super().__init__()
        self.limits = self._factory = limits.checked()
        self._watch = PRISTINE
        self._counts: tuple[int, ...] = (0,) * len(DISTURBANCES)
        self._last: tuple[Disturbance | None, ...] = (None,) * len(DISTURBANCES)
        self._calm = (0, 0)

    @property
    def condition(self) -> Condition:
        """The condition told last."""
        return self._watch.told

    def count(self, condition: Condition) -> int:
        """How often a disturbance was told."""
        return self._counts[DISTURBANCES.index(condition)]

    def last(self, condition: Condition) -> Disturbance | None:
        """The last disturbance of a kind that has ended."""
        return self._last[DISTURBANCES.index(condition)]

    def set_limits(self, limits: VoltageLimits) -> None:
        """Watch for others from now on; what had not lasted yet begins anew.

        Raises:
            ConfigurationError: one is out of range.
        """
        self.limits = limits.checked()
        self._watch = self._watch.interrupted()
        self._calm = (0, 0)

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self._watch = self._watch.interrupted()

    def limit(self, device: "Device", block: Block, begin: int, end: int) -> int:  # noqa: ARG002
        first = block.seconds.first_second
        if self._nothing(block, begin, end):
            self._calm = (first + begin, first + end)
            return end
        self._calm = (0, 0)
        _, told = self._watched(block, begin, end)
        return -(-told[0].known // SECOND) - first if told else end

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:
        first = block.seconds.first_second
        if self._calm[0] <= first + begin and first + end <= self._calm[1]:
            return
        self._watch, told = self._watched(block, begin, end)
        for condition in told:
            self._take(device, condition)

    def saved(self) -> Mapping[str, Scalar]:
        """What is not as it left the factory: most meters never see a disturbance."""
        watch, saved = self._watch, dict[str, Scalar]()
        if self.limits is not self._factory:
            saved |= self.limits._asdict()
        if any(self._counts):
            saved |= {"condition": int(watch.told), "since_ns": watch.since, "extreme_mv": watch.extreme_mv}
        for condition, count, last in zip(DISTURBANCES, self._counts, self._last, strict=True):
            name = condition.name.lower()
            if count:
                saved[f"{name}_count"] = count
            if last is not None:
                saved |= {f"{name}_{field}": value for field, value in last._asdict().items()}
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if "sag_mv" in saved:
            self.limits = VoltageLimits(*[saved_int(saved, name, now) for name, now in self.limits._asdict().items()])
        told = Condition(saved_int(saved, "condition", Condition.NORMAL))
        self._watch = Watch(told, Instant(saved_int(saved, "since_ns", 0)), saved_int(saved, "extreme_mv", 0))
        names = [condition.name.lower() for condition in DISTURBANCES]
        self._counts = tuple(saved_int(saved, f"{name}_count", 0) for name in names)
        self._last = tuple(_disturbance(saved, name) for name in names)

    def _nothing(self, block: Block, begin: int, end: int) -> bool:
        """Whether the voltage is normal, was so before, and nothing says that it cannot be known."""
        seconds, watch = block.seconds, self._watch
        if watch.told is not Condition.NORMAL or watch.run not in {None, Condition.NORMAL}:
            return False
        if seconds.faults is not None and bool((seconds.faults[begin:end] & BLIND).any()):
            return False
        return block.is_calm(self.limits) or self.limits.calm(block.voltages_mv[begin:end])

    def _watched(self, block: Block, begin: int, end: int) -> tuple[Watch, list[Told]]:
        """The watch after some seconds, with what was told in them; seconds of unknown voltage interrupt it."""
        seconds, watch, told = block.seconds, self._watch, list[Told]()
        blind = np.zeros(end - begin, np.bool_) if seconds.faults is None else (seconds.faults[begin:end] & BLIND) != 0
        for first, last in pairwise([0, *(np.flatnonzero(blind[1:] != blind[:-1]) + 1).tolist(), end - begin]):
            if blind[first]:
                watch = watch.interrupted()
                continue
            chosen, at = slice(begin + first, begin + last), at_second(seconds.first_second + begin + first)
            if seconds.half_cycles_mv is None:
                watch, more = watched(watch, self.limits, seconds.voltage_mv[chosen], at, SECOND)
            else:
                cycles = seconds.half_cycles_mv[chosen]
                watch, more = watched(watch, self.limits, cycles.ravel(), at, SECOND // cycles.shape[1])
            told += more
        return watch, told

    def _take(self, device: "Device", told: Told) -> None:
        """Count and log a condition, and note how the one before it was."""
        if told.ended is not Condition.NORMAL:
            ended = Disturbance(told.ended_begin, told.begin, told.ended_extreme_mv)
            self._last = _changed(self._last, DISTURBANCES.index(told.ended), ended)
        if told.condition is not Condition.NORMAL:
            kind = DISTURBANCES.index(told.condition)
            self._counts = _changed(self._counts, kind, self._counts[kind] + 1)
        device.record(EVENTS[told.condition], device.clock.stamp(told.begin))


def _changed(items: tuple[Item, ...], place: int, item: Item) -> tuple[Item, ...]:
    return (*items[:place], item, *items[place + 1 :])


def _disturbance(saved: Mapping[str, Scalar], name: str) -> Disturbance | None:
    begin, end, extreme = (saved_int(saved, f"{name}_{field}", NOT_YET) for field in Disturbance._fields)
    return None if begin == NOT_YET else Disturbance(Instant(begin), Instant(end), extreme)
