"""Chance as a function: numbers that depend on a seed, a stream and a counter, never on what was drawn before.

The mixing is that of SplitMix64 (Steele, Lea, Flood 2014), used with a counter instead of a state.
"""

import numpy as np
import numpy.typing as npt

from softmeter.signal.samples import Floats, Integers

Words = npt.NDArray[np.uint64]

_MASK = 2**64 - 1
_STEP = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def words(seed: int, stream: int, counters: Integers) -> Words:
    """A random 64-bit word for each counter."""
    mixed = counters.astype(np.uint64) * np.uint64(_STEP)
    mixed += np.uint64(_key(seed, stream))
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(_FIRST)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(_SECOND)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def uniform(seed: int, stream: int, counters: Integers) -> Floats:
    """A random number in [0, 1) for each counter."""
    return (words(seed, stream, counters) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def lanes(mixed: Words) -> Floats:
    """Four coarser numbers in [0, 1), multiples of 1/65536, out of each word: shape (4, n)."""
    parts = mixed.astype("<u8", copy=False).view("<u2").reshape(-1, 4)
    return parts.T.astype(np.float64) * 2.0**-16


def smooth(seed: int, stream: int, step: int, counters: Integers) -> Floats:
    """Random numbers in [0, 1) at the multiples of `step`, joined by straight lines in between."""
    cells = counters // step
    nodes = uniform(seed, stream, np.arange(cells[0], cells[-1] + 2))
    at = cells - cells[0]
    fractions = (counters - cells * step).astype(np.float64) / step
    values: Floats = nodes[at] + (nodes[at + 1] - nodes[at]) * fractions
    return values


def _key(seed: int, stream: int) -> int:
    """Where the counters of a stream begin: seed and stream mixed like any word, in Python's integers."""
    mixed = (seed + stream * _STEP) & _MASK
    for factor, shift in ((_FIRST, 30), (_SECOND, 27), (1, 31)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & _MASK
    return mixed
