"""No counter is used twice, whatever is cut when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter.making import Made
from softmeter.errors import LocalProtocolError
from softmeter.meter.counters import HIGHEST, MOST_TITLES, InvocationCounters
from softmeter.security.suites import Use

TITLE = b"ABC\0\0\0\0\1"


def cut(counters: InvocationCounters) -> InvocationCounters:
    """What a start after a power cut finds."""
    found = InvocationCounters()
    found.restore(counters.saved())
    return found


def test_an_own_counter_starts_at_one_and_grows_by_one() -> None:
    counters = InvocationCounters()
    assert [counters.next_own(1), counters.next_own(1), counters.next_own(6)] == [1, 2, 1]


def test_the_first_use_must_be_stored_and_the_next_ones_are_covered() -> None:
    counters = InvocationCounters()
    counters.next_own(1)
    assert counters.must_store
    counters.must_store = False
    for _ in range(200):
        counters.next_own(1)
    assert not counters.must_store


def test_what_is_forgotten_of_another_kind_of_key_stays_old_when_the_global_one_changes() -> None:
    counters, wrapped = InvocationCounters(), TITLE + bytes((Use.WRAPPED.value,))
    counters.accept(1, wrapped, 50)
    for number in range(MOST_TITLES):
        counters.accept(1, number.to_bytes(8, "big"), 1000)
    for one in (counters, cut(counters)):
        assert one.last_accepted(1, wrapped) >= 50
        one.restart(1, b"old", b"new")
        assert one.last_accepted(1, TITLE) == 0
        assert one.last_accepted(1, wrapped) >= 50


@given(st.lists(st.sampled_from(["own", "accept", "store", "cut", "pace", "stop"]), max_size=60))
def test_no_own_counter_repeats_and_no_accepted_one_is_accepted_again(steps: list[str]) -> None:
    counters = InvocationCounters()
    stored: dict[str, object] = {}
    used: list[int] = []
    accepted: list[int] = []
    for step in steps:
        if step == "own":
            used.append(counters.next_own(1))
        elif step == "accept":
            counter = counters.last_accepted(1, TITLE) + 1
            counters.accept(1, TITLE, counter)
            accepted.append(counter)
        elif step == "pace":
            counters.pace()
        elif step == "stop":
            counters.settle()
            counters = cut(counters)
            continue
        if step == "store" or counters.must_store:  # an answer leaves after the commit only
            stored = dict(counters.saved())
            counters.must_store = False
        if step == "cut":
            counters = InvocationCounters()
            counters.restore(stored)  # type: ignore[arg-type]
    assert used == sorted(set(used))
    assert accepted == sorted(set(accepted))


def test_a_clean_stop_stores_the_counters_exactly() -> None:
    counters = InvocationCounters()
    counters.next_own(1)
    counters.accept(1, TITLE, 7)
    counters.settle()
    again = cut(counters)
    assert (again.next_own(1), again.last_accepted(1, TITLE)) == (2, 7)


def test_after_a_cut_counters_go_on_above_the_reservation() -> None:
    counters = InvocationCounters()
    counters.next_own(1)
    counters.accept(1, TITLE, 7)
    again = cut(counters)
    assert again.next_own(1) > 200
    assert again.last_accepted(1, TITLE) > 200


def test_a_used_up_counter_is_refused() -> None:
    counters = InvocationCounters()
    counters.restore({"own.1": HIGHEST - 1})
    assert counters.next_own(1) == HIGHEST
    with pytest.raises(LocalProtocolError, match="used up"):
        counters.next_own(1)


def test_the_highest_counter_can_be_accepted_and_nothing_after_it() -> None:
    counters = InvocationCounters()
    counters.accept(1, TITLE, HIGHEST)
    assert cut(counters).last_accepted(1, TITLE) == HIGHEST


def test_forgetting_a_title_leaves_a_floor_for_strangers() -> None:
    counters = InvocationCounters()
    for number in range(MOST_TITLES + 1):
        counters.accept(1, number.to_bytes(8, "big"), 1000 + number)
    assert counters.last_accepted(1, bytes(8)) >= 1000
    assert counters.last_accepted(1, b"stranger") >= 1000
    assert counters.highest_accepted(1) == 1000 + MOST_TITLES
    assert cut(counters).last_accepted(1, b"stranger") >= 1000


def test_the_step_follows_the_use() -> None:
    counters = InvocationCounters()
    commits = 0
    for tick in range(20):
        for _ in range(30_000):
            counters.next_own(1)
            if counters.must_store:
                commits += tick > 2
                counters.must_store = False
        counters.pace()
    assert commits < 10


def test_standing_time_does_not_keep_the_step_small() -> None:
    """Commits without ticks, as at rate 0, let the step grow too."""
    made = Made()
    commits = 0
    for _ in range(20_000):
        made.meter.counters.next_own(1)
        if made.meter.must_store:
            made.actor.changes()
            commits += 1
    assert commits < 12
