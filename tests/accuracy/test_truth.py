"""The truth itself, against plain numerical integration."""

import math

import numpy as np
import pytest

from accuracy.truth import (
    AMPERES_PER_COUNT,
    VOLTS_PER_COUNT,
    Signal,
    half_wave,
    phase_fired,
    sinusoidal,
    with_fifth_harmonic,
)

SIGNALS = [
    sinusoidal(50.0, 230.0, 5.0, math.pi / 3),
    with_fifth_harmonic(sinusoidal(47.5, 230.0, 5.0, -0.6)),
    half_wave(50.0, 230.0, 10.0, 40),
    phase_fired(52.0, 230.0, 10.0, 39),
]


@pytest.mark.parametrize("signal", SIGNALS)
def test_closed_form_and_numerical_integral_agree(signal: Signal) -> None:
    rate, seconds = 40_000, 0.2
    voltage, current = signal.counts(rate, 0, int(rate * seconds))
    power = voltage * VOLTS_PER_COUNT * (current * AMPERES_PER_COUNT)
    assert power.mean() * seconds == pytest.approx(signal.energy_j(0.0, seconds), rel=1e-6)
    long = signal.energy_j(0.0, 1e4) / 1e4
    assert long == pytest.approx(signal.active_w, rel=1e-5)


def test_known_powers() -> None:
    assert with_fifth_harmonic(sinusoidal(50.0, 230.0, 5.0, 0.0)).active_w == pytest.approx(1.04 * 1150)
    assert half_wave(50.0, 230.0, 10 * math.sqrt(2), 40).active_w == pytest.approx(230 * 10 / 2)
    assert phase_fired(50.0, 230.0, 10 * math.sqrt(2), 39).active_w == pytest.approx(230 * 10 / 2)
    lagging = sinusoidal(50.0, 230.0, 5.0, math.pi / 6)
    assert lagging.reactive_var == pytest.approx(575.0)


def test_band_limited_shapes_are_what_they_are_called() -> None:
    current = half_wave(50.0, 230.0, 10.0, 400).counts(80_000, 0, 1600)[1] * AMPERES_PER_COUNT
    cosine = 10 * np.cos(2 * np.pi * (np.arange(1600) + 0.5) / 1600)
    assert np.abs(current - np.maximum(cosine, 0)).max() < 0.02
    fired = phase_fired(50.0, 230.0, 10.0, 399).counts(80_000, 0, 1600)[1] * AMPERES_PER_COUNT
    sine = 10 * np.sin(2 * np.pi * (np.arange(1600) + 0.5) / 1600)
    flows = (np.arange(1600) // 400) % 2 == 1
    away = np.abs(np.arange(1600) % 400 - 200) < 150
    assert np.abs(fired - sine * flows)[away].max() < 0.2
