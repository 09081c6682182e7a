"""Breaker and limiter, of the variant that has a disconnector (manual 2.3, type code; IDIS package 2)."""

from softmeter.cosem.classes.disconnect_control import DisconnectControl
from softmeter.cosem.classes.limiter import Limiter
from softmeter.cosem.classes.script_table import call
from softmeter.cosem.dictionary import Row
from softmeter.device.behaviour import Script
from softmeter.device.events import Log
from softmeter.device.limiter import Limits
from softmeter.meter.model.alarms import log_rows
from softmeter.meter.model.scripted import DISCONNECTION, DUMMY, schedule, table
from softmeter.meter.parts_breaker import BreakerPart, LimiterPart
from softmeter.meter.policies import BREAKER, LIMITER, SCHEDULE, SCRIPT
from softmeter.obis import Obis

BREAKER_OBJECT = "0-0:96.3.10"
SCRIPTS = "0-0:10.0.106"

LIMITS = Limits(over=Script(Obis.parse(SCRIPTS), 1), under=Script(Obis.parse(SCRIPTS), 2))
"""The limiter of the factory: once somebody gives a threshold, it opens and closes the breaker."""

# fmt: off
ROWS = (
    Row(BREAKER_OBJECT, "Disconnect control", DisconnectControl(part=BreakerPart), BREAKER),
    Row(DISCONNECTION, "Disconnect control scheduler", schedule(DISCONNECTION), SCHEDULE),
    *log_rows(Log.DISCONNECTOR, "disconnector control"),
    Row("0-0:17.0.0", "Limiter", Limiter(part=LimiterPart), LIMITER),
    Row(SCRIPTS, "Script table: disconnect control",
        table((call(70, BREAKER_OBJECT, 1, DUMMY),), (call(70, BREAKER_OBJECT, 2, DUMMY),)), SCRIPT),
)
# fmt: on
