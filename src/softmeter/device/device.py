"""A meter's behaviour as a whole, and the only way time passes for it."""

from collections.abc import Iterator
from copy import copy
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from softmeter.clock import Stamp
from softmeter.device.clock import Clock
from softmeter.device.events import Event, EventLogs, Log
from softmeter.device.instantaneous import NOTHING, Instantaneous
from softmeter.device.outage import power_down, power_up
from softmeter.device.profile import Profile, Status
from softmeter.device.progress import Progress
from softmeter.device.pulses import Outputs, pulses_each, pulses_of
from softmeter.device.registers import Registers
from softmeter.device.settings import DeviceSettings
from softmeter.device.tariff import Tariff
from softmeter.instant import SECOND, Instant, at_second, whole_second
from softmeter.metrology.energy import quantities
from softmeter.metrology.engine import Seconds, integrate
from softmeter.persistent import Persistent, Ring
from softmeter.signal.samples import Integers, Source

CHUNK_S = 3600
"""How many seconds are measured at once: enough to make arrays pay, few enough to stay in the cache."""


class Block(NamedTuple):
    """Seconds measured together: their values, and what they count, shape (8, n)."""

    seconds: Seconds
    counted: Integers


class Device:
    """Registers, profiles, logs, clock and tariff of one meter, fed by a source of measurements.

    Parts hold no state that two devices share, so `fork` is cheap and a device can be advanced while its twin is read.
    """

    __slots__ = (
        "_capturing",
        "clock",
        "events",
        "instantaneous",
        "profiles",
        "progress",
        "registers",
        "settings",
        "source",
        "tariff",
    )

    def __init__(self, settings: DeviceSettings, source: Source, start: Instant) -> None:
        self.settings = settings
        self.source = source
        self.progress = Progress(start)
        self.clock = Clock(settings.zone, settings.synchronisation_limit_s, start)
        self.registers = Registers()
        self.tariff = Tariff(settings.tariff, settings.default_rate)
        self.events = EventLogs()
        self.instantaneous: Instantaneous = NOTHING
        self.profiles = tuple(Profile(profile, settings.catalogue) for profile in settings.profiles)
        self._capturing: Stamp | None = None
        second = self.clock.time(start) // SECOND
        self.tariff.evaluate(self.clock, second)
        for profile in self.profiles:
            profile.due = profile.boundary(self.clock, second)

    @property
    def now(self) -> Instant:
        """How far this meter has lived."""
        return self.progress.now

    @property
    def powered(self) -> bool:
        """Whether the meter has power: without, its ports are closed and its display is dark."""
        return self.progress.lost_at is None

    @property
    def stamp(self) -> Stamp:
        """The time stamp of the row being captured, else of now."""
        return self._capturing or self.clock.stamp(self.now)

    def profile(self, name: str) -> Profile:
        """The profile of that name.

        Raises:
            KeyError: there is none.
        """
        for profile in self.profiles:
            if profile.settings.name == name:
                return profile
        raise KeyError(name)

    def advance(self, until: Instant, outputs: Outputs | None = None) -> None:
        """Live on until an instant; any partition of a span gives the same state, pulses and seconds.

        Raises:
            ValueError: `until` has passed.
        """
        progress = self.progress
        if until < progress.now:
            raise ValueError(f"instant {until} is before {progress.now}: time does not run back")
        end = whole_second(until)
        if progress.second <= end and self.powered:
            self._cross_boundaries()
        while progress.second < end:
            self._live(min(end - progress.second, CHUNK_S), outputs)
        progress.now = until

    def resume(self, now: Instant) -> None:
        """Live on after the process was stopped at the instant reached: a power cut that lasts until `now`.

        Raises:
            ValueError: `now` has passed.
        """
        if now < self.now:
            raise ValueError(f"instant {now} is before {self.now}: time does not run back")
        if self.powered:
            power_down(self, self.now)
        self.progress.now = now
        self.progress.second = -(-now // SECOND)
        if self._sees_voltage(now):
            power_up(self, now)
            self.glance()

    def glance(self) -> None:
        """Measure the second at hand without counting it, so that a meter just powered on shows what there is."""
        if self._sees_voltage(self.now):
            self.instantaneous = Instantaneous.of(self._measured(self.now), 0)

    def capture(self, profile: Profile, second: int | None = None) -> None:
        """Write a row now; with a meter second, the regular one of that time, which clears what was latched."""
        self._capturing = self.stamp if second is None else self.clock.stamp_of(second)
        profile.append(self)
        self._capturing = None
        if second is not None:
            profile.latched = Status(0)

    def fork(self) -> "Device":
        """A twin in the same state that can go its own way."""
        twin = copy(self)
        twin.progress, twin.clock = copy(self.progress), copy(self.clock)
        twin.registers, twin.tariff = copy(self.registers), copy(self.tariff)
        twin.events = self.events.fork()
        twin.profiles = tuple([profile.fork() for profile in self.profiles])
        return twin

    def parts(self) -> Iterator[tuple[str, Persistent]]:
        """All parts that survive a power cut, by name."""
        yield "progress", self.progress
        yield "clock", self.clock
        yield "tariff", self.tariff
        yield "registers", self.registers
        for profile in self.profiles:
            yield f"profile.{profile.settings.name}", profile

    def rings(self) -> Iterator[Ring]:
        """All rows that survive a power cut."""
        for profile in self.profiles:
            yield profile.ring
        for log in Log:
            yield self.events.ring(log)

    def _measured(self, at: Instant) -> Seconds:
        return integrate(self.source.measurements(whole_second(at), 1))

    def _sees_voltage(self, at: Instant) -> bool:
        return self._measured(at).voltage_mv.item(0) >= self.settings.cut_mv

    def _live(self, count: int, outputs: Outputs | None) -> None:
        first = self.progress.second
        seconds = integrate(self.source.measurements(first, count))
        block = Block(seconds, quantities(seconds))
        alive = seconds.voltage_mv >= self.settings.cut_mv
        if self.powered and alive.all():
            self._count(block, 0, count, outputs)
            return
        edges = [0, *(np.flatnonzero(alive[1:] != alive[:-1]) + 1).tolist(), count]
        for begin, end in pairwise(edges):
            at = at_second(first + begin)
            if alive[begin]:
                power_up(self, at)
                self._count(block, begin, end, outputs)
                continue
            if self.powered:
                power_down(self, at)
            self.progress.second = first + end
            self.progress.now = at_second(first + end)

    def _count(self, block: Block, begin: int, end: int, outputs: Outputs | None) -> None:
        """Count the powered seconds `begin` to `end` - 1 of a block, from boundary to boundary."""
        first = block.seconds.first_second
        while begin < end:
            boundary = self._boundary()
            stop = max(begin + 1, min(end, boundary - first))
            counted = block.counted[:, begin:stop]
            if outputs is not None and outputs.wants_seconds:
                for index, pulses in enumerate(pulses_each(self.registers, counted, first + begin), begin):
                    outputs.pulses(*pulses)
                    self._add(block, index, index + 1, boundary)
                    outputs.second(self)
            else:
                if outputs is not None:
                    outputs.pulses(*pulses_of(self.registers, counted, first + begin))
                self._add(block, begin, stop, boundary)
            begin = stop

    def _add(self, block: Block, begin: int, end: int, boundary: int) -> None:
        """Count seconds of one rate, and do what is due if they reach the bench second `boundary`."""
        counted = block.counted
        energies = counted[:, begin] if end == begin + 1 else counted[:, begin:end].sum(axis=1)
        self.registers.add(self.tariff.rate, energies.tolist())
        self.instantaneous = Instantaneous.of(block.seconds, end - 1)
        second = block.seconds.first_second + end
        self.progress.second, self.progress.now = second, at_second(second)
        if second >= boundary:
            self._cross_boundaries()

    def _boundary(self) -> int:
        """The first bench second at which the meter's clock has something to do."""
        dues = [profile.due for profile in self.profiles]
        return self.clock.hands.first_second(min(self.clock.due, self.tariff.due, *dues))

    def _cross_boundaries(self) -> None:
        """Do all that is due at the second reached, in the order of what others see of it."""
        clock = self.clock
        second = clock.time(at_second(self.progress.second)) // SECOND
        while clock.due <= second:
            self.events.record(Event.DAYLIGHT_SAVING_CHANGED, clock.stamp_of(clock.due, before_change=True))
            clock.due = clock.segment(clock.due).end
        if self.tariff.due <= second:
            self.tariff.evaluate(clock, second)
        for profile in self.profiles:
            while profile.due <= second:
                due = profile.due
                self.capture(profile, due)
                profile.due = profile.boundary(clock, due)
