"""The mains and what hangs on it, as waveforms in closed form.

The voltage is a fundamental with harmonics, its level changed by sags, swells and interruptions, its phase the exact
function of `phase.Phase`. The current has the power of a source of measurements, second by second, and a shape of
harmonics: one for all of it, or those of the appliances that take it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from softmeter.signal.converter import Converter
from softmeter.signal.loads import Loads, ShapedSource
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Block, Floats, Scale, Source, rate_checked
from softmeter.signal.shapes import HIGHEST_ORDER, spectra
from softmeter.signal.slices import Slices

DEFAULT_RATE_HZ = 8_000
IDEAL = Converter()
"""24 bits."""


class Harmonic(NamedTuple):
    """`ratio · cos(order · phase + degrees)`, in peaks of the fundamental, which is a cosine; order 0 is direct."""

    order: int
    ratio: float
    degrees: float = 0.0


class Level(NamedTuple):
    """From `begin_s` until `end_s` (seconds since 1970) voltage and current are `factor` times what they were."""

    begin_s: Fraction
    end_s: Fraction
    factor: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything about the mains but its level of each second, which is the source's."""

    phase: Phase
    voltage_harmonics: tuple[Harmonic, ...] = ()
    current_harmonics: tuple[Harmonic, ...] = ()
    levels: tuple[Level, ...] = ()
    rate_hz: int = DEFAULT_RATE_HZ
    converter: Converter = IDEAL
    level: float = 1.0
    """What voltage and current always are of the source's."""


def half_waves(unbalance: float) -> tuple[Harmonic, ...]:
    """What makes positive half-waves 1 + `unbalance` and negative ones 1 - `unbalance` times as high.

    It is `unbalance · |cos|`, as its Fourier series up to order 40: a direct part and even harmonics.
    """
    direct = Harmonic(0, unbalance * 2 / np.pi)
    even = (
        Harmonic(order, unbalance * 4 / np.pi * (-1) ** (order // 2 + 1) / (order * order - 1))
        for order in range(2, HIGHEST_ORDER + 1, 2)
    )
    return (direct, *even)


class GridWaveform:
    """A grid with a load as a waveform.

    Active and reactive power of `load` are those of the fundamental. Its current follows the level of the mains like
    that of a resistance, so power falls with the square; its frequency is not used. A `ShapedSource` brings the
    harmonics of its loads.
    """

    def __init__(self, grid: Grid, load: Source) -> None:
        """Harmonics that the sample rate cannot hold are left out.

        Raises:
            ValueError: no such rate is possible.
        """
        self._grid, self._load = grid, load
        self.rate_hz = rate_checked(grid.rate_hz)
        self._offsets_s = (np.arange(self.rate_hz) + 0.5) / self.rate_hz
        self._voltage, above = _held(grid.voltage_harmonics, grid)
        self._current, others = _held(grid.current_harmonics, grid)
        self._shaped = load if isinstance(load, ShapedSource) else None
        self._spectra = spectra()[:, : _orders_below(grid)]
        self._left_out = sorted({*above, *others})
        self._slices = Slices(self.rate_hz, self._second)

    @property
    def scale(self) -> Scale:
        return self._grid.converter.scale

    @property
    def findings(self) -> tuple[str, ...]:
        told = f"waveforms of {self.rate_hz} samples per second, {self._grid.converter.bits} bits"
        orders = ", ".join(map(str, self._left_out))
        lost = (f"harmonics of order {orders} lie above half the sample rate and are left out",) if orders else ()
        return (*self._load.findings, told, *lost)

    def samples(self, first: int, count: int) -> Block:
        return self._slices.samples(first, count)

    def _second(self, second: int) -> Block:
        load = self._load.measurements(second, 1)
        voltage_v, active, reactive = (
            float(column[0]) for column in (load.voltage_v, load.active_power_w, load.reactive_power_var)
        )
        phase = 2 * np.pi * self._grid.phase.cycles(second, self._offsets_s)
        cosine, sine = np.cos(phase), np.sin(phase)
        voltage = np.sqrt(2) * voltage_v * _shaped(cosine, phase, self._voltage)
        if voltage_v > 0:
            peaks = np.sqrt(2) / voltage_v
            lag = np.arctan2(reactive, active)
            current = peaks * (active * cosine + reactive * sine)
            if self._current:
                current += peaks * np.hypot(active, reactive) * _shaped(0.0, phase - lag, self._current)
            if self._shaped is not None:
                current += peaks * self._appliances(self._shaped.loads(second, 1), cosine, sine)
        else:
            current = np.zeros(self.rate_hz)
        level = self._level(second)
        if level is not None:
            voltage, current = voltage * level, current * level
        return self._grid.converter.block(second * self.rate_hz, voltage, current)

    def _appliances(self, loads: Loads, cosine: Floats, sine: Floats) -> Floats:
        """The harmonics of all loads, in watts of a fundamental."""
        active, reactive = loads.active_w[:, 0], loads.reactive_var[:, 0]
        orders = np.arange(self._spectra.shape[1])
        shifts = np.exp(-1j * np.arctan2(reactive, active)[:, None] * orders)
        sums = (np.hypot(active, reactive)[:, None] * self._spectra * shifts).sum(axis=0)
        turn = cosine + 1j * sine
        total = np.zeros(len(turn), dtype=np.complex128)
        for share in sums[:1:-1]:
            total += share
            total *= turn
        total *= turn
        harmonics: Floats = total.real
        return harmonics

    def _level(self, second: int) -> Floats | None:
        """What each sample of a second is multiplied by, where it is anything."""
        usual = self._grid.level
        level: Floats | None = None if usual == 1 else np.full(self.rate_hz, usual)
        for begin, end, factor in self._grid.levels:
            if begin < second + 1 and end > second:
                level = np.ones(self.rate_hz) if level is None else level
                inside = (self._offsets_s >= float(begin - second)) & (self._offsets_s < float(end - second))
                level[inside] *= factor
        return level


def _shaped(fundamental: Floats | float, phase: Floats, harmonics: Sequence[Harmonic]) -> Floats:
    total = np.zeros(len(phase)) + fundamental
    for order, ratio, degrees in harmonics:
        total += ratio * np.cos(order * phase + np.radians(degrees))
    return total


def _orders_below(grid: Grid) -> int:
    """How many orders, from 0 on, the sample rate can hold at every frequency."""
    return int(np.ceil(grid.rate_hz / 2 / float(max(grid.phase.frequencies_hz))))


def _held(harmonics: Sequence[Harmonic], grid: Grid) -> tuple[tuple[Harmonic, ...], list[int]]:
    """The harmonics that the sample rate can hold at every frequency, and the orders of the others."""
    end = _orders_below(grid)
    held = tuple(harmonic for harmonic in harmonics if harmonic.order < end)
    return held, [harmonic.order for harmonic in harmonics if harmonic.order >= end]
