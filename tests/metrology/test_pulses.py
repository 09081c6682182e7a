from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.metrology.pulses import GREATEST_MJ_PER_SECOND, MJ_PER_PULSE, pulse_count, pulse_instants

SECOND = 10**9
START = 1_767_225_600


@pytest.mark.manual("2.3.constant")
def test_two_thousand_pulses_are_a_kilowatt_hour() -> None:
    assert MJ_PER_PULSE * 2000 == 3_600_000 * 1000
    instants = pulse_instants(0, np.full(3600, 1_000_000), START)
    assert len(instants) == 2000
    assert instants[0] == START * SECOND + 1_800_000_000
    assert instants[-1] == (START + 3600) * SECOND


@pytest.mark.parametrize(
    ("before", "energies", "expected"),
    [
        (0, [], []),
        (0, [0, 0], []),
        (0, [1_799_999], []),
        (0, [1_800_000], [SECOND]),  # complete exactly at the end of the second
        (1_800_000, [0, 1], []),  # that pulse was given before
        (1_799_999, [0, 3], [SECOND + 333_333_334]),  # the first whole nanosecond
        (10**18, [3_600_000], [222_222_223, 722_222_223]),  # 10**18 leaves 1 000 000 mJ of a pulse
        (0, [3_600_000], [500_000_000, SECOND]),
    ],
)
def test_instants(before: int, energies: list[int], expected: list[int]) -> None:
    instants = pulse_instants(before, np.array(energies, dtype=np.int64), 0)
    assert instants.dtype == np.int64
    assert instants.tolist() == expected


def plain(before: int, energies: list[int]) -> list[int]:
    """The same by exact fractions, pulse by pulse."""
    instants, held = [], before
    for second, energy in enumerate(energies):
        for number in range(held // MJ_PER_PULSE + 1, (held + energy) // MJ_PER_PULSE + 1):
            share = Fraction(number * MJ_PER_PULSE - held, energy)
            instants.append(second * SECOND + -(-share * SECOND // 1))
        held += energy
    return instants


@pytest.mark.slow
@given(
    st.integers(0, 2**62),
    st.lists(st.one_of(st.integers(0, 20_000_000), st.just(0), st.just(1_800_000)), max_size=40),
    st.sets(st.integers(0, 40)),
)
def test_count_and_instants_do_not_depend_on_the_partition(before: int, energies: list[int], cuts: set[int]) -> None:
    whole = pulse_instants(before, np.array(energies, dtype=np.int64), 0).tolist()
    assert whole == plain(before, energies)
    assert len(whole) == pulse_count(before + sum(energies)) - pulse_count(before)
    parts = []
    for begin, end in pairwise([0, *sorted(cut for cut in cuts if cut < len(energies)), len(energies)]):
        part = np.array(energies[begin:end], dtype=np.int64)
        parts += pulse_instants(before + sum(energies[:begin]), part, begin).tolist()
    assert parts == whole


@pytest.mark.parametrize("energy", [-1, GREATEST_MJ_PER_SECOND + 1])
def test_impossible_energies_are_refused(energy: int) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        pulse_instants(0, np.array([5, energy]), 0)
    assert len(pulse_instants(0, np.array([GREATEST_MJ_PER_SECOND]), 0)) == GREATEST_MJ_PER_SECOND // MJ_PER_PULSE
