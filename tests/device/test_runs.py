"""Runs of a condition against the same reckoned second by second."""

import numpy as np
import pytest

from softmeter.device.runs import Condition, Runs

CONDITIONS = [
    np.random.Generator(np.random.PCG64(seed)).random(200) < share
    for seed, share in enumerate((0.0, 1.0, 0.5, 0.05, 0.95, 0.98))
]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize(("begin", "end"), [(0, 200), (0, 1), (199, 200), (17, 18), (40, 90), (90, 200), (0, 61)])
@pytest.mark.parametrize(("before", "needed"), [(0, 1), (0, 5), (3, 5), (4, 5), (0, 60), (59, 60), (7, 60)])
def test_runs(condition: Condition, begin: int, end: int, before: int, needed: int, *, holds: bool) -> None:
    runs, lasted, reached = Runs(condition), before, None
    for second in range(begin, end):
        lasted = lasted + 1 if condition[second] == holds else 0
        if lasted >= needed and reached is None:
            reached = second
    assert runs.lasted(begin, end, before, holds=holds) == lasted
    assert runs.reaches(begin, end, before, needed, holds=holds) == reached
    assert runs.never(holds=holds) == (not (condition == holds).any())
