"""Any span of samples out of whole seconds, so that a source only ever makes whole seconds."""

from collections.abc import Callable

import numpy as np

from softmeter.signal.samples import Block

_KEPT = 4


class Slices:
    """Cuts spans out of the seconds that `make` makes.

    A second is always made as a whole: the last bit of a sine can depend on how many are computed at once.
    """

    def __init__(self, rate_hz: int, make: Callable[[int], Block]) -> None:
        self._rate_hz, self._make = rate_hz, make
        self._known: dict[int, Block] = {}

    def samples(self, first: int, count: int) -> Block:
        """`count` samples from absolute index `first`."""
        if count <= 0:
            nothing = np.empty(0, dtype=np.int32)
            return Block(first, nothing, nothing)
        rate = self._rate_hz
        if count == rate and first % rate == 0:
            return self._second(first // rate)
        seconds = range(first // rate, (first + count - 1) // rate + 1)
        whole = [self._second(second) for second in seconds]
        skipped = first % rate
        voltage, current = (
            np.concatenate([block[channel] for block in whole])[skipped : skipped + count] for channel in (1, 2)
        )
        return Block(first, voltage, current)

    def _second(self, second: int) -> Block:
        known = self._known.get(second)
        if known is None:
            known = self._known[second] = self._make(second)
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        return known
