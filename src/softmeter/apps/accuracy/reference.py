"""Reference values for a recording: from a TOML, JSON or CSV file, or as options."""

import csv
import io
import json
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from softmeter.apps.accuracy.comparison import QUANTITIES
from softmeter.errors import ConfigurationError

SUFFIXES = (".reference.toml", ".reference.json", ".reference.csv")
"""Of what lies beside a recording."""
MAX_BYTES = 1 << 24
FIELDS = ("quantity", "value", "from", "to", "limit")


class Reference(NamedTuple):
    """What somebody else measured in whole seconds `begin` to `end` of a recording; None: from or to its end."""

    quantity: str
    value: float
    begin: int | None = None
    end: int | None = None
    limit: float | None = None
    """Greatest error, %."""


def references(recording: str, given: Path | None, values: Sequence[str]) -> list[Reference]:
    """The values of the file named or found beside the recording, and those of options.

    Raises:
        ConfigurationError: no values at all, or one that cannot be; with file and place.
    """
    found = [_option(text) for text in values]
    path = given or next(
        (place for place in (Path(recording + suffix) for suffix in SUFFIXES) if place.is_file()), None
    )
    if path is not None:
        found += _file(path)
    if not found:
        example = f"active_import_wh=12.34, or a file {Path(recording).name}{SUFFIXES[0]} beside it"
        raise ConfigurationError(f"there are no reference values; give --value {example}", recording)
    return found


def _option(text: str) -> Reference:
    quantity, equals, value = text.partition("=")
    if not equals:
        raise ConfigurationError(f"{text!r} says no value; write it like active_import_wh=12.34", "--value")
    return _reference({"quantity": quantity.strip(), "value": value}, "--value")


def _file(path: Path) -> list[Reference]:
    read = {".toml": _toml, ".json": _json, ".csv": _csv}.get(path.suffix.lower())
    if read is None:
        raise ConfigurationError("reference values are read from .toml, .json or .csv", str(path))
    try:
        with path.open("rb") as stream:
            octets = stream.read(MAX_BYTES + 1)
        text = octets.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror or error}", str(path)) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"is not UTF-8 at octet {error.start}", str(path)) from None
    if len(octets) > MAX_BYTES:
        raise ConfigurationError(f"larger than {MAX_BYTES >> 20} MiB", str(path))
    return read(text, str(path))


def _toml(text: str, where: str) -> list[Reference]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(str(error), where) from None
    return _listed(document, where, "[[reference]] tables")


def _json(text: str, where: str) -> list[Reference]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(error.msg, f"{where}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise ConfigurationError("nested far too deep", where) from None
    return _listed(document, where, 'a list "reference"')


def _listed(document: object, where: str, form: str) -> list[Reference]:
    rows = document.get("reference") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(f"needs {form}, each with quantity and value", where)
    for key in document if isinstance(document, dict) else ():
        if key != "reference":
            raise ConfigurationError(f"{key!r} is not known; known is reference", where)
    return [_reference(row, f"{where}: reference {number}") for number, row in enumerate(rows, 1)]


def _csv(text: str, where: str) -> list[Reference]:
    rows = csv.DictReader(io.StringIO(text), restkey="", strict=True)
    try:
        header = [name.strip() for name in rows.fieldnames or ()]
        rows.fieldnames = header
        _known(header, f"{where}:1")
        if not {"quantity", "value"} <= set(header):
            raise ConfigurationError("its first line must name the columns quantity and value", f"{where}:1")
        found = []
        for row in rows:
            if "" in row:
                raise ConfigurationError("has more fields than the first line", f"{where}:{rows.line_num}")
            filled = {key: value.strip() for key, value in row.items() if value and value.strip()}
            found.append(_reference(filled, f"{where}:{rows.line_num}"))
    except csv.Error as error:
        raise ConfigurationError(str(error), f"{where}:{rows.line_num}") from None
    if not found:
        raise ConfigurationError("holds no value", where)
    return found


def _known(keys: Iterable[str], where: str) -> None:
    for key in keys:
        if key not in FIELDS:
            raise ConfigurationError(f"{key!r} is not known; known are {', '.join(FIELDS)}", where)


def _reference(row: Mapping[str, object], where: str) -> Reference:
    _known(row, where)
    quantity = str(row.get("quantity", ""))
    if quantity not in QUANTITIES:
        raise ConfigurationError(f"{quantity!r} is no quantity; known are {', '.join(QUANTITIES)}", where)
    value, begin, end, limit = (_number(row, key, where) for key in FIELDS[1:])
    if value is None:
        raise ConfigurationError(f"{quantity} says no value", where)
    if limit is not None and limit < 0:
        raise ConfigurationError(f"limit {limit:g} is below zero", where)
    first, last = (_second(number, where) for number in (begin, end))
    if last is not None and last <= (first or 0):
        raise ConfigurationError(f"{quantity}: to {last} is not after from {first or 0}", where)
    return Reference(quantity, value, first, last, limit)


def _number(row: Mapping[str, object], key: str, where: str) -> float | None:
    given = row.get(key)
    if given is None:
        return None
    try:
        number = float(str(given)) if not isinstance(given, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigurationError(f"{key} {given!r} is not a number", where)
    return number


def _second(number: float | None, where: str) -> int | None:
    if number is None:
        return None
    if not number.is_integer() or number < 0:
        raise ConfigurationError(f"{number:g} s: from and to are whole seconds from the begin of the recording", where)
    return int(number)
