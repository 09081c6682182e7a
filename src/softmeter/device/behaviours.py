"""Which behaviours a device has, in the order in which they act when several act in one second."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple

from softmeter.device.action_schedules import ActionSchedules
from softmeter.device.alarms import Alarms
from softmeter.device.averages import Averaging
from softmeter.device.behaviour import Behaviour
from softmeter.device.breaker import Breaker
from softmeter.device.calibration import SealedCalibration
from softmeter.device.demand import Demand
from softmeter.device.diagnosis import Diagnosis
from softmeter.device.display_control import DisplayControl
from softmeter.device.images import Images
from softmeter.device.limiter import Limiter
from softmeter.device.mbus import SubMeters
from softmeter.device.measurement_check import MeasurementCheck
from softmeter.device.modem import Modem
from softmeter.device.monitors import Monitors
from softmeter.device.network_time import NetworkTime
from softmeter.device.outputs import OpticalOutput
from softmeter.device.power_failures import PowerFailures
from softmeter.device.power_quality import PowerQuality
from softmeter.device.push import Pushes
from softmeter.device.settings import DeviceSettings
from softmeter.device.supervision import Supervision
from softmeter.device.tamper import Tamper
from softmeter.device.voltage_quality import VoltageQuality


class Behaviours(NamedTuple):
    """All behaviours of one device."""

    demand: Demand
    schedules: ActionSchedules
    power_quality: PowerQuality
    measurement_check: MeasurementCheck
    mbus: SubMeters
    averages: Averaging
    calibration: SealedCalibration
    diagnosis: Diagnosis
    firmware: Images
    tamper: Tamper
    power_failures: PowerFailures
    limiter: Limiter
    breaker: Breaker
    supervision: Supervision
    alarms: Alarms
    monitors: Monitors
    display: DisplayControl
    outputs: OpticalOutput
    pushes: Pushes
    modem: Modem
    network_time: NetworkTime
    voltage_quality: VoltageQuality

    @classmethod
    def of(cls, settings: DeviceSettings) -> "Behaviours":
        """Those of a device as it leaves the factory."""
        return cls(
            demand=Demand(settings.demand),
            schedules=ActionSchedules(settings.schedules),
            power_quality=PowerQuality(settings.voltage_limits),
            measurement_check=MeasurementCheck(),
            mbus=SubMeters(settings.sub_meters, settings.catalogue),
            averages=Averaging(settings.averaging_period_s),
            calibration=SealedCalibration(settings.calibration),
            diagnosis=Diagnosis(),
            firmware=Images(settings.image_block_octets),
            tamper=Tamper(),
            power_failures=PowerFailures(),
            limiter=Limiter(settings.limits),
            breaker=Breaker(fitted=settings.has_breaker),
            supervision=Supervision(fitted=settings.has_breaker),
            alarms=Alarms(),
            monitors=Monitors(settings.monitors, settings.alarm_words),
            display=DisplayControl(settings.display),
            outputs=OpticalOutput(),
            pushes=Pushes(settings.pushes),
            modem=Modem(settings.network, settings.modem),
            network_time=NetworkTime(),
            voltage_quality=VoltageQuality(),
        )

    @property
    def watching(self) -> tuple[Behaviour, ...]:
        """Those to whom the seconds lived through are shown."""
        return _WATCHING(self)

    @property
    def acting(self) -> tuple[Behaviour, ...]:
        """Those that may be due."""
        return _ACTING(self)

    @property
    def measuring(self) -> tuple[Behaviour, ...]:
        """Of those that may be due the ones that end a measuring period."""
        return _MEASURING(self)

    def fork(self) -> "Behaviours":
        """Behaviours in the same state that can go their own way."""
        forked: list[Any] = [behaviour.fork() for behaviour in self]
        return Behaviours(*forked)


_Chosen = Callable[[Behaviours], tuple[Behaviour, ...]]


def _those(wanted: Callable[[type[Behaviour]], bool]) -> _Chosen:
    """What picks the behaviours of a kind out of all of them."""
    kinds = Behaviours.__annotations__.values()
    return itemgetter(*[place for place, kind in enumerate(kinds) if wanted(kind)])


def _acts(kind: type[Behaviour]) -> bool:
    return kind.run is not Behaviour.run


_WATCHING = _those(lambda kind: kind.watches)
_ACTING = _those(_acts)
_MEASURING = _those(lambda kind: _acts(kind) and kind.measures)
