"""Measurements made ahead: for sources that make many seconds far cheaper than many times one."""

from dataclasses import fields
from typing import Any

from softmeter.signal.loads import Loads, ShapedSource
from softmeter.signal.samples import Measurements, Source, joined

BLOCK_S = 21_600
"""A quarter of a day: arrays long enough to pay, and short enough for the processor's cache."""


LOADS_S = 900
"""The same for loads told apart, which are many times as much."""


class Prefetched:
    """A source that keeps the last block it made. As sources are pure functions, nobody sees a difference."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._block: Measurements | None = None

    @property
    def findings(self) -> tuple[str, ...]:
        return self._source.findings

    def measurements(self, first_second: int, count: int) -> Measurements:
        """What the source gives."""
        if count >= BLOCK_S:
            return self._source.measurements(first_second, count)
        pieces = []
        begin, end = first_second, first_second + count
        while begin < end:
            block = self._containing(begin)
            stop = min(end, block.first_second + BLOCK_S)
            pieces.append(_part(block, begin, stop))
            begin = stop
        return joined(pieces) if pieces else self._source.measurements(first_second, 0)

    def _containing(self, second: int) -> Measurements:
        first = second // BLOCK_S * BLOCK_S
        if self._block is None or self._block.first_second != first:
            self._block = self._source.measurements(first, BLOCK_S)
        return self._block


class PrefetchedLoads(Prefetched):
    """The same with a source that tells its loads by their shape."""

    def __init__(self, source: ShapedSource) -> None:
        super().__init__(source)
        self._shaped = source
        self._first = 0
        self._loads: Loads | None = None

    def loads(self, first_second: int, count: int) -> Loads:
        """What the source tells."""
        first = first_second // LOADS_S * LOADS_S
        begin = first_second - first
        if begin + count > LOADS_S:
            return self._shaped.loads(first_second, count)
        if self._loads is None or self._first != first:
            self._first, self._loads = first, self._shaped.loads(first, LOADS_S)
        return Loads(*(powers[:, begin : begin + count] for powers in self._loads))


_COLUMNS = [field.name for field in fields(Measurements)[1:]]


def _part(block: Measurements, begin: int, end: int) -> Measurements:
    chosen = slice(begin - block.first_second, end - block.first_second)
    columns = {name: getattr(block, name) for name in _COLUMNS}
    parts: dict[str, Any] = {name: None if column is None else column[chosen] for name, column in columns.items()}
    return Measurements(begin, **parts)
