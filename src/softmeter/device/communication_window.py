"""Windows of time in which a meter may communicate, by its local time (IEC 62056-62, class Push setup)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from softmeter.clock import NOT_SPECIFIED, DateTime
from softmeter.device.clock import Clock
from softmeter.device.recurrence import Day, Time, next_local
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.errors import ConfigurationError, DecodeError

MOST_WINDOWS = 10


class Window(NamedTuple):
    """From `start` to just before `end`; each may recur. A start of no time began long ago, such an end never comes."""

    start: DateTime
    end: DateTime

    def next_start(self, clock: Clock, second: int) -> int:
        """The first meter second after `second` at which it opens."""
        return _next(clock, second, self.start)

    def next_end(self, clock: Clock, second: int) -> int:
        """The first meter second after `second` at which it closes."""
        return _next(clock, second, self.end)

    def is_open(self, clock: Clock, second: int) -> bool:
        """Whether `second` lies inside."""
        begins, ends = self.next_start(clock, second), _next(clock, second, self.end)
        if _is_open_end(self.start):
            return ends < FOREVER or _is_open_end(self.end)
        if _is_open_end(self.end):
            return begins == FOREVER or not self.start.is_definite
        return ends < FOREVER and ends <= begins


def is_open(windows: Sequence[Window], clock: Clock, second: int) -> bool:
    """Whether one may communicate at a meter second; always if there is no window."""
    return not windows or any(window.is_open(clock, second) for window in windows)


def next_opening(windows: Sequence[Window], clock: Clock, second: int) -> int:
    """The first meter second after `second` at which a window opens; FOREVER where none does."""
    return min((window.next_start(clock, second) for window in windows), default=FOREVER)


def next_closing(windows: Sequence[Window], clock: Clock, second: int) -> int:
    """The first meter second after `second` at which a window closes; FOREVER where none does."""
    return min((window.next_end(clock, second) for window in windows), default=FOREVER)


def next_change(windows: Sequence[Window], clock: Clock, second: int) -> int:
    """The first meter second after `second` at which a window opens or closes; FOREVER where none does."""
    return min(next_closing(windows, clock, second), next_opening(windows, clock, second))


def checked(windows: Sequence[Window]) -> None:
    """Refuse windows that no clock meets.

    Raises:
        ConfigurationError: there are too many, or one has an impossible time.
    """
    if len(windows) > MOST_WINDOWS:
        raise ConfigurationError(f"{len(windows)} windows, at most {MOST_WINDOWS} are possible", "window")
    for window in windows:
        for moment in window:
            _parts(moment)


def encoded(windows: Sequence[Window]) -> bytes:
    """The windows as 24 octets each."""
    return b"".join(moment.encode() for window in windows for moment in window)


def decoded(octets: bytes) -> tuple[Window, ...]:
    """What `encoded` gave.

    Raises:
        ConfigurationError: it is something else.
    """
    try:
        return tuple(
            Window(DateTime.decode(octets[at : at + 12]), DateTime.decode(octets[at + 12 : at + 24]))
            for at in range(0, len(octets), 24)
        )
    except DecodeError as error:
        raise ConfigurationError(str(error), "window") from error


def _is_open_end(moment: DateTime) -> bool:
    return {moment.month, moment.day, moment.day_of_week, moment.hour, moment.minute, moment.second} == {NOT_SPECIFIED}


def _parts(moment: DateTime) -> tuple[Time, Day]:
    octets = moment.encode()
    return Time.decode(octets[5:9]), Day.decode(octets[:5])


def _next(clock: Clock, second: int, moment: DateTime) -> int:
    if _is_open_end(moment):
        return FOREVER
    time, date = _parts(moment)
    following: Callable[[int], int] = lambda local: next_local(time, date, local)  # noqa: E731 - named for the type
    return next_boundary(clock.segment, second, following)
