"""Effective voltages of single cycles, refreshed every 10 ms: what sags and swells are told from (IEC 61000-4-30, 5.4).

Each value is that of one cycle at the measured frequency around the middle of its 10 ms. The integral of u² is
interpolated between samples, so a cycle need not hold a whole number of them and no zero crossing is looked for.
"""

import numpy as np

from softmeter.metrology.windows import BLOCKS, NOMINAL_HZ
from softmeter.signal.samples import Block, Floats

HALF_CYCLES = 100
"""In a second."""
POSSIBLE_HZ = (42.5, 57.5)

_MIDDLES = (np.arange(HALF_CYCLES) + 0.5) / HALF_CYCLES


def half_cycles(before: Block, this: Block, after: Block, frequency_hz: Floats, volts: float) -> Floats:
    """The 100 effective values of a second in volts, out of its samples and those beside it.

    `frequency_hz` is that of each fifth of the second; what cannot be is taken for 50 Hz. One count is `volts`.
    """
    rate = len(this)
    margin = rate // BLOCKS
    counts = np.concatenate([before.voltage[-margin:], this.voltage, after.voltage[:margin]]).astype(np.float64)
    counts *= counts
    integral = np.empty(len(counts) + 1)
    integral[0] = 0.0
    np.cumsum(counts, out=integral[1:])
    least, greatest = POSSIBLE_HZ
    possible = (frequency_hz >= least) & (frequency_hz <= greatest)
    half = np.repeat(0.5 * rate / np.where(possible, frequency_hz, NOMINAL_HZ), HALF_CYCLES // len(frequency_hz))
    middles = margin + _MIDDLES * rate
    begins, ends = _interpolated(integral, np.stack([middles - half, middles + half]))
    effective: Floats = volts * np.sqrt(np.maximum(ends - begins, 0.0) / (2 * half))
    return effective


def _interpolated(values: Floats, places: Floats) -> Floats:
    """Growing `values` between their indices, by cubics through four neighbours, where those do not swing beyond."""
    first = places.astype(np.int64)
    x = places - first
    low, high = values[first], values[first + 1]
    early, late, later = x + 1, x - 1, x - 2
    between = (late * later) * (3 * early * low - x * values[first - 1])
    between += (early * x) * (late * values[first + 2] - 3 * later * high)
    inside: Floats = np.clip(between / 6, low, high)
    return inside
