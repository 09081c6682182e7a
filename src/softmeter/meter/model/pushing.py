"""What the meter sends by itself: push setups and their script table (IDIS package 2, push setups)."""

from softmeter.cosem.classes.push_setup import PushSetup
from softmeter.cosem.classes.script_table import call
from softmeter.cosem.dictionary import Row
from softmeter.device.push_setting import ALARM, CONNECTIVITY, CONSUMER, INSTALLATION, LAST_GASP, Pushed, PushSetting
from softmeter.meter.model.scripted import DUMMY, table
from softmeter.meter.parts_push import PushPart
from softmeter.meter.policies import PUSH, SCRIPT
from softmeter.obis import Obis

_TITLES = (
    "on connectivity",
    "interval 1",
    "interval 2",
    "interval 3",
    "on alarm",
    "on power down",
    "consumer information",
    "on installation",
)
NAMES = tuple(f"0-{setup}:25.9.0" for setup in range(len(_TITLES)))


def _pushed(class_id: int, obis: str, attribute: int = 2) -> Pushed:
    return Pushed(class_id, Obis.parse(obis), attribute)


_CLOCK = _pushed(8, "0-0:1.0.0")
_DEVICE = _pushed(1, "0-0:42.0.0")
_ALARMS = (_pushed(1, "0-0:97.98.20"), _pushed(1, "0-0:97.98.21"))
_TOTALS = (_CLOCK, _pushed(3, "1-0:1.8.0"), _pushed(3, "1-0:2.8.0"))
_OBJECTS = {
    CONNECTIVITY: (_pushed(42, "0-0:25.1.0", 3),),
    **dict.fromkeys((1, 2, 3), _TOTALS),
    ALARM: _ALARMS,
    LAST_GASP: (_CLOCK, *_ALARMS),
    CONSUMER: (*_TOTALS, _pushed(3, "1-0:1.7.0"), _pushed(3, "1-0:2.7.0")),
    INSTALLATION: (_pushed(1, "0-0:96.1.0"), _pushed(1, "0-0:96.1.1")),
}
PUSHES = tuple(PushSetting((_pushed(40, name, 1), _DEVICE, *_OBJECTS[setup])) for setup, name in enumerate(NAMES))
"""The setups of the factory: each begins with its own name and the device's; none has a destination yet."""


def _setup(setup: int) -> PushSetup:
    return PushSetup(part=lambda meter: PushPart(meter, setup))


# fmt: off
ROWS = (
    *(Row(name, f"Push setup, {_TITLES[setup]}", _setup(setup), PUSH) for setup, name in enumerate(NAMES)),
    Row("0-0:10.0.108", "Script table: push", table(*((call(40, name, 1, DUMMY),) for name in NAMES)), SCRIPT),
)
# fmt: on
