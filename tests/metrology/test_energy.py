import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import Seconds, integrate
from softmeter.signal.samples import Measurements


def seconds(active: list[int], reactive: list[int], apparent: list[int]) -> Seconds:
    energies = [np.array(values, dtype=np.int64) for values in (active, reactive, apparent)]
    none = np.zeros(len(active), dtype=np.int64)
    return Seconds(0, energies[0], energies[1], energies[2], none, none, none, none)


QUADRANTS = [
    # P    Q     S    what it counts towards
    (800, 600, 1000, {Quantity.ACTIVE_IMPORT: 800, Quantity.REACTIVE_Q1: 600, Quantity.APPARENT_IMPORT: 1000}),
    (-800, 600, 1000, {Quantity.ACTIVE_EXPORT: 800, Quantity.REACTIVE_Q2: 600, Quantity.APPARENT_EXPORT: 1000}),
    (-800, -600, 1000, {Quantity.ACTIVE_EXPORT: 800, Quantity.REACTIVE_Q3: 600, Quantity.APPARENT_EXPORT: 1000}),
    (800, -600, 1000, {Quantity.ACTIVE_IMPORT: 800, Quantity.REACTIVE_Q4: 600, Quantity.APPARENT_IMPORT: 1000}),
    (0, 600, 600, {Quantity.REACTIVE_Q1: 600, Quantity.APPARENT_IMPORT: 600}),
    (0, -600, 600, {Quantity.REACTIVE_Q4: 600, Quantity.APPARENT_IMPORT: 600}),
    (-1, 0, 1, {Quantity.ACTIVE_EXPORT: 1, Quantity.APPARENT_EXPORT: 1}),
    (0, 0, 0, {}),
]


@pytest.mark.parametrize(("active", "reactive", "apparent", "expected"), QUADRANTS)
@pytest.mark.manual("2.2.quadrants")
def test_quadrant(active: int, reactive: int, apparent: int, expected: dict[Quantity, int]) -> None:
    counted = quantities(seconds([active], [reactive], [apparent]))
    assert {quantity: int(counted[quantity, 0]) for quantity in Quantity if counted[quantity, 0]} == expected


@pytest.mark.manual("2.2.sign-decides")
def test_the_sign_of_the_whole_second_decides() -> None:
    # 40 s that change between 2 kW import and 1.8 kW export every 0.33 s: within a second they cancel, as the manual
    # has it, and only what is left counts; gross energies would be many times that.
    edges = np.arange(0, 40_000, 330)
    power = np.where((np.arange(40_000)[:, None] >= edges).sum(axis=1) % 2, 2000.0, -1800.0)
    means = power.reshape(40, 1000).mean(axis=1)
    other = np.zeros(40)
    counted = quantities(integrate(Measurements(0, other + 230, other, means, other, other + 50)))
    net = counted[Quantity.ACTIVE_IMPORT].sum() - counted[Quantity.ACTIVE_EXPORT].sum()
    assert net == pytest.approx(power.sum(), abs=40)
    assert counted[Quantity.ACTIVE_IMPORT].sum() == np.rint(means[means > 0] * 1000).sum()
    assert counted[Quantity.ACTIVE_IMPORT].sum() < np.clip(power, 0, None).sum() / 2


ENERGY = st.integers(-(10**9), 10**9)


@pytest.mark.slow
@given(st.lists(st.tuples(ENERGY, ENERGY, st.integers(0, 10**10)), max_size=30))
def test_nothing_is_lost_or_counted_twice(rows: list[tuple[int, int, int]]) -> None:
    active, reactive, apparent = ([row[k] for row in rows] for k in range(3))
    counted = quantities(seconds(active, reactive, apparent))
    assert counted.shape == (8, len(rows))
    assert (counted >= 0).all()
    assert (counted[0] - counted[1]).tolist() == active
    assert (counted[2] + counted[3] - counted[4] - counted[5]).tolist() == reactive
    assert (counted[6] + counted[7]).tolist() == apparent
    assert ((counted[2:6] > 0).sum(axis=0) <= 1).all()
