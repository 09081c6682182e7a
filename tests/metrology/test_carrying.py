from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.metrology.carrying import NOTHING, Carrying

UNIT = Carrying.of(Fraction(1, 2**14), Fraction(1, 2**16), 8000)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-(2**61), 2**61), st.integers(-(10**12), 10**12)), max_size=30))
def test_each_register_is_its_exact_sum_rounded_down(seconds: list[tuple[int, int]]) -> None:
    left, exact, counted = NOTHING, [Fraction(0)] * 2, [0, 0]
    reactive, exact_reactive = [0, 0, 0, 0], [Fraction(0)] * 4
    for energy, nvars in seconds:
        active_mj, reactive_mvars, left = UNIT.carried(left, energy, nvars)
        way = int(energy < 0)
        exact[way] += abs(Fraction(energy, 2**33))
        counted[way] += abs(active_mj)
        quadrant = 2 * int(active_mj < 0) + int(nvars < 0)
        exact_reactive[quadrant] += Fraction(abs(nvars), 10**6)
        reactive[quadrant] += abs(reactive_mvars)
        assert active_mj * energy >= 0
        assert reactive_mvars * nvars >= 0
        assert counted == [floor(total) for total in exact]
        assert reactive == [floor(total) for total in exact_reactive]


def test_nothing_is_lost_of_small_energies() -> None:
    left, total = NOTHING, 0
    for _ in range(8):
        active_mj, _, left = UNIT.carried(left, 2**30, 0)
        total += active_mj
    assert (total, left) == (1, NOTHING)
