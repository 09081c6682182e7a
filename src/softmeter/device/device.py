"""A meter's behaviour as a whole, and the only way time passes for it."""

from collections.abc import Callable, Iterator
from copy import copy
from itertools import pairwise

import numpy as np

from softmeter.clock import Stamp
from softmeter.device.activation import Family
from softmeter.device.adjustment import warm_clock
from softmeter.device.attributes import Attributes
from softmeter.device.behaviour import Block, Script
from softmeter.device.behaviours import Behaviours
from softmeter.device.clock import Clock
from softmeter.device.events import CLEARED, Event, EventLogs, Log
from softmeter.device.images import Installer, Verified
from softmeter.device.instantaneous import NOTHING, Instantaneous
from softmeter.device.measurement_check import alive
from softmeter.device.outage import power_down, power_up
from softmeter.device.profile import NO_STATUS, Profile
from softmeter.device.progress import Progress
from softmeter.device.pulses import Outputs, pulses_each, pulses_of
from softmeter.device.push import Collector
from softmeter.device.registers import Registers
from softmeter.device.settings import DeviceSettings
from softmeter.device.surroundings import Calm, Feeling, Surroundings
from softmeter.device.tariff import Tariff, follow
from softmeter.errors import ConfigurationError, LocalProtocolError
from softmeter.instant import SECOND, Instant, at_second, whole_second
from softmeter.metrology.energy import quantities
from softmeter.metrology.engine import Seconds, integrate
from softmeter.persistent import Persistent, Ring
from softmeter.signal.samples import Source

CHUNK_S = 3600
"""How many seconds are measured at once: enough to make arrays pay, few enough to stay in the cache."""
CALM_PLACE = Calm()
_SUM = np.add.reduce
DEEPEST_SCRIPT = 4
"""A script may execute scripts, but not for ever."""

Executor = Callable[["Device", Script], None]
"""Who knows what the scripts of a meter do; what cannot be done is left out."""


def _no_scripts(_: "Device", __: Script) -> None:
    """A device alone has no objects that a script could act upon."""


def _no_values(_: "Device", __: int) -> bytes:
    """Nor any that it could push."""
    return b""


def _no_images(_: "Device", __: Verified) -> str:
    """A device alone cannot read what an image declares."""
    raise ConfigurationError("nobody can install it", "image")


class Device:
    """Registers, profiles, logs, clock and tariff of one meter, fed by a source of measurements.

    Parts hold no state that two devices share, so `fork` is cheap and a device can be advanced while its twin is read.
    """

    __slots__ = (
        "_capturing",
        "_executing",
        "attributes",
        "behaviours",
        "clock",
        "collector",
        "events",
        "executor",
        "feeling",
        "installer",
        "instantaneous",
        "own_profiles",
        "progress",
        "registers",
        "seed",
        "settings",
        "source",
        "surroundings",
        "tariff",
    )

    def __init__(
        self, settings: DeviceSettings, source: Source, start: Instant, surroundings: Surroundings = CALM_PLACE
    ) -> None:
        self.settings, self.source, self.surroundings = settings, source, surroundings
        self.executor: Executor = _no_scripts
        self.collector: Collector = _no_values
        self.seed = b""
        """What tells this meter from its fellows, where chance decides."""
        self.installer: Installer = _no_images
        self.attributes, self.feeling = Attributes(), Feeling()
        self.progress = Progress(start)
        self.clock = Clock(settings.zone, settings.synchronisation_limit_s, start, settings.crystal.drift_ns)
        self.registers = Registers()
        self.tariff = Tariff(settings.tariff, settings.default_rate, settings.special_days)
        self.events = EventLogs()
        self.instantaneous: Instantaneous = NOTHING
        self.own_profiles = tuple(Profile(profile, settings.catalogue) for profile in settings.profiles)
        self.behaviours = Behaviours.of(settings)
        self.behaviours.calibration.apply(self)
        self._capturing: Stamp | None = None
        self._executing = 0
        second = self.clock.time(start) // SECOND
        self.tariff.evaluate(self.clock, second)
        for profile in self.profiles:
            profile.due = profile.boundary(self.clock, second)
        self.reschedule(second)

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

    def status(self, name: str) -> int:
        """The status byte of the profile of that name, of the row being captured or of now."""
        return int(self.profile(name).status(self.stamp, critical=self.behaviours.alarms.critical))

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """Those that capture: the meter's own, and those of the sub-meters that are installed."""
        return self.own_profiles + self.behaviours.mbus.capturing

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
        if self._executing:
            return  # time stands still while a script runs
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
        self.behaviours.calibration.apply(self)  # the constants were restored
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
        before = self._capturing
        self._capturing = self.stamp if second is None else self.clock.stamp_of(second)
        profile.append(self)
        self._capturing = before
        if second is not None:
            profile.latched = NO_STATUS

    def record(self, event: Event, stamp: Stamp | None = None) -> None:
        """Log an event, stamped with now unless its moment was another one, and let it have its consequences."""
        at = self.stamp if stamp is None else stamp
        self.events.record(event, at)
        for behaviour in self.behaviours:
            behaviour.logged(self, event, at)

    def clear_log(self, log: Log) -> None:
        """Forget the lines of a log, and log that."""
        self.events.clear(log)
        self.record(CLEARED[log])

    def execute(self, script: Script, second: int | None = None) -> None:
        """Do what a script says now; selector 0 means nothing. With a meter second, rows are stamped with that time."""
        if not script.selector or self._executing >= DEEPEST_SCRIPT:
            return
        before = self._capturing
        self._capturing = before if second is None else self.clock.stamp_of(second)
        self._executing += 1
        try:
            self.executor(self, script)
        finally:
            self._executing -= 1
            self._capturing = before

    def install(self, image: Verified) -> str:
        """Put an image in force now; the version by which its part is known from then on.

        Raises:
            ConfigurationError: it cannot be; nothing has changed.
        """
        self._executing += 1
        try:
            return self.installer(self, image)
        finally:
            self._executing -= 1

    def reschedule(self, second: int) -> None:
        """The clock shows `second`, and may have shown anything before: let each behaviour find out when it is due."""
        for behaviour in self.behaviours:
            behaviour.reschedule(self, second)

    def feel(self) -> None:
        """Notice what surrounds the meter in the second reached."""
        now = self.surroundings.state(self.progress.second)
        before = self.feeling.state
        if now != before:
            self.feeling.state = now
            if now.temperature != before.temperature:
                warm_clock(self, at_second(self.progress.second), now.temperature)
            for behaviour in self.behaviours:
                behaviour.felt(self, before, now)

    def fork(self) -> "Device":
        """A twin in the same state that can go its own way."""
        twin = copy(self)
        twin.progress, twin.clock = copy(self.progress), copy(self.clock)
        twin.registers, twin.tariff = copy(self.registers), copy(self.tariff)
        twin.events, twin.feeling = self.events.fork(), copy(self.feeling)
        twin.attributes, twin.behaviours = Attributes(self.attributes), self.behaviours.fork()
        twin.own_profiles = tuple([profile.fork() for profile in self.own_profiles])
        return twin

    def parts(self) -> Iterator[tuple[str, Persistent]]:
        """All parts that survive a power cut, by name."""
        yield "progress", self.progress
        yield "clock", self.clock
        yield "tariff", self.tariff
        yield "registers", self.registers
        for profile in self.own_profiles:
            yield f"profile.{profile.settings.name}", profile
        yield "attributes", self.attributes
        yield "surroundings", self.feeling
        for behaviour in self.behaviours:
            yield behaviour.name, behaviour
        yield from self.behaviours.mbus.parts()  # which exist when what they belong to is restored

    def rings(self) -> Iterator[Ring]:
        """All rows that survive a power cut."""
        yield from (profile.ring for profile in (*self.own_profiles, *self.behaviours.mbus.profiles.values()))
        yield self.behaviours.power_failures.ring
        if self.behaviours.firmware.blocks is not None:
            yield self.behaviours.firmware.blocks
        yield from self.events.rings()

    def ring(self, name: str) -> Ring | None:
        """The rows that survive under a name."""
        log = self.events.named(name)
        return log if log is not None else next((ring for ring in self.rings() if ring.name == name), None)

    def _measured(self, at: Instant) -> Seconds:
        return integrate(self.source.measurements(whole_second(at), 1))

    def _sees_voltage(self, at: Instant) -> bool:
        return bool(alive(self._measured(at), self.settings.cut_mv)[0])

    def _live(self, count: int, outputs: Outputs | None) -> None:
        first = self.progress.second
        seconds = integrate(self.source.measurements(first, count))
        block = Block(seconds, quantities(seconds))
        powered = alive(seconds, self.settings.cut_mv)
        if self.powered and powered.all():
            self._count(block, 0, count, outputs)
            return
        edges = [0, *(np.flatnonzero(powered[1:] != powered[:-1]) + 1).tolist(), count]
        for begin, end in pairwise(edges):
            at = at_second(first + begin)
            if powered[begin]:
                self.progress.now = at  # an earlier span may have ended, dark, within this second
                power_up(self, at)
                self._count(block, begin, end, outputs)
                continue
            if self.powered:
                power_down(self, at)
            self._pass_dark(first + end)

    def _pass_dark(self, until: int) -> None:
        """Live on without power until the bench second `until`; what surrounds the meter is felt all the same."""
        progress = self.progress
        self.feel()
        while progress.second < until:
            progress.second = min(self.surroundings.next_change(progress.second), until)
            progress.now = at_second(progress.second)
            self.feel()

    def _count(self, block: Block, begin: int, end: int, outputs: Outputs | None) -> None:
        """Count the powered seconds `begin` to `end` - 1 of a block, from boundary to boundary."""
        first = block.seconds.first_second
        loaded, unloaded = block, None
        while begin < end:
            if self.behaviours.breaker.closed:
                block = loaded
            else:
                block = unloaded = unloaded or loaded.without_load()
            boundary = self._boundary(first + begin)
            stop = self._limit(block, begin, max(begin + 1, min(end, boundary - first)))
            counted = block.counted[:, begin:stop]
            if outputs is not None and outputs.wants_seconds:
                for index, pulses in enumerate(pulses_each(self.registers, counted, first + begin), begin):
                    outputs.pulses(*self.behaviours.outputs.given(self, pulses, first + index + 1))
                    self._add(block, index, index + 1, boundary)
                    outputs.second(self)
            else:
                if outputs is not None:
                    pulses = pulses_of(self.registers, counted, first + begin)
                    outputs.pulses(*self.behaviours.outputs.given(self, pulses, first + stop))
                self._add(block, begin, stop, boundary)
            begin = stop

    def _add(self, block: Block, begin: int, end: int, boundary: int) -> None:
        """Count seconds of one rate, and do what is due if they reach the bench second `boundary`."""
        counted = block.counted
        energies = counted[:, begin] if end == begin + 1 else _SUM(counted[:, begin:end], axis=1)
        self.registers.add(self.tariff.counting(Family.ENERGY), energies.tolist())
        self.instantaneous = Instantaneous.of(block.seconds, end - 1)
        second = block.seconds.first_second + end
        self.progress.second, self.progress.now = second, at_second(second)
        for behaviour in self.behaviours.watching:
            behaviour.passed(self, block, begin, end)
        if second >= boundary:
            self._cross_boundaries()

    def _limit(self, block: Block, begin: int, end: int) -> int:
        """How far to count at once so that no behaviour acts late."""
        for behaviour in self.behaviours.watching:
            end = behaviour.limit(self, block, begin, end)
        return end

    def _boundary(self, second: int) -> int:
        """The first bench second after `second` at which the clock, or somebody outside, has something to do."""
        dues = [profile.due for profile in self.profiles]
        dues += [behaviour.due for behaviour in self.behaviours.acting]
        by_clock = self.clock.hands.first_second(min(self.clock.due, self.tariff.due, *dues))
        return min(by_clock, self.surroundings.next_change(second))

    def _cross_boundaries(self) -> None:
        """Do all that is due at the second reached, in the order of what others see of it."""
        clock, at = self.clock, at_second(self.progress.second)
        self.progress.now = max(self.progress.now, at)  # power may have come back within the second before
        second = clock.time(at) // SECOND
        self.feel()
        while clock.due <= second:
            self.record(Event.DAYLIGHT_SAVING_CHANGED, clock.stamp_of(clock.due, before_change=True))
            clock.due = clock.segment(clock.due).end
        self._run(second, measures=True)
        if self.tariff.due <= second:
            follow(self, second, anew=False)
        for profile in self.profiles:
            while profile.due <= second:
                due = profile.due
                self.capture(profile, due)
                profile.due = profile.boundary(clock, due)
        self._run(second, measures=False)

    def _run(self, second: int, *, measures: bool) -> None:
        for behaviour in self.behaviours.measuring if measures else self.behaviours.acting:
            while behaviour.due <= second and behaviour.measures is measures:
                due = behaviour.due
                behaviour.run(self, due)
                if behaviour.due == due:
                    raise LocalProtocolError(f"{behaviour.name} is due at {due} for ever")
