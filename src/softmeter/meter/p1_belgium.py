"""Lines of Belgian P1 telegrams: e-MUCS P1 1.7.

The quarter-hour peaks are demands and maxima of the registers. Those of past months stand in the billing profile, which
must capture the maximum and its time, as the Belgian configuration has it.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from softmeter.clock import Stamp
from softmeter.cosem.capture import CaptureObject
from softmeter.device.demand import current_average
from softmeter.device.device import Device
from softmeter.device.supervision import FUSE
from softmeter.meter.model.capture import BILLING, CLOCK, key
from softmeter.meter.model.supervised import DECIMALS
from softmeter.meter.p1_lines import KEPT_LINES, row_stamp
from softmeter.obis import Obis
from softmeter.wire.telegram import line, saturated

VERSION = "50217"
MONTHS = 13
NO_TIME = "632525252525W"
NO_LIMIT_KW, NO_LIMIT_A = "999.9", "999"

PEAK = tuple(CaptureObject(4, Obis(1, 0, 1, 6, 0), attribute, 0) for attribute in (2, 5))
"""What the billing profile captures of a month: its highest quarter-hour average, and when that quarter ended."""

_COLUMNS = tuple(key(captured) for captured in (CLOCK, *reversed(PEAK)))
_POWERS = {f"1-0:{c}.{d}.0" for c in (1, 2, 15, 16) for d in (4, 5, 7, 24, 25)}
_IMPORT, _PEAK = 0, 0
"""The demand of active import, and the place of its maximum."""


def demands(device: Device) -> list[str]:
    """The average of the running quarter so far, the peak of this month, and those of past months."""
    peak = device.behaviours.demand.maximum(_PEAK)
    return [
        f"1-0:1.4.0({_kw(current_average(device, _IMPORT))})",
        _peak(peak.captured, peak.value),
        _history(device),
    ]


@lru_cache(KEPT_LINES)
def _peak(captured: Stamp, value_w: int) -> str:
    return f"1-0:1.6.0({row_stamp(captured)})({_kw(value_w)})"


def switches(device: Device) -> list[str]:
    """The state of the breaker, and the thresholds of the limiter and of the fuse."""
    return [
        f"0-0:96.3.10({int(device.behaviours.breaker.state)})",
        f"0-0:17.0.0({_limit_kw(device)}*kW)",
        f"1-0:31.4.0({_fuse_a(device)}*A)",
    ]


def _fuse_a(device: Device) -> str:
    """The threshold of fuse supervision, cut to whole amperes."""
    thresholds = device.behaviours.monitors.monitors[FUSE].thresholds
    return saturated(thresholds[0] // 10**DECIMALS, 3) if thresholds else NO_LIMIT_A


def _limit_kw(device: Device) -> str:
    """The threshold that holds, where the limiter watches a power."""
    limiter = device.behaviours.limiter
    _, watched, _, _ = limiter.limits.watched.split(",")
    if not limiter.threshold or watched.removesuffix(".255") not in _POWERS:
        return NO_LIMIT_KW
    return saturated(limiter.threshold // 100, 4, 1)


def _history(device: Device) -> str:
    ring = device.profile(BILLING).ring
    return _months(ring.rows(max(ring.first, ring.end - MONTHS)).tobytes(), ring.dtype)


@lru_cache(KEPT_LINES)
def _months(octets: bytes, dtype: "np.dtype[Any]") -> str:
    """Month by month, the oldest first: when it ended, and its peak with its time."""
    if not octets or not set(_COLUMNS) <= set(dtype.names or ()):
        return "0-0:98.1.0(0)()"
    rows = np.frombuffer(octets, dtype)
    each: list[str] = []
    for ended, at, value_w in zip(*(rows[name].tolist() for name in _COLUMNS), strict=True):
        each += (row_stamp(ended), row_stamp(at) if value_w else NO_TIME, _kw(value_w))
    return line("0-0:98.1.0", str(len(rows)), "1-0:1.6.0", "1-0:1.6.0", *each)


def _kw(value_w: int) -> str:
    return f"{saturated(value_w, 5, 3)}*kW"
