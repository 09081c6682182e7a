"""Rows about waveforms: the metrology beside pqopen-lib, on the same signals, each in its own process."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from functools import cache
from itertools import product
from math import acos
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rows import Alone, Figure

from accuracy.terminals import Terminals
from accuracy.truth import Signal, sinusoidal, with_fifth_harmonic
from interop.environments import interpreter
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.signal.samples import Block

ENERGY = "W_pos"
HERE = Path(__file__).resolve().parent
RATE_HZ, SECONDS = 8_000, 12
SIGNALS = tuple(
    with_fifth_harmonic(sine) if fifth else sine
    for hz, power_factor, fifth in product((47.5, 49.95, 50.0, 52.5), (0.5, 0.8), (False, True))
    for sine in [sinusoidal(hz, 230.0, 5.0, acos(power_factor) * (1 if power_factor == 0.5 else -1))]
)
"""5 A at 0.5 inductive and 0.8 capacitive, with and without a fifth harmonic of 10 % and 40 %."""


class Kind(NamedTuple):
    """A quantity, by the names it has there and in the truth."""

    theirs: str
    ours: str
    truth: str


KINDS = {
    "active power": Kind("P1", "active_power_w", "active_w"),
    "reactive power": Kind("Q1_H1", "reactive_power_var", "reactive_var"),
    "voltage": Kind("U1_rms", "voltage_v", "voltage_v"),
    "current": Kind("I1_rms", "current_a", "current_a"),
    "frequency": Kind("Freq", "frequency_hz", "hz"),
}


class Sampled:
    """A signal sampled beforehand, so that only measuring is measured."""

    findings: tuple[str, ...] = ()
    rate_hz = RATE_HZ

    def __init__(self, signal: Signal) -> None:
        terminals = Terminals(signal, RATE_HZ)
        self.scale = terminals.scale
        self._block = terminals.samples(-RATE_HZ, (SECONDS + 2) * RATE_HZ)

    def samples(self, first: int, count: int) -> Block:
        begin = first + RATE_HZ
        return Block(first, *(channel[begin : begin + count] for channel in self._block[1:]))

    @property
    def physical(self) -> Any:
        """Volts and amperes without rounding error: shape (2, samples)."""
        scale = np.array([[float(step)] for step in self.scale])
        return np.stack(self._block[1:])[:, RATE_HZ:-RATE_HZ] * scale


@cache
def theirs() -> dict[str, Any]:
    """What pqopen-lib makes of the signals."""
    signals = np.stack([Sampled(signal).physical for signal in SIGNALS])
    with tempfile.TemporaryDirectory(prefix="softmeter-bench-") as directory:
        path = Path(directory) / "signals.npz"
        np.savez(path, rate_hz=RATE_HZ, signals=signals)
        command = [str(interpreter("pqopen")), str(HERE / "pqopen_waveform.py"), str(path)]
        return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


@cache
def ours() -> list[dict[str, Any]]:
    """The 200 ms windows of the same signals, and the energy registered in the same seconds (Wh)."""
    told = []
    for signal in SIGNALS:
        metering = Metering(Sampled(signal))
        windows = [metering.windows(second) for second in range(1, SECONDS - 1)]
        values = {kind.ours: np.concatenate([getattr(each, kind.ours) for each in windows]) for kind in KINDS.values()}
        registered = integrate(metering.measurements(1, SECONDS - 2)).active_mj.sum()
        told.append({**values, ENERGY: float(registered) / 3_600_000})
    return told


def speed(*, quick: bool) -> Figure:
    """Real time over computing time, median of turns."""
    sampled = [Sampled(signal) for signal in SIGNALS]
    rates = []
    for _ in range(1 if quick else 5):
        start = time.perf_counter()
        for each in sampled:
            Metering(each).measurements(0, SECONDS)
        rates.append(len(sampled) * SECONDS / (time.perf_counter() - start))
    played, other = len(sampled) * SECONDS, theirs()
    without = f"{played / other['without_reactive']:,.0f} without reactive power"
    return Figure(float(np.median(rates)), "x real time", f"pqopen-lib {played / other['seconds']:,.0f}, {without}")


def worst(kind: Kind, told: list[dict[str, Any]], name: str, *, mean: bool) -> float:
    """The greatest error of a single value, or of the mean of a signal, in ppm."""
    found = []
    for signal, values in zip(SIGNALS, told, strict=True):
        errors = np.asarray(values[name]) / getattr(signal, kind.truth) - 1
        found.append(abs(float(errors.mean())) if mean else float(np.abs(errors).max()))
    return max(found) * 1e6


def accuracy(title: str, *, mean: bool) -> Alone:
    kind = KINDS[title]

    def measure(*, quick: bool) -> Figure:  # noqa: ARG001  (there is nothing to shorten)
        other = worst(kind, theirs()["values"], kind.theirs, mean=mean)
        return Figure(worst(kind, ours(), kind.ours, mean=mean), "ppm", f"pqopen-lib {other:,.2g}")

    return Alone(f"worst {'mean of 10 s' if mean else '200 ms value'}, {title}", "below pqopen-lib", measure)


def energy(*, quick: bool) -> Figure:  # noqa: ARG001  (the same)
    """The worst energy, each over the seconds or intervals that were counted, against the integral over just these."""
    errors, others = [], []
    for signal, mine, other in zip(SIGNALS, ours(), theirs()["values"], strict=True):
        errors.append(abs(3600 * mine[ENERGY] / signal.energy_j(1, SECONDS - 1) - 1))
        begin, end = other["from"] / RATE_HZ, other["to"] / RATE_HZ
        others.append(abs(3600 * other[ENERGY] / signal.energy_j(begin, end) - 1))
    return Figure(max(errors) * 1e6, "ppm", f"pqopen-lib {max(others) * 1e6:,.2g}")


ROWS = (
    Alone("waveform metrology at 8 kHz, one core", ">= 300 x, >= 3 x pqopen-lib", speed),
    *(accuracy(title, mean=mean) for title in KINDS for mean in (False, True)),
    Alone("worst energy register, 10 s", "below pqopen-lib", energy),
)
