"""Physical units with the numbers of the COSEM enumeration (IEC 62056-62, scal_unit_type)."""

from enum import IntEnum


class Unit(IntEnum):
    """A unit's number on the wire; `symbol` is how it is written."""

    YEAR = 1
    MONTH = 2
    WEEK = 3
    DAY = 4
    HOUR = 5
    MINUTE = 6
    SECOND = 7
    DEGREE = 8
    CELSIUS = 9
    METRE = 11
    CUBIC_METRE = 13
    CORRECTED_CUBIC_METRE = 14
    JOULE = 25
    WATT = 27
    VOLT_AMPERE = 28
    VAR = 29
    WATT_HOUR = 30
    VOLT_AMPERE_HOUR = 31
    VAR_HOUR = 32
    AMPERE = 33
    VOLT = 35
    HERTZ = 44
    PULSES_PER_WATT_HOUR = 45
    PULSES_PER_VAR_HOUR = 46
    PERCENT = 56
    DECIBEL_MILLIWATT = 70
    DECIBEL_MICROVOLT = 71
    DECIBEL = 72
    OTHER = 254
    COUNT = 255

    @property
    def symbol(self) -> str:
        """The unit as it is written after a number; empty for a plain number."""
        return _SYMBOLS[self]


_SYMBOLS = {
    Unit.YEAR: "a",
    Unit.MONTH: "mo",
    Unit.WEEK: "wk",
    Unit.DAY: "d",
    Unit.HOUR: "h",
    Unit.MINUTE: "min",
    Unit.SECOND: "s",
    Unit.DEGREE: "°",
    Unit.CELSIUS: "°C",
    Unit.METRE: "m",
    Unit.CUBIC_METRE: "m3",
    Unit.CORRECTED_CUBIC_METRE: "m3",
    Unit.JOULE: "J",
    Unit.WATT: "W",
    Unit.VOLT_AMPERE: "VA",
    Unit.VAR: "var",
    Unit.WATT_HOUR: "Wh",
    Unit.VOLT_AMPERE_HOUR: "VAh",
    Unit.VAR_HOUR: "varh",
    Unit.AMPERE: "A",
    Unit.VOLT: "V",
    Unit.HERTZ: "Hz",
    Unit.PULSES_PER_WATT_HOUR: "1/Wh",
    Unit.PULSES_PER_VAR_HOUR: "1/varh",
    Unit.PERCENT: "%",
    Unit.DECIBEL_MILLIWATT: "dBm",
    Unit.DECIBEL_MICROVOLT: "dBµV",
    Unit.DECIBEL: "dB",
    Unit.OTHER: "",
    Unit.COUNT: "",
}
