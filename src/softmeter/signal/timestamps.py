"""Times of a recording: ISO 8601, seconds from the start, or a pattern of digits."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.signal.samples import Integers
from softmeter.signal.sidecar import Layout

MAX_SECONDS = 4e9
"""Seconds from the start, either way: over a hundred years."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_YEARS = range(1970, 2200)
_FIELDS = {
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<year>\d{2})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%H": r"(?P<hour>\d{1,2})",
    "%M": r"(?P<minute>\d{1,2})",
    "%S": r"(?P<second>\d{1,2})",
    "%f": r"(?P<microsecond>\d{1,6})",
}

TimeReader = Callable[[Sequence[str]], list[int]]
"""Turns texts into nanoseconds UTC; raises ValueError at the first that it cannot read."""


def time_reader(layout: Layout, first: str, start_second: int, where: str) -> TimeReader:
    """What reads the times of a recording whose first time is the text `first`.

    Raises:
        ConfigurationError: the layout's format is none.
    """
    kind = layout.time_format or ("seconds" if _is_number(first, layout.decimal) else "iso")
    if kind == "seconds":
        return lambda texts: _from_seconds(texts, layout.decimal, start_second)
    if kind == "iso":
        return lambda texts: [_nanoseconds(datetime.fromisoformat(text), layout.utc_offset) for text in texts]
    pattern, short_year = _pattern(kind, where)
    return lambda texts: [_nanoseconds(_matched(pattern, text, short_year), layout.utc_offset) for text in texts]


def seconds_to_instants(seconds: np.ndarray[tuple[int], np.dtype[np.float64]], start_second: int) -> Integers:
    """Nanoseconds UTC of seconds counted from `start_second`.

    Whole seconds and their fractions are converted apart: a product with 10**9 would lose the last digits.
    """
    whole = np.floor(seconds)
    fractions = np.rint((seconds - whole) * SECOND).astype(np.int64)
    instants: Integers = (whole.astype(np.int64) + start_second) * SECOND + fractions
    return instants


def _from_seconds(texts: Sequence[str], decimal: str, start_second: int) -> list[int]:
    values = []
    for text in texts:
        value = float(text if decimal == "." else text.replace(decimal, "."))
        if not -MAX_SECONDS <= value <= MAX_SECONDS:
            raise ValueError("seconds from the start")
        values.append(value)
    instants: list[int] = seconds_to_instants(np.array(values, dtype=np.float64), start_second).tolist()
    return instants


def _nanoseconds(moment: datetime, offset: timedelta) -> int:
    passed = moment.replace(tzinfo=UTC) - _EPOCH - offset if moment.tzinfo is None else moment - _EPOCH
    if moment.year not in _YEARS:
        raise ValueError("year")
    return passed // _MICROSECOND * 1000


def _is_number(text: str, decimal: str) -> bool:
    try:
        float(text.replace(decimal, "."))
    except ValueError:
        return False
    return True


def _pattern(written: str, where: str) -> tuple[re.Pattern[str], bool]:
    parts = re.split(r"(%.)", written)
    unknown = [part for part in parts if part.startswith("%") and part not in _FIELDS]
    names = [part for part in parts if part in _FIELDS]
    if unknown or not {"%m", "%d"} <= set(names) or ("%Y" in names) == ("%y" in names) or len(names) != len(set(names)):
        message = (
            f"time.format: {written!r} must be iso, seconds, or a pattern with year, month and day of "
            f"{' '.join(_FIELDS)}, each at most once"
        )
        raise ConfigurationError(message, where)
    return re.compile("".join(_FIELDS.get(part) or re.escape(part) for part in parts), re.ASCII), "%y" in names


def _matched(pattern: re.Pattern[str], text: str, short_year: bool) -> datetime:  # noqa: FBT001  # a fact, no switch
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError("pattern")
    numbers = {name: int(digits) for name, digits in match.groupdict().items()}
    if "microsecond" in numbers:
        numbers["microsecond"] *= 10 ** (6 - len(match["microsecond"]))
    if short_year:
        numbers["year"] += 2000
    year, month, day = numbers.pop("year"), numbers.pop("month"), numbers.pop("day")
    return datetime(year, month, day, **numbers)  # type: ignore[arg-type]  # noqa: DTZ001  # the caller adds the offset
