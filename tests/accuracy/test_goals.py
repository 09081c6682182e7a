"""The accuracy the metrology must have, on a corner set of the matrix (all of it: `matrix.py`, `docs/accuracy.md`)."""

import math

import numpy as np
import pytest

from accuracy.matrix import cells, errors, worst
from accuracy.terminals import measured
from accuracy.truth import Signal, Sine, half_wave, phase_fired, sinusoidal, with_fifth_harmonic

CORNERS = {"frequencies": (47.5, 50.0, 52.5), "voltages": (184.0, 276.0)}


@pytest.mark.slow
@pytest.mark.parametrize("rate", [4000, 8000])
def test_from_a_quarter_ampere_on(rate: int) -> None:
    currents = (0.25, 65.0) if rate == 4000 else (0.25,)
    found = worst((cell, errors(cell, rate)) for cell in cells(currents, **CORNERS))
    limits = {
        "active_register": 0.002,
        "reactive_register": 0.005,
        "active_1s": 0.005,
        "reactive_1s": 0.005,
        "voltage_1s": 0.001,
        "current_1s": 0.005,
        "frequency_hz": 0.0001,
    }
    assert {name: made for name, made in found.items() if made[0] > limits[name]} == {}


@pytest.mark.slow
def test_at_the_starting_current() -> None:
    found = worst((cell, errors(cell, 4000)) for cell in cells((0.02,), (49.95, 50.0), (230.0,)))
    assert found["active_register"][0] <= 0.05
    assert found["reactive_register"][0] <= 0.05


REFERENCE = sinusoidal(50.0, 230.0, 5.0, 0.0)
LAGGING = sinusoidal(50.0, 230.0, 5.0, math.acos(0.5))
INFLUENCES = {
    "+10 % of voltage": sinusoidal(50.0, 253.0, 5.0, 0.0),
    "-10 % of voltage, 0.5 ind": sinusoidal(50.0, 207.0, 5.0, math.acos(0.5)),
    "+2 % of frequency": sinusoidal(51.0, 230.0, 5.0, 0.0),
    "-2 % of frequency, 0.5 ind": sinusoidal(49.0, 230.0, 5.0, math.acos(0.5)),
    "fifth harmonic at half Imax": with_fifth_harmonic(sinusoidal(50.0, 230.0, 32.5, 0.0)),
    "half-waves, Imax / sqrt 2": half_wave(50.0, 230.0, 65.0, 38),
    "phase-fired, 0.5 Iref": phase_fired(50.0, 230.0, 2.5 * math.sqrt(2), 39),
    "direct current beside": Signal(50.0, (Sine(1, 230.0),), (Sine(1, 5.0), Sine(0, 2.0))),
    "direct voltage and current": Signal(50.0, (Sine(1, 230.0), Sine(0, 1.0)), (Sine(1, 5.0), Sine(0, 2.0))),
    "harmonics 2 to 20": Signal(
        50.3,
        tuple(Sine(order, 230.0 / order**1.5, 0.1 * order) for order in range(1, 21)),
        tuple(Sine(order, 5.0 / order, -0.3 * order) for order in range(1, 21)),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", INFLUENCES)
def test_influences_change_nothing(name: str) -> None:
    signal = INFLUENCES[name]
    made = measured(signal, 4000, 20)
    assert made.registers.active_mj.sum() == pytest.approx(1000 * signal.energy_j(0.0, 20.0), rel=5e-5)
    assert made.shown.shown_power_w == pytest.approx(np.full(20, signal.active_w), rel=5e-5)
    apparent = signal.voltage_v * signal.current_a
    assert made.shown_reactive_var == pytest.approx(np.full(20, signal.reactive_var), rel=5e-5, abs=1e-5 * apparent)
    assert np.abs(made.shown.frequency_hz - signal.hz).max() < 1e-4


class Noisy:
    """A signal with noise of 0.05 % of a 230 V voltage on it."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal

    def counts(self, rate_hz: int, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        voltage, current = self._signal.counts(rate_hz, first, count)
        generator = np.random.default_rng(first + 10**9)
        return voltage + np.rint(generator.normal(0, 0.115 * 2**14, count)).astype(np.int32), current


@pytest.mark.parametrize("hz", [47.5, 50.02, 52.5])
@pytest.mark.manual("2.3.frequency")
def test_frequency_with_a_fifth_harmonic_and_noise(hz: float) -> None:
    signal = with_fifth_harmonic(sinusoidal(hz, 230.0, 5.0, 0.3))
    assert np.abs(measured(Noisy(signal), 4000, 5).shown.frequency_hz - hz).max() < 1e-3
