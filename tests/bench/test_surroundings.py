"""Surroundings from a journal: the same however time is cut, and calm where nobody touched anything."""

import pytest

from meter.making import START, Made
from softmeter.bench.journal import Circumstance, Journal, Quantity
from softmeter.bench.surroundings import JournalSurroundings
from softmeter.device.events import Log
from softmeter.device.surroundings import CALM, Surrounded
from softmeter.device.zone import FOREVER
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, whole_second

FIRST = whole_second(START)


def at(seconds: float) -> Instant:
    return Instant(START + int(seconds * SECOND))


def test_a_circumstance_holds_until_it_is_released() -> None:
    journal = Journal()
    journal.give(Circumstance.TERMINAL_COVER_OPEN, 1, at(10.5))
    journal.give(Circumstance.TEMPERATURE, -20, at(15))
    journal.give(Circumstance.TERMINAL_COVER_OPEN, None, at(20))
    surroundings = JournalSurroundings(journal)
    states = {after: surroundings.state(FIRST + after) for after in (10, 11, 15, 20)}
    assert states == {
        10: CALM,
        11: Surrounded(terminal_cover_open=1),
        15: Surrounded(terminal_cover_open=1, temperature=-20),
        20: Surrounded(temperature=-20),
    }
    assert [surroundings.next_change(FIRST + after) - FIRST for after in (0, 11, 15)] == [11, 15, 20]
    assert surroundings.next_change(FIRST + 20) == FOREVER


def test_the_supply_alone_leaves_the_surroundings_calm() -> None:
    journal = Journal()
    journal.give(Quantity.VOLTAGE_V, 100.0, at(5))
    surroundings = JournalSurroundings(journal)
    assert surroundings.state(FIRST + 10) == CALM
    assert surroundings.next_change(FIRST) == FOREVER


def test_each_press_counts_once() -> None:
    journal = Journal()
    for after in (1, 2, 3):
        journal.press(Circumstance.DISPLAY_BUTTON, at(after))
        journal.forget_before(FIRST + after)
    assert JournalSurroundings(journal).state(FIRST + 5).display_button == 3


def test_what_cannot_be_is_refused() -> None:
    journal = Journal()
    with pytest.raises(ConfigurationError):
        journal.give(Circumstance.TEMPERATURE, 200, at(0))
    assert len(journal) == 0


def test_a_meter_feels_what_the_journal_says() -> None:
    made = Made()
    made.journal.give(Circumstance.METER_COVER_OPEN, 1, at(100))
    made.journal.give(Circumstance.METER_COVER_OPEN, None, at(200))
    for until in (50, 150, 250):
        made.meter.device.advance(at(until))
        made.journal.forget_before(FIRST + until)
    rows = made.meter.device.events.ring(Log.FRAUD).rows()
    assert [(int(row["clock"]["second"]) - FIRST, int(row["code"])) for row in rows] == [(100, 44), (200, 45)]
