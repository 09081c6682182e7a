"""A load that never changes: `constant:u=230,i=5,pf=0.8,f=50`."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.samples import LIMITS, Column, Limits, Measurements


class Constant(NamedTuple):
    """A source whose every second is the same."""

    voltage_v: float = 230.0
    current_a: float = 0.0
    active_power_w: float = 0.0
    reactive_power_var: float = 0.0
    frequency_hz: float = 50.0
    findings: tuple[str, ...] = ()

    def measurements(self, first_second: int, count: int) -> Measurements:
        values = (self.voltage_v, self.current_a, self.active_power_w, self.reactive_power_var, self.frequency_hz)
        return Measurements(first_second, *(np.full(max(count, 0), value) for value in values))


def constant(settings: Mapping[str, str], where: str) -> Constant:
    """The load that `u` (V), `i` (A, negative: export), `pf` and `f` (Hz) describe; each may be left out.

    `pf` is 0..1 and inductive unless a `c` follows or it is negative: then reactive power is negative. The signs of
    active and reactive power are thus chosen apart, by `i` and `pf`, and all four quadrants can be reached.

    Raises:
        ConfigurationError: an unknown key, or a value that is no number or out of range.
    """
    unknown = [key for key in settings if key not in _DEFAULTS]
    if unknown:
        raise ConfigurationError(f"{unknown[0]!r} is not known; give some of {', '.join(_DEFAULTS)}", where)
    text = {**_DEFAULTS, **settings}
    voltage = _number("u", text["u"], LIMITS[Column.VOLTAGE], where)
    current = _number("i", text["i"], LIMITS[Column.CURRENT], where)
    frequency = _number("f", text["f"], LIMITS[Column.FREQUENCY], where)
    factor, sign = _power_factor(text["pf"], where)
    apparent = voltage * abs(current)
    if apparent > LIMITS[Column.ACTIVE_POWER].greatest:
        raise ConfigurationError(f"{apparent:g} VA is more than the meter counts (1 MVA)", where)
    defaulted = [f"{key}={value}" for key, value in _DEFAULTS.items() if key not in settings]
    return Constant(
        voltage_v=voltage,
        current_a=abs(current),
        active_power_w=math.copysign(apparent * factor, current),
        reactive_power_var=sign * apparent * math.sqrt(1 - factor * factor),
        frequency_hz=frequency,
        findings=(f"not given, assumed: {', '.join(defaulted)}",) if defaulted else (),
    )


_DEFAULTS = {"u": "230", "i": "0", "pf": "1", "f": "50"}


def _power_factor(text: str, where: str) -> tuple[float, int]:
    """The factor 0..1 and the sign of the reactive power."""
    digits = text.strip().lower()
    letter = digits[-1:] if digits[-1:] in {"c", "l"} else ""
    factor = _number("pf", digits.removesuffix(letter), Limits(-1.0, 1.0), where)
    if letter and factor < 0:
        raise ConfigurationError(f"pf={text!r} has a sign and a letter; write 0.8 (inductive) or 0.8c", where)
    return abs(factor), -1 if factor < 0 or letter == "c" else 1


def _number(key: str, text: str, limits: Limits, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ConfigurationError(f"{key}={text!r} is not a number", where) from None
    if not limits.least <= value <= limits.greatest:
        raise ConfigurationError(f"{key}={text} lies outside {limits.least:g}..{limits.greatest:g}", where)
    return value
