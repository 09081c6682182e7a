"""Billing: the profile of monthly values, demands and their maxima, and the periods of both (manual 2.4, 8.3)."""

from softmeter.cosem.classes.demand_register import DemandRegister
from softmeter.cosem.classes.extended_register import ExtendedRegister
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.classes.script_table import call
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.meter.model.capture import BILLING, LOAD
from softmeter.meter.model.demanded import DEMANDED, QUANTITIES, Demanded
from softmeter.meter.model.limited import LIMITED, Limited
from softmeter.meter.model.recording import profile
from softmeter.meter.model.scripted import DUMMY, table
from softmeter.meter.model.seconds import in_seconds
from softmeter.meter.parts import LoadProfile
from softmeter.meter.parts_billing import AveragePart, CapturedPart, DemandPart
from softmeter.meter.policies import DEMAND, MAXIMUM, PROFILE, READ, SCRIPT, SET
from softmeter.meter.presented import Presented
from softmeter.units import Unit
from softmeter.wire.types import Tag

WIDEST = 0xFFFF


def _demand(number: int, unit: Unit) -> DemandRegister:
    return DemandRegister(part=lambda meter: DemandPart(meter, number), scaler_unit=ScalerUnit(0, unit))


def _average(one: Limited) -> DemandRegister:
    return DemandRegister(
        part=lambda meter: AveragePart(meter, one), type=one.type, scaler_unit=ScalerUnit(0, Unit.WATT)
    )


def _captured(one: Demanded) -> ExtendedRegister:
    read, place = one.read, one.place
    return ExtendedRegister(part=lambda meter: CapturedPart(meter, read, place), scaler_unit=ScalerUnit(0, one.unit))


def _set_measuring_period(meter: Presented, period_s: int) -> None:
    DemandPart(meter, 0).period_s = period_s


def _capture_period(name: str, tag: Tag, most: int) -> Source[int]:
    """The capture period of a profile; when it changes, the profile is cleared as by its own attribute."""

    def write(meter: Presented, period_s: int) -> None:
        part = LoadProfile(meter, name)
        if period_s != part.capture_period_s:
            part.set_capture_period(period_s)

    return Source(tag, lambda meter: min(LoadProfile(meter, name).capture_period_s, most), write=write)


_MEASURING: Source[int] = Source(
    Tag.LONG_UNSIGNED, lambda meter: DemandPart(meter, 0).period_s, write=_set_measuring_period
)
_RECORDING = _capture_period(LOAD, Tag.LONG_UNSIGNED, WIDEST)
_BILLING = _capture_period(BILLING, Tag.DOUBLE_LONG_UNSIGNED, 2**32 - 1)

_END_OF_BILLING = (
    call(7, "1-0:98.1.0", 2, DUMMY),
    *(call(4, one.obis, 1, DUMMY) for one in DEMANDED if one.place is not None),
)
"""The billing profile captures, then all maxima begin anew; energies go on."""

# fmt: off
ROWS = (
    Row("1-0:0.8.0",  "Measurement period 1, for average values",      in_seconds(_MEASURING),    SET),
    Row("1-0:0.8.4",  "Recording interval 1, of load profile 1",       in_seconds(_RECORDING),    SET),
    Row("1-0:0.8.6",  "Billing period",                                in_seconds(_BILLING),      SET),
    Row("1-0:98.1.0", "Billing profile, period 1 (monthly)",           profile(BILLING),       PROFILE),
    Row("0-0:98.1.0", "Billing profile, period 1, under its IDIS name", profile(BILLING),      READ),
    Row("0-0:10.0.1", "Script table: end of billing period", table(_END_OF_BILLING), SCRIPT),
    *(Row(f"1-0:{number + 1}.4.0", f"Current average demand {name}",   _demand(number, unit),   DEMAND)
      for number, (name, unit) in enumerate(QUANTITIES)),
    *(Row(one.obis, one.title,                                         _average(one),         READ) for one in LIMITED),
    *(Row(one.obis, one.title,                                         _captured(one),
          READ if one.place is None else MAXIMUM) for one in DEMANDED),
)
# fmt: on
