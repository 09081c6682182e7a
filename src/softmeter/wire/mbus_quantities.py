"""What the codes of value information mean: quantities, units, what qualifies them (EN 13757-3, tables 10 to 15)."""

from typing import NamedTuple

TEXT_UNIT, FIRST_TABLE, SECOND_TABLE, MANUFACTURER = 0x7C, 0x7B, 0x7D, 0x7F
DATE, DATE_TIME = 0x6C, 0x6D
_BATTERY_CHANGED, _TARIFF_BEGAN = 0x70, 0x30
SECOND_TABLE_TIMES = frozenset({_BATTERY_CHANGED, _TARIFF_BEGAN})
FACTORS, THOUSAND = range(0x70, 0x78), 0x7D
UNCORRECTED, FORWARD_ONLY, AT_BASE_CONDITIONS = 0x3A, 0x3B, 0x3E
TIMES_OF = frozenset({0x39, *(base + half for base in range(0x40, 0x50, 4) for half in (2, 3)), 0x6A, 0x6B, 0x6E, 0x6F})
"""Qualifiers that make a value the time of something."""
NO_ERROR = 0x00
ERRORS = {
    0x01: "too many data field extensions",
    0x02: "no such storage number",
    0x03: "no such unit number",
    0x04: "no such tariff",
    0x05: "no such function",
    0x06: "no such data class",
    0x07: "no such data size",
    0x0B: "too many unit extensions",
    0x0C: "no such group of units",
    0x0D: "no such exponent",
    0x0E: "unit and data do not fit",
    0x0F: "no such action",
    0x15: "no data available",
    0x16: "overflow",
    0x17: "underflow",
    0x18: "data error",
    0x1C: "the record ends too early",
}
"""Qualifiers by which a sub-meter says that a value is none."""
MOST_ERROR = 0x1F
OWN_CODES = frozenset({0x7C, 0x7F})
"""Qualifiers behind which codes have other meanings: those of a further table, and of the manufacturer."""


class Quantity(NamedTuple):
    """What a value is of: `value * 10**exponent` in `unit`."""

    name: str
    unit: str = ""
    exponent: int = 0


OWN = Quantity("manufacturer's own")
HEAT_COST_UNITS = "heat cost units"


class _Span(NamedTuple):
    """Codes from `first` on, each ten times the one before."""

    first: int
    codes: int
    name: str
    unit: str
    exponent: int


_PRIMARY = (
    _Span(0x00, 8, "energy", "Wh", -3),
    _Span(0x08, 8, "energy", "J", 0),
    _Span(0x10, 8, "volume", "m3", -6),
    _Span(0x18, 8, "mass", "kg", -3),
    _Span(0x28, 8, "power", "W", -3),
    _Span(0x30, 8, "power", "J/h", 0),
    _Span(0x38, 8, "volume flow", "m3/h", -6),
    _Span(0x40, 8, "volume flow", "m3/min", -7),
    _Span(0x48, 8, "volume flow", "m3/s", -9),
    _Span(0x50, 8, "mass flow", "kg/h", -3),
    _Span(0x58, 4, "flow temperature", "°C", -3),
    _Span(0x5C, 4, "return temperature", "°C", -3),
    _Span(0x60, 4, "temperature difference", "K", -3),
    _Span(0x64, 4, "external temperature", "°C", -3),
    _Span(0x68, 4, "pressure", "bar", -3),
)
_FIRST = (
    _Span(0x00, 2, "energy", "MWh", -1),
    _Span(0x02, 2, "reactive energy", "varh", 3),
    _Span(0x04, 2, "apparent energy", "VAh", 3),
    _Span(0x08, 2, "energy", "GJ", -1),
    _Span(0x0C, 4, "energy", "Mcal", -1),
    _Span(0x10, 2, "volume", "m3", 2),
    _Span(0x14, 4, "reactive power", "var", 0),
    _Span(0x18, 2, "mass", "t", 2),
    _Span(0x1A, 2, "relative humidity", "%", -1),
    _Span(0x28, 2, "power", "MW", -1),
    _Span(0x2A, 1, "phase between voltages", "°", -1),
    _Span(0x2B, 1, "phase of current", "°", -1),
    _Span(0x2C, 4, "frequency", "Hz", -3),
    _Span(0x30, 2, "power", "GJ/h", -1),
    _Span(0x34, 4, "apparent power", "VA", 0),
    _Span(0x74, 4, "temperature limit", "°C", -3),
    _Span(0x78, 8, "cumulated maximum power", "W", -3),
)
_SECOND = (
    _Span(0x00, 4, "credit", "", -3),
    _Span(0x04, 4, "debit", "", -3),
    _Span(0x40, 16, "voltage", "V", -9),
    _Span(0x50, 16, "current", "A", -12),
    _Span(0x71, 1, "radio level", "dBm", 0),
    _Span(0x74, 1, "remaining battery life", "d", 0),
)
_SECONDS_TO_DAYS, _HOURS_TO_YEARS = ("s", "min", "h", "d"), ("h", "d", "mo", "a")
_DURATIONS = {0x20: "on time", 0x24: "operating time", 0x70: "averaging duration", 0x74: "actuality duration"}
_SECOND_DURATIONS = {
    0x24: ("storage interval", _SECONDS_TO_DAYS),
    0x2C: ("duration since the last readout", _SECONDS_TO_DAYS),
    0x34: ("period of the tariff", _SECONDS_TO_DAYS),
    0x68: ("duration since the last cumulation", _HOURS_TO_YEARS),
    0x6C: ("operating time of the battery", _HOURS_TO_YEARS),
}
_NAMES = {
    DATE: "date",
    DATE_TIME: "time",
    0x6E: HEAT_COST_UNITS,
    0x78: "fabrication number",
    0x79: "identification",
    0x7A: "bus address",
    TEXT_UNIT: "value",
    0x7E: "any",
    MANUFACTURER: OWN.name,
}
_SECOND_NAMES = {
    0x08: "access number",
    0x09: "medium",
    0x0A: "manufacturer",
    0x0B: "parameter set",
    0x0C: "model",
    0x0D: "hardware version",
    0x0E: "firmware version",
    0x0F: "software version",
    0x10: "customer location",
    0x11: "customer",
    0x12: "access code of a user",
    0x13: "access code of an operator",
    0x14: "access code of a system operator",
    0x15: "access code of a developer",
    0x16: "password",
    0x17: "error flags",
    0x18: "error mask",
    0x19: "key",
    0x1A: "digital output",
    0x1B: "digital input",
    0x1C: "baud rate",
    0x1D: "response delay",
    0x1E: "retries",
    0x1F: "remote control",
    0x20: "first storage number",
    0x21: "last storage number",
    0x22: "size of a storage block",
    0x28: "storage interval in months",
    0x29: "storage interval in years",
    0x2A: "operator's own",
    0x2B: "second of the minute",
    _TARIFF_BEGAN: "start of the tariff",
    0x31: "duration of the tariff in minutes",
    0x32: "duration of the tariff in hours",
    0x33: "duration of the tariff in days",
    0x38: "period of the tariff in months",
    0x39: "period of the tariff in years",
    0x3A: "number",
    0x3B: "container of a wireless telegram",
    0x60: "reset counter",
    0x61: "cumulation counter",
    0x62: "control signal",
    0x63: "day of the week",
    0x64: "week",
    0x65: "time of day change",
    0x66: "state of parameters",
    0x67: "supplier's own",
    _BATTERY_CHANGED: "time of the battery change",
    0x72: "summer time",
    0x73: "listening window",
    0x75: "stops of the meter",
    0x76: "container of the manufacturer",
}


def primary(code: int, text: str) -> Quantity:
    """That of the main table; `text` is the unit that a sub-meter gives itself."""
    spanned = _spanned(_PRIMARY, code)
    if spanned is not None:
        return spanned
    duration = _DURATIONS.get(code & 0x7C)
    if duration is not None:
        return Quantity(duration, _SECONDS_TO_DAYS[code & 3])
    return Quantity(text or _NAMES.get(code, f"quantity {code:02X}"))


def first_table(code: int) -> Quantity:
    """That of the table behind FB."""
    return _spanned(_FIRST, code) or Quantity(f"quantity FB {code:02X}")


def second_table(code: int) -> Quantity:
    """That of the table behind FD."""
    spanned = _spanned(_SECOND, code)
    if spanned is not None:
        return spanned
    duration = _SECOND_DURATIONS.get(code & 0x7C)
    if duration is not None and code not in _SECOND_NAMES:
        return Quantity(duration[0], duration[1][code & 3])
    return Quantity(_SECOND_NAMES.get(code, f"quantity FD {code:02X}"))


def _spanned(spans: tuple[_Span, ...], code: int) -> Quantity | None:
    for span in spans:
        if span.first <= code < span.first + span.codes:
            return Quantity(span.name, span.unit, span.exponent + code - span.first)
    return None
