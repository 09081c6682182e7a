from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.signal.phase import Jump, Phase, Ramp

OFFSETS = (np.arange(100) + 0.5) / 100
LATE = 4_000_000_000


def turned(phase: Phase, second: int, hundredth: int = 0) -> Fraction:
    """The phase `hundredth` hundredths (and a half) after a second, as the class works it out, for comparison."""
    return Fraction(float(phase.cycles(second, OFFSETS)[hundredth]))


@pytest.mark.parametrize("hz", ["50", "47.5", "49.987", "52.5"])
@pytest.mark.parametrize("second", [0, 1_767_225_600, LATE, -5])
def test_a_constant_frequency_is_exact_at_any_time(hz: str, second: int) -> None:
    expected = (Fraction(hz) * (second + Fraction(1, 200))) % 1
    assert float((turned(Phase(Fraction(hz)), second) - expected + Fraction(1, 2)) % 1) == pytest.approx(0.5, abs=1e-12)


def test_a_ramp_turns_what_its_mean_frequency_says() -> None:
    start = 1_767_225_600
    phase = Phase(Fraction(50), [Ramp(Fraction(start), Fraction(start + 10), Fraction(51))])
    # 50 Hz before, 50.5 Hz on average during, 51 Hz after; whole cycles cancel.
    for later, cycles in ((-1, -50.0), (0, 0.0), (4, 4 * 50.2), (10, 505.0), (20, 505.0 + 510.0)):
        got = phase.cycles(start + later, np.array([0.0]))[0] - phase.cycles(start, np.array([0.0]))[0]
        assert (got - cycles + 0.5) % 1 == pytest.approx(0.5, abs=1e-11)


def test_ramps_follow_each_other_and_outlast_jumps() -> None:
    ramps = [Ramp(Fraction(2), Fraction(4), Fraction(52)), Ramp(Fraction(4), Fraction(5), Fraction(50))]
    smooth, jumping = Phase(Fraction(50), ramps), Phase(Fraction(50), ramps, [Jump(Fraction(3), Fraction(1, 4))])
    for second in range(8):
        quarter = np.where(second + OFFSETS >= 3, 0.25, 0.0)
        difference = jumping.cycles(second, OFFSETS) - smooth.cycles(second, OFFSETS) - quarter
        assert np.abs((difference + 0.5) % 1 - 0.5).max() < 1e-12
    slope = np.diff(smooth.cycles(4, OFFSETS)) * 100
    assert slope[0] == pytest.approx(51.98)
    assert slope[-1] == pytest.approx(50.02)


@given(st.integers(-100, 100), st.floats(0, 1))
def test_wandering_is_continuous_and_stays_within_its_limit(second: int, wander_hz: float) -> None:
    steady, phase = Phase(Fraction(50)), Phase(Fraction(50), wander_hz=wander_hz)
    turns = [phase.cycles(at, OFFSETS) - steady.cycles(at, OFFSETS) for at in (second, second + 1)]
    rate = np.diff(np.concatenate(turns)) * 100
    assert np.abs(rate).max() <= wander_hz + 1e-9


def test_ramps_that_overlap_or_do_not_last_are_refused() -> None:
    first = Ramp(Fraction(0), Fraction(2), Fraction(51))
    with pytest.raises(ValueError, match="begins before"):
        Phase(Fraction(50), [first, Ramp(Fraction(1), Fraction(3), Fraction(50))])
    with pytest.raises(ValueError, match="must last"):
        Phase(Fraction(50), [first, Ramp(Fraction(3), Fraction(3), Fraction(50))])
