"""Band-limited interpolation: samples of any rate brought to one that the meter takes.

Between samples the signal is a sum of sincs under a Kaiser window (Smith, "Digital Audio Resampling", 2002). Up to
`BAND` of the lower of the two rates amplitudes and phases are right within one millionth; what lies above half the
lower rate is removed.
"""

from fractions import Fraction

import numpy as np

from softmeter.signal.samples import RATES_HZ, Floats

BAND = 0.4
"""Shares of a rate up to which a signal is kept."""

_REACH = 32
"""Samples on each side, of the lower rate."""
_SHAPE = 13.0
"""Kaiser's beta: images below 1e-6."""
_PHASES = 4_096
"""Kernels are tabulated so many times between two samples, with straight lines between."""
_ROWS = 4_096


def nearest_rate(rate_hz: Fraction) -> int:
    """The rate to which samples are brought: the next possible one above, or else the greatest."""
    step = RATES_HZ.step
    return min(-(-rate_hz.numerator // (rate_hz.denominator * step)) * step, RATES_HZ[-1])


class Resampler:
    """Values between samples."""

    def __init__(self, from_hz: Fraction, to_hz: int) -> None:
        cutoff = min(1.0, to_hz / float(from_hz))
        self.reach = int(np.ceil(_REACH / cutoff))
        """Samples needed on each side."""
        phases = np.arange(_PHASES + 1)[:, None] / _PHASES
        distance = np.arange(1 - self.reach, self.reach + 1) - phases
        edge = np.sqrt(np.maximum(1 - (distance / self.reach) ** 2, 0.0))
        kernels = np.sinc(cutoff * distance) * np.i0(_SHAPE * edge)
        self._kernels = kernels / kernels.sum(axis=1, keepdims=True)

    def between(self, values: Floats, places: Floats) -> Floats:
        """The signal at `places`, counted in samples from `values[reach - 1]`, which must be 0 or more.

        Each result depends on the samples within reach alone, so how places are divided into calls changes nothing but
        the last bits.
        """
        windows = np.lib.stride_tricks.sliding_window_view(values, 2 * self.reach)
        whole = np.floor(places).astype(np.int64)
        phase = (places - whole) * _PHASES
        lower = phase.astype(np.int64)
        share = phase - lower
        out = np.empty(len(places))
        rows = max(1, _ROWS * 2 * _REACH // (2 * self.reach))
        for begin in range(0, len(places), rows):
            part = slice(begin, begin + rows)
            seen, table = windows[whole[part]], lower[part]
            below = np.einsum("ij,ij->i", seen, self._kernels[table])
            above = np.einsum("ij,ij->i", seen, self._kernels[table + 1])
            out[part] = below + share[part] * (above - below)
        return out
