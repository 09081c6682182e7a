"""A prefetched source gives what the source gives, whatever is asked in whatever order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.signal.household import Household
from softmeter.signal.prefetched import BLOCK_S, LOADS_S, Prefetched, PrefetchedLoads

SOURCE = Household(5)
FIRST = 1_780_000_000 // BLOCK_S * BLOCK_S


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-200, BLOCK_S + 200), st.integers(0, 400)), min_size=1, max_size=5))
def test_it_gives_what_the_source_gives(asked: list[tuple[int, int]]) -> None:
    prefetched = Prefetched(SOURCE)
    for offset, count in asked:
        wanted = SOURCE.measurements(FIRST + offset, count)
        given_ = prefetched.measurements(FIRST + offset, count)
        assert given_.first_second == wanted.first_second
        assert np.array_equal(given_.active_power_w, wanted.active_power_w)
        assert np.array_equal(given_.voltage_v, wanted.voltage_v)
        assert np.array_equal(given_.reactive_power_var, wanted.reactive_power_var)


@pytest.mark.parametrize(("offset", "count"), [(0, 1), (LOADS_S - 1, 1), (LOADS_S - 1, 3), (-5, 2_000), (7, 0)])
def test_loads_are_those_of_the_source(offset: int, count: int) -> None:
    wanted, given_ = SOURCE.loads(FIRST + offset, count), PrefetchedLoads(SOURCE).loads(FIRST + offset, count)
    assert np.array_equal(given_.active_w, wanted.active_w)
    assert np.array_equal(given_.reactive_var, wanted.reactive_var)


@pytest.mark.parametrize("count", [BLOCK_S, 3 * BLOCK_S])
def test_long_spans_are_asked_for_at_once(count: int) -> None:
    given_ = Prefetched(SOURCE).measurements(FIRST + 1, count)
    assert np.array_equal(given_.current_a, SOURCE.measurements(FIRST + 1, count).current_a)


def test_findings_are_those_of_the_source() -> None:
    assert Prefetched(SOURCE).findings == SOURCE.findings
