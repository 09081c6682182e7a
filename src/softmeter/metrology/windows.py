"""The windows in which waveforms are measured: smooth edges, so that no zero crossing has to be found.

A window that begins and ends abruptly leaks: where mains cycles do not fit it, power ripples by a thousandth. Here
every 200 ms window is a rectangle whose edges are Kaiser ramps. Neighbours overlap and add up to one, so windows leave
no gap, five of them are the window of a second, and what a load takes is counted once wherever it is switched.

Everything is computed in blocks of 40 ms: two cycles of 50 Hz, and a whole number of samples at every possible rate.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from softmeter.signal.samples import Floats, rate_checked

Complexes = npt.NDArray[np.complex128]

BLOCKS = 25
"""Blocks of a second."""
WINDOWS = 5
"""Windows of 200 ms in a second, of as many blocks each."""
BLOCK_S = 1 / BLOCKS
NOMINAL_HZ = 50.0

PARTS = 5
"""Blocks under the kernel of one phasor."""
EARLY, LATE, ALL = 0, 1, 2
"""Columns of `Windows.ramps`: weights 0 to 1/2 (before an edge), 1/2 to 1 (after it), and 1."""

_RAMP_SHAPE = 11.0
"""Kaiser's beta of the 80 ms ramps: below 4e-6 from 45 Hz on, where a direct current beats with the voltage."""
_KERNEL_SHAPE = 14.0
"""That of the 160 ms kernel of phasors: below 2e-7 from 29 Hz on; the nearest harmonic is 45 Hz away."""
_LARGEST_OFFSET_HZ = 12.5
"""Phasors 40 ms apart tell frequencies up to this far from 50 Hz."""
_TERMS = 12


class Windows(NamedTuple):
    """Weights for one sample rate; n is the number of samples of a block."""

    rate_hz: int
    ramps: Floats
    """Shape (n, 3)."""
    carriers: Floats
    """Shape (n, 2 PARTS): kernel times cosine and minus sine of 50 Hz, part by part."""
    gain: Floats
    """Coefficients of ln(G²) over (offset / 12.5 Hz)², G being what the kernel leaves of a voltage off 50 Hz."""

    @property
    def block(self) -> int:
        """Samples of a block."""
        return self.rate_hz // BLOCKS

    def gain_squared(self, frequency_hz: Floats) -> Floats:
        """What the kernel leaves of a product of two phasors at a frequency from 37.5 to 62.5 Hz."""
        offset = (frequency_hz - NOMINAL_HZ) / _LARGEST_OFFSET_HZ
        gain: Floats = np.exp(np.polyval(self.gain, np.minimum(offset * offset, 1.0)))
        return gain


def windows(rate_hz: int) -> Windows:
    """The weights for a sample rate.

    Raises:
        ValueError: no such rate is possible.
    """
    block = rate_checked(rate_hz) // BLOCKS
    edge = np.kaiser(2 * block + 1, _RAMP_SHAPE)
    rising = np.convolve(np.ones(5 * block), edge / edge.sum())[: 2 * block]
    ramps = np.stack([rising[:block], rising[block:], np.ones(block)], axis=1)
    shape = np.kaiser((PARTS - 1) * block + 1, _KERNEL_SHAPE)
    kernel = np.convolve(np.ones(block), shape / shape.sum())
    turns = NOMINAL_HZ * (np.arange(block) + 0.5) / rate_hz
    carrier = np.stack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)], axis=1)
    parts = kernel.reshape(PARTS, block).T
    carriers = (parts[:, :, None] * carrier[:, None, :]).reshape(block, 2 * PARTS)
    return Windows(rate_hz, ramps, carriers, _gain(kernel, rate_hz))


def _gain(kernel: Floats, rate_hz: int) -> Floats:
    """The logarithm of the kernel's squared response as a polynomial, fitted at Chebyshev's points."""
    points = np.cos(np.pi * (np.arange(4 * _TERMS) + 0.5) / (4 * _TERMS)) / 2 + 0.5
    times = (np.arange(len(kernel)) - (len(kernel) - 1) / 2) / rate_hz
    offsets = np.sqrt(points) * _LARGEST_OFFSET_HZ
    response = np.cos(2 * np.pi * offsets[:, None] * times) @ kernel / (rate_hz // BLOCKS)
    fitted: Floats = np.polyfit(points, 2 * np.log(response), _TERMS)
    return fitted
