"""Every measured value once: its name, how it is read off the device, and how it travels.

Rows of the model, columns of profiles and items of the display are made of this table (manual 9.1 and annex I).
"""

from collections.abc import Callable
from typing import NamedTuple

from softmeter.device.device import Device
from softmeter.device.registers import ACTIVE_SUM, MJ_PER_WH, RATES, REACTIVE_EXPORT, REACTIVE_IMPORT, TOTAL
from softmeter.metrology.energy import Quantity
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import Tag

Read = Callable[[Device], int]

WIDE, WIDE_SIGNED, NARROW = Tag.DOUBLE_LONG_UNSIGNED, Tag.DOUBLE_LONG, Tag.LONG_UNSIGNED


class Measured(NamedTuple):
    """A value of class Register: `read` gives the integer that travels, times 10**scaler in `unit`."""

    obis: str
    title: str
    type: Tag
    scaler: int
    unit: Unit
    read: Read


def _energy(*summed: Quantity, rate: int) -> Read:
    """The register in Wh, rolling over at 2**32."""
    if rate == TOTAL and len(summed) == 1:  # what is read and captured most
        (quantity,) = summed
        return lambda device: device.registers.totals[quantity] // MJ_PER_WH & 0xFFFF_FFFF
    return lambda device: device.registers.wh(*summed, rate=rate) & 0xFFFF_FFFF


def _milli_wh(*summed: Quantity, rate: int) -> Read:
    """The same register in mWh, as far as nine digits on the display go."""
    return lambda device: device.registers.mj(*summed, rate=rate) * 1000 // MJ_PER_WH


def _net(device: Device) -> int:
    """Import less export, rolling over like a 32-bit number with a sign."""
    return (device.registers.net_wh() + 2**31) % 2**32 - 2**31


def nearest(value: int, divisor: int) -> int:
    """`value / divisor`, rounded to the nearest integer."""
    return (value + divisor // 2) // divisor


def _positive(milli: int) -> int:
    return nearest(max(milli, 0), 1000)


def _import_w(device: Device) -> int:
    return _positive(device.instantaneous.active_power_mw)


def _export_w(device: Device) -> int:
    return _positive(-device.instantaneous.active_power_mw)


def _import_var(device: Device) -> int:
    return _positive(device.instantaneous.reactive_power_mvar)


def _export_var(device: Device) -> int:
    return _positive(-device.instantaneous.reactive_power_mvar)


def _apparent_va(device: Device, *, exported: bool) -> int:
    """Apparent power, counted towards the direction of the active power."""
    exports = device.instantaneous.active_power_mw < 0
    return nearest(device.instantaneous.apparent_power_mva, 1000) if exports == exported else 0


def _current(device: Device) -> int:
    return min(nearest(device.instantaneous.current_ma, 10), 0xFFFF)


def _voltage(device: Device) -> int:
    return min(nearest(device.instantaneous.voltage_mv, 100), 0xFFFF)


_RATED = (
    (1, "Active energy import (+A)", Unit.WATT_HOUR, (Quantity.ACTIVE_IMPORT,)),
    (2, "Active energy export (-A)", Unit.WATT_HOUR, (Quantity.ACTIVE_EXPORT,)),
    (3, "Reactive energy import (+R)", Unit.VAR_HOUR, REACTIVE_IMPORT),
    (4, "Reactive energy export (-R)", Unit.VAR_HOUR, REACTIVE_EXPORT),
    (5, "Reactive energy Q1", Unit.VAR_HOUR, (Quantity.REACTIVE_Q1,)),
    (6, "Reactive energy Q2", Unit.VAR_HOUR, (Quantity.REACTIVE_Q2,)),
    (7, "Reactive energy Q3", Unit.VAR_HOUR, (Quantity.REACTIVE_Q3,)),
    (8, "Reactive energy Q4", Unit.VAR_HOUR, (Quantity.REACTIVE_Q4,)),
)

# fmt: off
ENERGIES = (
    *(Measured(f"1-0:{c}.8.{rate}", f"{title}, rate {rate}" if rate else f"{title}, total", WIDE, 0, unit,
               _energy(*summed, rate=rate))
      for c, title, unit, summed in _RATED for rate in range(RATES + 1)),
    Measured("1-0:9.8.0",  "Apparent energy import (+S)",       WIDE, 0, Unit.VOLT_AMPERE_HOUR,
             _energy(Quantity.APPARENT_IMPORT, rate=0)),
    Measured("1-0:10.8.0", "Apparent energy export (-S)",       WIDE, 0, Unit.VOLT_AMPERE_HOUR,
             _energy(Quantity.APPARENT_EXPORT, rate=0)),
    Measured("1-0:15.8.0", "Active energy |+A| + |-A|",         WIDE, 0, Unit.WATT_HOUR, _energy(*ACTIVE_SUM, rate=0)),
    Measured("1-0:16.8.0", "Active energy net |+A| - |-A|",     WIDE_SIGNED, 0, Unit.WATT_HOUR, _net),
)
"""Registers that only grow, except the net one."""

_POWERS = (
    (1, "Active power import (+P)", Unit.WATT, _import_w),
    (2, "Active power export (-P)", Unit.WATT, _export_w),
    (3, "Reactive power import (+Q)", Unit.VAR, _import_var),
    (4, "Reactive power export (-Q)", Unit.VAR, _export_var),
)

INSTANTANEOUS = (
    *(Measured(f"1-0:{c}.7.0", title, WIDE, 0, unit, read) for c, title, unit, read in _POWERS),
    *(Measured(f"1-0:{20 + c}.7.0", f"{title} L1", WIDE, 0, unit, read) for c, title, unit, read in _POWERS),
    Measured("1-0:9.7.0", "Apparent power import (+S)", WIDE, 0, Unit.VOLT_AMPERE,
             lambda device: _apparent_va(device, exported=False)),
    Measured("1-0:10.7.0", "Apparent power export (-S)", WIDE, 0, Unit.VOLT_AMPERE,
             lambda device: _apparent_va(device, exported=True)),
    Measured("1-0:15.7.0", "Active power |+P| + |-P|", WIDE, 0, Unit.WATT,
             lambda device: _import_w(device) + _export_w(device)),
    Measured("1-0:16.7.0", "Active power net (+P - -P)", WIDE_SIGNED, 0, Unit.WATT,
             lambda device: _import_w(device) - _export_w(device)),
    *(Measured(f"1-0:{c}.7.0", f"Power factor{phase}", NARROW, -3, Unit.COUNT,
               lambda device: device.instantaneous.power_factor_permille) for c, phase in ((13, ""), (33, " L1"))),
    Measured("1-0:14.7.0", "Frequency", NARROW, -2, Unit.HERTZ,
             lambda device: nearest(device.instantaneous.frequency_mhz, 10)),
    Measured("1-0:31.7.0", "Current L1", NARROW, -2, Unit.AMPERE, _current),
    Measured("1-0:90.7.0", "Current, sum over all phases", NARROW, -2, Unit.AMPERE, _current),
    Measured("1-0:32.7.0", "Voltage L1", NARROW, -1, Unit.VOLT, _voltage),
)
"""Means over the last second."""
# fmt: on

MEASURED = (*ENERGIES, *INSTANTANEOUS)

FINE = {
    Obis.parse(f"1-0:{c}.8.{rate}"): _milli_wh(*summed, rate=rate)
    for c, _, _, summed in _RATED
    for rate in range(RATES + 1)
}
"""Energies in thousandths of their unit, for a display in certification mode."""
