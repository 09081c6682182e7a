"""Registers equal the exact integral, to the last millijoule, whatever happens at the terminals.

The truth is the sum of products of the very counts the meter is given, in Python's integers, split by the sign of each
second (manual 2.2); where the integral has a closed form, that is checked as well.
"""

from collections.abc import Callable
from fractions import Fraction
from math import floor, pi

import numpy as np
import pytest

from accuracy.terminals import measured
from accuracy.truth import AMPERES_PER_COUNT, VOLTS_PER_COUNT, sinusoidal
from softmeter.metrology.energy import Quantity, quantities
from softmeter.signal.samples import Counts, Floats

RATE, SECONDS = 4000, 40
MJ_PER_PRODUCT = Fraction(VOLTS_PER_COUNT) * Fraction(AMPERES_PER_COUNT) * 1000 / RATE

Wave = Callable[[Floats], tuple[Floats, Floats]]


def sine(times: Floats, hz: float = 50.0, angle: float = 0.0) -> Floats:
    return np.cos(2 * pi * hz * times - angle)


def swept(times: Floats, begin: float, end: float) -> Floats:
    return np.cos(2 * pi * (begin * times + (end - begin) * times**2 / (2 * SECONDS)))


def steps(times: Floats, every: float, values: list[float]) -> Floats:
    chosen: Floats = np.array(values, dtype=np.float64)[np.floor(times / every).astype(int) % len(values)]
    return chosen


SCENARIOS: dict[str, Wave] = {
    "steady": lambda t: (325 * sine(t, 50.03), 7 * sine(t, 50.03, 1.0)),
    "starting current": lambda t: (325 * sine(t), 0.0283 * sine(t)),
    "frequency ramp 47.5 to 52.5 Hz": lambda t: (325 * swept(t, 47.5, 52.5), 7 * swept(t, 47.5, 52.5)),
    "frequency steps": lambda t: (325 * np.cos(t * steps(t, 3.1, [310, 318, 325])), 7 * np.cos(t * 314)),
    "sags": lambda t: (325 * sine(t) * steps(t, 0.73, [1, 0.4, 1, 0.85]), 7 * sine(t, angle=0.5)),
    "interruptions of 3 s": lambda t: (325 * sine(t) * steps(t, 3.0, [1, 0]), 7 * sine(t) * steps(t, 3.0, [1, 0])),
    "burst 2 on 2 off": lambda t: (325 * sine(t), 7 * sine(t) * steps(t, 0.04, [1, 0])),
    "load steps": lambda t: (325 * sine(t), sine(t, angle=0.2) * steps(t, 0.217, [0.1, 40, 3, 90, 0, 11])),
    "import and export in turns": lambda t: (325 * sine(t), sine(t) * steps(t, 0.33, [12.3, -11.1])),
    "phase jumps": lambda t: (325 * np.cos(314.2 * t + steps(t, 1.7, [0, 1.5, 4])), 7 * sine(t)),
    "direct current": lambda t: (325 * sine(t) + 1.5, 7 * sine(t) + 3),
    "half-waves": lambda t: (325 * sine(t), np.maximum(60 * sine(t), 0)),
    "clipped and full of noise": lambda t: (325 * sine(t) + 40 * np.sin(1e6 * t * t), 127.9 * np.sign(sine(t, 49.7))),
}


class Scenario:
    def __init__(self, wave: Wave) -> None:
        self._wave = wave

    def counts(self, rate_hz: int, first: int, count: int) -> tuple[Counts, Counts]:
        voltage, current = self._wave((np.arange(first, first + count) + 0.5) / rate_hz)
        return (
            np.rint(voltage / VOLTS_PER_COUNT).astype(np.int32),
            np.rint(current / AMPERES_PER_COUNT).astype(np.int32),
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_registers_are_the_exact_integral(name: str) -> None:
    scenario = Scenario(SCENARIOS[name])
    registers = measured(scenario, RATE, SECONDS).registers
    counted = quantities(registers).cumsum(axis=1)
    imported = exported = Fraction(0)
    for second in range(SECONDS):
        voltage, current = (channel.tolist() for channel in scenario.counts(RATE, second * RATE, RATE))
        energy = MJ_PER_PRODUCT * sum(u * i for u, i in zip(voltage, current, strict=True))
        imported, exported = imported + max(energy, Fraction(0)), exported - min(energy, Fraction(0))
        assert counted[Quantity.ACTIVE_IMPORT, second] == floor(imported)
        assert counted[Quantity.ACTIVE_EXPORT, second] == floor(exported)
    reactive = counted[Quantity.REACTIVE_Q1 : Quantity.REACTIVE_Q4 + 1, -1].sum()
    assert reactive == np.abs(registers.reactive_mvars).sum()


def test_the_sign_of_the_second_decides() -> None:
    # 1.5 kW of import and export change every 0.33 s for 40 s: 8.4 Wh each way. Within a second they cancel, and what
    # is left of over 8 Wh is a frozen vector: whoever judged by other spans than UTC seconds would register otherwise.
    def wave(times: Floats) -> tuple[Floats, Floats]:
        return 230 * np.sqrt(2) * sine(times), np.sqrt(2) * sine(times) * steps(times, 0.33, [6.6, -6.6])

    counted = quantities(measured(Scenario(wave), RATE, SECONDS).registers).sum(axis=1)
    flows = steps((np.arange(SECONDS * 100) + 0.5) / 100, 0.33, [1, -1]).reshape(SECONDS, 100).mean(axis=1)
    for quantity, share in ((Quantity.ACTIVE_IMPORT, flows[flows > 0]), (Quantity.ACTIVE_EXPORT, -flows[flows < 0])):
        assert counted[quantity] == pytest.approx(1_518_000 * share.sum(), rel=0.02)
    assert [round(each / 3.6e6, 2) for each in counted[:2].tolist()] == [1.59, 1.48]


@pytest.mark.manual("2.2.energy-is-the-integral")
def test_the_exact_sum_is_the_closed_integral() -> None:
    signal = sinusoidal(47.53, 230.0, 5.0, 1.0)
    each = measured(signal, RATE, 20).registers.active_mj
    for second, energy in enumerate(each.tolist()):
        assert energy == pytest.approx(1000 * signal.energy_j(second, second + 1), rel=2e-5)
