"""What the meter does by itself: script tables and single action schedules (manual 8.3; fixed numbers of IDIS)."""

from softmeter.cosem.classes.script_table import Action, Script, ScriptTable, call
from softmeter.cosem.classes.single_action_schedule import SingleActionSchedule
from softmeter.cosem.dictionary import Row
from softmeter.device.action_schedules import ActionSchedule, Execution
from softmeter.device.behaviour import NO_SCRIPT
from softmeter.device.behaviour import Script as Executed
from softmeter.device.recurrence import Day, Time
from softmeter.meter.parts_schedules import SchedulePart
from softmeter.meter.policies import SCHEDULE, SCRIPT
from softmeter.meter.scripts import perform
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag

BILLING, DISCONNECTION, IMAGE_ACTIVATION, OUTPUT = (f"0-0:15.0.{e}" for e in range(4))
PUSHES = tuple(f"0-{b}:15.0.4" for b in range(4))

DUMMY = Data(Tag.INTEGER, 0)
"""The parameter of methods that take none."""

_MIDNIGHT = Time(0, 0, 0)


def table(*scripts: tuple[Action, ...]) -> ScriptTable:
    """A script table: the scripts are numbered from 1."""
    return ScriptTable(
        perform=perform, scripts=tuple(Script(number, actions) for number, actions in enumerate(scripts, 1))
    )


def _script(obis: str, selector: int) -> Executed:
    return Executed(Obis.parse(obis), selector)


SCHEDULES = {
    Obis.parse(BILLING): ActionSchedule(_script("0-0:10.0.1", 1), 1, (Execution(_MIDNIGHT, Day(day=1)),), made_up=True),
    Obis.parse(DISCONNECTION): ActionSchedule(_script("0-0:10.0.106", 1)),
    Obis.parse(IMAGE_ACTIVATION): ActionSchedule(_script("0-0:10.0.107", 1)),
    Obis.parse(OUTPUT): ActionSchedule(NO_SCRIPT),
    **{Obis.parse(push): ActionSchedule(_script("0-0:10.0.108", 1 + b), 5) for b, push in enumerate(PUSHES)},
}
"""The schedules of the factory: the end of billing on the first of each month, all others without a time."""


def schedule(obis: str) -> SingleActionSchedule:
    """The object of a schedule of the device."""
    name = Obis.parse(obis)
    return SingleActionSchedule(part=lambda meter: SchedulePart(meter, name))


# fmt: off
ROWS = (
    Row("0-0:10.0.109", "Script table: load profile control",
        table((call(7, "1-0:99.1.0", 1, DUMMY),), (call(7, "1-0:99.2.0", 1, DUMMY),)), SCRIPT),
    Row(BILLING, "End of billing period 1 (monthly)", schedule(BILLING), SCHEDULE),
    Row(IMAGE_ACTIVATION, "Image transfer activation scheduler", schedule(IMAGE_ACTIVATION), SCHEDULE),
    Row(OUTPUT, "Output scheduler", schedule(OUTPUT), SCHEDULE),
    *(Row(push, f"Push action scheduler, interval {b}", schedule(push), SCHEDULE) for b, push in enumerate(PUSHES)),
)
# fmt: on
