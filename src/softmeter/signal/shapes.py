"""Shapes of load currents: harmonics beside a fundamental, those of appliances as they were recorded (PLAID)."""

import csv
import io
from enum import StrEnum
from functools import cache

import numpy as np
import numpy.typing as npt

from softmeter.data import APPLIANCE_HARMONICS, packaged

HIGHEST_ORDER = 40

Complexes = npt.NDArray[np.complex128]


class Shape(StrEnum):
    """What a current looks like; each load of a household has one."""

    HEATER = "heater"
    COMPRESSOR = "compressor"
    MOTOR = "motor"
    MICROWAVE = "microwave"
    INVERTER = "inverter"
    HALF_WAVE = "half-wave"
    LAMP = "lamp"
    ELECTRONICS = "electronics"
    CORRECTED = "corrected"
    """Chargers and inverters of some kilowatts with power factor correction: not recorded, typical."""


SHAPES = tuple(Shape)
_CORRECTED = {3: 0.03, 5: 0.02, 7: 0.012, 9: 0.008, 11: 0.006, 13: 0.005}


@cache
def spectra() -> Complexes:
    """The harmonics of each of `SHAPES`: shape (shapes, HIGHEST_ORDER + 1), in shares of the fundamental.

    A current is the real part of `S·(z + Σ h[k]·z**k)`, with z on the unit circle; orders 0 and 1 are 0 here.
    """
    found = np.zeros((len(SHAPES), HIGHEST_ORDER + 1), dtype=np.complex128)
    with io.TextIOWrapper(packaged(APPLIANCE_HARMONICS), "ascii") as text:
        for row in csv.DictReader(text):
            share = float(row["percent"]) / 100 * np.exp(1j * np.radians(float(row["degrees"])))
            found[SHAPES.index(Shape(row["shape"])), int(row["order"])] = share
    for order, share in _CORRECTED.items():
        found[SHAPES.index(Shape.CORRECTED), order] = share
    found.setflags(write=False)
    return found
