"""Friendly names of objects, and what a person types to point at one: `NAME|OBIS[:ATTRIBUTE]`."""

import difflib
import re
from dataclasses import dataclass
from typing import NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.obis import Obis

DATA, REGISTER, PROFILE, CLOCK, ASSOCIATION, SAP_ASSIGNMENT, SECURITY_SETUP = 1, 3, 7, 8, 15, 17, 64
"""Class ids of the named objects."""


class Named(NamedTuple):
    """An object that has a name here."""

    class_id: int
    obis: Obis


def _named(class_id: int, obis: str) -> Named:
    return Named(class_id, Obis.parse(obis))


_QUANTITIES = {
    "active_import": 1,
    "active_export": 2,
    "reactive_import": 3,
    "reactive_export": 4,
    "reactive_q1": 5,
    "reactive_q2": 6,
    "reactive_q3": 7,
    "reactive_q4": 8,
}
_UNRATED = {"apparent_import": 9, "apparent_export": 10}
_POWERS = {
    "active_power_import": 1,
    "active_power_export": 2,
    "reactive_power_import": 3,
    "reactive_power_export": 4,
    "apparent_power_import": 9,
    "apparent_power_export": 10,
    "power_factor": 13,
    "frequency": 14,
    "current": 31,
    "voltage": 32,
}

NAMES: dict[str, Named] = {
    "clock": _named(CLOCK, "0-0:1.0.0"),
    "load": _named(PROFILE, "1-0:99.1.0"),
    "daily": _named(PROFILE, "1-0:99.2.0"),
    "billing": _named(PROFILE, "1-0:98.1.0"),
    "quality": _named(PROFILE, "1-0:99.14.0"),
    **{name: _named(REGISTER, f"1-0:{c}.8.0") for name, c in (_QUANTITIES | _UNRATED).items()},
    **{
        f"{name}_t{rate}": _named(REGISTER, f"1-0:{c}.8.{rate}")
        for name, c in _QUANTITIES.items()
        for rate in range(1, 5)
    },
    **{name: _named(REGISTER, f"1-0:{c}.7.0") for name, c in _POWERS.items()},
    "logical_device_name": _named(DATA, "0-0:42.0.0"),
    "serial": _named(DATA, "0-0:96.1.0"),
    "equipment_identifier": _named(DATA, "0-0:96.1.1"),
    "legal_firmware": _named(DATA, "1-0:0.2.0"),
    "application_firmware": _named(DATA, "1-1:0.2.0"),
    "active_tariff": _named(DATA, "0-0:96.14.0"),
    "counter_management": _named(DATA, "0-0:43.1.0"),
    "counter_readout": _named(DATA, "0-0:43.1.2"),
    "counter_maintenance": _named(DATA, "0-0:43.1.6"),
    "association": _named(ASSOCIATION, "0-0:40.0.0"),
    "sap": _named(SAP_ASSIGNMENT, "0-0:41.0.0"),
    "security": _named(SECURITY_SETUP, "0-0:43.0.0"),
}
"""What `get`, `set` and `profile` take instead of an OBIS code."""

_NAME_OF = {named.obis: name for name, named in NAMES.items()}
_OBIS = re.compile(r"(?P<object>\d+-\d+:\d+(?:[.*]\d+){2,3}|\d+(?:\.\d+){5})(?::(?P<part>\w+))?")
_WORD = re.compile(r"(?P<object>[A-Za-z]\w*)(?::(?P<part>\w+))?")


def name_of(obis: Obis) -> str | None:
    """The friendly name of an object, if it has one."""
    return _NAME_OF.get(obis)


@dataclass(frozen=True, slots=True)
class Target:
    """An object someone asked for. `part` is an attribute or method, by number or name, empty when none was given."""

    obis: Obis
    class_id: int | None
    part: str
    written: str

    @classmethod
    def parse(cls, text: str, class_id: int | None = None) -> "Target":
        """Read `active_import`, `clock:time_zone`, `1-0:1.8.0` or `1-0:1.8.0:3`.

        Raises:
            ConfigurationError: neither a known name nor an OBIS code.
        """
        match = _OBIS.fullmatch(text.strip())
        if match:
            obis = Obis.parse(match["object"])
            name = _NAME_OF.get(obis)
            known = NAMES[name].class_id if name else None
        else:
            match = _WORD.fullmatch(text.strip())
            name = match["object"].lower().replace("-", "_") if match else text
            if match is None or name not in NAMES:
                raise ConfigurationError(f"{name!r} is no OBIS code and no known name{_meant(name)}")
            known, obis = NAMES[name]
        return cls(obis, known if class_id is None else class_id, match["part"] or "", text)


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), NAMES, n=2)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return "; write it like 1-0:1.8.0, or a name like active_import, voltage, clock or load"
