"""What a meter should measure, in closed form; nothing here knows the meter.

A signal is a sum of sines. Its powers, effective values and the integral of its power over any span are sums of
products of them, so no sampling, no window and no rounding enters the truth. `counts` samples it as a front end of 24
bits, ±512 V and ±128 A would, in the middle of each sample's interval.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

VOLTS_PER_COUNT, AMPERES_PER_COUNT = 512 / 2**23, 128 / 2**23


class Sine(NamedTuple):
    """`√2 · rms · cos(2π · order · f · t + angle)`; with order 0 a direct value of √2 · rms · cos(angle)."""

    order: int
    rms: float
    angle: float = 0.0


class Signal(NamedTuple):
    """Voltage and current at the terminals."""

    hz: float
    voltage: tuple[Sine, ...]
    current: tuple[Sine, ...]

    @property
    def active_w(self) -> float:
        """Mean power: every order for itself."""
        return math.fsum(_mean(u, i) for u in self.voltage for i in self.current if u.order == i.order)

    @property
    def reactive_var(self) -> float:
        """Of the fundamental only; positive when the current lags."""
        voltage = next(sine for sine in self.voltage if sine.order == 1)
        currents = (sine for sine in self.current if sine.order == 1)
        return math.fsum(voltage.rms * sine.rms * math.sin(voltage.angle - sine.angle) for sine in currents)

    @property
    def voltage_v(self) -> float:
        return _effective(self.voltage)

    @property
    def current_a(self) -> float:
        return _effective(self.current)

    def energy_j(self, begin_s: float, end_s: float) -> float:
        """The integral of voltage times current."""
        return math.fsum(
            u.rms * i.rms * (
                _integral((u.order - i.order) * self.hz, u.angle - i.angle, begin_s, end_s)
                + _integral((u.order + i.order) * self.hz, u.angle + i.angle, begin_s, end_s)
            )
            for u in self.voltage
            for i in self.current
        )  # fmt: skip

    def counts(self, rate_hz: int, first: int, count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Samples of voltage and current, in counts."""
        times = (np.arange(first, first + count) + 0.5) / rate_hz
        return (
            _sampled(self.voltage, self.hz, times, VOLTS_PER_COUNT),
            _sampled(self.current, self.hz, times, AMPERES_PER_COUNT),
        )


def sinusoidal(hz: float, voltage_v: float, current_a: float, angle: float) -> Signal:
    """A sine of each; the current lags by `angle`."""
    return Signal(hz, (Sine(1, voltage_v),), (Sine(1, current_a, -angle),))


def with_fifth_harmonic(signal: Signal) -> Signal:
    """The same with 10 % of fifth harmonic in voltage and 40 % in current, in phase with each other."""
    voltage, current = signal.voltage[0], signal.current[0]
    return signal._replace(voltage=(voltage, Sine(5, 0.1 * voltage.rms)), current=(current, Sine(5, 0.4 * current.rms)))


def half_wave(hz: float, voltage_v: float, amplitude_a: float, highest: int) -> Signal:
    """A rectified current, half waves of a cosine of that amplitude; band-limited to harmonic `highest`."""
    sines = [Sine(0, amplitude_a / math.pi / math.sqrt(2)), Sine(1, amplitude_a / 2 / math.sqrt(2))]
    for order in range(2, highest + 1, 2):
        share = 2 / math.pi * (-1) ** (order // 2 + 1) / (order * order - 1)
        sines.append(Sine(order, amplitude_a * share / math.sqrt(2)))
    return Signal(hz, (Sine(1, voltage_v),), tuple(sines))


def phase_fired(hz: float, voltage_v: float, amplitude_a: float, highest: int) -> Signal:
    """A current that flows in the second half of each half-wave of a sine; band-limited to harmonic `highest`."""
    sines = [
        Sine(1, amplitude_a / math.pi / math.sqrt(2), math.pi),
        Sine(1, amplitude_a / 2 / math.sqrt(2), -math.pi / 2),
    ]
    for order in range(3, highest + 1, 2):
        low, high = 1 - order, 1 + order
        cosine = sum((math.cos(k * math.pi / 2) - math.cos(k * math.pi)) / k for k in (high, low)) / math.pi
        sine = (math.sin(high * math.pi / 2) / high - math.sin(low * math.pi / 2) / low) / math.pi
        sines.append(Sine(order, amplitude_a * cosine / math.sqrt(2)))
        sines.append(Sine(order, amplitude_a * sine / math.sqrt(2), -math.pi / 2))
    return Signal(hz, (Sine(1, voltage_v, -math.pi / 2),), tuple(sines))


def _mean(one: Sine, other: Sine) -> float:
    """The mean of the product of two sines of the same order."""
    twice = math.cos(one.angle + other.angle) if one.order == 0 else 0.0
    return one.rms * other.rms * (math.cos(one.angle - other.angle) + twice)


def _effective(sines: tuple[Sine, ...]) -> float:
    squares = (_mean(one, other) for one in sines for other in sines if one.order == other.order)
    return math.sqrt(math.fsum(squares))


def _integral(hz: float, angle: float, begin_s: float, end_s: float) -> float:
    """Of cos(2π · hz · t + angle)."""
    if not hz:
        return math.cos(angle) * (end_s - begin_s)
    turn = 2 * math.pi * hz
    return (math.sin(turn * end_s + angle) - math.sin(turn * begin_s + angle)) / turn


def _sampled(sines: tuple[Sine, ...], hz: float, times: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.int32]:
    total = np.zeros(len(times))
    for order, rms, angle in sines:
        total += math.sqrt(2) * rms * np.cos(2 * math.pi * order * hz * times + angle)
    return np.rint(total / step).astype(np.int32)
