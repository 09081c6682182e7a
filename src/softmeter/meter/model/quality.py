"""Power quality: its profile, the limits of sags and swells, their counters, the measurement period (manual 9)."""

from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.classes.register import Register, ScalerUnit
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.voltage_quality import NOMINAL_V
from softmeter.meter.model.capture import COUNTERS
from softmeter.meter.model.seconds import in_seconds
from softmeter.meter.parts import lived, refusals
from softmeter.meter.parts_quality import QualityProfile
from softmeter.meter.policies import PROFILE, READ, SET
from softmeter.meter.presented import Presented
from softmeter.units import Unit
from softmeter.wire.types import Tag


def _count(obis: str) -> Data:
    read = COUNTERS[obis]
    return Data(source=Source(Tag.LONG_UNSIGNED, lambda meter: read(meter.device)))


def _limit(name: str, unit: Unit, each: int) -> Register:
    """A limit of the watch over the voltage; `each` is one of the unit in its own."""

    def read(meter: Presented) -> int:
        return int(getattr(meter.device.behaviours.power_quality.limits, name)) // each

    def write(meter: Presented, value: int) -> None:
        lived(meter)
        quality = meter.device.behaviours.power_quality
        with refusals():
            quality.set_limits(quality.limits._replace(**{name: value * each}))

    return Register(source=Source(Tag.LONG_UNSIGNED, read, write), scaler_unit=ScalerUnit(0, unit))


def _volts(name: str) -> Register:
    return _limit(name, Unit.VOLT, 1000)


def _seconds(name: str) -> Register:
    return _limit(name, Unit.SECOND, 1)


def _period() -> Register:
    source: Source[int] = Source(Tag.LONG_UNSIGNED, _read_period, _write_period)
    return in_seconds(source)


def _read_period(meter: Presented) -> int:
    return meter.device.behaviours.averages.period_s


def _write_period(meter: Presented, period_s: int) -> None:
    part = QualityProfile(meter)
    if period_s != part.capture_period_s:
        part.set_capture_period(period_s)


# fmt: off
ROWS = (
    Row("1-0:99.14.0", "Power quality profile", ProfileGeneric(part=QualityProfile), PROFILE),
    Row("1-0:0.8.2",  "Measurement period of instantaneous values",        _period(),              SET),
    Row("1-0:0.8.1",  "Measurement period 2, alias of 1-0:0.8.2",          _period(),              SET),
    Row("1-0:0.6.4",  "Reference voltage for power quality",
        Register(source=Source(Tag.LONG_UNSIGNED, lambda _: NOMINAL_V), scaler_unit=ScalerUnit(0, Unit.VOLT)), READ),
    Row("1-0:12.31.0", "Threshold for voltage sag",                        _volts("sag_mv"),       SET),
    Row("1-0:12.35.0", "Threshold for voltage swell",                      _volts("swell_mv"),     SET),
    Row("1-0:12.39.0", "Threshold for missing voltage",                    _volts("missing_mv"),   SET),
    Row("1-0:12.43.0", "Time threshold for voltage sag",                   _seconds("sag_s"),      SET),
    Row("1-0:12.44.0", "Time threshold for voltage swell",                 _seconds("swell_s"),    SET),
    Row("1-0:12.45.0", "Time threshold for missing voltage",               _seconds("missing_s"),  SET),
    Row("1-0:32.32.0", "Number of voltage sags L1",                        _count("1-0:32.32.0"), READ),
    Row("1-0:32.36.0", "Number of voltage swells L1",                      _count("1-0:32.36.0"), READ),
)
# fmt: on
