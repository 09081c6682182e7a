"""Recordings read and computed plainly, sample by sample; nothing here knows the meter."""

from __future__ import annotations

import csv
import math
import wave
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Energies(NamedTuple):
    """mJ and mvar·s of a span, by direction; seconds without voltage left out."""

    imported: int
    exported: int


def powers_of_seconds(path: Path) -> list[int]:
    """Watts of each second of a day, as a file of `time,power` says them."""
    with path.open(encoding="utf-8") as lines:
        return [int(row[1]) for row in list(csv.reader(lines))[1:]]


class Minute(NamedTuple):
    """A minute of a household."""

    active_w: float
    reactive_var: float
    voltage_v: float


def minutes(path: Path) -> list[Minute]:
    """The minutes of a file of the UCI household data set."""
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines, delimiter=";"))[1:]
    return [Minute(1000 * float(row[2]), 1000 * float(row[3]), float(row[4])) for row in rows]


def wav_channel(path: Path, scale: float) -> Floats:
    """A channel of 16 bits, in units of which full scale has `scale`."""
    with wave.open(str(path)) as file:
        counts = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return counts.astype(np.float64) * (scale / 32768)


def comtrade_channels(path: Path) -> list[Floats]:
    """The analogue channels of a binary recording of 16 bits, in their units."""
    lines = path.read_text(encoding="ascii").splitlines()
    count = int(lines[1].split(",")[1].rstrip("A"))
    record = np.dtype([("number", "<i4"), ("time", "<i4"), ("values", "<i2", count)])
    values = np.fromfile(path.with_suffix(".dat"), dtype=record)["values"].astype(np.float64)
    factors = [tuple(map(float, line.split(",")[5:7])) for line in lines[2 : 2 + count]]
    return [values[:, channel] * gain + offset for channel, (gain, offset) in enumerate(factors)]


def energies(voltage_v: Floats, current_a: Floats, rate_hz: int, least_v: float) -> Energies:
    """By the sign of each second, where its voltage is not below `least_v`."""
    flows = [0.0, 0.0]
    for volts, amperes in zip(voltage_v.reshape(-1, rate_hz), current_a.reshape(-1, rate_hz), strict=True):
        if math.sqrt(float(np.mean(volts * volts))) >= least_v:
            energy = 1000 * float(np.mean(volts * amperes))
            flows[energy < 0] += abs(energy)
    return Energies(round(flows[0]), round(flows[1]))


def frequencies(voltage_v: Floats, rate_hz: int) -> Floats:
    """Between the middles of neighbouring seconds: what the phase under a Hann window turns."""
    times = np.arange(rate_hz) / rate_hz
    window = np.hanning(rate_hz) * np.exp(-2j * np.pi * 50 * times)
    phase = np.angle((voltage_v.reshape(-1, rate_hz) * window).sum(axis=1))
    turned: Floats = 50 + np.diff(np.unwrap(phase)) / (2 * np.pi)
    return turned


def lasting(low: npt.NDArray[np.bool_], step_s: float, least_s: float) -> list[tuple[float, bool]]:
    """When a state began that lasted, and whether it was low; what has not lasted changes nothing."""
    edges = [0, *(np.flatnonzero(np.diff(low)) + 1).tolist(), len(low)]
    told: list[tuple[float, bool]] = []
    for begin, end in pairwise(edges):
        state = bool(low[begin])
        if (end - begin) * step_s >= least_s and (told[-1][1] if told else False) != state:
            told.append((begin * step_s, state))
    return told


def effective_half_cycles(voltage_v: Floats, rate_hz: int) -> Floats:
    """Effective voltages of a cycle of 20 ms, one every 10 ms."""
    half = rate_hz // 100
    halves = (voltage_v**2).reshape(-1, half).mean(axis=1)
    effective: Floats = np.sqrt((halves[:-1] + halves[1:]) / 2)
    return effective
