"""What may wait before it is stored, and what may not."""

from collections.abc import Callable

import pytest

from meter.asking import call, put
from meter.making import START, Made
from meter.walk_values import octets
from softmeter.bench.journal import Circumstance, Quantity
from softmeter.instant import SECOND, Instant


def after(made: Made, second: int) -> bool:
    """Whether what changes until then can wait."""
    successor = made.actor.advanced(Instant(START + second * SECOND))
    changes = made.actor.changes(successor)
    made.actor.adopt(successor)
    return made.actor.can_wait(changes)


def test_seconds_that_are_only_measured_can_wait() -> None:
    made = Made()
    after(made, 1)
    assert all(after(made, second) for second in range(2, 12))


@pytest.mark.parametrize(
    "do",
    [
        lambda made: made.journal.give(Quantity.VOLTAGE_V, 0.0, made.actor.now),
        lambda made: made.journal.give(Circumstance.STRONG_FIELD, 1, made.actor.now),
        lambda made: put(made, 1, "0-0:96.13.0", 2, octets(b"new")),
        lambda made: call(made, 7, "1-0:99.1.0", 2),
        lambda made: made.meter.counters.next_own(1),
    ],
    ids=["power fails", "a magnet", "a message", "a row", "a counter"],
)
def test_what_anybody_did_cannot_wait(do: Callable[[Made], object]) -> None:
    made = Made()
    after(made, 10)
    do(made)
    waits = [after(made, second) for second in range(11, 17)]  # a magnet has to stay for three seconds
    assert not all(waits)


def test_a_row_and_the_return_of_power_cannot_wait() -> None:
    made = Made()
    after(made, 899)
    assert not after(made, 900)
    made.journal.give(Quantity.VOLTAGE_V, 0.0, made.actor.now)
    assert not after(made, 902)
    assert after(made, 903)
    made.journal.give(Quantity.VOLTAGE_V, None, made.actor.now)
    assert not after(made, 905)
