"""The journal of the bench: what is known of changes to come."""

from softmeter.bench.journal import Journal, Quantity
from softmeter.instant import SECOND, Instant


def test_what_changes_later_is_known() -> None:
    journal = Journal()
    for second in (10, 20):
        journal.give(Quantity.VOLTAGE_V, 200.0 + second, Instant(second * SECOND))
    assert journal.later(9) == [(10, Quantity.VOLTAGE_V), (20, Quantity.VOLTAGE_V)]
    assert journal.later(10) == [(20, Quantity.VOLTAGE_V)]
    assert journal.later(20) == []
