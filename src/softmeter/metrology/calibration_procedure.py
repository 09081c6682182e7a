"""Finding calibration constants: the meter and a reference meter measure the same load, and are made to agree.

One load does: voltage near nominal, current near the reference current, a power factor of 0.5 inductive, where the lag
shows most. Gains follow from effective voltage and from the power of the fundamental, the lag from the angle between
voltage and current; so what a register counts is what is made to agree.
"""

from math import atan2, hypot, pi, remainder
from typing import NamedTuple

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.metrology.calibration import NEUTRAL, Calibration
from softmeter.metrology.metering import Metering
from softmeter.signal.samples import Waveform

DEFAULT_S = 10
ROUNDS = 3
"""Each is measured under the constants of the one before; the second already changes next to nothing."""
LEAST_V, LEAST_VA = 100.0, 20.0


class Reading(NamedTuple):
    """What a meter shows of a steady load."""

    voltage_v: float
    active_power_w: float
    reactive_power_var: float
    """Of the fundamental."""
    frequency_hz: float = 50.0


def calibrate(
    waveform: Waveform, reference: Reading, first_second: int, seconds: int = DEFAULT_S, applied: Calibration = NEUTRAL
) -> Calibration:
    """The constants with which a measurement system agrees with a reference about the load it sees.

    Raises:
        ConfigurationError: the load is too small, or the two differ by more than constants may correct.
    """
    for _ in range(ROUNDS):
        applied = corrected(applied, reading(Metering(waveform, applied), first_second, seconds), reference)
    return applied


def corrected(applied: Calibration, measured: Reading, reference: Reading) -> Calibration:
    """Better constants, when under those `applied` the meter reads `measured`.

    Raises:
        ConfigurationError: a load is too small, or the correction too great.
    """
    for title, given in (("the meter", measured), ("the reference", reference)):
        if not (given.voltage_v >= LEAST_V and _apparent(given) >= LEAST_VA):
            found = f"{given.voltage_v:g} V and {_apparent(given):g} VA"
            raise ConfigurationError(
                f"{title} sees {found}; needed are {LEAST_V:g} V and {LEAST_VA:g} VA", "calibration"
            )
    voltage = reference.voltage_v / measured.voltage_v
    current = _apparent(reference) / _apparent(measured) / voltage
    turned = remainder(_angle(measured) - _angle(reference), 2 * pi)
    return Calibration(
        round(applied.voltage_gain * voltage),
        round(applied.current_gain * current),
        applied.lag_ns + round(turned / (2 * pi * reference.frequency_hz) * SECOND),
    ).checked()


def reading(metering: Metering, first_second: int, seconds: int) -> Reading:
    """What a measurement system shows of the load it sees."""
    shown = metering.measurements(first_second, seconds)
    power = shown.active_power_w if shown.shown_power_w is None else shown.shown_power_w
    reactive = [
        metering.windows(second).reactive_power_var.mean() for second in range(first_second, first_second + seconds)
    ]
    return Reading(
        float(np.sqrt(np.mean(shown.voltage_v**2))),
        float(power.mean()),
        float(np.mean(reactive)),
        float(shown.frequency_hz.mean()),
    )


def _apparent(shown: Reading) -> float:
    return hypot(shown.active_power_w, shown.reactive_power_var)


def _angle(shown: Reading) -> float:
    return atan2(shown.reactive_power_var, shown.active_power_w)
