"""Expectations about rows: lines of an event log, rows of a profile, read as a client reads them."""

from collections.abc import Sequence
from itertools import pairwise

from softmeter.apps.options import duration_ns
from softmeter.apps.scenario.doing import Outcome
from softmeter.apps.scenario.expectations import LogExpectation, ProfileExpectation
from softmeter.apps.smartset.buffer import Row
from softmeter.apps.smartset.meter import Meter as Association
from softmeter.apps.smartset.names import PROFILE, Target
from softmeter.apps.smartset.profiles import Part, Profile, read_profile
from softmeter.apps.smartset.values import plain
from softmeter.clock import NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.device.events import Log
from softmeter.device.profile import Status
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, iso, parse_instant
from softmeter.obis import Obis

_MOST_SHOWN = 12


def log_seen(meter: Association, wanted: LogExpectation) -> Outcome:
    """The lines of a log."""
    log = Log[wanted.log.upper()]
    profile = read_profile(meter, Obis.parse(log.profile), Part())
    lines = [(_second(row[0].value), int(row[1].value)) for row in profile.rows]
    since = _seconds(wanted.since)
    lines = [line for line in lines if since is None or line[0] >= since]
    if wanted.codes is not None:
        return Outcome(f"{wanted.log} log", f"{wanted.codes}", f"{[code for _, code in lines]}")
    found = [second for second, code in lines if code == wanted.code]
    what = f"event {wanted.code} in the {wanted.log} log"
    if wanted.at is not None:
        within = duration_ns(wanted.within, "within") // SECOND
        moment = _seconds(wanted.at) or 0
        around = f" ± {within} s" if within else ""
        expected = f"at {_time(moment)}{around}"
        hits = sum(abs(second - moment) <= within for second in found)
        times = 1 if wanted.times is None else wanted.times
        met = hits >= 1 if wanted.times is None else hits == times
        return Outcome(what, expected, _listed(found, lines), met)
    if wanted.times is None:
        return Outcome(what, "logged", _listed(found, lines), bool(found))
    return Outcome(what, _often(wanted.times), _often(len(found)))


def _often(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def profile_seen(meter: Association, wanted: ProfileExpectation) -> Outcome:
    """Rows of a profile."""
    target = Target.parse(wanted.profile, PROFILE)
    profile = read_profile(meter, target.obis, Part())
    rows = _chosen(profile, wanted)
    expected, seen = [], []
    if wanted.rows is not None:
        expected.append(f"{wanted.rows} rows")
        seen.append(f"{len(rows)} rows")
    if wanted.spacing is not None:
        step = duration_ns(wanted.spacing, "spacing") // SECOND
        odd = [(a, b) for a, b in pairwise(_times(profile, rows)) if b - a != step]
        expected.append(f"every {step} s")
        seen.append(f"every {step} s" if not odd else f"{odd[0][1] - odd[0][0]} s after {_time(odd[0][0])}")
    if wanted.row is not None:
        for one, other in _of_row(profile, rows, wanted):
            expected.append(one)
            seen.append(other)
    what = f"profile {wanted.profile}" if wanted.row is None else f"profile {wanted.profile}, row {wanted.row}"
    having = f" having {wanted.having}" if wanted.having else ""
    return Outcome(f"{what}{having}", ", ".join(expected), ", ".join(seen))


def _of_row(profile: Profile, rows: Sequence[Row], wanted: ProfileExpectation) -> list[tuple[str, str]]:
    """Pairs of expected and seen about one row."""
    index = wanted.row or 0
    if not -len(rows) <= index < len(rows):
        return [(f"a row {index}", f"only {len(rows)} rows")]
    row = rows[index]
    pairs = []
    if wanted.time is not None:
        pairs.append((_time(_seconds(wanted.time) or 0), _time(_times(profile, [row])[0])))
    if wanted.status is not None:
        pairs.append((_bits(wanted.status), _bits(_status(profile, row))))
    for name, value in wanted.values.items():
        at = next((at for at, column in enumerate(profile.columns) if column.name == name), None)
        if at is None:
            names = ", ".join(column.name for column in profile.columns)
            raise ConfigurationError(f"the profile has no column {name!r}; it has {names}", wanted.profile)
        pairs.append((f"{name} {value}", f"{name} {plain(row[at], profile.columns[at].scaler)}"))
    return pairs


def _chosen(profile: Profile, wanted: ProfileExpectation) -> list[Row]:
    """The rows between two times, with the wanted bit of their status."""
    since, until = _seconds(wanted.since), _seconds(wanted.until)
    chosen = []
    for row, second in zip(profile.rows, _times(profile, profile.rows), strict=True):
        if (since is not None and second < since) or (until is not None and second > until):
            continue
        if wanted.having is None or wanted.having in _status(profile, row):
            chosen.append(row)
    return chosen


def _status(profile: Profile, row: Row) -> list[str]:
    at = next((at for at, column in enumerate(profile.columns) if column.is_status), None)
    if at is None:
        return []
    return [bit.name.lower() for bit in Status if bit.name and row[at].value & bit]


def _bits(names: Sequence[str]) -> str:
    return f"status {'+'.join(sorted(names)) or 'none'}"


def _times(profile: Profile, rows: Sequence[Row]) -> list[int]:
    at = next((at for at, column in enumerate(profile.columns) if column.is_time), None)
    if at is None:
        raise ConfigurationError("captures no time", profile.obis.short)
    return [_second(row[at].value) for row in rows]


def _second(octets: bytes) -> int:
    """The UTC second of a time stamp of the meter."""
    moment = DateTime.decode(octets)
    known = moment.deviation_min != NOT_SPECIFIED_DEVIATION
    return moment.local_second + (moment.deviation_min * 60 if known else 0)


def _seconds(moment: str | None) -> int | None:
    return None if moment is None else parse_instant(moment) // SECOND


def _time(second: int) -> str:
    return iso(Instant(second * SECOND))


def _listed(found: Sequence[int], lines: Sequence[tuple[int, int]]) -> str:
    if found:
        return ", ".join(_time(second) for second in found[-_MOST_SHOWN:])
    return f"not; the log has {[code for _, code in lines][-_MOST_SHOWN:]}"
