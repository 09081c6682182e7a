"""Breaker, limiter and fuse supervision, of the variant with a disconnector (manual 2.3, type code; IDIS package 2)."""

from softmeter.cosem.classes.demand_register import DemandRegister
from softmeter.cosem.classes.disconnect_control import DisconnectControl
from softmeter.cosem.classes.limiter import Limiter
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.classes.script_table import call
from softmeter.cosem.dictionary import Row
from softmeter.device.behaviour import Script
from softmeter.device.events import Log
from softmeter.device.limiter import Limits
from softmeter.device.supervision import FUSE
from softmeter.meter.model.alarms import DISCONNECT, log_rows, monitor
from softmeter.meter.model.scripted import DISCONNECTION, DUMMY, schedule, table
from softmeter.meter.model.supervised import DECIMALS, SUPERVISED_TYPE
from softmeter.meter.parts_breaker import BreakerPart, LimiterPart
from softmeter.meter.parts_supervision import SupervisedPart
from softmeter.meter.policies import BREAKER, LIMITER, READ, SCHEDULE, SCRIPT, THRESHOLD
from softmeter.units import Unit

BREAKER_OBJECT = "0-0:96.3.10"
_IN_HUNDREDTHS = ScalerUnit(-DECIMALS, Unit.AMPERE)
LIMITS = Limits(over=DISCONNECT, under=Script(DISCONNECT.table, 2))
"""The limiter of the factory: once somebody gives a threshold, it opens and closes the breaker."""

# fmt: off
ROWS = (
    Row(BREAKER_OBJECT, "Disconnect control", DisconnectControl(part=BreakerPart), BREAKER),
    Row(DISCONNECTION, "Disconnect control scheduler", schedule(DISCONNECTION), SCHEDULE),
    *log_rows(Log.DISCONNECTOR, "disconnector control"),
    Row(FUSE.short, "Current L1, sliding average for supervision",
        DemandRegister(part=SupervisedPart, type=SUPERVISED_TYPE, scaler_unit=_IN_HUNDREDTHS), READ),
    Row(FUSE.short, "Supervision monitor 1 (fuse supervision L1)", monitor(FUSE), THRESHOLD),
    Row("0-0:17.0.0", "Limiter", Limiter(part=LimiterPart), LIMITER),
    Row(DISCONNECT.table.short, "Script table: disconnect control",
        table((call(70, BREAKER_OBJECT, 1, DUMMY),), (call(70, BREAKER_OBJECT, 2, DUMMY),)), SCRIPT),
)
# fmt: on
