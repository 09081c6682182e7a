"""What each second counts towards: energies by direction and quadrant (manual 2.2; IEC 62053-23 annex C)."""

from enum import IntEnum

import numpy as np

from softmeter.metrology.engine import Seconds
from softmeter.signal.samples import Integers


class Quantity(IntEnum):
    """The counted energies; the number is the row in `quantities`."""

    ACTIVE_IMPORT = 0  # +A
    ACTIVE_EXPORT = 1  # -A
    REACTIVE_Q1 = 2  # import, inductive
    REACTIVE_Q2 = 3  # export, inductive
    REACTIVE_Q3 = 4  # export, capacitive
    REACTIVE_Q4 = 5  # import, capacitive
    APPARENT_IMPORT = 6  # +S
    APPARENT_EXPORT = 7  # -S


def quantities(seconds: Seconds) -> Integers:
    """The energy of each second in each counted quantity: shape (8, n), never negative, in mJ, mvar·s and mVA·s.

    The sign of the second's active energy decides between import and export for all of them; a second without
    active energy counts as import.
    """
    active, reactive, apparent = seconds.active_mj, seconds.reactive_mvars, seconds.apparent_mvas
    exporting = active < 0
    inductive, capacitive = np.maximum(reactive, 0), np.maximum(-reactive, 0)
    counted = np.empty((len(Quantity), len(active)), dtype=np.int64)
    np.maximum(active, 0, out=counted[Quantity.ACTIVE_IMPORT])
    np.maximum(-active, 0, out=counted[Quantity.ACTIVE_EXPORT])
    pairs = (
        (Quantity.REACTIVE_Q1, Quantity.REACTIVE_Q2, inductive),
        (Quantity.REACTIVE_Q4, Quantity.REACTIVE_Q3, capacitive),
        (Quantity.APPARENT_IMPORT, Quantity.APPARENT_EXPORT, apparent),
    )
    for imported, exported, energy in pairs:
        np.multiply(energy, exporting, out=counted[exported])
        np.subtract(energy, counted[exported], out=counted[imported])
    return counted
