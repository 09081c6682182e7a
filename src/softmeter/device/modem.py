"""The cellular module: registration, access to the data network, supervision, volume (manual 11, 12.3).

What it is told lives in the meter, so another module goes on with it. It registers after a random delay when power,
network or module are back, so that the meters of a street do not all call at once. Who is refused tries again,
less and less often. A module that hangs is reset.
"""

from collections.abc import Mapping
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, NamedTuple

from softmeter.device.behaviour import Behaviour
from softmeter.device.chance import drawn
from softmeter.device.events import Event
from softmeter.device.radio import is_heard
from softmeter.device.saved import saved_int, saved_octets
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
    ROAMING = 5


class Interface(IntFlag):
    """What can be switched off (manual 12.2)."""

    WAN = 1
    P1 = 4
    OPTICAL = 8


ALL_INTERFACES = int(Interface.WAN | Interface.P1 | Interface.OPTICAL)


class Access(NamedTuple):
    """What opens a data network."""

    apn: bytes = b"meters"
    user: bytes = b""
    password: bytes = b""
    pin: int = 0


class Randomisation(NamedTuple):
    """How registration is spread: a delay of up to `window_s`, `factor` times as much with each retry."""

    window_s: int = 0
    factor: int = 2
    retries: int = 3
    """After so many refusals the module is reset."""


class Ping(NamedTuple):
    """What is pinged, and every how many seconds; 0 is never."""

    destination: bytes = b""
    period_s: int = 0


class Parameters(NamedTuple):
    """All that the meter keeps for its module."""

    access: Access = Access()
    randomisation: Randomisation = Randomisation()
    ping: Ping = Ping()
    interfaces: int = ALL_INTERFACES


class Network(NamedTuple):
    """The network outside, and the card in the module."""

    operator: str = "softmeter mobile"
    country: int = 204
    number: int = 8
    access: Access = Access()
    """What it lets in."""
    card: bytes = b"8931080000000000017"


FACTORY_PARAMETERS = Parameters()
FACTORY_NETWORK = Network()


class Modem(Behaviour):
    """The module of a meter; as it leaves the factory it is registered and attached."""

    __slots__ = (
        "_attempts",
        "_complained",
        "_hangs",
        "_network",
        "_try_at",
        "attached",
        "parameters",
        "received",
        "sent",
    )

    name = "modem"

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self.parameters = FACTORY_PARAMETERS
        self.attached = True
        """Whether the data network is open."""
        self._attempts = 0
        self._try_at = FOREVER
        self._hangs = False
        self._complained = False
        self.sent = 0
        """Octets since the meter was made."""
        self.received = 0

    @property
    def online(self) -> bool:
        """Whether octets come through."""
        return self.attached and not self._hangs

    def is_open(self, interface: Interface) -> bool:
        """Whether an interface is switched on."""
        return bool(self.parameters.interfaces & interface)

    def registration(self, device: "Device") -> Registration:
        """How the module stands with the network."""
        around = device.feeling.state
        if not (device.powered and around.module_present and self.is_open(Interface.WAN)):
            return Registration.NOT_REGISTERED
        if not is_heard(around) or (self._try_at != FOREVER and not self._attempts):
            return Registration.SEARCHING
        return Registration.ROAMING if around.roaming else Registration.HOME

    def change(self, device: "Device", parameters: Parameters) -> None:
        """Take other parameters; the module begins anew where they matter to it."""
        before, self.parameters = self.parameters, parameters
        if parameters.access != before.access or (parameters.interfaces ^ before.interfaces) & Interface.WAN:
            self._detach(device)
            self._attempts, self._complained = 0, False
            self._search(device)
        self._plan(device)

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
        if self.parameters.ping.period_s and not second % self.parameters.ping.period_s and self.online:
            self.carried(PING_OCTETS, PING_OCTETS)
        self._plan(device)

    def reschedule(self, device: "Device", second: int) -> None:
        if self._try_at != FOREVER:
            self._try_at = min(self._try_at, second + LONGEST_RETRY_S)
        self._plan(device)

    def power_up(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self._attempts, self._hangs, self._complained = 0, False, False
        self._search(device)
        self._plan(device)

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self.attached = False
        self._try_at = self.due = FOREVER

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {}
        if self.parameters != FACTORY_PARAMETERS:
            access, randomisation, ping, interfaces = self.parameters
            saved |= {**access._asdict(), **randomisation._asdict(), **_pinged(ping), "interfaces": interfaces}
        if self.sent or self.received:
            saved |= {"sent": self.sent, "received": self.received}
        if not self.online or self._try_at != FOREVER:
            saved |= {"attached": int(self.attached), "try_at": self._try_at, "attempts": self._attempts}
            saved |= {"hangs": int(self._hangs), "complained": int(self._complained)}
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if "apn" in saved:
            access, randomisation, ping, interfaces = self.parameters
            self.parameters = Parameters(
                Access(
                    saved_octets(saved, "apn", access.apn),
                    saved_octets(saved, "user", access.user),
                    saved_octets(saved, "password", access.password),
                    saved_int(saved, "pin", access.pin),
                ),
                Randomisation(*[saved_int(saved, name, value) for name, value in randomisation._asdict().items()]),
                Ping(saved_octets(saved, "ping", b""), saved_int(saved, "ping_s", ping.period_s)),
                saved_int(saved, "interfaces", interfaces),
            )
        self.sent, self.received = saved_int(saved, "sent", 0), saved_int(saved, "received", 0)
        self.attached = bool(saved_int(saved, "attached", 1))
        self._try_at = saved_int(saved, "try_at", FOREVER)
        self._attempts = saved_int(saved, "attempts", 0)
        self._hangs, self._complained = bool(saved_int(saved, "hangs", 0)), bool(saved_int(saved, "complained", 0))

    def _search(self, device: "Device") -> None:
        """Begin to register, after the random delay that spares the network."""
        if not is_heard(device.feeling.state) or not self.is_open(Interface.WAN) or not device.powered:
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
        """Try again later, less and less often; the event is not repeated while the cause persists."""
        if not self._complained:
            self._complained = True
            device.record(Event.DATA_CONTEXT_FAILED)
        randomisation, second = self.parameters.randomisation, self._second(device)
        self._attempts += 1
        if self._attempts == randomisation.retries:
            device.record(Event.MODEM_SOFTWARE_RESET)
        grown = max(randomisation.factor, 1) ** min(self._attempts - 1, 12)
        spread = drawn(device.seed, "modem", second, min(randomisation.window_s * grown, LONGEST_RETRY_S))
        self._try_at = second + min(FIRST_RETRY_S * grown, LONGEST_RETRY_S) + spread

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
        self._try_at = FOREVER

    def _patience(self) -> int:
        return MISSED_PINGS * self.parameters.ping.period_s or SUPERVISION_S

    def _plan(self, device: "Device") -> None:
        period = self.parameters.ping.period_s
        ping = (self._second(device) // period + 1) * period if period and device.powered else FOREVER
        self.due = min(self._try_at, ping)

    def _second(self, device: "Device") -> int:
        return device.clock.time(device.now) // SECOND


def is_reachable(device: "Device", interface: Interface) -> bool:
    """Whether anybody can talk to a meter through an interface now."""
    modem = device.behaviours.modem
    return device.powered and modem.is_open(interface) and (interface is not Interface.WAN or modem.online)


def _pinged(ping: Ping) -> dict[str, Scalar]:
    return {"ping": ping.destination, "ping_s": ping.period_s}
