"""Values where a recording has none (NaN)."""

import numpy as np

from softmeter.signal.samples import Floats


def lacking(missing: int) -> str:
    """How many values a recording has none for, beside the place of the first of them."""
    return f"{missing} {'value is' if missing == 1 else 'values are'} missing, this is the first"


def held(values: Floats) -> Floats:
    """Values with each gap (NaN) holding the value before it, gaps at the beginning the first value."""
    present = np.flatnonzero(~np.isnan(values))
    if len(present) in {0, len(values)}:
        return values
    before = np.searchsorted(present, np.arange(len(values)), side="right") - 1
    return values[present[np.maximum(before, 0)]]


def interpolated(values: Floats) -> Floats:
    """Values with those that are missing on straight lines between their neighbours."""
    present = np.isfinite(values)
    if present.all():
        return values
    places = np.arange(len(values))
    filled: Floats = np.interp(places, places[present], values[present])
    return filled
