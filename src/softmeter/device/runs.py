"""How long conditions last, over seconds that come in blocks of any size."""

import numpy as np
from numpy.typing import NDArray

from softmeter.signal.samples import Integers

Condition = NDArray[np.bool_]
"""Whether something holds, for each second, shape (n,)."""


def lasted(condition: Condition, before: int) -> Integers:
    """For how many seconds in a row, that one included, the condition has held; `before` counts earlier ones."""
    places = np.arange(1, len(condition) + 1)
    broken = np.maximum.accumulate(np.where(condition, 0, places))
    result: Integers = places - broken + np.where(broken == 0, before, 0)
    return result


def reaches(condition: Condition, before: int, needed: int) -> int | None:
    """The first second at whose end the condition has held for `needed` seconds; None where there is none."""
    found = np.flatnonzero(lasted(condition, before) >= needed)
    return int(found[0]) if len(found) else None
