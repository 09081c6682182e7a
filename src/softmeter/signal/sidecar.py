"""The small TOML file beside a recording that says how it is laid out; `docs/recordings.md` describes it."""

import math
import re
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.instant import Instant, parse_instant
from softmeter.signal.samples import Column
from softmeter.signal.unit import factor_to

MAX_SIDECAR_BYTES = 1 << 20

MISSING_HINT = "; name it under `missing` in the sidecar to do without it"
"""What helps where a value is none."""

_LINE_COLUMN = re.compile(r"\(at line (\d+), column (\d+)\)")
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")
_RATE = re.compile(r"\d{1,9}(\.\d{1,20})?(e[+-]?\d{1,2})?(/[1-9]\d{0,8})?")


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The name a column has in the recording, and what one of its units is in ours."""

    name: str
    scale: float = 1.0
    unit: str = ""
    """Where the sidecar says one; `scale` holds it already."""


class Sampling(NamedTuple):
    """What a sidecar says of waveforms; None: the file says it."""

    rate_hz: Fraction | None = None
    start: Instant | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a recording is laid out; the defaults are what it has without a sidecar.

    `separator`: None: found from the header. `time_columns`: joined by a space before they are read. `time_format`:
    "iso", "seconds", a pattern of `%Y %y %m %d %H %M %S %f`, or None: seconds where the first is a number, else iso.
    `utc_offset`: of times that bear none. `missing`: what stands for "no value", which holds the one before.
    """

    separator: str | None = None
    decimal: str = "."
    missing: frozenset[str] = frozenset()
    time_columns: tuple[str, ...] = ("time",)
    time_format: str | None = None
    utc_offset: timedelta = timedelta(0)
    columns: Mapping[Column, ColumnLayout] = field(default_factory=lambda: {c: ColumnLayout(c.value) for c in Column})
    explicit: bool = False
    """Whether every column named here must be there."""
    waveform: Sampling | None = None
    """Whether the values are said to be samples of voltage and current, not means."""

    @property
    def holds_missing(self) -> bool:
        """Whether NaN and null stand for "no value"."""
        return not self.missing.isdisjoint({"nan", "NaN"})


def read_layout(stream: BinaryIO, name: str) -> Layout:
    """The layout that the sidecar `name` describes.

    Raises:
        ConfigurationError: no TOML, an unknown key, or a value of the wrong type.
    """
    octets = stream.read(MAX_SIDECAR_BYTES + 1)
    if len(octets) > MAX_SIDECAR_BYTES:
        raise ConfigurationError("is no sidecar: larger than 1 MiB", name)
    try:
        document = tomllib.loads(octets.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _LINE_COLUMN.search(message)
        where = f"{name}:{place[1]}:{place[2]}" if place else name
        raise ConfigurationError(_LINE_COLUMN.sub("", message).strip(), where) from None
    except RecursionError:
        raise ConfigurationError("is no sidecar: nested far too deep", name) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"is not UTF-8 at octet {error.start}", name) from None
    return _layout(_Section(document, name, ""))


class _Section:
    """A TOML table whose values are taken by type; what is left over is unknown."""

    def __init__(self, values: dict[str, object], where: str, path: str) -> None:
        self._values = dict(values)
        self.where, self._path = where, path

    def take(self, key: str, kind: type | tuple[type, ...], default: object = None) -> object:
        value = self._values.pop(key, default)
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            raise self.error(key, f"{reprlib.repr(value)} is of the wrong type")
        return value

    def text(self, key: str, default: str) -> str:
        return str(self.take(key, str, default))

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        values = self.take(key, list, default)
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
            raise self.error(key, "must be a list of texts")
        return tuple(values)

    def section(self, key: str) -> "_Section":
        values = self.take(key, dict, {})
        return _Section(values if isinstance(values, dict) else {}, self.where, f"{self._path}{key}.")

    def error(self, key: str, message: str) -> ConfigurationError:
        return ConfigurationError(f"{self._path}{key}: {message}", self.where)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._values)

    def finish(self, known: str) -> None:
        for key in self._values:
            raise self.error(key, f"is not known here; known are {known}")


def _layout(document: _Section) -> Layout:
    separator = document.text("separator", "") or None
    decimal = document.text("decimal", ".")
    missing = frozenset(document.texts("missing", ()))
    times, columns = document.section("time"), document.section("columns")
    said = "waveform" in document.keys()  # noqa: SIM118  # a section is no dict
    waveform = _sampling(document.section("waveform")) if said else None
    document.finish("separator, decimal, missing, [time], [waveform], [columns.*]")
    if separator is not None and len(separator) != 1:
        raise document.error("separator", f"{separator!r} must be one character")
    if decimal not in {".", ","} or decimal == separator:
        raise document.error("decimal", f"{decimal!r} must be a point or a comma, and not the separator")
    time_columns = times.texts("columns", ("time",))
    time_format = times.text("format", "") or None
    utc_offset = _utc_offset(times)
    times.finish("columns, format, utc_offset")
    if not time_columns:
        raise times.error("columns", "names no column")
    layouts = _columns(columns)
    layout = Layout(separator, decimal, missing, time_columns, time_format, utc_offset, waveform=waveform)
    return replace(layout, columns=layouts, explicit=True) if layouts else layout


def _sampling(section: _Section) -> Sampling:
    rate, start = section.take("rate_hz", (int, float, str)), section.text("start", "")
    section.finish("rate_hz, start")
    try:
        begin = parse_instant(start) if start else None
    except ConfigurationError as error:
        raise section.error("start", str(error)) from None
    try:
        return Sampling(None if rate is None else sample_rate(str(rate)), begin)
    except ValueError as error:
        raise section.error("rate_hz", str(error)) from None


def sample_rate(text: str) -> Fraction:
    """Samples per second, written as a number or a fraction such as 15625/2.

    Raises:
        ValueError: no such number.
    """
    if _RATE.fullmatch(text.strip()) is None:
        raise ValueError(f"{text!r} is no number of samples per second")
    whole, _, parts = text.partition("/")
    return Fraction(whole) / Fraction(parts or 1)


def _columns(sections: _Section) -> dict[Column, ColumnLayout]:
    layouts = {}
    for key in sections.keys():  # noqa: SIM118  # a section is no dict
        if key not in set(Column):
            raise sections.error(key, f"is no measured quantity; known are {', '.join(Column)}")
        section = sections.section(key)
        name, scale = section.text("name", key), section.take("scale", (int, float), 1.0)
        unit = section.text("unit", "")
        section.finish("name, scale, unit")
        factor = float(str(scale))
        if not factor or not math.isfinite(factor):
            raise section.error("scale", f"{scale} is no scale")
        factor *= factor_to(Column(key), unit, section.where) if unit else 1.0
        layouts[Column(key)] = ColumnLayout(name, factor, unit)
    return layouts


def _utc_offset(times: _Section) -> timedelta:
    text = times.text("utc_offset", "+00:00")
    match = _OFFSET.fullmatch(text)
    if not match or int(match[2]) > 15 or int(match[3]) > 59:
        raise times.error("utc_offset", f"{text!r} must be written like +01:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -offset if match[1] == "-" else offset
