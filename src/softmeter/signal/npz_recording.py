"""Recordings as NumPy archives (.npz): one array for each column; nothing is unpickled."""

import tokenize
import zipfile
import zlib
from typing import BinaryIO

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.arrays import FACTS, Arrays

MAX_UNPACKED_BYTES = 2 << 30

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    OSError,
    EOFError,
    KeyError,
    RuntimeError,  # encrypted members
    MemoryError,  # a header that claims more than there is
    OverflowError,
    SyntaxError,  # a header that is no Python literal
    tokenize.TokenError,
    TypeError,  # a header with something else than numbers as its shape
)
"""What the standard library and NumPy raise for a damaged archive."""


def read_npz(stream: BinaryIO, name: str) -> Arrays:
    """The arrays of an open archive; those that hold one value and have the name of a fact are facts.

    Raises:
        ConfigurationError: it cannot be read, or holds Python objects.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ConfigurationError(f"unpacks to {unpacked} octets; {MAX_UNPACKED_BYTES} are possible", name)
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except _UNREADABLE as error:
        raise ConfigurationError(f"is no readable NPZ archive ({error})", name) from error
    for key, one in arrays.items():
        if not isinstance(one, np.ndarray):  # what is not called .npy is handed out as it is
            raise ConfigurationError(f"{key} is no array", name)
    facts = {key: arrays.pop(key).reshape(-1)[0] for key in FACTS if key in arrays and arrays[key].size == 1}
    return Arrays(tuple(arrays), arrays.__getitem__, facts=facts)
