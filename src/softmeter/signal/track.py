"""Recorded waveforms: what a file of evenly spaced samples holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.samples import Floats, Integers

_UNEVEN = 0.01
"""Time stamps may differ this much of a step from evenly spaced ones, or one tick."""
_LIKELY_DENOMINATOR = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Channels by name, arrays of the same shape (n,), NaN where a value is missing."""

    rate_hz: Fraction
    """Samples per second; 0: the file does not say."""
    channels: Mapping[str, Floats]
    units: Mapping[str, str]
    """`V` or `A` of channels whose values are in volts or amperes; others have none."""
    start_ns: int | None = None
    """The first sample's time (UTC), where the file says it."""
    findings: tuple[str, ...] = ()


def rate_shown(stamps: Floats | Integers, ticks_per_s: float, name: str) -> Fraction:
    """The rate that time stamps in ticks show: a whole number where they leave room for one.

    Raises:
        ConfigurationError: they show none.
    """
    steps = np.diff(stamps)
    if not len(steps) or not np.isfinite(steps).all() or steps.min() <= 0:
        raise ConfigurationError("says no sample rate, and its time stamps do not show one", name)
    span = float(stamps[-1] - stamps[0])
    step = span / len(steps)
    spread = np.abs(stamps - stamps[0] - step * np.arange(len(stamps)))
    if spread.max() > max(1.0, _UNEVEN * step):
        usual = float(np.median(steps))
        odd = np.flatnonzero(np.abs(steps - usual) > max(2.0, _UNEVEN * usual))
        first = int(odd[0]) + 1 if len(odd) else int(np.argmax(spread))
        raise ConfigurationError("is not evenly spaced in time from here on", f"{name}:sample {first + 1}")
    rate = ticks_per_s / step
    if abs(rate - round(rate)) <= 2 * rate / span:
        return Fraction(round(rate))
    return Fraction(rate).limit_denominator(_LIKELY_DENOMINATOR)
