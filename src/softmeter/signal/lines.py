"""Lines of text files of any length, in blocks."""

from collections.abc import Iterator
from typing import BinaryIO

from softmeter.errors import ConfigurationError
from softmeter.signal.octets import MAX_BYTES

_BLOCK_BYTES = 1 << 20
_MAX_LINE_BYTES = 1 << 16


def line_blocks(stream: BinaryIO, name: str) -> Iterator[tuple[list[str], bool]]:
    """The lines of a stream, without their ends, in lists of about a megabyte; trailing empty lines dropped.

    With each list, whether its last line had an end.

    Raises:
        ConfigurationError: too long a file or a line, or no UTF-8.
    """
    rest, line, total, empty = b"", 1, 0, 0
    while True:
        read = stream.read(_BLOCK_BYTES)
        total += len(read)
        if total > MAX_BYTES:
            raise ConfigurationError(f"larger than {MAX_BYTES >> 20} MiB", name)
        complete, newline, rest = (rest + read).rpartition(b"\n") if read else (rest, b"", b"")
        if len(rest) > _MAX_LINE_BYTES:
            raise ConfigurationError(f"a line longer than {_MAX_LINE_BYTES} octets", f"{name}:{line}:1")
        if complete or newline:
            lines = _decoded(complete, name, line).split("\n")
            line += len(lines)
            lines = [text.removesuffix("\r") for text in lines]
            if empty and any(lines):
                lines.insert(0, "")  # one of them is enough to be refused by its number
                empty = 0
            while lines and not lines[-1]:
                lines.pop()
                empty += 1
            yield lines, bool(read)
        if not read:
            return


def _decoded(octets: bytes, name: str, line: int) -> str:
    try:
        return octets.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        at = line + octets.count(b"\n", 0, error.start)
        raise ConfigurationError(f"octet 0x{octets[error.start]:02X} is no UTF-8 text", f"{name}:{at}:1") from None
