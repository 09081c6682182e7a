"""Recordings as Apache Parquet: one column for each quantity (the extra `arrow`)."""

from typing import Any, BinaryIO

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.arrays import FACTS, Array, Arrays
from softmeter.signal.extra import extra_module
from softmeter.signal.table import MAX_ROWS


def read_parquet(stream: BinaryIO, name: str) -> Arrays:
    """The columns of an open file; facts are in its metadata, a column's unit in that of its field, under `unit`.

    Null is NaN. Times with a zone are UTC.

    Raises:
        ConfigurationError: it cannot be read, or holds too many rows.
    """
    arrow, parquet = extra_module("pyarrow", "arrow", name), extra_module("pyarrow.parquet", "arrow", name)
    broken = (arrow.ArrowException, OSError, ValueError)
    try:
        file = parquet.ParquetFile(stream)
        schema, rows = file.schema_arrow, file.metadata.num_rows
    except broken as error:
        raise ConfigurationError(f"is no readable Parquet file ({_line(error)})", name) from error
    if not 0 < rows <= MAX_ROWS:
        raise ConfigurationError(f"holds {rows} samples; 1 to {MAX_ROWS} are possible", name)

    def load(column: str) -> Array:
        try:
            return _values(arrow, file.read(columns=[column]).column(0).combine_chunks())
        except broken as error:
            raise ConfigurationError(f"column {column} cannot be read ({_line(error)})", name) from error

    units = {field.name: _texts(field.metadata)["unit"] for field in schema if "unit" in _texts(field.metadata)}
    said = _texts(schema.metadata)
    return Arrays(tuple(schema.names), load, units, {key: said[key] for key in FACTS if key in said})


def _values(arrow: Any, column: Any) -> Array:
    """A column as NumPy has it: numbers, datetime64 or texts; of other kinds an array of objects."""
    kind, types = column.type, arrow.types
    if types.is_timestamp(kind):
        values: Array = column.cast(arrow.timestamp("ns")).to_numpy(zero_copy_only=False)
        return values.astype("datetime64[ns]")
    if types.is_string(kind) or types.is_large_string(kind):
        return np.array(["" if text is None else text for text in column.to_pylist()], dtype=np.str_)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        numbers: Array = column.cast(arrow.float64()).to_numpy(zero_copy_only=False)
        return numbers
    return np.empty(len(column), dtype=object)


def _texts(metadata: dict[bytes, bytes] | None) -> dict[str, str]:
    return {key.decode("utf-8", "replace"): text.decode("utf-8", "replace") for key, text in (metadata or {}).items()}


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]
