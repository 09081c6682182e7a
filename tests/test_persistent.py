"""Rings, and what changed since they were stored."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import LocalProtocolError
from softmeter.persistent import Memory, Ring, Scalar

ROW = np.dtype([("a", "<u4"), ("b", "u1")])


def made(capacity: int, count: int = 0) -> Ring:
    ring = Ring("ring", ROW, capacity)
    for number in range(count):
        ring.append((number, number % 7))
    return ring


def numbers(ring: Ring, first: int | None = None, end: int | None = None) -> list[int]:
    return [int(number) for number in ring.rows(first, end)["a"]]


class Part:
    """A part with what a test gives it."""

    def __init__(self, **values: Scalar) -> None:
        self.values = values

    def saved(self) -> Mapping[str, Scalar]:
        return dict(self.values)

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.values.update(saved)


@given(st.integers(1, 40), st.integers(0, 100))
def test_a_ring_keeps_the_newest_rows_with_their_numbers(capacity: int, count: int) -> None:
    ring = made(capacity, count)
    assert numbers(ring) == list(range(max(0, count - capacity), count))
    assert (ring.first, ring.end, len(ring)) == (max(0, count - capacity), count, min(count, capacity))


@pytest.mark.slow
@given(st.integers(1, 40), st.lists(st.sampled_from(["append", "twin", "fork", "swap", "clear"]), max_size=120))
def test_a_ring_and_its_fork_behave_like_two_lists(capacity: int, steps: list[str]) -> None:
    ring, twin = made(capacity), made(capacity)
    rows: list[int] = []
    twin_rows: list[int] = []
    for step, kind in enumerate(steps):
        match kind:
            case "append":
                ring.append((step, 0))
                rows = [*rows, step][-capacity:]
            case "twin":
                twin.append((step, 0))
                twin_rows = [*twin_rows, step][-capacity:]
            case "fork":
                twin, twin_rows = ring.fork(), rows
            case "swap":
                ring, twin, rows, twin_rows = twin, ring, twin_rows, rows
            case _:
                ring.clear()
                rows = []
        assert numbers(ring) == rows
        assert numbers(twin) == twin_rows


def test_a_row_appended_after_a_fork_stays_when_the_other_ring_appends_too() -> None:
    ring = made(10, 3)
    twin = ring.fork()
    twin.append((200, 0))
    ring.append((100, 0))
    assert (numbers(ring), numbers(twin)) == ([0, 1, 2, 100], [0, 1, 2, 200])


def test_rows_by_number() -> None:
    ring = made(10, 25)
    assert numbers(ring, 18, 21) == [18, 19, 20]
    assert numbers(ring, 0, 17) == [15, 16]
    assert numbers(ring, 23) == [23, 24]
    assert numbers(ring, 21, 18) == []


def test_rows_are_copies() -> None:
    ring = made(4, 4)
    ring.rows()["a"][0] = 99
    assert numbers(ring) == [0, 1, 2, 3]


def test_numbers_go_on_after_clearing_and_reshaping() -> None:
    ring = made(10, 5)
    ring.clear()
    assert (ring.append((7, 0)), len(ring)) == (5, 1)
    ring.reshape(np.dtype([("c", "u2")]), 3)
    assert ring.append((1,)) == 6
    assert ring.rows()["c"].tolist() == [1]


@pytest.mark.parametrize(("first", "count"), [(0, 0), (0, 3), (95, 10), (7, 1)])
def test_stored_rows_come_back(first: int, count: int) -> None:
    rows = np.zeros(count, ROW)
    rows["a"] = np.arange(first, first + count)
    ring = made(10)
    ring.load(first, rows)
    assert ring.append((first + count, 0)) == first + count
    assert numbers(ring) == list(range(first, first + count + 1))[-10:]


def test_rows_of_another_form_are_refused() -> None:
    with pytest.raises(LocalProtocolError, match="another form"):
        made(10).load(0, np.zeros(2, np.dtype([("a", "u1")])))
    with pytest.raises(LocalProtocolError, match="another form"):
        made(10).load(0, np.zeros(11, ROW))


def test_only_what_changed_is_stored() -> None:
    memory, part, ring = Memory(), Part(x=1, y="text"), made(4, 2)
    changes = memory.changes([("part", part)], [ring])
    assert changes.values == {("part", "x"): 1, ("part", "y"): "text"}
    first, rows = changes.appended["ring"]
    assert (first, rows["a"].tolist(), changes.dropped) == (0, [0, 1], {})
    assert not memory.changes([("part", part)], [ring])
    part.values["x"] = None
    for number in range(2, 6):
        ring.append((number, 0))
    changes = memory.changes([("part", part)], [ring])
    assert changes.values == {("part", "x"): None}
    assert changes.appended["ring"][0] == 2
    assert changes.appended["ring"][1]["a"].tolist() == [2, 3, 4, 5]
    assert changes.dropped == {"ring": 2}


def test_rows_that_came_and_went_between_two_commits_are_not_stored() -> None:
    memory, ring = Memory(), made(4, 2)
    memory.note([], [ring])
    for number in range(2, 12):
        ring.append((number, 0))
    changes = memory.changes([], [ring])
    assert changes.appended["ring"][0] == 8
    assert changes.dropped == {"ring": 8}
    ring.append((12, 0))
    ring.clear()
    changes = memory.changes([], [ring])
    assert changes.appended == {}
    assert changes.dropped == {"ring": 13}
