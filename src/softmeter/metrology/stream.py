"""Samples as a converter delivers them, in blocks of any length, made measurements of whole seconds."""

import numpy as np

from softmeter.metrology.metering import Counted
from softmeter.metrology.second import Cell, cell
from softmeter.metrology.windows import windows
from softmeter.signal.samples import Block, Counts, Measurements, Scale


class Stream:
    """Takes blocks and gives seconds; how the samples are divided into blocks changes nothing.

    A second is complete when the one after it is, for its windows reach into it. Before the first second there was
    neither voltage nor current, and so it is after `finish`.
    """

    def __init__(self, rate_hz: int, scale: Scale, first_second: int, *, with_harmonics: bool = False) -> None:
        self._windows = windows(rate_hz)
        self._counted = Counted(self._windows, scale, with_harmonics=with_harmonics)
        self._next = first_second * rate_hz
        self._parts: list[Block] = []
        nothing = np.zeros(rate_hz, dtype=np.int32)
        self._silence = cell(Block(0, nothing, nothing), self._windows)
        self._cells: list[Cell] = [self._silence]

    @property
    def findings(self) -> tuple[str, ...]:
        """What was noticed, a line each."""
        return self._counted.findings

    def add(self, block: Block) -> list[Measurements]:
        """The seconds that this block completes.

        Raises:
            ValueError: the block does not begin where the one before it ended.
        """
        if block.first_sample != self._next:
            raise ValueError(f"sample {block.first_sample} cannot follow: the next one is {self._next}")
        rate, begin, complete = self._windows.rate_hz, 0, []
        while begin < len(block):
            count = min(rate - self._next % rate, len(block) - begin)
            self._parts.append(Block(self._next, *(channel[begin : begin + count] for channel in block[1:])))
            self._next += count
            begin += count
            if self._next % rate == 0:
                complete += self._complete(cell(self._whole(), self._windows))
        return complete

    def finish(self) -> list[Measurements]:
        """The last whole second; samples of a second that was not completed are dropped."""
        self._parts.clear()
        self._next -= self._next % self._windows.rate_hz
        complete = self._complete(self._silence)
        self._cells = [self._silence]
        return complete

    def _whole(self) -> Block:
        parts, self._parts = self._parts, []
        channels: list[Counts] = [np.concatenate(pieces) for pieces in zip(*(part[1:] for part in parts), strict=True)]
        return Block(parts[0].first_sample, *channels)

    def _complete(self, after: Cell) -> list[Measurements]:
        self._cells = [*self._cells[-2:], after]
        if len(self._cells) < 3:
            return []
        ended = self._next // self._windows.rate_hz - (2 if after is not self._silence else 1)
        return [self._counted.second(ended, *self._cells)]
