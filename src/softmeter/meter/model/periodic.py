"""Values of a measurement period, and of the last sag and swell: averages, minima, maxima (manual 9, 9.3)."""

from operator import attrgetter

from softmeter.device.device import Device
from softmeter.meter.model.measured import NARROW, WIDE, Measured, Read, nearest
from softmeter.metrology.voltage_events import Condition
from softmeter.units import Unit

WIDEST = 0xFFFF


def _average(name: str, divisor: int) -> Read:
    """A value of the last period, in the unit that travels."""
    read = attrgetter(name)
    return lambda device: nearest(read(device.behaviours.averages.shown(device)), divisor)


def _power(code: str, title: str, unit: Unit, name: str) -> Measured:
    return Measured(f"1-0:{code}.0", title, WIDE, 0, unit, _average(name, 1000))


def _voltage(code: str, title: str, name: str) -> Measured:
    return Measured(f"1-0:{code}.0", title, NARROW, -1, Unit.VOLT, _average(name, 100))


def _current(code: str, title: str, name: str) -> Measured:
    return Measured(f"1-0:{code}.0", title, NARROW, -2, Unit.AMPERE, _average(name, 10))


def _factor(code: str, title: str) -> Measured:
    return Measured(f"1-0:{code}.0", title, NARROW, -3, Unit.COUNT, _average("power_factor_permille", 1))


def _duration(condition: Condition) -> Read:
    def read(device: Device) -> int:
        last = device.behaviours.power_quality.last(condition)
        return 0 if last is None else last.duration_s

    return read


def _extreme(condition: Condition) -> Read:
    def read(device: Device) -> int:
        last = device.behaviours.power_quality.last(condition)
        return 0 if last is None else min(nearest(last.extreme_mv, 100), WIDEST)

    return read


def _disturbance(code: int, title: str, condition: Condition) -> tuple[Measured, Measured]:
    return (
        Measured(f"1-0:32.{code}.0", f"Duration of last {title}", WIDE, 0, Unit.SECOND, _duration(condition)),
        Measured(f"1-0:32.{code + 1}.0", f"Magnitude of last {title}", NARROW, -1, Unit.VOLT, _extreme(condition)),
    )


PERIODIC = (
    _power("1.27", "Average +P", Unit.WATT, "active_import_mw"),
    _power("2.27", "Average -P", Unit.WATT, "active_export_mw"),
    _power("3.27", "Average +Q", Unit.VAR, "reactive_import_mvar"),
    _power("4.27", "Average -Q", Unit.VAR, "reactive_export_mvar"),
    _power("21.24", "Average +P L1", Unit.WATT, "active_import_mw"),
    _power("22.24", "Average -P L1", Unit.WATT, "active_export_mw"),
    _voltage("32.25", "Average voltage L1", "voltage_mv"),
    _voltage("32.24", "Average voltage L1, by its DSMR code", "voltage_mv"),
    _voltage("32.23", "Minimum voltage L1", "least_voltage_mv"),
    _voltage("32.26", "Maximum voltage L1", "greatest_voltage_mv"),
    _current("31.25", "Average current L1", "current_ma"),
    _current("31.24", "Average current L1, by its DSMR code", "current_ma"),
    _current("31.23", "Minimum current L1", "least_current_ma"),
    _current("31.26", "Maximum current L1", "greatest_current_ma"),
    _factor("13.25", "Average power factor"),
    _factor("33.25", "Average power factor L1"),
    *_disturbance(33, "voltage sag L1", Condition.UNDERVOLTAGE),
    *_disturbance(37, "voltage swell L1", Condition.OVERVOLTAGE),
)
