"""Tariffs: the activity calendar, special days, register activation (manual 7)."""

from softmeter.cosem.classes.activity_calendar import ActivityCalendar
from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.register_activation import RegisterActivation
from softmeter.cosem.classes.script_table import Action, write
from softmeter.cosem.classes.special_days_table import SpecialDaysTable
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.activation import Family, rate_name
from softmeter.device.programming import set_default_rate
from softmeter.device.registers import RATES
from softmeter.meter.model.scripted import table
from softmeter.meter.parts import lived, refusals
from softmeter.meter.parts_tariff import TARIFF_SCRIPTS, ActivationPart, CalendarPart, SpecialDaysPart
from softmeter.meter.policies import ACTIVATION, CALENDAR, READ, SCRIPT, SET, SPECIAL
from softmeter.meter.presented import Presented
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag

ACTIVATIONS = {Family.ENERGY: "0-0:14.0.1", Family.MAXIMUM: "0-0:14.0.2"}


def _activation(family: Family) -> RegisterActivation:
    return RegisterActivation(part=lambda meter: ActivationPart(meter, family))


def _set_default(meter: Presented, rate: int) -> None:
    with refusals():
        lived(meter)
        set_default_rate(meter.device, rate)


def _activate(rate: int) -> tuple[Action, ...]:
    """The tariff script of a rate: its masks become active."""
    name = Value(Tag.OCTET_STRING, rate_name(rate))
    return tuple(write(6, obis, 4, name) for obis in ACTIVATIONS.values())


_ACTIVE: Source[bytes] = Source(Tag.OCTET_STRING, lambda meter: meter.device.tariff.activations[Family.ENERGY].active)
_DEFAULT: Source[int] = Source(Tag.LONG_UNSIGNED, lambda meter: meter.device.tariff.default_rate, write=_set_default)

# fmt: off
ROWS = (
    Row("0-0:13.0.0",   "Activity calendar (tariff)",              ActivityCalendar(part=CalendarPart),    CALENDAR),
    Row("0-0:11.0.0",   "Special days table",                      SpecialDaysTable(part=SpecialDaysPart), SPECIAL),
    *(Row(obis, f"Register activation, {'maximum demand' if family else 'energy'}", _activation(family), ACTIVATION)
      for family, obis in ACTIVATIONS.items()),
    Row(TARIFF_SCRIPTS.short, "Script table: tariffication",
        table(*(_activate(rate) for rate in range(1, RATES + 1))), SCRIPT),
    Row("0-0:96.14.0",  "Currently active energy tariff",          Data(source=_ACTIVE),                   READ),
    Row("0-0:96.14.15", "Default tariffication script selector",   Data(source=_DEFAULT),                  SET),
)
# fmt: on
