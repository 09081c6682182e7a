"""What is measured and recorded: clock, registers, profiles, logs (manual 6, 8, 9, annex I)."""

from softmeter.cosem.classes.clock import Clock
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.classes.register import Register, ScalerUnit
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.meter.model.capture import DAILY, LOAD
from softmeter.meter.model.measured import MEASURED, Measured
from softmeter.meter.model.periodic import PERIODIC
from softmeter.meter.parts import ClockPart, LoadProfile
from softmeter.meter.policies import CLOCK, PROFILE, READ


def _register(value: Measured) -> Register:
    read = value.read
    return Register(
        source=Source(value.type, lambda meter: read(meter.device)), scaler_unit=ScalerUnit(value.scaler, value.unit)
    )


def profile(name: str) -> ProfileGeneric:
    """The object of a profile of the device."""
    return ProfileGeneric(part=lambda meter: LoadProfile(meter, name))


# fmt: off
ROWS = (
    Row("0-0:1.0.0",   "Clock",                       Clock(part=ClockPart),                             CLOCK),
    *(Row(value.obis, value.title,                    _register(value),                                  READ)
      for value in (*MEASURED, *PERIODIC)),
    Row("1-0:99.1.0",  "Load profile 1",              profile(LOAD),                                    PROFILE),
    Row("1-0:99.2.0",  "Daily profile",               profile(DAILY),                                   PROFILE),
)
# fmt: on
