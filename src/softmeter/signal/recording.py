"""Recorded input: samples at any times, each held until the next, as exact means of whole seconds."""

from collections.abc import Mapping

import numpy as np

from softmeter.instant import SECOND, Instant, iso
from softmeter.signal.samples import Column, Floats, Integers, Measurements, joined
from softmeter.signal.table import Table, suspicions

NOMINAL_VOLTAGE_V = 230.0
NOMINAL_FREQUENCY_HZ = 50.0

_LONG_GAP_STEPS = 10
"""A step this many times the usual one is worth telling of."""


class Recording:
    """A recording as a source: before its first sample the first value counts, after its last the last one.

    `period_s`: whole seconds after which it begins again, both ways in time; None: it does not.
    """

    def __init__(self, table: Table, period_s: int | None = None) -> None:
        self._times_ns = table.times_ns
        self._columns, derived = _completed(table.columns)
        self._origin = int(table.times_ns[0]) // SECOND
        self._period_s = period_s
        self._findings = (*table.findings, *suspicions(table), *derived, *_gaps(table), self._extent())

    @property
    def findings(self) -> tuple[str, ...]:
        return self._findings

    @property
    def seconds(self) -> range:
        """The seconds from its first sample on, played once; the last one lasts as long as most do."""
        return range(self._origin, self._origin + natural_period_s(self._times_ns))

    def measurements(self, first_second: int, count: int) -> Measurements:
        if self._period_s is None or count <= 0:
            return self._means(first_second, max(count, 0), first_second)
        parts, second = [], first_second
        while second < first_second + count:
            phase = (second - self._origin) % self._period_s
            length = min(first_second + count - second, self._period_s - phase)
            parts.append(self._means(self._origin + phase, length, second))
            second += length
        return joined(parts)

    def _means(self, recorded_second: int, count: int, first_second: int) -> Measurements:
        """The means of seconds of the recording, told as those from `first_second` on."""
        times = self._times_ns
        starts = (recorded_second + np.arange(count, dtype=np.int64)) * SECOND
        held = np.maximum(np.searchsorted(times, starts, side="right") - 1, 0)
        bounds = np.array([recorded_second, recorded_second + count], dtype=np.int64) * SECOND
        low, high = np.searchsorted(times, bounds)
        inside = np.arange(low, high)[times[low:high] % SECOND != 0]
        if not len(inside):
            return Measurements(first_second, *(self._columns[column][held] for column in Column))
        begins = np.concatenate([starts, times[inside]])
        order = np.argsort(begins, kind="stable")
        begins, sample = begins[order], np.concatenate([held, inside])[order]
        weights = np.diff(begins, append=bounds[1]) / SECOND
        second = begins // SECOND - recorded_second
        means = (
            np.bincount(second, weights=values[sample] * weights, minlength=count).astype(np.float64, copy=False)
            for values in map(self._columns.__getitem__, Column)
        )
        return Measurements(first_second, *means)

    def _extent(self) -> str:
        first, last = (iso(Instant(int(self._times_ns[at]))) for at in (0, -1))
        after = "after it the last value holds" if self._period_s is None else f"repeated every {self._period_s} s"
        return f"{len(self._times_ns)} samples from {first} to {last}; {after}"


def natural_period_s(times_ns: Integers) -> int:
    """The whole seconds a recording covers if its last sample lasts as long as most do."""
    usual = int(np.median(np.diff(times_ns))) if len(times_ns) > 1 else SECOND
    origin = int(times_ns[0]) // SECOND * SECOND
    return max(1, -((origin - int(times_ns[-1]) - usual) // SECOND))


def _completed(given: Mapping[Column, Floats]) -> tuple[dict[Column, Floats], list[str]]:
    """All five columns, sample by sample, and what was done for those that are not given."""
    columns, findings = dict(given), []
    count = len(next(iter(given.values())))

    def default(column: Column, value: float) -> None:
        if column not in columns:
            columns[column] = np.full(count, value)
            findings.append(f"{column} is not recorded: {value:g} assumed")

    default(Column.VOLTAGE, NOMINAL_VOLTAGE_V)
    default(Column.FREQUENCY, NOMINAL_FREQUENCY_HZ)
    default(Column.REACTIVE_POWER, 0.0)
    voltage = columns[Column.VOLTAGE]
    if Column.ACTIVE_POWER not in columns and Column.CURRENT in columns:
        columns[Column.ACTIVE_POWER] = voltage * columns[Column.CURRENT]
        findings.append("active_power_w is not recorded: voltage times current, as for power factor 1")
    default(Column.ACTIVE_POWER, 0.0)
    if Column.CURRENT not in columns:
        apparent = np.sqrt(columns[Column.ACTIVE_POWER] ** 2 + columns[Column.REACTIVE_POWER] ** 2)
        columns[Column.CURRENT] = np.divide(apparent, voltage, out=np.zeros(count), where=voltage > 0)
        findings.append("current_a is not recorded: derived from power and voltage")
    columns[Column.CURRENT] = np.abs(columns[Column.CURRENT])
    return columns, findings


def _gaps(table: Table) -> list[str]:
    steps = np.diff(table.times_ns)
    findings = []
    repeated = int((steps == 0).sum())
    if repeated:
        first = table.place(int(np.argmax(steps == 0)) + 1)
        findings.append(f"{first}: {repeated} samples have the time of the one before, whose place they take")
    usual = int(np.median(steps)) if len(steps) else 0
    long = np.flatnonzero(steps > max(usual, SECOND) * _LONG_GAP_STEPS)
    if len(long):
        widest = long[np.argmax(steps[long])]
        at, place = iso(Instant(int(table.times_ns[widest]))), table.place(widest)
        findings.append(
            f"{place}: {len(long)} gaps, the longest of {steps[widest] / SECOND:g} s after {at}; the last value holds"
        )
    return findings
