"""The limiter: a script when a value has been above a threshold for long enough, another when below (class 71).

The value is looked at the end of each second, so a limiter in use makes simulated time pass more slowly.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from softmeter.clock import DateTime
from softmeter.device.behaviour import NO_SCRIPT, Behaviour, Block, Script
from softmeter.device.events import Event
from softmeter.device.saved import saved_int, saved_octets, saved_text
from softmeter.device.zone import FOREVER
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.obis import Obis
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

MOST_GROUPS = 16
NEVER = DateTime()


class Emergency(NamedTuple):
    """Between `start` and `duration_s` later the emergency threshold holds, in meters of the group."""

    group: int = 0
    start: DateTime = NEVER
    duration_s: int = 0


class Limits(NamedTuple):
    """What a client sets; a threshold of 0 limits nothing. `watched` is the key of a capturable value."""

    watched: str = "3,1-0:1.7.0.255,2,0"
    normal: int = 0
    emergency: int = 0
    over_s: int = 15
    under_s: int = 15
    profile: Emergency = Emergency()
    groups: tuple[int, ...] = ()
    over: Script = NO_SCRIPT
    under: Script = NO_SCRIPT


NO_LIMITS = Limits()


class Limiter(Behaviour):
    """Compares, waits and acts."""

    __slots__ = ("_changed", "_counted", "exceeded", "in_emergency", "limits")

    name = "limiter"
    watches = True

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.exceeded = False
        """Whether the threshold was exceeded for long enough, and not yet kept for long enough."""
        self.in_emergency = False
        self._counted = 0
        self._changed = False

    @property
    def threshold(self) -> int:
        """The threshold that holds now."""
        return self.limits.emergency if self.in_emergency else self.limits.normal

    def change(self, device: "Device", limits: Limits) -> None:
        """Limit otherwise from now on.

        Raises:
            ConfigurationError: the value cannot be watched, or the emergency is at no definite time.
        """
        device.settings.catalogue.form((limits.watched,))
        if len(limits.groups) > MOST_GROUPS:
            raise ConfigurationError(f"{len(limits.groups)} groups; {MOST_GROUPS} are possible", "limiter")
        if limits.profile.start != NEVER:
            device.clock.zone.utc_second(limits.profile.start)
        changed = limits.normal != self.limits.normal or limits.emergency != self.limits.emergency
        self.limits, self._changed = limits, True
        self._counted = 0
        self.reschedule(device, device.clock.stamp(device.now).second)
        if changed:
            device.record(Event.LIMITER_CHANGED)

    def reschedule(self, device: "Device", second: int) -> None:
        profile = self.limits.profile
        self.in_emergency, self.due = False, FOREVER
        if profile.start == NEVER or profile.group not in self.limits.groups:
            return
        begin = device.clock.zone.utc_second(profile.start)
        end = begin + profile.duration_s
        self.in_emergency = begin <= second < end
        self.due = begin if second < begin else end if second < end else FOREVER

    def run(self, device: "Device", second: int) -> None:
        self.reschedule(device, second)
        self._counted = 0

    def power_up(self, device: "Device", at: Instant) -> None:
        """An emergency may have begun or ended in the dark."""
        self.reschedule(device, device.clock.time(at) // SECOND)

    def power_down(self, device: "Device", at: int) -> None:  # noqa: ARG002
        self._counted = 0

    def limit(self, device: "Device", block: Block, begin: int, end: int) -> int:  # noqa: ARG002
        return begin + 1 if self.threshold or self.exceeded else end

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:  # noqa: ARG002
        limits, threshold = self.limits, self.threshold
        if not threshold and not self.exceeded:
            return
        value = device.settings.catalogue.form((limits.watched,)).reads[0](device)
        is_over = bool(threshold) and isinstance(value, int) and value > threshold
        self._counted = self._counted + 1 if is_over != self.exceeded else 0
        needed = limits.under_s if self.exceeded else limits.over_s
        if self._counted and self._counted >= needed:
            self.exceeded, self._counted = is_over, 0
            device.record(Event.LIMITER_EXCEEDED if is_over else Event.LIMITER_NORMAL)
            device.behaviours.breaker.execute_locally(device, limits.over if is_over else limits.under)

    def saved(self) -> Mapping[str, Scalar]:
        limits, profile = self.limits, self.limits.profile
        if not self._changed:
            return {}
        saved: dict[str, Scalar] = {
            name: getattr(limits, name) for name in ("watched", "normal", "emergency", "over_s", "under_s")
        }
        saved |= {"group": profile.group, "start": profile.start.encode(), "duration_s": profile.duration_s}
        saved["groups"] = ",".join(map(str, limits.groups))
        for name in ("over", "under"):
            script: Script = getattr(limits, name)
            saved |= {f"{name}_table": script.table.octets, f"{name}_script": script.selector}
        return {**saved, "exceeded": int(self.exceeded), "in_emergency": int(self.in_emergency), "due": self.due}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if not saved:
            return
        now, self._changed = self.limits, True
        profile = Emergency(
            saved_int(saved, "group", 0),
            DateTime.decode(saved_octets(saved, "start", NEVER.encode())),
            saved_int(saved, "duration_s", 0),
        )
        self.limits = Limits(
            saved_text(saved, "watched", now.watched),
            saved_int(saved, "normal", now.normal),
            saved_int(saved, "emergency", now.emergency),
            saved_int(saved, "over_s", now.over_s),
            saved_int(saved, "under_s", now.under_s),
            profile,
            tuple(int(part) for part in saved_text(saved, "groups", "").split(",") if part),
            _script(saved, "over"),
            _script(saved, "under"),
        )
        self.exceeded = bool(saved_int(saved, "exceeded", 0))
        self.in_emergency = bool(saved_int(saved, "in_emergency", 0))
        self.due = saved_int(saved, "due", FOREVER)


def _script(saved: Mapping[str, Scalar], name: str) -> Script:
    return Script(Obis.of(saved_octets(saved, f"{name}_table", bytes(6))), saved_int(saved, f"{name}_script", 0))
