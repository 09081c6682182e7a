"""The small TOML file beside a recording that says how it is laid out; `docs/recordings.md` describes it."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import BinaryIO

from softmeter.errors import ConfigurationError
from softmeter.signal.samples import Column

MAX_SIDECAR_BYTES = 1 << 20

_LINE_COLUMN = re.compile(r"\(at line (\d+), column (\d+)\)")
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The name a column has in the recording, and what one of its units is in ours."""

    name: str
    scale: float = 1.0


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
    columns: Mapping[Column, ColumnLayout] = field(default_factory=lambda: {c: ColumnLayout(c) for c in Column})
    explicit: bool = False
    """Whether every column named here must be there."""


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
            raise self.error(key, f"{value!r} is of the wrong type")
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
    document.finish("separator, decimal, missing, [time], [columns.*]")
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
    if not layouts:
        return Layout(separator, decimal, missing, time_columns, time_format, utc_offset)
    return Layout(separator, decimal, missing, time_columns, time_format, utc_offset, layouts, explicit=True)


def _columns(sections: _Section) -> dict[Column, ColumnLayout]:
    layouts = {}
    for key in sections.keys():  # noqa: SIM118  # a section is no dict
        if key not in set(Column):
            raise sections.error(key, f"is no measured quantity; known are {', '.join(Column)}")
        section = sections.section(key)
        name, scale = section.text("name", key), section.take("scale", (int, float), 1.0)
        section.finish("name, scale")
        factor = float(str(scale))
        if not factor or not math.isfinite(factor):
            raise section.error("scale", f"{scale} is no scale")
        layouts[Column(key)] = ColumnLayout(name, factor)
    return layouts


def _utc_offset(times: _Section) -> timedelta:
    text = times.text("utc_offset", "+00:00")
    match = _OFFSET.fullmatch(text)
    if not match or int(match[2]) > 15 or int(match[3]) > 59:
        raise times.error("utc_offset", f"{text!r} must be written like +01:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -offset if match[1] == "-" else offset
