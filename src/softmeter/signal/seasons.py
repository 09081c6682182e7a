"""The year as numbers."""

import numpy as np

from softmeter.signal.samples import Floats, Integers

DAY = 86_400
_YEAR_DAYS = 365.2425


def season(days: Integers) -> Floats:
    """From -1 at midsummer to 1 at midwinter; `days` since 1970-01-01, rounded so that it is the same everywhere."""
    cosine: Floats = np.cos((days % _YEAR_DAYS + 10.0) * (2 * np.pi / _YEAR_DAYS))
    return np.rint(cosine * 2**20) / 2**20
