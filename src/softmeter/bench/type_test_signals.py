"""Currents of a type test that are no sine: phase-fired, and switched on and off (EN 50470-3, annexes)."""

from fractions import Fraction
from math import atan, cos, degrees, pi, sin
from typing import NamedTuple

import numpy as np

from softmeter.signal.grid import Harmonic
from softmeter.signal.samples import Block, Scale, Waveform

HIGHEST_SHAPED_ORDER = 39


class Turns(NamedTuple):
    """A load that is on for some seconds and off for some, again and again; both are whole mains cycles."""

    on_s: Fraction
    off_s: Fraction

    @property
    def share(self) -> float:
        """How much of the time it is on."""
        return float(self.on_s / (self.on_s + self.off_s))


class Switched:
    """A waveform whose current is switched."""

    def __init__(self, waveform: Waveform, turns: Turns) -> None:
        self._waveform = waveform
        self.rate_hz = waveform.rate_hz
        self._on, self._period = (int(span * self.rate_hz) for span in (turns.on_s, turns.on_s + turns.off_s))
        self._zero = self.rate_hz // 200

    @property
    def scale(self) -> Scale:
        return self._waveform.scale

    @property
    def findings(self) -> tuple[str, ...]:
        return self._waveform.findings

    def samples(self, first: int, count: int) -> Block:
        given = self._waveform.samples(first, count)
        # A quarter of a cycle later, where the current crosses zero.
        flows = (np.arange(first, first + count) - self._zero) % self._period < self._on
        return Block(first, given.voltage, given.current * flows)


def phase_fired(current_a: float) -> tuple[float, float, tuple[Harmonic, ...]]:
    """A sine of `current_a` that flows only in the second half of each half-wave.

    Returns the effective value of its fundamental, by how much that lags, and its harmonics, band-limited.
    """
    fundamental = complex(1 / 2, -1 / pi)
    lag = atan(2 / pi)
    shape = []
    for order in range(3, HIGHEST_SHAPED_ORDER + 1, 2):
        low, high = 1 - order, 1 + order
        cosine = sum((cos(k * pi / 2) - cos(k * pi)) / k for k in (high, low)) / pi
        sine = (sin(high * pi / 2) / high - sin(low * pi / 2) / low) / pi
        turned = complex(cosine, -sine) * np.exp(1j * order * (pi / 2 + lag))
        shape.append(Harmonic(order, float(abs(turned) / abs(fundamental)), degrees(float(np.angle(turned)))))
    return current_a * abs(fundamental), lag, tuple(shape)
