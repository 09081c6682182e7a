"""Lines of P1 telegrams that meters of all countries have (DSMR 5.0.2 P1 Companion Standard, 6.12).

Energies are cut to whole Wh, powers rounded to whole W: the numbers that the registers and the display show.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from softmeter.clock import Stamp
from softmeter.device.device import Device
from softmeter.device.power_failures import FAILURE
from softmeter.device.registers import RATES, REACTIVE_EXPORT, REACTIVE_IMPORT
from softmeter.meter.identity import Identity
from softmeter.meter.model.local import message, message_code
from softmeter.meter.model.measured import nearest
from softmeter.metrology.energy import Quantity
from softmeter.metrology.voltage_events import Condition
from softmeter.wire.telegram import line, saturated, stamp, text, wrapped

FEWEST_RATES = 2
KEPT_LINES = 256
"""How many lines that seldom change are remembered, of all meters of a process together."""

_ENERGIES = {1: Quantity.ACTIVE_IMPORT, 2: Quantity.ACTIVE_EXPORT}


def clock(device: Device) -> str:
    """When the telegram was made."""
    return f"0-0:1.0.0({stamp(device.clock.date_time(device.now))})"


@lru_cache(KEPT_LINES)
def identifier(identity: Identity) -> str:
    """By which the operator knows the meter."""
    return f"0-0:96.1.1({text(identity.meter_identifier.encode('ascii'))})"


@lru_cache(KEPT_LINES)
def logical_device(identity: Identity) -> str:
    """The logical device name."""
    return f"0-0:42.0.0({text(identity.logical_device_name.encode('ascii'))})"


def rates(device: Device) -> list[str]:
    """Import, then export: one line per rate that is in use, so that no energy is missing from the telegram."""
    highest = max(FEWEST_RATES, device.tariff.table.highest_rate)
    lines = []
    for code, quantity in _ENERGIES.items():
        energies = device.registers.rates_wh(quantity)
        used = highest
        while used < RATES and any(energies[used:]):
            used += 1
        lines += [f"1-0:{code}.8.{rate}({wrapped(energies[rate - 1], 9, 3)}*kWh)" for rate in range(1, used + 1)]
    return lines


def totals(device: Device) -> list[str]:
    """Active and reactive energy, import and export."""
    wh = device.registers.wh
    return [
        f"1-0:1.8.0({wrapped(wh(Quantity.ACTIVE_IMPORT), 9, 3)}*kWh)",
        f"1-0:2.8.0({wrapped(wh(Quantity.ACTIVE_EXPORT), 9, 3)}*kWh)",
        f"1-0:3.8.0({wrapped(wh(*REACTIVE_IMPORT), 9, 3)}*kvarh)",
        f"1-0:4.8.0({wrapped(wh(*REACTIVE_EXPORT), 9, 3)}*kvarh)",
    ]


def tariff(device: Device) -> str:
    """The rate that counts."""
    return f"0-0:96.14.0({device.tariff.name})"


def powers(device: Device, taken: int, given: int) -> list[str]:
    """Import and export now, under the codes `taken` and `given`; on one phase both pairs of codes say the same."""
    milli = device.instantaneous.active_power_mw
    active_kw = saturated(nearest(abs(milli), 1000), 5, 3)
    import_kw, export_kw = ("00.000", active_kw) if milli < 0 else (active_kw, "00.000")
    return [f"1-0:{taken}.7.0({import_kw}*kW)", f"1-0:{given}.7.0({export_kw}*kW)"]


def voltage(device: Device) -> str:
    """The voltage now."""
    return f"1-0:32.7.0({saturated(nearest(device.instantaneous.voltage_mv, 100), 4, 1)}*V)"


def current(device: Device, decimals: int = 0) -> str:
    """The current now, in three digits with so many decimals, or more digits for more decimals."""
    value = saturated(nearest(device.instantaneous.current_ma, 10 ** (3 - decimals)), 3 + decimals, decimals)
    return f"1-0:31.7.0({value}*A)"


def failures(device: Device) -> list[str]:
    """Power failures and disturbances of the voltage."""
    failed, count = device.behaviours.power_failures, device.behaviours.power_quality.count
    return [
        f"0-0:96.7.21({wrapped(failed.count, 5)})",
        f"0-0:96.7.9({wrapped(failed.long_count, 5)})",
        _failure_log(failed.ring.rows().tobytes()) if len(failed.ring) else "1-0:99.97.0(0)(0-0:96.7.19)",
        f"1-0:32.32.0({wrapped(count(Condition.UNDERVOLTAGE), 5)})",
        f"1-0:32.36.0({wrapped(count(Condition.OVERVOLTAGE), 5)})",
    ]


def messages(device: Device) -> list[str]:
    """The message to the consumer; and its code as in DSMR 4, where there is one."""
    code = message_code(device)
    more = [f"0-0:96.13.1({text(code)})"] if code else []
    return [f"0-0:96.13.0({text(message(device))})", *more]


@lru_cache(KEPT_LINES)
def _failure_log(octets: bytes) -> str:
    """The long failures, the newest first: when each ended, and how long it was."""
    rows: list[Any] = np.frombuffer(octets, FAILURE).tolist()
    each = [item for (ended, took_s) in reversed(rows) for item in (row_stamp(ended), f"{took_s:010d}*s")]
    return line("1-0:99.97.0", str(len(rows)), "0-0:96.7.19", *each)


def row_stamp(clock: tuple[int, int]) -> str:
    """The time stamp of a row."""
    return stamp(Stamp(*clock).date_time)
