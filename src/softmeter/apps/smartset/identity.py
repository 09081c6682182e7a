"""The command `info`: who the meter is, its clock and counters, and what it offers this client."""

import time
from typing import Any

from softmeter.apps.smartset.clocks import described, difference_s, difference_text, meter_time
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.credentials import group_e, login
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import NAMES, SECURITY_SETUP
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import harmless, plain
from softmeter.clock import DateTime
from softmeter.obis import Obis

_IDENTITY = (
    "logical_device_name",
    "serial",
    "equipment_identifier",
    "legal_firmware",
    "application_firmware",
    "active_tariff",
    "counter_management",
    "counter_readout",
    "counter_maintenance",
)


def show_info(settings: Settings) -> None:
    """Print what the meter lets this client know; what it refuses is left out."""
    with opened(settings) as meter:
        found: dict[str, Any] = {"meter": settings.meter, "client": settings.client}
        found |= {name: value for name in _IDENTITY if (value := _value(meter, name)) is not None}
        suite = _suite(meter, Obis(0, 0, 43, 0, group_e(login(settings).sap)))
        moment = _time(meter)
        ahead_s = difference_s(moment, time.time()) if moment else None
        terms = meter.terms
    found |= {
        "system_title": terms.system_title.hex() or None,
        "security_suite": suite,
        "conformance": terms.services,
        "max_pdu_size": terms.max_pdu_size,
    }
    if settings.json:
        print_json(found | {"clock": described(moment, ahead_s) if moment else None})
        return
    if moment:
        found["clock"] = f"{moment.iso()}  {difference_text(ahead_s)}"
    found["conformance"] = " ".join(terms.services)
    for name, value in found.items():
        if value is not None:
            print(f"{name.replace('_', ' '):<22}{harmless(str(value))}")


def _value(meter: Meter, name: str) -> Any:
    class_id, obis = NAMES[name]
    try:
        return plain(meter.get(class_id, obis, 2))
    except RefusedError:
        return None


def _suite(meter: Meter, setup: Obis) -> Any:
    try:
        return plain(meter.get(SECURITY_SETUP, setup, 3))
    except RefusedError:
        return None


def _time(meter: Meter) -> DateTime | None:
    try:
        return meter_time(meter)
    except RefusedError:
        return None
