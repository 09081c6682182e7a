"""The cellular module of the device as the interface classes want to see it, and what others need of the IP set-ups."""

from dataclasses import dataclass

from softmeter.clock import DateTime
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.auto_answer import AnswerStatus
from softmeter.cosem.classes.gsm_diagnostic import AdjacentCell, CellInfo, PacketSwitched, RegistrationStatus
from softmeter.cosem.classes.lte_monitoring import CoverageEnhancement, LinkQuality, NetworkParameters
from softmeter.cosem.classes.ppp_setup import PapAuthentication
from softmeter.cosem.classes.push_setup import TimeWindow
from softmeter.device.communication_window import Window, checked
from softmeter.device.modem import Modem, Registration
from softmeter.device.modem_parameters import Answers, Connecting, Network, Parameters
from softmeter.device.radio import UNKNOWN_QUALITY, UNKNOWN_REPORT, Signal, carrier, is_heard, technology
from softmeter.device.surroundings import Surrounded
from softmeter.errors import AccessError
from softmeter.meter.parts import lived, refusals
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.wire.types import u8, u16

TCP_UDP = Obis.parse("0-0:25.0.0")
PORT = 4059
SEGMENT, CONNECTIONS, IDLE_S = 576, 255, 180
"""Octets of a segment, connections at a time and seconds of silence, as the factory sets them."""
NO_SIGNAL = Signal(-140, -20, -113)
"""What is shown where nothing is heard."""
_LEAST_LEVEL_DBM = -124
_NOISE_DBM = -115
"""Thermal noise of a subcarrier, with that of a module's receiver."""


def _place(class_id: int, name: Obis, attribute: int) -> bytes:
    return class_id.to_bytes(2, "big") + name.octets + bytes((attribute,))


_INACTIVITY_TIMEOUT = _place(41, TCP_UDP, 6)


def segment_octets(meter: Presented) -> int:
    """How many octets the meter sends in one segment."""
    kept = meter.attributes.get(_place(41, TCP_UDP, 4))
    return SEGMENT if kept is None else u16.decode(kept)


def wan_port(meter: Presented) -> int | None:
    """The port number that a client has set, which counts from the next start; None: the configuration's.

    The factory's number stands for that of the configuration: who restores a backup does not move the port.
    """
    kept = meter.attributes.get(_place(41, TCP_UDP, 2))
    number = PORT if kept is None else u16.decode(kept)
    return None if number == PORT else number


def most_connections(meter: Presented) -> int | None:
    """How many connections a client lets there be over TCP at a time; None: as many as there is room for."""
    kept = meter.attributes.get(_place(41, TCP_UDP, 5))
    return None if kept is None else u8.decode(kept)


def idle_s(meter: Presented) -> float:
    """How long a connection over TCP may be silent once somebody is associated; 0: as long as it likes."""
    kept = meter.attributes.get(_INACTIVITY_TIMEOUT)
    return IDLE_S if kept is None else u16.decode(kept)


def signal(meter: Presented) -> Signal:
    """How well the cell is heard now."""
    around = meter.device.feeling.state
    return Signal.of(around) if meter.device.powered and is_heard(around) else NO_SIGNAL


def change(meter: Presented, parameters: Parameters) -> None:
    """Give the module other parameters, now."""
    lived(meter)
    _modem(meter).change(meter.device, parameters)


def authenticate(meter: Presented, authentication: PapAuthentication) -> None:
    """Take who the meter is to the data network."""
    parameters = _modem(meter).parameters
    access = parameters.access._replace(user=authentication.user, password=authentication.password)
    change(meter, parameters._replace(access=access))


@dataclass
class AccessPart:
    """Access point and PIN."""

    meter: Presented

    @property
    def apn(self) -> bytes:
        return _modem(self.meter).parameters.access.apn

    @apn.setter
    def apn(self, apn: bytes) -> None:
        parameters = _modem(self.meter).parameters
        change(self.meter, parameters._replace(access=parameters.access._replace(apn=apn)))

    @property
    def pin(self) -> int:
        """Never told."""
        return 0

    @pin.setter
    def pin(self, pin: int) -> None:
        parameters = _modem(self.meter).parameters
        change(self.meter, parameters._replace(access=parameters.access._replace(pin=pin)))


@dataclass
class ConnectPart:
    """When the module is on the network."""

    meter: Presented

    @property
    def mode(self) -> int:
        return _modem(self.meter).parameters.connecting

    @mode.setter
    def mode(self, mode: int) -> None:
        if mode not in set(Connecting):
            raise AccessError(DataAccessResult.OTHER_REASON, f"mode {mode} is for a line that dials")
        change(self.meter, _modem(self.meter).parameters._replace(connecting=mode))

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        return tuple(TimeWindow(*window) for window in _modem(self.meter).parameters.windows)

    @windows.setter
    def windows(self, windows: tuple[TimeWindow, ...]) -> None:
        wanted = tuple(Window(one.start, one.end) for one in windows)
        with refusals():
            checked(wanted)
        change(self.meter, _modem(self.meter).parameters._replace(windows=wanted))

    @property
    def repetitions(self) -> int:
        return _modem(self.meter).parameters.repetition.times

    @repetitions.setter
    def repetitions(self, times: int) -> None:
        parameters = _modem(self.meter).parameters
        change(self.meter, parameters._replace(repetition=parameters.repetition._replace(times=times)))

    @property
    def repetition_delay_s(self) -> int:
        return _modem(self.meter).parameters.repetition.delay_s

    @repetition_delay_s.setter
    def repetition_delay_s(self, seconds: int) -> None:
        parameters = _modem(self.meter).parameters
        change(self.meter, parameters._replace(repetition=parameters.repetition._replace(delay_s=seconds)))

    def connect(self) -> None:
        """Get on the network now."""
        lived(self.meter)
        _modem(self.meter).connect(self.meter.device)


@dataclass
class RadioPart:
    """The module as it is now."""

    meter: Presented

    @property
    def operator(self) -> str:
        registered = self.status in {RegistrationStatus.HOME, RegistrationStatus.ROAMING}
        return self._network.operator if registered else ""

    @property
    def status(self) -> RegistrationStatus:
        return RegistrationStatus(_modem(self.meter).registration(self.meter.device))

    @property
    def ps_status(self) -> PacketSwitched:
        attached = _modem(self.meter).attached
        return PacketSwitched(technology(self._around)) if attached else PacketSwitched.INACTIVE

    @property
    def cell(self) -> CellInfo:
        if self.status in {RegistrationStatus.NOT_REGISTERED, RegistrationStatus.SEARCHING}:
            return CellInfo(0, 0, UNKNOWN_QUALITY, UNKNOWN_QUALITY, 0, 0, 0)
        network, around = self._network, self._around
        channel = carrier(around).channel
        heard, area = signal(self.meter), around.cell >> 8 & 0xFFFF
        qualities = heard.quality, heard.bit_errors
        return CellInfo(around.cell, area, *qualities, network.country, network.number, channel)

    @property
    def neighbours(self) -> tuple[AdjacentCell, ...]:
        """Nobody else is heard: there is one cell."""
        return ()

    @property
    def capture_time(self) -> DateTime:
        return self.meter.device.clock.date_time(self.meter.device.now)

    @property
    def parameters(self) -> NetworkParameters:
        """As networks for meters usually decide: 12 minutes, an hour, no sleep."""
        return NetworkParameters(720, 3600, 3600, 0, 0, 0, _LEAST_LEVEL_DBM, _LEAST_LEVEL_DBM, _LEAST_LEVEL_DBM)

    @property
    def quality(self) -> LinkQuality:
        heard = signal(self.meter)
        noise = min(max(heard.rsrp - _NOISE_DBM, -20), 40)
        coverage = CoverageEnhancement.MODE_A_LEVEL_1 if heard.rsrp < -110 else CoverageEnhancement.MODE_A_LEVEL_0
        if heard is NO_SIGNAL or not heard.is_lte:
            return LinkQuality(UNKNOWN_REPORT, UNKNOWN_REPORT, noise, coverage)
        return LinkQuality(heard.rsrq_report, heard.rsrp_report, noise, coverage)

    @property
    def _around(self) -> Surrounded:
        return self.meter.device.feeling.state

    @property
    def _network(self) -> Network:
        return self.meter.device.settings.network


@dataclass
class TimePart:
    """Time from the network."""

    meter: Presented

    @property
    def active(self) -> bool:
        return self.meter.device.behaviours.network_time.active

    @active.setter
    def active(self, active: bool) -> None:
        lived(self.meter)
        self.meter.device.behaviours.network_time.switch(self.meter.device, on=active)

    @property
    def server(self) -> bytes:
        return self.meter.device.settings.network.time_server

    @property
    def port(self) -> int:
        return self.meter.device.settings.network.time_port


def card(meter: Presented) -> bytes:
    """The number of the card in the module; empty without a module."""
    present = meter.device.feeling.state.module_present
    return meter.device.settings.network.card if present else b""


@dataclass
class AnswerPart:
    """When the meter takes who calls."""

    meter: Presented

    @property
    def mode(self) -> int:
        return self._answers.mode

    @mode.setter
    def mode(self, mode: int) -> None:
        self._change(self._answers._replace(mode=mode))

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        return tuple(TimeWindow(*window) for window in self._answers.windows)

    @windows.setter
    def windows(self, windows: tuple[TimeWindow, ...]) -> None:
        wanted = tuple(Window(one.start, one.end) for one in windows)
        with refusals():
            checked(wanted)
        self._change(self._answers._replace(windows=wanted))

    @property
    def calls(self) -> int:
        return self._answers.calls

    @calls.setter
    def calls(self, calls: int) -> None:
        self._change(self._answers._replace(calls=calls))

    @property
    def status(self) -> AnswerStatus:
        modem, device = _modem(self.meter), self.meter.device
        if modem.is_locked(device):
            return AnswerStatus.LOCKED
        is_there = modem.registration(device) != Registration.NOT_REGISTERED
        return AnswerStatus.ACTIVE if is_there and modem.answers(device) else AnswerStatus.INACTIVE

    @property
    def _answers(self) -> Answers:
        return _modem(self.meter).parameters.answers

    def _change(self, answers: Answers) -> None:
        change(self.meter, _modem(self.meter).parameters._replace(answers=answers))


def _modem(meter: Presented) -> Modem:
    return meter.device.behaviours.modem
