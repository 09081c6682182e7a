"""Between the truth, which does not know the meter, and the meter, which does not know the truth."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np

from accuracy.truth import AMPERES_PER_COUNT, VOLTS_PER_COUNT
from softmeter.metrology.engine import Seconds, integrate
from softmeter.metrology.metering import Metering
from softmeter.signal.samples import Block, Counts, Floats, Measurements, Scale, joined


class Sampled(Protocol):
    """Anything that can be sampled in counts from time 0 on."""

    def counts(self, rate_hz: int, first: int, count: int) -> tuple[Counts, Counts]: ...


class Terminals:
    """A signal as a waveform."""

    findings: tuple[str, ...] = ()
    scale = Scale(Fraction(VOLTS_PER_COUNT), Fraction(AMPERES_PER_COUNT))

    def __init__(self, signal: Sampled, rate_hz: int) -> None:
        self._signal, self.rate_hz = signal, rate_hz

    def samples(self, first: int, count: int) -> Block:
        return Block(first, *self._signal.counts(self.rate_hz, first, count))


class Measured(NamedTuple):
    """What the meter makes of the first seconds of a signal."""

    registers: Seconds
    shown: Measurements
    shown_reactive_var: Floats
    """Reactive power of each second before it becomes whole mvar."""


def measured(signal: Sampled, rate_hz: int, seconds: int) -> Measured:
    """Seconds from time 0 on."""
    metering = Metering(Terminals(signal, rate_hz))
    shown, reactive = [], []
    for second in range(seconds):
        shown.append(metering.measurements(second, 1))
        reactive.append(metering.windows(second).reactive_power_var.mean())
    together = joined(shown)
    return Measured(integrate(together), together, np.array(reactive))


def noise(seed: int, count: int, amplitude: float) -> Counts:
    """Normally distributed counts, the same for the same seed."""
    generator = np.random.default_rng(seed)
    return np.rint(generator.normal(0.0, amplitude, count)).astype(np.int32)
