"""The rows of a profile in a Parquet file, where the extra `arrow` is installed."""

import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from softmeter.apps.smartset.buffer import Row
from softmeter.apps.smartset.columns import Column
from softmeter.apps.smartset.out_files import replaces
from softmeter.clock import DateTime
from softmeter.dlms.buffers import Column as Cells
from softmeter.dlms.buffers import decode_times
from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import write_whole
from softmeter.wire.types import Data, Tag

_TIME_OCTETS = 12
_NO_TIME = DateTime().encode()

Write = Callable[[Sequence[Column], Sequence[Row]], None]


def parquet_writer(path: Path) -> Write:
    """What writes rows to a file.

    Raises:
        ConfigurationError: the extra is not installed, or the file cannot be written.
    """
    try:
        import pyarrow.parquet as pq

        from softmeter.dlms.tables import Heading, table
    except ImportError:
        raise ConfigurationError("needs the extra arrow: pip install 'softmeter[arrow]'", "--parquet") from None
    replaced = replaces(path, "Parquet file", (b"PAR1",))

    def write(columns: Sequence[Column], rows: Sequence[Row]) -> None:
        headings = [
            Heading(one.name, one.captures, one.scaler if one.unit or one.scaler else None, one.unit) for one in columns
        ]
        cells = [_cells(one, [row[at] for row in rows]) for at, one in enumerate(columns)]
        content = io.BytesIO()
        pq.write_table(table(headings, cells), content)
        try:
            write_whole(path, content.getvalue())
        except OSError as error:
            raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None
        if replaced:
            print(f"{path}: the file that was there is replaced", file=sys.stderr)

    return write


def _cells(column: Column, cells: Sequence[Data]) -> Cells:
    """The values of a column; its type is that of the first which has one."""
    if column.is_time:
        octets = [cell.value if _is_time(cell) else _NO_TIME for cell in cells]
        wide = np.frombuffer(b"".join(octets), np.uint8).reshape(-1, _TIME_OCTETS)
        return Cells(Tag.OCTET_STRING, decode_times(wide))
    kind = next((cell.type for cell in cells if cell.type is not Tag.NULL), Tag.NULL)
    return Cells(kind, np.fromiter((cell.value for cell in cells), object, len(cells)))


def _is_time(cell: Data) -> bool:
    return isinstance(cell.value, bytes) and len(cell.value) == _TIME_OCTETS
