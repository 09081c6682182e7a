"""Time shared by what an input costs: dear targets get more of it, and nobody goes short."""

import pytest

from fuzzing.sharing import shares

COSTS_S = {"reader": 0.00002, "file": 0.0005, "meter": 0.001}


def test_all_of_the_time_is_given_out() -> None:
    assert sum(shares(COSTS_S, 3000).values()) == pytest.approx(3000)


def test_dear_targets_get_more_time_and_cheap_ones_more_inputs() -> None:
    given = shares(COSTS_S, 3000)
    tried = {name: given[name] / cost for name, cost in COSTS_S.items()}
    assert given["meter"] > given["file"] > given["reader"] >= 500
    assert tried["reader"] > tried["file"] > tried["meter"]
    assert tried["reader"] / tried["meter"] < 0.001 / 0.00002
