"""Delays by any fraction of a sample: a sinc under a Kaiser window."""

import numpy as np

from softmeter.signal.samples import Floats

REACH = 24
"""Samples on each side under the kernel."""
_SHAPE = 9.0
"""Kaiser's beta: errors below 1e-5 up to half the band."""


def delay_kernel(samples: float) -> Floats:
    """What delays a signal by that many samples when it is convolved with it, of unit gain at 0 Hz.

    Odd in length, its middle being no delay; a single one where there is nothing to delay.
    """
    if not samples:
        return np.ones(1)
    reach = REACH + int(np.ceil(abs(samples)))
    places = np.arange(-reach, reach + 1)
    kernel: Floats = np.sinc(places - samples) * np.kaiser(2 * reach + 1, _SHAPE)
    kernel /= kernel.sum()
    return kernel
