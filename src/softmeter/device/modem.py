"""The cellular module: registration, access to the data network, supervision, volume (manual 11, 12.3).

What it is told lives in the meter, so another module goes on with it. It registers after a random delay when power,
network or module are back, so that the meters of a street do not all call at once. Who is refused tries again,
less and less often. A module that hangs is reset.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

from softmeter.device.behaviour import Behaviour
from softmeter.device.chance import drawn
from softmeter.device.communication_window import is_open, next_change, next_closing, next_opening
from softmeter.device.events import Event
from softmeter.device.modem_parameters import (
    FACTORY_PARAMETERS,
    Answering,
    Connecting,
    Interface,
    Network,
    Parameters,
    restored,
    written,
)
from softmeter.device.radio import is_heard
from softmeter.device.saved import saved_int
from softmeter.device.surroundings import Surrounded
from softmeter.device.zone import FOREVER
from softmeter.instant import SECOND, Instant
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

FIRST_RETRY_S, LONGEST_RETRY_S = 60, 3600
SUPERVISION_S = 900
"""After how long a module that hangs is noticed where nothing is pinged."""
MISSED_PINGS = 3
PING_OCTETS = 60
"""Each way: IP, ICMP and 32 octets."""


class Registration(IntEnum):
    """The status of the GSM diagnostic."""

    NOT_REGISTERED = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    ROAMING = 5


class Modem(Behaviour):
    """The module of a meter; where it knows what opens the network, it is registered and attached from the first."""

    __slots__ = (
        "_attempts",
        "_calls",
        "_calls_until",
        "_complained",
        "_factory",
        "_hangs",
        "_invoked",
        "_network",
        "_try_at",
        "attached",
        "parameters",
        "received",
        "sent",
    )

    name = "modem"

    def __init__(self, network: Network, parameters: Parameters = FACTORY_PARAMETERS) -> None:
        super().__init__()
        self._network = network
        self.parameters = self._factory = parameters
        self.attached = parameters.access == network.access
        """Whether the data network is open."""
        self._attempts = 0
        self._try_at = self.due = FOREVER if self.attached else 0
        self._hangs = False
        self._invoked = False
        self._complained = False
        self._calls, self._calls_until = 0, FOREVER
        self.sent = 0
        """Octets since the meter was made."""
        self.received = 0

    @property
    def online(self) -> bool:
        """Whether octets come through."""
        return self.attached and not self._hangs

    @property
    def opens_card(self) -> bool:
        """Whether the PIN is that of the card; without it the module registers nowhere."""
        return self.parameters.access.pin == self._network.access.pin

    def is_open(self, interface: Interface) -> bool:
        """Whether an interface is switched on."""
        return bool(self.parameters.interfaces & interface)

    def registration(self, device: "Device") -> Registration:
        """How the module stands with the network."""
        around = device.feeling.state
        if not (device.powered and around.module_present and self.is_open(Interface.WAN) and self.opens_card):
            return Registration.NOT_REGISTERED
        if not is_heard(around) or (self._try_at != FOREVER and not self._attempts and not self._hangs):
            return Registration.SEARCHING
        if around.access_refused and not self.attached:
            return Registration.DENIED
        return Registration.ROAMING if around.roaming else Registration.HOME

    def change(self, device: "Device", parameters: Parameters) -> None:
        """Take other parameters; the module begins anew where they matter to it."""
        before, self.parameters = self.parameters, parameters
        if parameters.access != before.access:
            self._attempts, self._complained = 0, False
            if self._hangs:  # it does not answer when it is told
                self._reset(device, Event.MODEM_HARDWARE_RESET)
            else:
                self._detach(device)
        if parameters.answers != before.answers:
            self._calls, self._calls_until = 0, FOREVER
        self._follow(device)
        self._plan(device)

    def connect(self, device: "Device") -> None:
        """Somebody wants it on the network: it tries at once."""
        self._invoked = True
        self._attempts = 0
        if self._may_connect(device) and not self.attached:
            self._attach(device)
        self._plan(device)

    def called(self, device: "Device", count: int) -> None:
        """So many peers came in over the network; they count until the next window opens, else to the end of this one.

        Where the windows never change any more they do not count: nobody could ever come in again.
        """
        answers, second = self.parameters.answers, self._second(device)
        if not answers.is_limited:
            return
        if second >= self._calls_until:
            self._calls = 0
        until = self._counted_until(device, second) if count else FOREVER
        if until != FOREVER:
            self._calls += count
            self._calls_until = until

    def calls_left(self, device: "Device") -> int | None:
        """How many more may call in this window; None: any number."""
        answers, second = self.parameters.answers, self._second(device)
        if not answers.is_limited or self._counted_until(device, second) == FOREVER:
            return None
        return max(0, answers.calls - (0 if second >= self._calls_until else self._calls))

    def is_locked(self, device: "Device") -> bool:
        """Whether as many have called as may, in this window."""
        return self.calls_left(device) == 0

    def answers(self, device: "Device") -> bool:
        """Whether somebody new who comes over the network is taken now."""
        answers = self.parameters.answers
        if not self.online or answers.mode == Answering.NO_MODEM or self.is_locked(device):
            return False
        return is_open(answers.windows, device.clock, self._second(device))

    def carried(self, sent: int, received: int) -> None:
        """Octets went over the module."""
        self.sent += sent
        self.received += received

    def felt(self, device: "Device", before: Surrounded, now: Surrounded) -> None:
        if not device.powered:
            return
        if now.modem_hangs > before.modem_hangs and now.module_present:
            self._hangs = True
            self._try_at = self._second(device) + self._patience()
            device.behaviours.pushes.went_offline()
        if not is_heard(now):
            self._detach(device)
            self._try_at = FOREVER
        elif not is_heard(before) or (before.access_refused and not now.access_refused):
            self._attempts, self._complained, self._hangs = 0, False, False
            self._search(device)
        elif now.access_refused and not before.access_refused:
            self._detach(device)
            self._attach(device)
        self._plan(device)

    def run(self, device: "Device", second: int) -> None:
        if self._try_at <= second:
            self._try_at = FOREVER
            if self._hangs:
                self._reset(device, Event.MODEM_HARDWARE_RESET)
            else:
                self._attach(device)
        self._follow(device)
        if self.parameters.ping.every_s and not second % self.parameters.ping.every_s and self.online:
            self.carried(PING_OCTETS, PING_OCTETS)
        self._plan(device)

    def reschedule(self, device: "Device", second: int) -> None:
        if self._try_at != FOREVER:
            self._try_at = min(self._try_at, second + max(LONGEST_RETRY_S, self.parameters.repetition.delay_s))
        if self._calls:
            self._calls_until = min(self._calls_until, self._counted_until(device, second))
        self._plan(device)

    def power_up(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self._attempts, self._hangs, self._complained = 0, False, False
        self._search(device)
        self._plan(device)

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self.attached = False
        self._invoked = False
        self._try_at = self.due = FOREVER

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {}
        if self.parameters != self._factory:
            saved |= written(self.parameters)
        if self.sent or self.received:
            saved |= {"sent": self.sent, "received": self.received}
        if self._calls:
            saved |= {"calls": self._calls, "calls_until": self._calls_until}
        if not self.online or self._try_at != FOREVER:
            saved |= {"attached": int(self.attached), "try_at": self._try_at, "attempts": self._attempts}
            saved |= {"hangs": int(self._hangs), "complained": int(self._complained)}
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if "apn" in saved:
            self.parameters = restored(saved)
        self.sent, self.received = saved_int(saved, "sent", 0), saved_int(saved, "received", 0)
        self._calls, self._calls_until = saved_int(saved, "calls", 0), saved_int(saved, "calls_until", FOREVER)
        self.attached = bool(saved_int(saved, "attached", 1))
        self._try_at = saved_int(saved, "try_at", FOREVER)
        self._attempts = saved_int(saved, "attempts", 0)
        self._hangs, self._complained = bool(saved_int(saved, "hangs", 0)), bool(saved_int(saved, "complained", 0))

    def _may_connect(self, device: "Device") -> bool:
        """Whether the module can and shall be on the network now."""
        if not (device.powered and self.is_open(Interface.WAN) and is_heard(device.feeling.state)):
            return False
        is_invoked = self._invoked and self.parameters.connecting != Connecting.IN_WINDOW
        return is_invoked or self._is_wanted(device)

    def _is_wanted(self, device: "Device") -> bool:
        """Whether the mode has the module on the network now though nobody invoked it."""
        mode, windows = self.parameters.connecting, self.parameters.windows
        if mode == Connecting.ALWAYS:
            return True
        return mode != Connecting.INVOKED and is_open(windows, device.clock, self._second(device))

    def _follow(self, device: "Device") -> None:
        """Get on the network or off it, as its windows and switches say."""
        wanted = self._may_connect(device)
        if not wanted:
            self._detach(device)
        elif not self.attached and self._try_at == FOREVER:
            self._search(device)

    def _search(self, device: "Device") -> None:
        """Begin to register, after the random delay that spares the network."""
        if not self._may_connect(device):
            return
        second = self._second(device)
        delay = drawn(device.seed, "modem", second, self.parameters.randomisation.window_s)
        if delay:
            self._try_at = second + delay
        else:
            self._attach(device)

    def _attach(self, device: "Device") -> None:
        """Ask the data network to let the meter in."""
        if self.attached:
            return
        if device.feeling.state.access_refused or self.parameters.access != self._network.access:
            self._refused(device)
            return
        self.attached, self._attempts, self._try_at, self._complained = True, 0, FOREVER, False
        device.record(Event.DATA_CONTEXT_ESTABLISHED)
        device.behaviours.pushes.came_online(device)

    def _refused(self, device: "Device") -> None:
        """Try again later, less and less often; the event is not repeated while the cause persists.

        What was only invoked is given up after its repetitions.
        """
        if not self._complained:
            self._complained = True
            device.record(Event.DATA_CONTEXT_FAILED)
        randomisation, second = self.parameters.randomisation, self._second(device)
        self._attempts += 1
        if self._attempts == randomisation.retries:
            device.record(Event.MODEM_SOFTWARE_RESET)
        if self._attempts > self.parameters.repetition.times and not self._is_wanted(device):
            self._invoked, self._try_at = False, FOREVER
            return
        first = self.parameters.repetition.delay_s or FIRST_RETRY_S
        grown = max(randomisation.factor, 1) ** min(self._attempts - 1, 12)
        spread = drawn(device.seed, "modem", second, min(randomisation.window_s * grown, LONGEST_RETRY_S))
        self._try_at = second + max(first, min(first * grown, LONGEST_RETRY_S)) + spread

    def _reset(self, device: "Device", event: Event) -> None:
        """Start the module again."""
        self._hangs = False
        device.record(event)
        self._detach(device)
        self._attempts = 0
        self._search(device)

    def _detach(self, device: "Device") -> None:
        if self.attached:
            self.attached = False
            device.record(Event.DATA_CONTEXT_ENDED)
            device.behaviours.pushes.went_offline()
        self._hangs = False
        self._try_at = FOREVER

    def _counted_until(self, device: "Device", second: int) -> int:
        """Until when calls count; FOREVER where no window opens or closes any more."""
        windows = self.parameters.answers.windows
        opening = next_opening(windows, device.clock, second)
        return opening if opening != FOREVER else next_closing(windows, device.clock, second)

    def _patience(self) -> int:
        return MISSED_PINGS * self.parameters.ping.every_s or SUPERVISION_S

    def _plan(self, device: "Device") -> None:
        if not device.powered:
            self.due = FOREVER
            return
        period, second = self.parameters.ping.every_s, self._second(device)
        ping = (second // period + 1) * period if period else FOREVER
        by_window = self.parameters.connecting in {Connecting.IN_WINDOW, Connecting.IN_WINDOW_OR_INVOKED}
        change = next_change(self.parameters.windows, device.clock, second) if by_window else FOREVER
        self.due = min(self._try_at, ping, change)

    def _second(self, device: "Device") -> int:
        return device.clock.time(device.now) // SECOND


def is_reachable(device: "Device", interface: Interface) -> bool:
    """Whether anybody can talk to a meter through an interface now.

    The sealed button opens the optical port, so that nobody can shut himself out of a meter for good.
    """
    modem = device.behaviours.modem
    leave = interface is Interface.OPTICAL and device.behaviours.display.may_program(device.now)
    if not device.powered or not (modem.is_open(interface) or leave):
        return False
    if interface is Interface.OPTICAL:
        return bool(device.feeling.state.optical_head)
    if interface is Interface.P1:
        return bool(device.feeling.state.p1_request)
    return interface is not Interface.WAN or modem.online
