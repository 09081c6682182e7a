"""The supply as the meter sees it: a source, overridden where the journal says so."""

import numpy as np
from numpy.typing import NDArray

from softmeter.bench.journal import Journal, Quantity
from softmeter.metrology.calibration import Calibratable, Calibration
from softmeter.signal.samples import Measurements, Source

Values = NDArray[np.float64]


class Supply:
    """A `Source` over another one; with an empty journal it gives exactly what that one gives.

    An overridden power keeps the power factor of the moment, an overridden power factor the active power (negative:
    capacitive). The current always follows from apparent power and voltage; without voltage there is no load.
    """

    def __init__(self, source: Source, journal: Journal) -> None:
        self._source = source
        self._journal = journal

    @property
    def findings(self) -> tuple[str, ...]:
        return self._source.findings

    def measurements(self, first_second: int, count: int) -> Measurements:
        """Means of `count` seconds from `first_second` on."""
        given = self._source.measurements(first_second, count)
        if not len(self._journal):
            return given
        voltage_v, voltage_set = self._overridden(Quantity.VOLTAGE_V, given.voltage_v, first_second)
        frequency_hz, _ = self._overridden(Quantity.FREQUENCY_HZ, given.frequency_hz, first_second)
        active_w, active_set = self._overridden(Quantity.ACTIVE_POWER_W, given.active_power_w, first_second)
        ratio = np.divide(
            given.reactive_power_var,
            given.active_power_w,
            out=np.zeros(count),
            where=given.active_power_w != 0,
        )
        reactive_var = np.where(active_set, active_w * ratio, given.reactive_power_var)
        factor, factor_set = self._overridden(Quantity.POWER_FACTOR, np.ones(count), first_second)
        safe = np.maximum(np.abs(factor), 0.01)
        tangent = np.sqrt(1.0 / safe**2 - 1.0) * np.where(factor < 0, -1.0, 1.0)
        reactive_var = np.where(factor_set, np.abs(active_w) * tangent, reactive_var)
        apparent_va = np.hypot(active_w, reactive_var)
        current_a = np.divide(apparent_va, voltage_v, out=np.zeros(count), where=voltage_v > 0)
        current_a = np.where(active_set | factor_set | voltage_set, current_a, given.current_a)
        dark = voltage_v <= 0
        changed = active_set | factor_set | voltage_set
        shown_w, cycles_v, faults = given.shown_power_w, given.half_cycles_v, given.faults
        return Measurements(
            first_second,
            voltage_v,
            np.where(dark, 0.0, current_a),
            np.where(dark, 0.0, active_w),
            np.where(dark, 0.0, reactive_var),
            frequency_hz,
            None if shown_w is None else np.where(dark, 0.0, np.where(active_set, active_w, shown_w)),
            half_cycles_v=None if cycles_v is None else np.where(voltage_set[:, None], voltage_v[:, None], cycles_v),
            harmonics=None if changed.any() else given.harmonics,
            faults=None if faults is None else np.where(changed, 0, faults),
        )

    def calibrated(self, calibration: Calibration) -> "Supply":
        """The same over a source whose measurement system has other constants."""
        source = self._source
        return Supply(source.calibrated(calibration) if isinstance(source, Calibratable) else source, self._journal)

    def _overridden(self, quantity: Quantity, given: Values, first_second: int) -> tuple[Values, NDArray[np.bool_]]:
        values, is_set = given.copy(), np.zeros(len(given), np.bool_)
        for second, value in self._journal.of(quantity):
            begin = max(0, second - first_second)
            values[begin:] = given[begin:] if value is None else value
            is_set[begin:] = value is not None
        return values, is_set
