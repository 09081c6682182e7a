"""Windows by local time: definite and recurring ones, over midnight, over a change of summer time, with open ends."""

import pytest

from softmeter.clock import DateTime
from softmeter.device.clock import Clock
from softmeter.device.communication_window import (
    Window,
    checked,
    decoded,
    encoded,
    is_open,
    next_change,
    next_opening,
)
from softmeter.device.zone import AMSTERDAM, FOREVER
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, parse_instant

UNSPECIFIED = DateTime()


def second(text: str) -> int:
    return parse_instant(text) // SECOND


CLOCK = Clock(AMSTERDAM, 7, Instant(second("2026-01-01T00:00:00Z") * SECOND))


def daily(begin: int, end: int) -> Window:
    return Window(DateTime(hour=begin, minute=0, second=0), DateTime(hour=end, minute=0, second=0))


def definite(begin: str, end: str) -> Window:
    def moment(text: str) -> DateTime:
        return CLOCK.date_time(parse_instant(text))

    return Window(moment(begin), moment(end))


NIGHT = daily(22, 6)
ONCE = definite("2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z")
EVER = Window(UNSPECIFIED, UNSPECIFIED)
UNTIL = Window(UNSPECIFIED, ONCE.end)
SINCE = Window(ONCE.start, UNSPECIFIED)


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        (NIGHT, "2026-01-10T20:59:59Z", False),
        (NIGHT, "2026-01-10T21:00:00Z", True),
        (NIGHT, "2026-01-11T04:59:59Z", True),
        (NIGHT, "2026-01-11T05:00:00Z", False),
        (NIGHT, "2026-07-10T20:00:00Z", True),  # summer time: an hour earlier
        (NIGHT, "2026-07-11T04:00:00Z", False),
        (ONCE, "2026-03-01T09:59:59Z", False),
        (ONCE, "2026-03-01T10:00:00Z", True),
        (ONCE, "2026-03-02T09:59:59Z", True),
        (ONCE, "2026-03-02T10:00:00Z", False),
        (ONCE, "2027-03-01T12:00:00Z", False),
        (EVER, "2026-03-01T12:00:00Z", True),
        (UNTIL, "2026-01-01T12:00:00Z", True),
        (UNTIL, "2026-04-01T12:00:00Z", False),
        (SINCE, "2026-02-01T12:00:00Z", False),
        (SINCE, "2026-04-01T12:00:00Z", True),
    ],
)
def test_a_window_is_open_from_its_start_to_just_before_its_end(window: Window, at: str, *, expected: bool) -> None:
    assert is_open((window,), CLOCK, second(at)) is expected


def test_without_windows_one_may_always_and_with_several_in_any() -> None:
    at = second("2026-01-10T12:00:00Z")
    assert is_open((), CLOCK, at)
    assert not is_open((NIGHT,), CLOCK, at)
    assert is_open((NIGHT, daily(13, 14)), CLOCK, at)


def test_the_next_opening_and_the_next_change() -> None:
    at = second("2026-03-28T12:00:00Z")  # summer time begins in the night
    assert next_opening((NIGHT, daily(23, 0)), CLOCK, at) == second("2026-03-28T21:00:00Z")
    inside = second("2026-03-28T22:00:00Z")
    assert next_change((NIGHT,), CLOCK, inside) == second("2026-03-29T04:00:00Z")
    assert next_opening((ONCE,), CLOCK, at) == FOREVER
    assert next_opening((), CLOCK, at) == FOREVER


def test_windows_are_stored_and_read_back() -> None:
    assert decoded(encoded((NIGHT, ONCE, EVER))) == (NIGHT, ONCE, EVER)
    assert decoded(b"") == ()
    with pytest.raises(ConfigurationError):
        decoded(b"\x00" * 23)


def test_too_many_windows_and_impossible_days_are_refused() -> None:
    checked((NIGHT,) * 10)
    with pytest.raises(ConfigurationError, match="at most 10"):
        checked((NIGHT,) * 11)
    with pytest.raises(ConfigurationError):
        checked((Window(DateTime(month=2, day=30, hour=1, minute=0, second=0), UNSPECIFIED),))
