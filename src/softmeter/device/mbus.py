"""The M-Bus master of a meter: four channels, read by schedule, their hourly profiles, what goes wrong with them.

A channel is read a few minutes before each multiple of its period of local time, so that what the profile captures at
the full hour is fresh. Nothing takes room before a sub-meter is installed (IDIS package 2, M-Bus; DSMR P2).
"""

from collections.abc import Iterator, Mapping
from copy import copy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from softmeter.device import mbus_errands
from softmeter.device.behaviour import Behaviour
from softmeter.device.events import M_BUS_CHANNELS
from softmeter.device.mbus_channel import EMPTY, NO_VALUE, Bus, Channel, Errand, Moment, Nobody
from softmeter.device.profile import Catalogue, Profile, ProfileSettings, Status
from softmeter.device.saved import saved_int, saved_text
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.instant import Instant
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device
    from softmeter.device.surroundings import Surrounded

LEAD_S = 300
"""How long before a multiple of its period a channel is read."""
NUMBERS = range(1, M_BUS_CHANNELS + 1)
_NO_CHANNELS: Mapping[int, Channel] = MappingProxyType({})
_NO_PROFILES: Mapping[int, Profile] = MappingProxyType({})


class SubMeterSettings(NamedTuple):
    """The bus, and the profiles of the channels in their order. `outside`: errands wait for a line instead."""

    bus: Bus = Nobody()
    outside: bool = False
    profiles: tuple[ProfileSettings, ...] = ()


NO_SUB_METERS = SubMeterSettings()


class SubMeters(Behaviour):
    """What the meter knows of its sub-meters; `profiles` are those of channels that ever had one.

    `waiting` and `under_way` are errands for a line outside, `given` the number of the last one. `sent` is the access
    number of the last encrypted order.
    """

    __slots__ = ("_catalogue", "_settings", "channels", "given", "memory", "profiles", "sent", "under_way", "waiting")

    name = "mbus"

    def __init__(self, settings: SubMeterSettings, catalogue: Catalogue) -> None:
        super().__init__()
        self._settings = settings
        self._catalogue = catalogue
        self.channels = _NO_CHANNELS
        self.profiles = _NO_PROFILES
        self.memory = ""
        self.waiting: tuple[Errand, ...] = ()
        self.under_way: tuple[Errand, ...] = ()
        self.given = 0
        self.sent = 0

    @property
    def bus(self) -> Bus:
        return self._settings.bus

    @property
    def outside(self) -> bool:
        return self._settings.outside

    @property
    def capturing(self) -> tuple[Profile, ...]:
        """The profiles of the sub-meters that are installed."""
        if not self.profiles:
            return ()
        return tuple([profile for number, profile in self.profiles.items() if self.channel(number).installed])

    def channel(self, number: int) -> Channel:
        """What is known of a channel."""
        return self.channels.get(number, EMPTY)

    def put(self, device: "Device", number: int, channel: Channel) -> None:
        """Know something else of a channel, from now on."""
        others = {one: known for one, known in self.channels.items() if one != number}
        self.channels = others if channel == EMPTY else dict(sorted({**others, number: channel}.items()))
        self.reschedule(device, device.clock.stamp(device.now).second)

    def begin_profile(self, device: "Device", number: int) -> None:
        """Have rows of a channel captured from now on; there are none of it yet."""
        profile = self.profiles.get(number) or Profile(self._settings.profiles[number - 1], self._catalogue)
        profile.configure(profile.settings, device.clock, device.clock.stamp(device.now).second)
        self.profiles = dict(sorted({**self.profiles, number: profile}.items()))

    def status(self, device: "Device", number: int) -> int:
        """The status byte of a channel's rows: values are doubtful where none came, or the last try was in vain."""
        profile = self.profiles.get(number)
        if profile is None:
            return 0
        status = profile.status(device.stamp, critical=device.behaviours.alarms.critical)
        channel = self.channel(number)
        is_doubtful = channel.failed or not channel.values or NO_VALUE in channel.values
        return int(status | Status.DATA_NOT_VALID if is_doubtful else status)

    def run(self, device: "Device", second: int) -> None:
        for number, channel in self.channels.items():
            if self._next(device, channel, second - 1) == second:
                mbus_errands.read(device, number)
        self.reschedule(device, second)

    def reschedule(self, device: "Device", second: int) -> None:
        self.due = min((self._next(device, channel, second) for channel in self.channels.values()), default=FOREVER)

    def power_up(self, device: "Device", at: Instant) -> None:
        self.reschedule(device, device.clock.stamp(at).second)

    def power_down(self, device: "Device", at: Instant) -> None:
        """Nobody waits any more for what was wanted."""
        del device, at
        self.waiting = self.under_way = ()

    def felt(self, device: "Device", before: "Surrounded", now: "Surrounded") -> None:
        """Let sub-meters notice what becomes of them, so that what they count does not depend on when they are read."""
        second = device.progress.second
        self.memory = self.bus.felt(self.memory, Moment(second, before), Moment(second, now))

    def fork(self) -> "SubMeters":
        twin = copy(self)
        if self.profiles:
            twin.profiles = {number: profile.fork() for number, profile in self.profiles.items()}
        return twin

    def saved(self) -> Mapping[str, Scalar]:
        if not self.channels and not self.profiles and not self.memory:
            return {}
        profiles = " ".join(str(one) for one in self.profiles)
        saved: dict[str, Scalar] = {"memory": self.memory, "profiles": profiles, "sent": self.sent}
        for number, channel in self.channels.items():
            saved |= channel.saved(number)
        return {**saved, "due": self.due}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if not saved:
            return
        self.memory = saved_text(saved, "memory", "")
        self.sent = saved_int(saved, "sent", 0)
        restored = {number: Channel.restored(number, saved) for number in NUMBERS}
        self.channels = {number: channel for number, channel in restored.items() if channel != EMPTY}
        numbers = [int(text) for text in saved_text(saved, "profiles", "").split()]
        self.profiles = {one: Profile(self._settings.profiles[one - 1], self._catalogue) for one in numbers}
        self.due = saved_int(saved, "due", FOREVER)

    def parts(self) -> Iterator[tuple[str, Any]]:
        """The profiles as parts that survive a power cut."""
        for profile in self.profiles.values():
            yield f"profile.{profile.settings.name}", profile

    def _next(self, device: "Device", channel: Channel, after: int) -> int:
        period = channel.period_s
        if not channel.installed or not period:
            return FOREVER
        lead = LEAD_S if period > LEAD_S else 0
        return next_boundary(device.clock.segment, after, lambda local: ((local + lead) // period + 1) * period - lead)
