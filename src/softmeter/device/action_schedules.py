"""Single action schedules: scripts executed at set times (IEC 62056-62, class Single action schedule; manual 8.3)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from softmeter.device.behaviour import Behaviour, Script
from softmeter.device.clock import Clock
from softmeter.device.recurrence import Day, Time, next_local
from softmeter.device.saved import saved_int, saved_octets
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.obis import Obis
from softmeter.persistent import NONE, Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

MOST_TIMES = 50
ENTRY = 9  # octets: time, date


class Execution(NamedTuple):
    """When a script is executed; both parts may have wildcards."""

    time: Time
    date: Day


class ActionSchedule(NamedTuple):
    """One schedule: what is done when. `type` (1 to 5) says what of the times may differ or have wildcards.

    What a schedule that is `made_up` missed without power is done once when power is back, and so is what a clock set
    forward, or another zone, leaps over.
    """

    script: Script
    type: int = 1
    times: tuple[Execution, ...] = ()
    made_up: bool = False

    def check(self) -> None:
        """Refuse times that the type does not allow.

        Raises:
            ConfigurationError: it is no type, or too many times, or they differ or have wildcards where they must not.
        """
        where = "execution time"
        if not 1 <= self.type <= 5:
            raise ConfigurationError(f"{self.type} is no type of schedule; types are 1 to 5", where)
        if len(self.times) > (1 if self.type == 1 else MOST_TIMES):
            raise ConfigurationError(f"{len(self.times)} times are too many for a schedule of type {self.type}", where)
        if self.type in {2, 3} and len({time for time, _ in self.times}) > 1:
            raise ConfigurationError(f"the times of a schedule of type {self.type} must be the same", where)
        if self.type in {2, 4} and not all(date.is_definite for _, date in self.times):
            raise ConfigurationError(f"the dates of a schedule of type {self.type} must be complete", where)

    def due(self, clock: Clock, after: int) -> int:
        """The first meter second after `after` at which it is due."""
        if not self.times or not self.script.selector:
            return FOREVER

        def following(local: int) -> int:
            return min(next_local(time, date, local) for time, date in self.times)

        return next_boundary(clock.segment, after, following)


class ActionSchedules(Behaviour):
    """All single action schedules of a meter, by the name of their object."""

    __slots__ = ("_changed", "_dues", "_schedules")
    name = "schedules"

    def __init__(self, schedules: Mapping[Obis, ActionSchedule]) -> None:
        super().__init__()
        self._schedules = schedules
        self._changed: frozenset[Obis] = NONE
        self._dues: Mapping[Obis, int] = {}

    def schedule(self, name: Obis) -> ActionSchedule:
        """The schedule of that name.

        Raises:
            KeyError: there is none.
        """
        return self._schedules[name]

    def change(self, device: "Device", name: Obis, schedule: ActionSchedule) -> None:
        """Let the schedule `name` be another one from now on.

        Raises:
            ConfigurationError: its times do not fit its type.
        """
        schedule.check()
        self._schedules = {**self._schedules, name: schedule}
        self._changed |= {name}
        self._plan(device.clock, device.clock.time(device.now) // SECOND, (name,))

    def run(self, device: "Device", second: int) -> None:
        for name in [name for name, due in self._dues.items() if due <= second]:
            self._plan(device.clock, second, (name,))
            device.execute(self._schedules[name].script, second)

    def reschedule(self, device: "Device", second: int) -> None:
        self._make_up(device, second)

    def power_up(self, device: "Device", at: Instant) -> None:
        self._make_up(device, device.clock.time(at) // SECOND)

    def leap(self, device: "Device", second: int, by_s: int) -> None:
        """Local time leaps forward by `by_s`, in another zone: do once what that misses and is made up."""
        for schedule in list(self._schedules.values()):
            due = schedule.due(device.clock, second - by_s) if schedule.made_up else FOREVER
            if due <= second:
                device.execute(schedule.script, due)

    def saved(self) -> Mapping[str, Scalar]:
        changed = {str(name): _octets(self._schedules[name]) for name in self._changed}
        return {**changed, **{f"due,{name}": due for name, due in self._dues.items()}}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        for name, schedule in self._schedules.items():
            octets = saved_octets(saved, str(name), b"")
            if octets:
                self._schedules = {**self._schedules, name: _schedule(octets, made_up=schedule.made_up)}
                self._changed |= {name}
        dues = {name: saved_int(saved, f"due,{name}", FOREVER) for name in self._schedules}
        self._dues = {name: due for name, due in dues.items() if due != FOREVER}
        self.due = min(self._dues.values(), default=FOREVER)

    def _make_up(self, device: "Device", second: int) -> None:
        """Plan anew, and do once what was missed until now, where that is made up."""
        missed = {name: due for name, due in self._dues.items() if due <= second}
        self._plan(device.clock, second, self._schedules)
        for name, due in missed.items():
            if self._schedules[name].made_up:
                device.execute(self._schedules[name].script, due)

    def _plan(self, clock: Clock, after: int, names: "tuple[Obis, ...] | Mapping[Obis, ActionSchedule]") -> None:
        dues = {**self._dues, **{name: self._schedules[name].due(clock, after) for name in names}}
        self._dues = {name: due for name, due in dues.items() if due != FOREVER}
        self.due = min(self._dues.values(), default=FOREVER)


def _octets(schedule: ActionSchedule) -> bytes:
    script = schedule.script
    head = script.table.octets + script.selector.to_bytes(2, "big") + bytes((schedule.type,))
    return head + b"".join([time.encode() + date.encode() for time, date in schedule.times])


def _schedule(octets: bytes, *, made_up: bool) -> ActionSchedule:
    script = Script(Obis.of(octets[:6]), int.from_bytes(octets[6:8], "big"))
    entries = [octets[at : at + ENTRY] for at in range(9, len(octets), ENTRY)]
    times = tuple(Execution(Time.decode(entry[:4]), Day.decode(entry[4:])) for entry in entries)
    return ActionSchedule(script, octets[8], times, made_up)
