"""The matrix of signals in which the metrology is judged; as a script it measures all of it and prints the worst cells.

python tests/accuracy/matrix.py [RATE...]
"""

# ruff: noqa: E402, T201  (as a script it puts its own directory on the path, and prints)

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import product
from math import acos, asin, pi
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from accuracy.terminals import measured
from accuracy.truth import Signal, sinusoidal, with_fifth_harmonic

FREQUENCIES_HZ = (47.5, 49.0, 49.95, 50.0, 50.05, 51.0, 52.5)
CURRENTS_A = (0.02, 0.25, 0.5, 5.0, 32.5, 65.0)
VOLTAGES_V = (184.0, 230.0, 276.0)
ACTIVE = {"1": 0.0, "0.5L": acos(0.5), "0.8C": -acos(0.8)}
"""Power factors and the angle by which current lags; export is half a turn more."""
REACTIVE = {f"sin {sine}": asin(sine) for sine in (1.0, 0.5, 0.25)}
SECONDS = 20


class Cell(NamedTuple):
    """One signal of the matrix."""

    name: str
    signal: Signal
    current_a: float


class Errors(NamedTuple):
    """Errors of one cell: % of the value; Hz for the frequency. NaN: not judged there."""

    active_register: float
    reactive_register: float
    active_1s: float
    reactive_1s: float
    voltage_1s: float
    current_1s: float
    frequency_hz: float


def cells(
    currents: Iterable[float] = CURRENTS_A,
    frequencies: Iterable[float] = FREQUENCIES_HZ,
    voltages: Iterable[float] = VOLTAGES_V,
) -> Iterator[Cell]:
    """Both directions, four quadrants, with and without a fifth harmonic."""
    angles = {
        **{f"PF {name} {way}": angle + turn for name, angle in ACTIVE.items() for way, turn in WAYS},
        **{f"{name} {side} {way}": sign * angle + turn
           for name, angle in REACTIVE.items() for side, sign in (("ind", 1), ("cap", -1)) for way, turn in WAYS},
    }  # fmt: skip
    for voltage, current, hz, (name, angle), fifth in product(
        voltages, currents, frequencies, angles.items(), (False, True)
    ):
        signal = sinusoidal(hz, voltage, current, angle)
        label = f"{voltage:g} V, {current:g} A, {hz:g} Hz, {name}{', 5th' if fifth else ''}"
        yield Cell(label, with_fifth_harmonic(signal) if fifth else signal, current)


WAYS = (("import", 0.0), ("export", pi))


def errors(cell: Cell, rate_hz: int) -> Errors:
    """What the metrology makes of a cell in 20 s, against the truth."""
    signal = cell.signal
    registers, shown, shown_reactive = measured(signal, rate_hz, SECONDS)
    apparent = signal.voltage_v * signal.current_a
    active, reactive = signal.active_w, signal.reactive_var
    has_active, has_reactive = abs(active) > 0.2 * apparent, abs(reactive) > 0.2 * apparent

    def percent(values: object, truth: float) -> float:
        return float(np.abs(np.asarray(values, dtype=np.float64) / truth - 1).max()) * 100

    active_energy = 1000 * signal.energy_j(0.0, SECONDS)
    return Errors(
        percent(registers.active_mj.sum(), active_energy) if has_active else np.nan,
        percent(registers.reactive_mvars.sum(), 1000 * SECONDS * reactive) if has_reactive else np.nan,
        percent(shown.shown_power_w, active) if has_active else np.nan,
        percent(shown_reactive, reactive) if has_reactive else np.nan,
        percent(shown.voltage_v, signal.voltage_v),
        percent(shown.current_a, signal.current_a),
        float(np.abs(shown.frequency_hz - signal.hz).max()),
    )


def worst(measured_cells: Iterable[tuple[Cell, Errors]]) -> dict[str, tuple[float, str]]:
    """The greatest error of each kind and the cell that has it."""
    found: dict[str, tuple[float, str]] = dict.fromkeys(Errors._fields, (0.0, ""))
    for cell, made in measured_cells:
        for name, value in zip(Errors._fields, made, strict=True):
            if value > found[name][0]:
                found[name] = value, cell.name
    return found


def main() -> None:
    for rate in map(int, sys.argv[1:] or ("4000", "8000")):
        for title, currents in (("0.25 to 65 A", CURRENTS_A[1:]), ("20 mA", CURRENTS_A[:1])):
            everything = list(cells(currents))
            print(f"{rate} samples per second, {title}: {len(everything)} cells")
            for name, (value, where) in worst((cell, errors(cell, rate)) for cell in everything).items():
                print(f"  {name:18} {value:.2g} {'Hz' if name.endswith('hz') else '%'}  {where}")


if __name__ == "__main__":
    main()
