"""Display, certification mode, test output, resets: what the front of the meter is told (manual 2.4, 4)."""

from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.readout_list import ReadoutList
from softmeter.cosem.classes.script_table import call, write
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.display_lists import MOST_DECIMALS
from softmeter.device.events import Log
from softmeter.meter.model.demanded import DEMANDED, QUANTITIES
from softmeter.meter.model.scripted import DUMMY, table
from softmeter.meter.parts import lived
from softmeter.meter.parts_display import DisplayList, set_energy_decimals
from softmeter.meter.policies import DISPLAY, READ, SCRIPT, SET
from softmeter.meter.presented import Presented
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag

DECIMALS, CERTIFICATION, OUTPUT = "0-0:96.6.1", "0-0:96.5.1", "0-0:96.5.2"


def _certify(meter: Presented, wanted: int) -> None:
    meter.device.behaviours.display.certification = bool(wanted)


def _switch_output(meter: Presented, wanted: int) -> None:
    lived(meter)
    meter.device.behaviours.outputs.gives_periods = bool(wanted)


_DECIMALS: Source[int] = Source(
    Tag.UNSIGNED, lambda meter: meter.device.behaviours.display.settings.energy_decimals, write=set_energy_decimals
)
_CERTIFICATION: Source[int] = Source(
    Tag.UNSIGNED, lambda meter: int(meter.device.behaviours.display.certification), write=_certify
)
_OUTPUT: Source[int] = Source(
    Tag.UNSIGNED, lambda meter: int(meter.device.behaviours.outputs.gives_periods), write=_switch_output
)


def _unsigned(number: int) -> Value:
    return Value(Tag.UNSIGNED, number)


_RESET = (
    *(call(7, f"1-0:{profile}.0", 1, DUMMY) for profile in ("99.1", "99.2", "99.14", "98.1", "99.97")),
    *(call(7, log.profile, 1, DUMMY) for log in Log),
    *(call(5, f"1-0:{number}.4.0", 1, DUMMY) for number in range(1, len(QUANTITIES) + 1)),
    *(call(4, one.obis, 1, DUMMY) for one in DEMANDED if one.place is not None),
)
"""Profiles, logs, demands and maxima begin anew. Energies go on, and all that was set stays as it is."""

_POWER_QUALITY = (call(7, "1-0:99.14.0", 1, DUMMY), call(7, "0-0:99.98.4", 1, DUMMY))
"""The profile and the log of power quality begin anew."""


# fmt: off
ROWS = (
    Row("0-0:21.0.1", "Display list, auto scroll",
        ReadoutList(part=lambda meter: DisplayList(meter, "automatic")), DISPLAY),
    Row("0-0:21.0.2", "Display list, button scroll",
        ReadoutList(part=lambda meter: DisplayList(meter, "manual")), DISPLAY),
    Row(DECIMALS,      "Decimals of energies on the display",           Data(source=_DECIMALS),      SET),
    Row(CERTIFICATION, "Operating status: certification mode",          Data(source=_CERTIFICATION), READ),
    Row(OUTPUT,        "Operating status: optical output gives measuring periods", Data(source=_OUTPUT), READ),
    Row("0-0:10.0.0",   "Script table: global meter reset",             table(_RESET),               SCRIPT),
    Row("0-0:10.0.101", "Script table: certification mode",
        table((write(1, CERTIFICATION, 2, _unsigned(1)),)), SCRIPT),
    Row("0-0:10.0.102", "Script table: normal mode",
        table((write(1, CERTIFICATION, 2, _unsigned(0)), write(1, OUTPUT, 2, _unsigned(0)))), SCRIPT),
    Row("0-0:10.0.103", "Script table: display",
        table(*((write(1, DECIMALS, 2, _unsigned(number)),) for number in range(MOST_DECIMALS + 1))), SCRIPT),
    Row("0-0:10.0.104", "Script table: optical test output",
        table((write(1, OUTPUT, 2, _unsigned(0)),), (write(1, OUTPUT, 2, _unsigned(1)),)), SCRIPT),
    Row("0-0:10.0.105", "Script table: power quality management",       table(_POWER_QUALITY),       SCRIPT),
)
# fmt: on
