"""Harmonics and distortion against signals whose harmonics are known; front end: 24 bits, otherwise ideal."""

import math

import numpy as np
import pytest

from accuracy.terminals import Terminals
from accuracy.truth import Signal, Sine, phase_fired
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering


def rich(hz: float, highest: int) -> Signal:
    """2 % of each order in the voltage, falling; 40 % in the current."""
    orders = range(2, highest + 1)
    voltage = [Sine(1, 230.0), *(Sine(order, 230.0 * 0.04 / order, 0.7 * order * order) for order in orders)]
    current = [Sine(1, 5.0, -0.5), *(Sine(order, 5.0 * 0.8 / order, -1.1 * order) for order in orders)]
    return Signal(hz, tuple(voltage), tuple(current))


def told(signal: Signal, rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Effective values of both channels: shape (2, orders), of one second, and their distortions."""
    measurements = Metering(Terminals(signal, rate_hz), with_harmonics=True).measurements(3, 1)
    seconds = integrate(measurements)
    assert seconds.harmonics is not None
    assert measurements.harmonics is not None
    distortions = np.array([seconds.harmonics.voltage_thd_ppm[0], seconds.harmonics.current_thd_ppm[0]]) / 1e6
    return measurements.harmonics[0], distortions


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "highest"), [(4000, 34), (6400, 40), (8000, 40), (25_600, 40)])
@pytest.mark.parametrize("hz", [47.5, 49.63, 50.0, 52.5])
def test_harmonics_to_order_40(rate: int, highest: int, hz: float) -> None:
    signal = rich(hz, highest)
    effective, distortions = told(signal, rate)
    assert effective.shape == (2, highest)
    for values, sines, distortion in zip(effective, (signal.voltage, signal.current), distortions, strict=True):
        truth = np.array([sine.rms for sine in sines])
        assert values[0] == pytest.approx(truth[0], rel=2e-6)
        assert np.abs(values - truth).max() <= 1e-5 * truth[0]
        true_distortion = math.sqrt(sum(sine.rms**2 for sine in sines[1:])) / sines[0].rms
        assert distortion == pytest.approx(true_distortion, abs=1e-5)


def test_a_phase_fired_current_has_the_harmonics_of_its_fourier_series() -> None:
    signal = phase_fired(50.0, 230.0, 10.0, 39)
    effective, _ = told(signal, 8000)
    for order in range(3, 40, 2):
        parts = [
            sine.rms * complex(math.cos(sine.angle), math.sin(sine.angle))
            for sine in signal.current
            if sine.order == order
        ]
        assert effective[1, order - 1] == pytest.approx(abs(sum(parts)), abs=2e-6 * 10)
        assert effective[1, order] < 1e-4


def test_a_line_between_harmonics_belongs_to_none() -> None:
    """25 Hz beside, 125 Hz: the groups of orders 2 and 3 lie 100 and 150 Hz, five Hz around each."""
    signal = Signal(25.0, (Sine(2, 230.0), Sine(5, 23.0)), (Sine(2, 5.0),))
    effective, _ = told(signal, 8000)
    assert effective[0, 0] == pytest.approx(230.0, rel=1e-5)
    assert effective[0, 1:].max() < 0.01


def test_lines_beside_a_harmonic_are_grouped_with_it() -> None:
    signal = Signal(5.0, (Sine(10, 230.0), Sine(29, 3.0), Sine(30, 12.0), Sine(31, 4.0)), (Sine(10, 5.0),))
    effective, _ = told(signal, 8000)
    assert effective[0, 2] == pytest.approx(13.0, rel=1e-4)


@pytest.mark.parametrize("hz", [47.5, 49.95, 52.5])
@pytest.mark.parametrize("rate", [4000, 8000])
def test_half_cycle_values_of_a_distorted_voltage(hz: float, rate: int) -> None:
    signal = rich(hz, 34)
    cycles = integrate(Metering(Terminals(signal, rate)).measurements(3, 2)).half_cycles_mv
    assert cycles is not None
    assert np.abs(cycles - 1000 * signal.voltage_v).max() <= 20
