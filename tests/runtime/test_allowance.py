"""What is sent to addresses that have proved nothing is bounded, and comes back with time."""

from softmeter.runtime.allowance import BURST_OCTETS, MOST_ADDRESSES, OCTETS_PER_S, Allowance


def test_a_burst_is_let_through_and_then_no_more() -> None:
    allowance = Allowance()
    assert allowance.takes("victim", BURST_OCTETS - 10, 100.0)
    assert allowance.takes("victim", 10, 100.0)
    assert not allowance.takes("victim", 1, 100.0)
    assert allowance.takes("other", 1000, 100.0)


def test_it_comes_back_slowly_and_never_beyond_the_burst() -> None:
    allowance = Allowance()
    assert allowance.takes("victim", BURST_OCTETS, 100.0)
    assert not allowance.takes("victim", int(OCTETS_PER_S) + 1, 101.0)
    assert allowance.takes("victim", int(OCTETS_PER_S), 101.0)
    assert not allowance.takes("victim", BURST_OCTETS + 1, 10_000.0)
    assert allowance.takes("victim", BURST_OCTETS, 10_000.0)


def test_memory_is_bounded() -> None:
    allowance = Allowance()
    for number in range(3 * MOST_ADDRESSES):
        allowance.takes(str(number), 1, 0.0)
    assert len(allowance._left) == MOST_ADDRESSES
