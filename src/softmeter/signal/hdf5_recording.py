"""Recordings as HDF5: one dataset for each quantity (the extra `hdf5`)."""

from typing import Any, BinaryIO

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.arrays import FACTS, Array, Arrays
from softmeter.signal.extra import extra_module
from softmeter.signal.table import MAX_ROWS

_MOST_OBJECTS = 10_000
_BROKEN = (OSError, LookupError, RuntimeError, ValueError, TypeError, ArithmeticError, MemoryError)
"""What h5py raises for damaged files."""


def read_hdf5(stream: BinaryIO, name: str) -> Arrays:
    """The datasets of an open file by their path, such as `house/voltage`.

    Facts are attributes of the file or of its datasets, a dataset's unit its attribute `unit` or `units`. Links to
    other files are not followed.

    Raises:
        ConfigurationError: it cannot be read.
    """
    h5py = extra_module("h5py", "hdf5", name)
    try:
        file = h5py.File(stream, "r")
        found = _datasets(h5py, file)
        units = {path: str(_attribute(found[path], "unit", "units") or "") for path in found}
        facts = {key: _attribute(holder, key) for key in FACTS for holder in (*found.values(), file)}
    except _BROKEN as error:
        raise ConfigurationError(f"is no readable HDF5 file ({error})", name) from error

    def load(path: str) -> Array:
        dataset = found[path]
        if dataset.external or dataset.is_virtual:
            raise ConfigurationError(f"dataset {path} has its values in another file", name)
        if dataset.size is None or dataset.size > MAX_ROWS:
            raise ConfigurationError(f"dataset {path} holds {dataset.size} values; {MAX_ROWS} are possible", name)
        try:
            text = h5py.check_string_dtype(dataset.dtype) is not None
            return np.array(dataset.asstr()[()], dtype=np.str_) if text else np.asarray(dataset[()])
        except _BROKEN as error:
            raise ConfigurationError(f"dataset {path} cannot be read ({error})", name) from error

    return Arrays(tuple(found), load, units, {key: said for key, said in facts.items() if said is not None})


def _datasets(h5py: Any, file: Any) -> dict[str, Any]:
    """The datasets of all groups, without what is linked from elsewhere."""
    found: dict[str, Any] = {}
    seen = 0

    def visit(path: str | bytes, kind: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > _MOST_OBJECTS:
            raise ValueError(f"more than {_MOST_OBJECTS} objects")
        if isinstance(kind, h5py.Dataset):
            found[path.decode("utf-8", "replace") if isinstance(path, bytes) else path] = kind

    file.visititems(visit)
    return found


def _attribute(holder: Any, *names: str) -> object:
    """The first of these attributes that there is, as a text or a number."""
    for name in names:
        if name in holder.attrs:
            value = np.asarray(holder.attrs[name]).reshape(-1)
            if value.size == 1:
                said: object = value[0]
                return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return None
