"""Where measurements become integers, second by second (manual 2.2).

Each second is rounded on its own and never again, so no partition of time can change a register.
"""

from typing import NamedTuple

import numpy as np

from softmeter.signal.samples import Floats, Integers, Measurements

MILLI = 1000


class Seconds(NamedTuple):
    """Integers per whole UTC second: arrays of shape (n,), entry k of second first_second + k.

    Energies of one second are as well its mean powers: mJ are mW, mvar·s are mvar, mVA·s are mVA. What is shown is
    `active_power_mw`: from waveforms it is the mean over a window with smooth edges, else it equals `active_mj`.
    """

    first_second: int
    active_mj: Integers
    reactive_mvars: Integers
    apparent_mvas: Integers
    voltage_mv: Integers
    current_ma: Integers
    frequency_mhz: Integers
    active_power_mw: Integers


def integrate(measurements: Measurements) -> Seconds:
    """The energies and values of each second, in thousandths, rounded half to even.

    Apparent energy is U·I of the second's means; where load moves within the second, that product can fall below
    what active and reactive energy require, and then √(P² + Q²) counts.
    """
    active, reactive = measurements.active_power_w, measurements.reactive_power_var
    shown = active if measurements.shown_power_w is None else measurements.shown_power_w
    least_apparent = np.sqrt(shown * shown + reactive * reactive)
    apparent = np.maximum(measurements.voltage_v * measurements.current_a, least_apparent)
    return Seconds(
        measurements.first_second,
        _thousandths(active),
        _thousandths(reactive),
        _thousandths(apparent),
        _thousandths(measurements.voltage_v),
        _thousandths(measurements.current_a),
        _thousandths(measurements.frequency_hz),
        _thousandths(shown),
    )


def power_factor(active_mj: Integers, apparent_mvas: Integers) -> Integers:
    """|P| / S in thousandths, 0..1000, rounded down; 1000 where nothing flows."""
    apparent = np.where(apparent_mvas > 0, apparent_mvas, 1)
    return np.where(apparent_mvas > 0, np.minimum(np.abs(active_mj) * MILLI // apparent, MILLI), MILLI)


def _thousandths(values: Floats) -> Integers:
    return np.rint(values * MILLI).astype(np.int64)
