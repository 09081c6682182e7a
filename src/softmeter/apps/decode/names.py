"""Names of objects by their OBIS code (IEC 62056-61: value groups C, D and E; IEC 62056-62: abstract objects)."""

from functools import cache

from softmeter.obis import Obis

_POWERS = {
    1: "active power import",
    2: "active power export",
    3: "reactive power import",
    4: "reactive power export",
    5: "reactive power Q1",
    6: "reactive power Q2",
    7: "reactive power Q3",
    8: "reactive power Q4",
    9: "apparent power import",
    10: "apparent power export",
    15: "active power import plus export",
    16: "active power import minus export",
}
"""Value group C of a power, of all phases; 20, 40 and 60 more for a single phase."""
_OTHERS = {11: "current", 12: "voltage", 13: "power factor", 14: "frequency"}
_PHASES = {0: "", 20: " L1", 40: " L2", 60: " L3"}
_ANGLES = {
    0: "phase angle U L1", 1: "phase angle U L2 to L1", 2: "phase angle U L3 to L1", 4: "phase angle I L1",
    5: "phase angle I L2", 6: "phase angle I L3", 10: "phase angle U L2 to L1", 20: "phase angle U L3 to L1",
    40: "phase angle I L1 to U L1", 51: "phase angle I L2 to U L2", 62: "phase angle I L3 to U L3",
}  # fmt: skip
_PROGRAMS = {0: "firmware version", 1: "parameter record", 8: "firmware signature"}
_CONSTANTS = {
    (3, 0): "metrological LED constant, active energy",
    (3, 1): "metrological LED constant, reactive energy",
    (4, 2): "transformer ratio, current",
    (4, 3): "transformer ratio, voltage",
    (6, 0): "reference voltage",
    (6, 1): "reference current",
    (6, 2): "reference frequency",
    (6, 3): "maximum current",
    (8, 0): "measurement period 1",
    (8, 2): "measurement period 3",
    (8, 4): "recording interval 1",
    (8, 5): "recording interval 2",
    (9, 1): "time of day",
    (9, 2): "date",
}
_PROCESSED = {
    2: "cumulative maximum of {}",
    3: "minimum of {}",
    4: "demand of {}",
    5: "last demand of {}",
    6: "maximum of {}",
    7: "{}",
    8: "{}",
    9: "{} of this period",
    14: "{} demand, averaged",
    24: "average of {}",
    27: "demand of {} in the last interval",
    29: "{} of the interval",
    31: "threshold of {} for sags",
    32: "number of sags of {}",
    35: "threshold of {} for swells",
    36: "number of swells of {}",
}
"""Value group D: how a quantity is processed."""
_ENERGIES = {8, 9, 29}

_FIXED = {
    "0-0:1.0.0": "clock",
    "0-0:1.1.0": "clock, UNIX time",
    "0-0:2.1.0": "backup clock",
    "0-0:10.0.0": "script table, global reset",
    "0-0:10.0.100": "script table, tariffs",
    "0-0:10.0.106": "script table, disconnector",
    "0-0:11.0.0": "special days",
    "0-0:13.0.0": "activity calendar",
    "0-0:14.0.0": "register activation",
    "0-0:15.0.0": "schedule, end of billing period",
    "0-0:15.0.2": "schedule, image activation",
    "0-0:16.1.0": "alarm monitor",
    "0-0:17.0.0": "limiter",
    "0-0:20.0.0": "IEC optical port",
    "0-0:22.0.0": "HDLC setup",
    "0-0:25.0.0": "TCP-UDP setup",
    "0-0:25.1.0": "IPv4 setup",
    "0-0:25.7.0": "IPv6 setup",
    "0-0:25.9.0": "push setup",
    "0-0:41.0.0": "SAP assignment",
    "0-0:42.0.0": "logical device name",
    "0-0:44.0.0": "image transfer",
    "0-0:94.31.0": "country-specific identifier",
    "0-0:96.1.7": "meter type",
    "0-0:96.2.0": "number of configuration changes",
    "0-0:96.2.1": "date of last configuration change",
    "0-0:96.3.10": "disconnect control",
    "0-0:96.7.9": "number of long power failures",
    "0-0:96.7.19": "duration of long power failures",
    "0-0:96.7.21": "number of power failures",
    "0-0:96.8.0": "time of operation",
    "0-0:96.13.0": "consumer message text",
    "0-0:96.13.1": "consumer message code",
    "0-0:96.14.0": "active tariff",
    "0-0:97.97.0": "error register",
    "0-0:97.98.0": "alarm register",
    "0-0:97.98.10": "alarm filter",
    "0-0:97.98.20": "alarm descriptor",
    "0-0:98.1.0": "billing profile, monthly",
    "0-0:98.2.0": "billing profile, daily",
    "0-0:99.98.0": "event log, standard",
    "0-0:99.98.1": "event log, fraud detection",
    "0-0:99.98.2": "event log, disconnector",
    "0-0:99.98.3": "event log, M-Bus",
    "0-0:99.98.4": "event log, power quality",
    "0-0:99.98.5": "event log, communication",
    "0-8:25.9.0": "push setup of the consumer interface",
    "1-0:0.2.0": "firmware version",
    "1-0:0.9.4": "date and time",
    "1-0:99.1.0": "load profile 1",
    "1-0:99.2.0": "load profile 2",
    "1-0:99.97.0": "power failure log",
    "1-1:0.0.5": "GS1 number of the meter",
    "1-1:0.2.129": "version of the object list",
    "1-1:96.1.1": "meter type",
    "1-3:0.2.8": "version of P1",
}


_CLOCKS = {0: "clock", 1: "clock, UNIX time", 2: "backup clock"}
_ALARMS = ("alarm register", "alarm filter", "alarm descriptor")
_FAILURES = {
    **{first + number: f"number of {kind} power failures{phase}" for first, kind in ((0, "short"), (5, "long"))
       for number, phase in enumerate((" of all phases", " L1", " L2", " L3"))},
    **{10 + number: f"time of power failure{phase}"
       for number, phase in enumerate((" of all phases", " L1", " L2", " L3", ""))},
    **{15 + number: f"duration of the last long power failure{phase}"
       for number, phase in enumerate((" of all phases", " L1", " L2", " L3"))},
    20: "threshold for long power failures",
}  # fmt: skip
_M_BUS = {(1, 0): "M-Bus client", (2, 1): "M-Bus value", (3, 0): "M-Bus profile", (4, 0): "M-Bus disconnect control"}
_SECURITY = {0: "security setup", 1: "invocation counter"}
_OF_THE_MANUFACTURER = 128
"""From here on E is for manufacturers to choose."""
_GENERAL = {
    2: "changes of the configuration",
    3: "control signal",
    4: "internal control signal",
    5: "internal operating status",
    6: "battery",
    8: "time of operation, rate",
    9: "environment",
    10: "status",
    12: "communication port parameter",
    13: "consumer message",
    14: "active tariff",
    15: "counter of events",
    16: "profile status",
    20: "tampering",
}
"""Value group D of what stands under C = 96; E counts from 0."""

_NAMES = {Obis.parse(code): name for code, name in _FIXED.items()}


@cache
def _titles() -> dict[Obis, str]:
    """What this meter's own model calls its objects."""
    from softmeter.meter.model import ROWS

    return {row.name: _inside(row.title) for row in ROWS}


def _inside(title: str) -> str:
    """A title inside a sentence; abbreviations stay as they are."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def obis_name(obis: Obis) -> str:
    """What an object is called; empty where the code is not known."""
    whole = obis._replace(f=255)
    standard = _NAMES.get(whole) or (_electricity(obis) if obis.a == 1 else _abstract(obis) if obis.a == 0 else "")
    return standard or _titles().get(whole, "") or (_general(obis) if obis.a == 0 else "")


def known(octets: bytes) -> Obis | None:
    """Six octets as an OBIS code, if they are likely to be one."""
    if len(octets) != 6:
        return None
    obis = Obis.of(octets)
    return obis if obis.a <= 9 and obis.f == 255 else None


def _electricity(obis: Obis) -> str:
    match (obis.c, obis.d, obis.e):
        case 81, 7, angle if angle in _ANGLES:
            return _ANGLES[angle]
        case (91 | 92) as neutral, d, _ if d in _PROCESSED:
            return _PROCESSED[d].format("current in the neutral" if neutral == 91 else "voltage of the neutral")
        case 0, 0, number if number < 10:
            return f"identifier {number + 1} of electricity"
        case 0, 2, number if number in _PROGRAMS:
            return _PROGRAMS[number]
        case (0, d, number) if (d, number) in _CONSTANTS:
            return _CONSTANTS[d, number]
        case 99, d, 0 if d < 10:
            return f"load profile {d}"
    for offset, phase in _PHASES.items():
        c = obis.c - offset
        quantity = _POWERS.get(c) or (_OTHERS.get(c) if c != 14 or not offset else None)
        if quantity is None:
            continue
        if obis.d in _ENERGIES and c in _POWERS:
            quantity = quantity.replace("power", "energy")
        form = _PROCESSED.get(obis.d)
        if form is None:
            return ""
        rate = f", rate {obis.e}" if obis.e and obis.d in {6, 8, 9, 29} else ""
        return form.format(quantity + phase) + rate
    return ""


def _abstract(obis: Obis) -> str:
    channel = f", channel {obis.b}" if obis.b else ""
    match (obis.c, obis.d, obis.e):
        case 1, d, number if d in _CLOCKS:
            return f"{_CLOCKS[d]}{f' {number}' if number else ''}{channel}"
        case 21, 0, number:
            return f"data of standard readout {number}"
        case (24, d, e) if (d, e) in _M_BUS:
            return f"{_M_BUS[d, e]}{channel}"
        case 40, 0, number:
            return f"association {number}" if number else "current association"
        case (43, d, number) if d in _SECURITY:
            return f"{_SECURITY[d]} {number}"
        case 96, 1, number if number < 10:
            return f"device identifier {number + 1}{channel}"
        case 96, 3, 10:
            return f"disconnect control{channel}"
        case 96, 11, number:
            return f"event code of log {number}"
    return ""


def _general(obis: Obis) -> str:
    """What this meter has no title for: the number says little."""
    channel = f", channel {obis.b}" if obis.b else ""
    match (obis.c, obis.d, obis.e):
        case 25, 9, number:
            return f"push setup{f' {number}' if number else ''}{channel}"
        case 96, 7, number:
            return _FAILURES.get(number, "")
        case (96, d, number) if d in _GENERAL and number < _OF_THE_MANUFACTURER:
            return f"{_GENERAL[d]} {number + 1}{channel}"
        case (97, 97, number) if number < _OF_THE_MANUFACTURER:
            return f"error register {number + 1}"
        case 97, 98, number if number < len(_ALARMS) * 10:
            return f"{_ALARMS[number // 10]} {number % 10 + 1}"
    return ""
