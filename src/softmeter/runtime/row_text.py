"""Rows as people read them: the fields of a record by name, in JSON, beside its octets in the state file."""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from softmeter.clock import STAMP, Stamp
from softmeter.persistent import Rows

Convert = Callable[[Any], Any]


def fields(dtype: np.dtype[Any]) -> str:
    """The layout of a record as JSON: names with NumPy type codes, nested where the record is."""
    return json.dumps(dtype.descr)


@lru_cache(maxsize=256)
def layout(text: str) -> np.dtype[Any]:
    """The type that `fields` wrote down.

    Raises:
        ValueError, TypeError: `text` is no such layout.
    """
    return np.dtype(_descriptor(json.loads(text)))


def takes_over(dtype: np.dtype[Any], stored: np.dtype[Any]) -> bool:
    """Whether rows of `dtype` can be those that were stored with a layout: the same fields, in no more octets."""
    return stored.names == dtype.names and np.can_cast(stored, dtype, "safe")


def texts(rows: Rows) -> Iterator[tuple[str | None, str]]:
    """Per row: its first time stamp in ISO 8601 (None where it has none), and all its fields as a JSON object."""
    columns, stamp = _columns(rows.dtype)
    for row in rows.tolist():
        named = {name: convert(value) for (name, convert), value in zip(columns, row, strict=True)}
        yield named.get(stamp), json.dumps(named)


def _descriptor(described: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (name, _descriptor(kind) if isinstance(kind, list) else kind, *map(tuple, shape))
        for name, kind, *shape in described
    ]


@lru_cache(maxsize=256)
def _columns(dtype: np.dtype[Any]) -> tuple[list[tuple[str, Convert]], str]:
    named = {name: dtype[name] for name in dtype.names or ()}
    stamp = next((name for name, kind in named.items() if kind == STAMP), "")
    return [(name, _converter(kind)) for name, kind in named.items()], stamp


def _converter(kind: np.dtype[Any]) -> Convert:
    if kind == STAMP:
        return _stamp_text
    if kind.names is not None:
        columns, _ = _columns(kind)
        return lambda row: {name: convert(value) for (name, convert), value in zip(columns, row, strict=True)}
    if kind.kind in "SV" and kind.subdtype is None:
        return _octets_text
    if kind.subdtype is not None:
        return lambda values: bytes(values).hex() if kind.base == np.uint8 else np.asarray(values).tolist()
    return _plain


def _stamp_text(stamp: tuple[int, int]) -> str:
    return Stamp(*stamp).date_time.iso()


def _octets_text(octets: bytes) -> str:
    return bytes(octets).hex()


def _plain(value: object) -> object:
    return value
