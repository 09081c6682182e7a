"""When the pulse outputs and LEDs give a pulse: 2000 per kWh or kvarh (manual 2.3)."""

import numpy as np

from softmeter.instant import SECOND
from softmeter.signal.samples import Integers

IMPULSES_PER_KWH = 2000
MJ_PER_PULSE = 3_600_000_000 // IMPULSES_PER_KWH

GREATEST_MJ_PER_SECOND = 2**63 // SECOND - 1
"""More in one second would overflow the instants' arithmetic; it is over 9 MW."""


def pulse_count(energy_mj: int) -> int:
    """The number of pulses given by the time the accumulator holds `energy_mj`."""
    return energy_mj // MJ_PER_PULSE


def pulse_instants(before_mj: int, per_second_mj: Integers, first_second: int) -> Integers:
    """The instants (ns) at which an accumulator reaches the multiples of the energy of a pulse.

    `per_second_mj` is what each second adds, shape (n,), never negative: |+A| + |-A| for the active output, R1 + R2 +
    R3 + R4 for the reactive one. Energy grows evenly within a second; a pulse comes at the first whole nanosecond at
    which its energy is complete, so those of a second lie in (begin, end].

    Raises:
        ValueError: a second's energy is negative or beyond `GREATEST_MJ_PER_SECOND`.
    """
    if not len(per_second_mj):
        return np.empty(0, dtype=np.int64)
    if per_second_mj.min() < 0 or per_second_mj.max() > GREATEST_MJ_PER_SECOND:
        raise ValueError(f"energies of a second must lie in 0..{GREATEST_MJ_PER_SECOND} mJ")
    # Only what is left of the pulse under way matters, and small numbers cannot overflow.
    reached = before_mj % MJ_PER_PULSE + np.cumsum(per_second_mj)
    count = int(reached[-1]) // MJ_PER_PULSE
    thresholds = np.arange(1, count + 1, dtype=np.int64) * MJ_PER_PULSE
    second = np.searchsorted(reached, thresholds, side="left").astype(np.int64)
    energy = per_second_mj[second]
    wanted = thresholds - (reached[second] - energy)
    begins = (first_second + second) * SECOND
    instants: Integers = begins - np.floor_divide(-wanted * SECOND, energy)
    return instants
