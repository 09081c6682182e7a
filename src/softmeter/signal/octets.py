"""Files that are read as a whole."""

from typing import BinaryIO

from softmeter.errors import ConfigurationError

MAX_BYTES = 1 << 30


def octets_of(stream: BinaryIO, name: str) -> bytes:
    """Everything in a stream.

    Raises:
        ConfigurationError: it is too much.
    """
    octets = stream.read(MAX_BYTES + 1)
    if len(octets) > MAX_BYTES:
        raise ConfigurationError(f"larger than {MAX_BYTES >> 20} MiB", name)
    return octets
