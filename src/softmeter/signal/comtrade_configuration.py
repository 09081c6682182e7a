"""The configuration of a COMTRADE recording (IEEE C37.111-1991, -1999, -2013): channels, rate, time, kind of data."""

import re
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from softmeter.errors import ConfigurationError

MAX_CHANNELS = 10_000
YEARS = range(1971, 2100)

_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2,4}),(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?")


class Kind(StrEnum):
    """How the data are written."""

    ASCII = "ASCII"
    BINARY = "BINARY"
    BINARY32 = "BINARY32"
    FLOAT32 = "FLOAT32"


class Channel(NamedTuple):
    """An analogue channel: a count times `slope` plus `offset`, in its unit."""

    name: str
    unit: str
    slope: float
    offset: float


class Configuration(NamedTuple):
    """What the configuration says."""

    channels: tuple[Channel, ...]
    digital: int
    rate_hz: Fraction
    """0: time stamps show it."""
    samples: int
    start: datetime
    """Local time, as written."""
    kind: Kind
    time_factor: float


def read_configuration(octets: bytes, name: str) -> Configuration:
    """What the octets of a configuration say.

    Raises:
        ConfigurationError: what is wrong, as `file:line`, and why.
    """
    return _Reader(octets, name).read()


class _Reader:
    """Takes the lines of a configuration in turn."""

    def __init__(self, octets: bytes, name: str) -> None:
        try:
            text = octets.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = octets.decode("latin-1")
        self._lines = text.replace("\x1a", "").splitlines()
        self._name, self._line = name, 0

    def read(self) -> Configuration:
        edition = self._fields(2)[2:3]
        month_first = edition in ([], [""], ["1991"])
        analogue, digital = self._channel_counts()
        channels = tuple(self._channel() for _ in range(analogue))
        for _ in range(digital):
            self._fields(1)
        self._fields(1)
        rate, samples = self._rate()
        start = self._time(month_first=month_first)
        self._time(month_first=month_first)
        kind = self._fields(1)[0].upper()
        if kind not in set(Kind):
            raise self._error(f"{kind!r} is no kind of data; known are {', '.join(Kind)}")
        left = self._line < len(self._lines) and self._lines[self._line].strip()
        factor = self._number(self._fields(1)[0]) if left else 1.0
        if factor <= 0:
            raise self._error(f"{factor:g} is no factor of time")
        return Configuration(channels, digital, rate, samples, start, Kind(kind), factor)

    def _channel_counts(self) -> tuple[int, int]:
        fields = self._fields(3)
        match = re.fullmatch(r"(\d{1,5})A", fields[1].upper()), re.fullmatch(r"(\d{1,5})D", fields[2].upper())
        if match[0] is None or match[1] is None or int(match[0][1]) + int(match[1][1]) > MAX_CHANNELS:
            raise self._error(f"{','.join(fields)} does not say how many channels there are")
        if not int(match[0][1]):
            raise self._error("there is no analogue channel")
        return int(match[0][1]), int(match[1][1])

    def _channel(self) -> Channel:
        fields = self._fields(8)
        return Channel(fields[1] or fields[0], fields[4], self._number(fields[5]), self._number(fields[6]))

    def _rate(self) -> tuple[Fraction, int]:
        rates = int(self._number(self._fields(1)[0]))
        found = [self._fields(2) for _ in range(max(rates, 1))]
        if len({self._number(fields[0]) for fields in found}) > 1:
            raise self._error("the sample rate changes within the recording; cut it into parts of one rate")
        rate, samples = self._number(found[0][0]) if rates else 0.0, int(self._number(found[-1][1]))
        if rate < 0 or samples < 0:
            raise self._error(f"{samples} samples, {rate:g} per second, cannot be")
        return Fraction(str(rate)), samples

    def _time(self, *, month_first: bool) -> datetime:
        """A time; the edition of 1991 writes the month before the day."""
        text = ",".join(self._fields(2)[:2])
        match = _TIME.fullmatch(text)
        if match is None:
            raise self._error(f"{text!r} is no time dd/mm/yyyy,hh:mm:ss.ssssss")
        try:
            day, month = (int(match[2]), int(match[1])) if month_first else (int(match[1]), int(match[2]))
            year = int(match[3])
            micro = int((match[7] or "0").ljust(9, "0")[:6])
            year += 0 if year >= 100 else 1900 if year >= 70 else 2000
            if year not in YEARS:
                raise self._error(f"{text!r}: the year must be {YEARS.start} to {YEARS.stop - 1}")
            return datetime(year, month, day, int(match[4]), int(match[5]), int(match[6]), micro)  # noqa: DTZ001  # local
        except ValueError:
            raise self._error(f"{text!r} is no possible time") from None

    def _fields(self, least: int) -> list[str]:
        if self._line >= len(self._lines):
            raise ConfigurationError("ends early", f"{self._name}:{self._line + 1}")
        self._line += 1
        fields = [field.strip() for field in self._lines[self._line - 1].split(",")]
        if len(fields) < least:
            raise self._error(f"has {len(fields)} fields where {least} are needed")
        return fields

    def _number(self, text: str) -> float:
        try:
            value = float(text.replace("_", "x"))
        except ValueError:
            raise self._error(f"{text!r} is not a number") from None
        if not abs(value) < 1e15:
            raise self._error(f"{text} is no possible value")
        return value

    def _error(self, message: str) -> ConfigurationError:
        return ConfigurationError(message, f"{self._name}:{self._line}")
