"""Harmonics of voltage and current over ten cycles of the mains (IEC 61000-4-7, 5.5; IEC 61000-4-30, 5.8).

Five windows a second, each exactly ten cycles of the measured frequency long: spectral lines then lie 5 Hz apart at
50 Hz, and those beside a harmonic are grouped with it (harmonic subgroups). A window need not hold a whole number of
samples: its edges are softened over a few of them, and the lines are evaluated at their own frequencies (chirp
z-transform).
"""

from functools import lru_cache

import numpy as np

from softmeter.metrology.half_cycles import POSSIBLE_HZ
from softmeter.metrology.windows import WINDOWS, Complexes
from softmeter.signal.samples import Block, Floats, Scale

HIGHEST_ORDER = 40
CYCLES = 10
"""Of a window; spectral lines are the mains frequency divided by this apart."""

_EDGE = 12
"""Samples by which an edge reaches to each side: a rectangle's spectrum is zero at all other lines, a softened one's
also where sampling folds it back."""
_RISE = np.polynomial.Polynomial([0, 315, 0, -420, 0, 378, 0, -180, 0, 35]) / 256 + 0.5
"""The integral of (1 - x²)⁴, from 0 at -1 to 1 at 1."""


def orders(rate_hz: int) -> int:
    """How many orders can be told at a sample rate: the highest one's group lies below half of it at 57.5 Hz."""
    return min(HIGHEST_ORDER, int(rate_hz / 2 / POSSIBLE_HZ[1] - 1 / CYCLES))


def harmonics(second: Block, frequency_hz: Floats, scale: Scale) -> Floats:
    """Effective volts and amperes of the fundamental and the harmonics of a second: shape (2, orders).

    `frequency_hz` is that of each fifth of the second. The squares of its five windows are averaged; windows of a
    frequency that cannot be do not count, and where there is none everything is zero.
    """
    rate = len(second)
    highest = orders(rate)
    channels = np.stack([second.voltage, second.current]).astype(np.float64)
    least, greatest = POSSIBLE_HZ
    squares, counted = np.zeros((2, highest)), 0
    for number, hz in enumerate(frequency_hz.tolist()):
        if least <= hz <= greatest:
            length = CYCLES * rate / hz
            begin = _EDGE + number * (rate - 2 * _EDGE - length) / (WINDOWS - 1)
            squares += _groups(channels, begin, length, highest)
            counted += 1
    units = np.array([[float(scale.volts)], [float(scale.amperes)]])
    effective: Floats = units * np.sqrt(squares / max(counted, 1))
    return effective


def distortion(effective: Floats) -> Floats:
    """Total harmonic distortion, along the last axis of `effective`, order 1 first; 0 where there is no fundamental."""
    fundamental = effective[..., 0]
    rest = np.sqrt((effective[..., 1:] ** 2).sum(axis=-1))
    ratio: Floats = np.divide(rest, fundamental, out=np.zeros_like(rest), where=fundamental > 0)
    return ratio


def _groups(channels: Floats, begin: float, length: float, highest: int) -> Floats:
    """Squared effective values of the groups, in counts²: shape (2, highest); the window begins at sample `begin`."""
    first, end = int(begin) - _EDGE, int(np.ceil(begin + length)) + _EDGE
    samples = channels[:, first:end].copy()
    middles: Floats = np.arange(0.5, 2 * _EDGE + 1)
    samples[:, : len(middles)] *= _risen(middles + (first - begin))
    samples[:, -len(middles) :] *= _risen(middles[::-1] + (begin + length - end))
    lines = _spectrum(samples, 1 / length, CYCLES * highest + 2) * (np.sqrt(2) / length)
    powers = lines.real**2 + lines.imag**2
    at = CYCLES * np.arange(1, highest + 1)
    grouped: Floats = powers[:, at - 1] + powers[:, at] + powers[:, at + 1]
    return grouped


def _risen(inside: Floats) -> Floats:
    """The weights of what lies so many samples inside an edge."""
    weights: Floats = _RISE(np.clip(inside / _EDGE, -1.0, 1.0))
    return weights


def _spectrum(samples: Floats, step: float, count: int) -> Complexes:
    """Σ samples[k] · exp(-2πi · step · n · k) for n below `count` (Bluestein 1970); phases are not corrected."""
    length = samples.shape[1]
    size = _size(length + count)
    chirp = np.exp((-1j * np.pi * step) * _squares(max(length, count)))
    kernel = np.zeros(size, dtype=np.complex128)
    kernel[:count] = chirp[:count].conj()
    kernel[size - length + 1 :] = chirp[length - 1 : 0 : -1].conj()
    product = np.fft.fft(samples * chirp[:length], size) * np.fft.fft(kernel)
    spectrum: Complexes = np.fft.ifft(product)[:, :count] * chirp[:count]
    return spectrum


def _size(least: int) -> int:
    """The smallest product of a power of two and 1, 3, 5, 9 or 15 that is not below `least`: a fast length."""
    return min(factor << max(0, -(-least // factor) - 1).bit_length() for factor in (1, 3, 5, 9, 15))


@lru_cache(maxsize=4)
def _squares(count: int) -> Floats:
    return np.arange(count, dtype=np.float64) ** 2
