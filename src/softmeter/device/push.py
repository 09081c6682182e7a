"""Pushes: what a meter sends by itself, when, and how often it tries (IEC 62056-62, class Push setup; IDIS package 2).

A trigger starts a push: after a random delay, inside a window and on the network, the values are collected and handed
to whoever moves octets. What becomes of them is told back; a push that failed is tried again after its delay, with the
values of then. What waits survives a power cut, what was handed out does not: it is collected and sent anew.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from softmeter.device.behaviour import Behaviour
from softmeter.device.chance import drawn
from softmeter.device.communication_window import is_open, next_closing, next_opening
from softmeter.device.push_setting import CONNECTIVITY, INSTALLATION, LAST_GASP, SETUPS, PushSetting, restored, written
from softmeter.device.saved import saved_int, saved_octets
from softmeter.device.zone import FOREVER
from softmeter.instant import SECOND, Instant
from softmeter.persistent import NONE, Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

HIGHEST_NUMBER = 0xFF_FFFF
"""What a long invoke id can count."""

OFFLINE = FOREVER - 1
"""When a push is due that waits for the network."""


class Waiting(NamedTuple):
    """A push that has begun: the meter second of its next try, and how many tries are left after that one.

    `number` is that of the message that was handed out and of which nothing is known yet, else 0. `again`: something
    triggered it meanwhile. `refused`: it waits because the last try failed.
    """

    due: int
    retries: int
    number: int = 0
    again: bool = False
    refused: bool = False


class Message(NamedTuple):
    """One message ready to go: the values as they were collected, and the time of that by the meter's clock."""

    number: int
    setup: int
    setting: PushSetting
    time: bytes
    body: bytes


_NOTHING: Mapping[int, Waiting] = MappingProxyType({})

Collector = Callable[["Device", int], bytes]
"""Who knows what the object list of a push setup means: gives the encoded values."""


class Pushes(Behaviour):
    """All pushes of a meter, by the number of their setup (value group B of its name)."""

    __slots__ = ("_changed", "_count", "_installed", "_settings", "_waiting", "outbox")

    name = "pushes"

    def __init__(self, settings: tuple[PushSetting, ...]) -> None:
        super().__init__()
        self._settings = settings
        self._changed: frozenset[int] = NONE
        self._waiting = _NOTHING
        self._count = 0
        self._installed = False
        self.outbox: tuple[Message, ...] = ()
        """At most one message of each setup, the oldest first."""

    @property
    def has_destinations(self) -> bool:
        """Whether anything may ever be pushed."""
        return any(setting.destination for setting in self._settings)

    @property
    def waiting_for(self) -> tuple[bytes, ...]:
        """The destinations of pushes that wait: for a delay, a window, the network, or to be tried again."""
        return tuple(self._settings[setup].destination for setup, one in self._waiting.items() if not one.number)

    def setting(self, setup: int) -> PushSetting:
        """What a setup says."""
        return self._settings[setup]

    def change(self, device: "Device", setup: int, setting: PushSetting) -> None:
        """Let a setup be another one from now on; what waits goes by it, and what was refused elsewhere goes at once.

        Raises:
            ConfigurationError: it cannot be used.
        """
        before, waiting = self._settings[setup], self._waiting.get(setup)
        self._put_setting(setup, setting)
        if waiting is not None and self._is_untaken(setup):
            self._withdraw(setup)
            self._try(device, setup, waiting.retries, self._second(device))
            return
        if waiting is None or waiting.number:
            if setup == INSTALLATION and not self._installed and setting.destination != before.destination:
                self.trigger(device, setup)
            return
        if waiting.due >= OFFLINE:
            return
        if waiting.refused and setting.destination != before.destination:
            self._start(device, setup)
        else:
            self._reconsider(device, setup, waiting, self._second(device))

    def trigger(self, device: "Device", setup: int) -> None:
        """Have a setup pushed; one without a destination is nobody's business."""
        setting, running = self._settings[setup], self._waiting.get(setup)
        if not setting.destination:
            return
        if running is None:
            self._start(device, setup)
        elif self._is_untaken(setup):
            self._hand_out(device, setup, running.retries)  # nobody took it yet: the newest values go
        elif running.number:
            self._put(setup, running._replace(again=True))
        elif running.refused:
            self._start(device, setup)
            fresh = self._waiting.get(setup)
            if fresh is not None and running.due < fresh.due < OFFLINE:
                self._put(setup, fresh._replace(due=running.due))  # who triggers often puts nothing off

    def taken(self) -> tuple[Message, ...]:
        """The messages to send now; they leave the outbox."""
        messages, self.outbox = self.outbox, ()
        return messages

    def settle(self, device: "Device", number: int, *, arrived: bool) -> None:
        """What became of a message that was taken; of one that nobody waits for any more it does not matter."""
        setup = next((setup for setup, waiting in self._waiting.items() if waiting.number == number), None)
        if setup is None or not number:
            return
        waiting = self._waiting[setup]
        self._installed |= arrived and setup == INSTALLATION
        if not arrived and waiting.retries:
            due = self._second(device) + max(1, self._settings[setup].repetition_delay_s)
            self._put(setup, Waiting(due, waiting.retries - 1, refused=True))
            if waiting.again:
                self.trigger(device, setup)
            return
        self._drop(setup)
        if waiting.again:
            self._start(device, setup)

    def came_online(self, device: "Device") -> None:
        """The network is there: what waited for it goes, and whoever wants to know is told."""
        for setup, waiting in self._waiting.items():
            if waiting.due == OFFLINE:
                self._wait(device, setup, waiting.retries)
        if not self._installed:
            self.trigger(device, INSTALLATION)
        self.trigger(device, CONNECTIVITY)

    def went_offline(self) -> None:
        """The network is gone: what nobody took yet and what was under way wait for it again."""
        for setup, waiting in self._waiting.items():
            if waiting.number:
                self._put(setup, Waiting(OFFLINE, waiting.retries))
        self.outbox = ()

    def run(self, device: "Device", second: int) -> None:
        for setup in [setup for setup, waiting in self._waiting.items() if waiting.due <= second]:
            self._try(device, setup, self._waiting[setup].retries, second)
        self._plan()

    def reschedule(self, device: "Device", second: int) -> None:
        """The clock was set: what waits for a time goes on waiting for it, but no longer than it would from now on."""
        for setup, waiting in self._waiting.items():
            if waiting.due < OFFLINE:
                self._reconsider(device, setup, waiting, second)

    def power_up(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        """What would have gone meanwhile, or was under way, waits for a random delay again; so a street is spread."""
        self.outbox = ()
        second = self._second(device)
        for setup, waiting in self._waiting.items():
            if waiting.due <= second or waiting.due == FOREVER:
                self._wait(device, setup, waiting.retries)

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        """The last gasp: what is left of the power carries one message, at once and never again."""
        self.outbox = ()
        setting = self._settings[LAST_GASP]
        if setting.destination and device.behaviours.modem.online:
            self._drop(LAST_GASP)
            self._message(device, LAST_GASP)

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {}
        for setup in self._changed:
            saved |= written(f"setup_{setup}", self._settings[setup])
        for setup, waiting in self._waiting.items():
            saved[f"due_{setup}"], saved[f"retries_{setup}"] = waiting.due, waiting.retries
            if waiting.refused:
                saved[f"refused_{setup}"] = 1
        if self._count:
            saved["count"] = self._count
        if self._installed:
            saved["installed"] = 1
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        for setup in range(SETUPS):
            if saved_octets(saved, f"setup_{setup}_objects", b"-") != b"-":
                self._put_setting(setup, restored(f"setup_{setup}", saved, self._settings[setup]))
            due = saved_int(saved, f"due_{setup}", -1)
            if due >= 0:
                retries, refused = (saved_int(saved, f"{what}_{setup}", 0) for what in ("retries", "refused"))
                self._put(setup, Waiting(due, retries, refused=bool(refused)))
        self._count = saved_int(saved, "count", 0)
        self._installed = bool(saved_int(saved, "installed", 0))

    def _put_setting(self, setup: int, setting: PushSetting) -> None:
        setting.check()
        self._settings = (*self._settings[:setup], setting, *self._settings[setup + 1 :])
        self._changed |= {setup}

    def _reconsider(self, device: "Device", setup: int, waiting: Waiting, second: int) -> None:
        """Clock or setup are others: have what waits go when it would by them, and no later than it would have."""
        setting = self._settings[setup]
        longest_s = setting.repetition_delay_s if waiting.refused else self._longest_s(device, setup, second)
        due = min(waiting.due, second + longest_s)
        if not is_open(setting.windows, device.clock, second):
            due = self._in_window(device, setup, second)
        if due == FOREVER:
            self._drop(setup)  # no window will ever open
        else:
            self._put(setup, waiting._replace(due=max(due, second)))

    def _start(self, device: "Device", setup: int) -> None:
        self._wait(device, setup, self._settings[setup].retries)

    def _wait(self, device: "Device", setup: int, retries: int) -> None:
        """Try after a random delay, which may be none; outside its windows it begins with the next one."""
        second = self._second(device)
        if is_open(self._settings[setup].windows, device.clock, second):
            delay = self._delay(device, setup, second)
            if delay:
                self._put(setup, Waiting(second + delay, retries))
                return
        self._try(device, setup, retries, second)

    def _try(self, device: "Device", setup: int, retries: int, second: int) -> None:
        """Hand the values out if that can be now, else find out when."""
        setting = self._settings[setup]
        if not setting.destination:
            self._drop(setup)
        elif not is_open(setting.windows, device.clock, second):
            due = self._in_window(device, setup, second)
            if due == FOREVER:
                self._drop(setup)  # no window will ever open
            else:
                self._put(setup, Waiting(due, retries))
        elif not device.behaviours.modem.online:
            self._put(setup, Waiting(OFFLINE, retries))
        else:
            self._hand_out(device, setup, retries)

    def _in_window(self, device: "Device", setup: int, second: int) -> int:
        """A random second of the next window, FOREVER where there is none."""
        opening = next_opening(self._settings[setup].windows, device.clock, second)
        return opening if opening == FOREVER else opening + self._delay(device, setup, opening)

    def _delay(self, device: "Device", setup: int, second: int) -> int:
        """The random delay of what begins at a second."""
        return drawn(device.seed, f"push {setup}", second, self._longest_s(device, setup, second))

    def _longest_s(self, device: "Device", setup: int, second: int) -> int:
        """How long a random delay may be: it never leads out of the window that is open at its beginning."""
        setting = self._settings[setup]
        return min(setting.randomisation_s, next_closing(setting.windows, device.clock, second) - second - 1)

    def _hand_out(self, device: "Device", setup: int, retries: int) -> None:
        self._withdraw(setup)
        self._put(setup, Waiting(FOREVER, retries, self._message(device, setup)))

    def _is_untaken(self, setup: int) -> bool:
        return any(message.setup == setup for message in self.outbox)

    def _withdraw(self, setup: int) -> None:
        """What nobody took yet is not sent."""
        self.outbox = tuple([message for message in self.outbox if message.setup != setup])

    def _message(self, device: "Device", setup: int) -> int:
        """Collect what a setup lists into the outbox; the number of the message."""
        self._count = self._count % HIGHEST_NUMBER + 1
        time = device.clock.date_time(device.now).encode()
        body = device.collector(device, setup)
        self.outbox = (*self.outbox, Message(self._count, setup, self._settings[setup], time, body))
        return self._count

    def _put(self, setup: int, waiting: Waiting) -> None:
        self._waiting = {**self._waiting, setup: waiting}
        self._plan()

    def _drop(self, setup: int) -> None:
        self._waiting = {one: waiting for one, waiting in self._waiting.items() if one != setup}
        self._plan()

    def _plan(self) -> None:
        dues = [waiting.due for waiting in self._waiting.values() if waiting.due < OFFLINE]
        self.due = min(dues, default=FOREVER)

    def _second(self, device: "Device") -> int:
        return device.clock.time(device.now) // SECOND
