"""What a recording of means holds, and what in it is suspicious."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from softmeter.signal.samples import MAINS_HZ, MAINS_V, Column, Floats, Integers

MAX_ROWS = 40_000_000
"""More than a year of seconds."""

_STUCK_SAMPLES = 60
_FEW = 10
"""Fewer samples say nothing about direction."""
_CONTRADICTION = 1.05
"""Powers may be this much more than voltage times current, for rounding in the file."""
_LEAST_VA = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a recording holds: arrays of shape (n,), n >= 1, in the units of the columns' names.

    `times_ns` are nanoseconds UTC and never fall.
    """

    times_ns: Integers
    columns: Mapping[Column, Floats]
    findings: tuple[str, ...] = ()
    name: str = ""
    first_row: int = 1
    """The number that the first sample has in the file `name`."""

    def place(self, sample: int) -> str:
        """Where a sample, counted from 0, is to be found."""
        return f"{self.name or 'sample'}:{self.first_row + sample}"


def suspicions(table: Table) -> list[str]:
    """What mains and loads hardly look like: a line each, with the first sample where there is one."""
    columns = table.columns
    voltage, frequency = columns.get(Column.VOLTAGE), columns.get(Column.FREQUENCY)
    current, active = columns.get(Column.CURRENT), columns.get(Column.ACTIVE_POWER)
    findings = []
    if voltage is not None:
        findings += _first(table, voltage == 0, "voltage_v is 0")
        findings += _unlikely_voltage(table, voltage, current)
    if frequency is not None:
        least, greatest = MAINS_HZ
        outside = (frequency != 0) & ~((frequency >= least) & (frequency <= greatest))
        findings += _first(table, outside, f"frequency_hz is outside {least:g} to {greatest:g}")
    if voltage is not None and current is not None and active is not None:
        apparent = np.hypot(active, columns.get(Column.REACTIVE_POWER, np.zeros(len(active))))
        beyond = apparent > voltage * np.abs(current) * _CONTRADICTION + _LEAST_VA
        findings += _first(table, beyond, "power is more than voltage times current")
    flow = active if active is not None else current
    if flow is not None and len(flow) >= _FEW and flow.max() <= 0 and flow.min() < 0:
        findings.append(f"{table.name or 'recording'}: energy never flows in: is the current reversed?")
    for column in (Column.VOLTAGE, Column.FREQUENCY, Column.CURRENT, Column.ACTIVE_POWER):
        values = columns.get(column)
        if values is not None and len(values) >= _STUCK_SAMPLES and values[0] and values.min() == values.max():
            findings.append(f"{table.name or 'recording'}: {column} never changes from {values[0]:g}: is it stuck?")
    return findings


def _first(table: Table, marked: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], what: str) -> list[str]:
    count = int(np.count_nonzero(marked))
    if not count:
        return []
    return [f"{table.place(int(np.argmax(marked)))}: {what} in {count} samples, this is the first"]


def _unlikely_voltage(table: Table, voltage: Floats, current: Floats | None) -> list[str]:
    least, greatest = MAINS_V
    present = voltage[voltage > 0]
    usual = float(np.median(present)) if len(present) else 0.0
    if not len(present) or least <= usual <= greatest:
        return []
    swapped = current is not None and least <= float(np.median(np.abs(current))) <= greatest
    asked = "voltage and current look swapped" if swapped else "are column and scale right?"
    return [f"{table.name or 'recording'}: voltage_v is mostly {usual:g} V: {asked}"]
