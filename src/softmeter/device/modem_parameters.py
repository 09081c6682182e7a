"""What a meter keeps for its cellular module, and what the network outside expects (manual 11, 12.2, 12.3)."""

from collections.abc import Mapping
from enum import IntEnum, IntFlag
from typing import NamedTuple

from softmeter.device.communication_window import Window, decoded, encoded
from softmeter.device.saved import saved_int, saved_octets
from softmeter.persistent import Scalar


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

    @property
    def every_s(self) -> int:
        """How often somebody is really pinged; 0 is never."""
        return self.period_s if self.destination else 0


class Repetition(NamedTuple):
    """What a refused connection is followed by: `delay_s` later another try (0: after a minute), later and later.

    A connection that was only invoked is given up after `times`; one that shall be there never is.
    """

    times: int = 3
    delay_s: int = 60


class Connecting(IntEnum):
    """When the module is on the network (modes of auto connect)."""

    ALWAYS = 101
    IN_WINDOW = 102
    IN_WINDOW_OR_INVOKED = 103
    INVOKED = 104


class Answering(IntEnum):
    """Whose line it is (modes of auto answer): always the meter's, so many calls in each window, or nobody's."""

    DEDICATED = 0
    LIMITED_CALLS = 1
    LIMITED_CONNECTIONS = 2
    NO_MODEM = 3


class Answers(NamedTuple):
    """Whether and when the meter takes who calls; `calls` of 0 are any number."""

    mode: int = Answering.DEDICATED
    windows: tuple[Window, ...] = ()
    calls: int = 0

    @property
    def is_limited(self) -> bool:
        """Whether calls are counted."""
        return bool(self.calls) and self.mode in {Answering.LIMITED_CALLS, Answering.LIMITED_CONNECTIONS}


class Parameters(NamedTuple):
    """All that the meter keeps for its module; `windows` are those in which it connects."""

    access: Access = Access()
    randomisation: Randomisation = Randomisation()
    ping: Ping = Ping()
    interfaces: int = ALL_INTERFACES
    connecting: int = Connecting.ALWAYS
    windows: tuple[Window, ...] = ()
    answers: Answers = Answers()
    repetition: Repetition = Repetition()


class Network(NamedTuple):
    """The network outside, and the card in the module."""

    operator: str = "softmeter mobile"
    country: int = 204
    number: int = 8
    access: Access = Access()
    """What it lets in."""
    card: bytes = b"8931080000000000017"
    time_server: bytes = b"time.network.example"
    """Who tells the time; nobody where it is empty."""
    time_port: int = 123


FACTORY_PARAMETERS = Parameters()
FACTORY_NETWORK = Network()


def written(parameters: Parameters) -> dict[str, Scalar]:
    """The parameters as named scalars."""
    ping = parameters.ping
    return {
        **parameters.access._asdict(),
        **parameters.randomisation._asdict(),
        "ping": ping.destination,
        "ping_s": ping.period_s,
        "interfaces": parameters.interfaces,
        "connecting": int(parameters.connecting),
        "windows": encoded(parameters.windows),
        "answer_mode": int(parameters.answers.mode),
        "answer_windows": encoded(parameters.answers.windows),
        "answer_calls": parameters.answers.calls,
        "repetitions": parameters.repetition.times,
        "repetition_delay_s": parameters.repetition.delay_s,
    }


def restored(saved: Mapping[str, Scalar]) -> Parameters:
    """What `written` gave."""
    access, randomisation, ping, interfaces, connecting, _, answers, repetition = FACTORY_PARAMETERS
    return Parameters(
        Access(
            saved_octets(saved, "apn", access.apn),
            saved_octets(saved, "user", access.user),
            saved_octets(saved, "password", access.password),
            saved_int(saved, "pin", access.pin),
        ),
        Randomisation(*[saved_int(saved, name, value) for name, value in randomisation._asdict().items()]),
        Ping(saved_octets(saved, "ping", b""), saved_int(saved, "ping_s", ping.period_s)),
        saved_int(saved, "interfaces", interfaces),
        saved_int(saved, "connecting", connecting),
        decoded(saved_octets(saved, "windows", b"")),
        Answers(
            saved_int(saved, "answer_mode", answers.mode),
            decoded(saved_octets(saved, "answer_windows", b"")),
            saved_int(saved, "answer_calls", answers.calls),
        ),
        Repetition(
            saved_int(saved, "repetitions", repetition.times),
            saved_int(saved, "repetition_delay_s", repetition.delay_s),
        ),
    )
