"""What can be wrong with what is measured, by name: bits that go with each second."""

from enum import IntFlag


class Fault(IntFlag):
    """Findings about one second; those of `SYSTEM_ERRORS` are errors of the measurement system."""

    VOLTAGE_CLIPPED = 0x01
    CURRENT_CLIPPED = 0x02
    VOLTAGE_STUCK = 0x04
    CURRENT_STUCK = 0x08
    CURRENT_WITHOUT_VOLTAGE = 0x10
    NO_VALUE = 0x20
    FREQUENCY_FAR_OFF = 0x40
    EXPORT = 0x80


SYSTEM_ERRORS = (
    Fault.VOLTAGE_CLIPPED
    | Fault.CURRENT_CLIPPED
    | Fault.VOLTAGE_STUCK
    | Fault.CURRENT_STUCK
    | Fault.CURRENT_WITHOUT_VOLTAGE
    | Fault.NO_VALUE
)
"""A meter that finds one of these raises a measurement system error (manual 5.3.1)."""

BLIND = Fault.VOLTAGE_STUCK | Fault.CURRENT_WITHOUT_VOLTAGE | Fault.NO_VALUE
"""The voltage says nothing about whether the meter has power."""

TITLES = {
    Fault.VOLTAGE_CLIPPED: "voltage beyond the converter's range",
    Fault.CURRENT_CLIPPED: "current beyond the converter's range",
    Fault.VOLTAGE_STUCK: "voltage stands still: is its channel stuck?",
    Fault.CURRENT_STUCK: "current stands still: is its channel stuck?",
    Fault.CURRENT_WITHOUT_VOLTAGE: "current without voltage: are the channels swapped?",
    Fault.NO_VALUE: "no number, or one that cannot be",
    Fault.FREQUENCY_FAR_OFF: "frequency outside 42.5 to 57.5 Hz",
    Fault.EXPORT: "energy flows out: if it should not, the current is reversed",
}
