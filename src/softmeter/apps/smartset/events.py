"""The command `events`: the logs of a meter as lines of time, log, code and what the code means (manual 5.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.output import print_json, print_table
from softmeter.apps.smartset.profiles import Part, Profile, read_profile
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import harmless, plain, text
from softmeter.clock import NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.device.events import Event, Log
from softmeter.errors import ConfigurationError, DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Data

POWER_FAILURES = "power_failures"
_PLACES = {
    **{log.name.lower(): Obis.parse(log.profile) for log in Log},
    POWER_FAILURES: Obis(1, 0, 99, 97, 0),
}
"""The logs by name, and their profiles."""
_EVENTS = {log.name.lower(): {event.code: event for event in Event if event.log is log} for log in Log}


class Line(NamedTuple):
    """One event. `code` is a number, of a power failure its duration; `what` is what it means, empty if not known."""

    time: DateTime
    log: str
    code: int
    what: str

    @property
    def order(self) -> float:
        """Where it stands among others: by UTC where the meter says what that is."""
        moment = self.time
        if not moment.is_definite:
            return 0.0
        shown = 0 if moment.deviation_min == NOT_SPECIFIED_DEVIATION else moment.deviation_min * 60
        return float(moment.local_second + shown)

    def described(self) -> dict[str, Any]:
        """The line in JSON."""
        if self.log == POWER_FAILURES:
            return {"time": self.time.iso(), "log": self.log, "duration_s": self.code, "name": self.what}
        return {"time": self.time.iso(), "log": self.log, "code": self.code, "name": self.what}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of these logs (all when there are none), since a time, and only the newest `last`."""

    logs: Sequence[str] = ()
    since: str = ""
    last: int | None = None

    def places(self) -> dict[str, Obis]:
        """The logs by name.

        Raises:
            ConfigurationError: one is no log.
        """
        names = [name.lower().replace("-", "_") for name in self.logs]
        for name in names:
            if name not in _PLACES:
                raise ConfigurationError(f"{name!r} is no log; known are {', '.join(_PLACES)}")
        return {name: _PLACES[name] for name in names or _PLACES}


def show_events(settings: Settings, wanted: Wanted) -> None:
    """Print the events, the oldest first."""
    places = wanted.places()
    part = Part.of(wanted.since, "", None, "")
    with opened(settings) as meter:
        lines = _all(meter, places, part) if not wanted.logs else _some(meter, places, part)
    ordered = sorted(lines, key=lambda line: line.order)
    if wanted.last is not None:
        ordered = ordered[-wanted.last :]
    if settings.json:
        print_json([line.described() for line in ordered])
        return
    if not ordered:
        print("no events")
        return
    print_table(("time", "log", "code", "event"), map(_cells, ordered), right=(2,))


def _some(meter: Meter, places: dict[str, Obis], part: Part) -> list[Line]:
    """The events of the logs that are named; raises where one is not shown."""
    lines: list[Line] = []
    for name, obis in places.items():
        try:
            lines += _lines(meter, name, obis, part)
        except RefusedError as error:
            message = f"the meter shows this client no log {name}; smartset … events shows those it has"
            raise ExplainedError(message) from error
    return lines


def _all(meter: Meter, places: dict[str, Obis], part: Part) -> list[Line]:
    """The events of every log that this client may read; raises where that is none."""
    lines: list[Line] = []
    refusals: list[RefusedError] = []
    for name, obis in places.items():
        try:
            lines += _lines(meter, name, obis, part)
        except RefusedError as error:
            refusals.append(error)
    if len(refusals) == len(places):
        raise refusals[0]
    return lines


def _lines(meter: Meter, name: str, obis: Obis, part: Part) -> Iterable[Line]:
    profile = read_profile(meter, obis, part)
    return [line_of(name, profile, row) for row in profile.rows]


def line_of(log: str, profile: Profile, row: Sequence[Data]) -> Line:
    """The event that a row of a log tells; DecodeError where it is none."""
    times = [cell for column, cell in zip(profile.columns, row, strict=True) if column.is_time]
    rest = [(column, cell) for column, cell in zip(profile.columns, row, strict=True) if not column.is_time]
    if not times or not rest or not isinstance(times[0].value, bytes) or not isinstance(rest[0][1].value, int):
        raise DecodeError(f"{profile.obis.short} holds no events: a line is {', '.join(map(text, row))}")
    moment = DateTime.decode(times[0].value)
    column, cell = rest[0]
    code = cell.value
    if log == POWER_FAILURES:
        return Line(moment, log, code, f"without power for {text(cell, column.scaler)} {column.unit or 's'}")
    event = _EVENTS[log].get(code)
    more = [f"{one.name} {harmless(str(plain(value, one.scaler)))}" for one, value in rest[1:]]
    words = event.name.lower().replace("_", " ") if event else "unknown"
    return Line(moment, log, code, ", ".join([words, *more]))


def _cells(line: Line) -> tuple[str, ...]:
    code = "" if line.log == POWER_FAILURES else str(line.code)
    return line.time.iso(), line.log, code, line.what


def show_codes(settings: Settings) -> None:
    """Print every code there is, by log."""
    known = [(name, code, event.name.lower()) for name, codes in _EVENTS.items() for code, event in codes.items()]
    if settings.json:
        print_json([{"log": log, "code": code, "name": name} for log, code, name in known])
        return
    print_table(
        ("log", "code", "event"), ((log, str(code), name.replace("_", " ")) for log, code, name in known), right=(1,)
    )
