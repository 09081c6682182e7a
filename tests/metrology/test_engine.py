import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.metrology.engine import integrate, power_factor
from softmeter.signal.faults import Fault
from softmeter.signal.samples import Measurements


def second(
    voltage_v: float, current_a: float, active_power_w: float, reactive_power_var: float, frequency_hz: float = 50.0
) -> Measurements:
    values = (voltage_v, current_a, active_power_w, reactive_power_var, frequency_hz)
    return Measurements(0, *(np.array([value]) for value in values))


ROUNDING = [
    # U        I       P          Q          P mJ      Q mvar·s  S mVA·s   U mV     I mA
    (230.0, 5.0, 1150.0, 0.0, 1_150_000, 0, 1_150_000, 230_000, 5_000),
    (230.0, 5.0, -920.0, 690.0, -920_000, 690_000, 1_150_000, 230_000, 5_000),
    (230.0, 0.0004, 0.0, 0.0, 0, 0, 92, 230_000, 0),
    (230.0004, 0.0016, 0.0004, -0.0006, 0, -1, 368, 230_000, 2),
    (0.0, 0.0, 0.0, 0.0, 0, 0, 0, 0, 0),
    # The load moved within the second: U·I of the means is less than P, which decides.
    (230.0, 4.0, 1000.0, 0.0, 1_000_000, 0, 1_000_000, 230_000, 4_000),
    (230.0, 0.0, 300.0, -400.0, 300_000, -400_000, 500_000, 230_000, 0),
]


@pytest.mark.parametrize("row", ROUNDING)
def test_a_second_becomes_thousandths(row: tuple[float, ...]) -> None:
    seconds = integrate(second(*row[:4]))
    got = [int(array[0]) for array in seconds[1:6]]
    assert got == list(row[4:])
    assert seconds.frequency_mhz.tolist() == [50_000]
    assert all(array.dtype == np.int64 for array in seconds[1:8])
    assert seconds[8:] == (None, None, None)


@pytest.mark.slow
@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.lists(st.integers(1, 9)))
def test_a_second_is_the_same_in_any_company(u: float, i: float, p: float, q: float, others: list[int]) -> None:
    alone = integrate(second(u, i, p, q))
    values = (u, i, p, q, 50.0)
    crowd = integrate(Measurements(0, *(np.array([*others, value, *others], dtype=np.float64) for value in values)))
    place = len(others)
    assert [int(array[place]) for array in crowd[1:8]] == [int(array[0]) for array in alone[1:8]]
    assert crowd.apparent_mvas[place] >= abs(crowd.active_mj[place])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e7])
@pytest.mark.parametrize("column", [0, 1, 2, 3, 4, 5])
def test_what_no_source_may_give_counts_nothing_and_is_told(column: int, wrong: float) -> None:
    values = [np.array([each] * 3) for each in (230.0, 5.0, 1150.0, 0.0, 50.0, 1150.0)]
    values[column][1] = wrong
    cycles = np.full((3, 100), 230.0)
    seconds = integrate(Measurements(0, *values, half_cycles_v=cycles))
    assert seconds.faults is not None
    assert seconds.faults.tolist() == [0, int(Fault.NO_VALUE), 0]
    assert [array.tolist() for array in (seconds.active_mj, seconds.voltage_mv)] == [
        [1_150_000, 0, 1_150_000],
        [230_000, 0, 230_000],
    ]
    assert seconds.half_cycles_mv is not None
    assert seconds.half_cycles_mv[:, 0].tolist() == [230_000, 0, 230_000]


def test_no_second_is_plausible() -> None:
    assert integrate(second(230, 5, 1150, 0)).faults is None
    assert len(integrate(Measurements(0, *[np.empty(0)] * 5)).active_mj) == 0


@pytest.mark.parametrize(
    ("active", "apparent", "expected"),
    [(920, 1150, 800), (-920, 1150, 800), (1150, 1150, 1000), (0, 0, 1000), (0, 500, 0), (1, 3, 333)],
)
def test_power_factor(active: int, apparent: int, expected: int) -> None:
    assert power_factor(np.array([active]), np.array([apparent])).tolist() == [expected]
