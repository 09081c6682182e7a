"""Event logs."""

import pytest

from device.making import device
from softmeter.clock import Stamp
from softmeter.device.events import LOG_CAPACITY, Event, EventLogs, Log


def test_events_go_to_their_log_with_their_code() -> None:
    logs = EventLogs()
    logs.record(Event.POWER_UP, Stamp.of(7, -60, 0))
    logs.record(Event.LOGIN_FAILED, Stamp.of(8, -60, 0))
    assert logs.ring(Log.STANDARD).rows().tolist() == [(Stamp.of(7, -60, 0), 2)]
    assert [logs.last_code(log) for log in Log] == [2, 46, *[0] * (len(Log) - 2)]


@pytest.mark.manual("5.3.capacity")
def test_a_log_is_a_queue_of_a_hundred() -> None:
    logs = EventLogs()
    for second in range(LOG_CAPACITY + 3):
        logs.record(Event.POWER_DOWN, Stamp.of(second, 0, 0))
    seconds = logs.ring(Log.STANDARD).rows()["clock"]["second"]
    assert seconds.tolist() == list(range(3, LOG_CAPACITY + 3))


@pytest.mark.parametrize("log", list(Log))
@pytest.mark.manual("5.3.cleared")
def test_clearing_leaves_one_line_that_says_so(log: Log) -> None:
    meter = device("2026-01-01T00:00:00Z")
    meter.events.record(Event.POWER_UP, Stamp.of(7, 0, 0))
    meter.clear_log(log)
    assert meter.events.ring(log).rows().tolist() == [(meter.stamp, 255)]
    assert meter.events.last_code(log) == 255


def test_codes_are_unique_within_a_log() -> None:
    assert len({(event.log, event.code) for event in Event}) == len(list(Event))
