"""The analogue-to-digital converter: volts and amperes to counts of exactly known size."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from softmeter.signal.samples import MAX_COUNT, NO_COUNT, Block, Counts, Floats, Scale

VOLTAGE_RANGE_V = 512
CURRENT_RANGE_A = 128
"""Peaks that fit: 1.2 Un needs 390 V, 1.2 Imax 110 A. Powers of two, so that energies are short fractions."""
BITS = range(8, 25)


class Converter(NamedTuple):
    """Both channels with the same number of bits; otherwise ideal: rounded to the nearest, clipped at the ends.

    What is no number becomes `NO_COUNT`.
    """

    bits: int = 24

    @property
    def scale(self) -> Scale:
        """One count as the samples are given: always that of 24 bits."""
        return Scale(Fraction(VOLTAGE_RANGE_V, MAX_COUNT + 1), Fraction(CURRENT_RANGE_A, MAX_COUNT + 1))

    def block(self, first_sample: int, voltage_v: Floats, current_a: Floats) -> Block:
        """Samples of these voltages and currents."""
        volts, amperes = self.scale
        return Block(first_sample, self._counts(voltage_v / float(volts)), self._counts(current_a / float(amperes)))

    def _counts(self, exact: Floats) -> Counts:
        step = 1 << (24 - self.bits)
        counts = np.rint(exact / step) * step
        clipped = np.clip(counts, -MAX_COUNT, MAX_COUNT)
        whole: Counts = np.where(np.isnan(clipped), NO_COUNT, clipped).astype(np.int32)
        return whole
