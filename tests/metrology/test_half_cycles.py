import numpy as np
import pytest

from softmeter.metrology.half_cycles import HALF_CYCLES, half_cycles
from softmeter.signal.converter import Converter
from softmeter.signal.samples import Block, Floats

VOLTS = float(Converter().scale.volts)


def seconds(rate: int, hz: float, level: Floats | float = 1.0) -> tuple[Block, Block, Block]:
    """Three seconds of 230 V times a level for each sample."""
    times = (np.arange(3 * rate) + 0.5) / rate
    voltage = 230 * np.sqrt(2) * np.cos(2 * np.pi * hz * times) * level
    before, this, after = (Converter().block(0, part, 0 * part) for part in voltage.reshape(3, rate))
    return before, this, after


@pytest.mark.parametrize("hz", [45.0, 47.5, 49.63, 50.0, 52.5, 55.0])
@pytest.mark.parametrize(("rate", "error_v"), [(400, 0.8), (1000, 0.02), (4000, 1e-3), (8000, 1e-4), (50_000, 5e-5)])
def test_a_steady_voltage_is_that_of_each_cycle(rate: int, error_v: float, hz: float) -> None:
    values = half_cycles(*seconds(rate, hz), np.full(5, hz), VOLTS)
    assert values.shape == (HALF_CYCLES,)
    assert np.abs(values - 230).max() < error_v


def test_a_dip_of_one_cycle_is_as_deep_as_it_is() -> None:
    level = np.ones(3 * 8000)
    level[8000 + 4000 : 8000 + 4320] = 0.5  # 500 to 540 ms of the second in the middle
    values = half_cycles(*seconds(8000, 50.0, level), np.full(5, 50.0), VOLTS)
    assert values[51:53] == pytest.approx([115.0] * 2, abs=1e-3)
    assert values[:49] == pytest.approx([230.0] * 49, abs=1e-3)
    assert values[55:] == pytest.approx([230.0] * 45, abs=1e-3)


def test_cycles_reach_into_the_seconds_beside() -> None:
    level = np.ones(3 * 8000)
    level[:8000], level[16_000:] = 0.0, 0.0
    values = half_cycles(*seconds(8000, 50.0, level), np.full(5, 50.0), VOLTS)
    # The first and the last window have a quarter of a cycle outside, in which the cosine begins at its crest.
    assert values[[0, -1]] == pytest.approx([230 * np.sqrt(0.75)] * 2, rel=1e-3)
    assert values[1:-1] == pytest.approx([230.0] * 98, abs=1e-3)


def test_what_cannot_be_is_taken_for_50_hz() -> None:
    blocks = seconds(4000, 50.0)
    expected = half_cycles(*blocks, np.full(5, 50.0), VOLTS).tolist()
    for hz in (0.0, 12.0, 70.0):
        assert half_cycles(*blocks, np.full(5, hz), VOLTS).tolist() == expected


def test_no_voltage_is_zero() -> None:
    assert half_cycles(*seconds(400, 50.0, 0.0), np.zeros(5), VOLTS).tolist() == [0.0] * HALF_CYCLES
