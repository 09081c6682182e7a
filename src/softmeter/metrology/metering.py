"""The measurement system: a waveform at the terminals made a source of measurements (manual 2.2, 2.3, 9.1).

Energies are exact sums over every sample of a second. They leave here as whole millijoules, remainders carried, so
that `engine.integrate` finds them unchanged. Powers, effective values and frequency come from windows with smooth
edges.
"""

from math import hypot

import numpy as np

from softmeter.instant import at_second, iso
from softmeter.metrology.calibration import NEUTRAL, CalibratedWaveform, Calibration
from softmeter.metrology.carrying import NANO, NOTHING, Carrying, Remainders
from softmeter.metrology.half_cycles import HALF_CYCLES, POSSIBLE_HZ, half_cycles
from softmeter.metrology.harmonics import harmonics, orders
from softmeter.metrology.second import LEAST_VOLTAGE_V, Cell, Second, Values, cell, values
from softmeter.metrology.windows import ALL, Windows, windows
from softmeter.signal.faults import TITLES, Fault
from softmeter.signal.samples import Column, Measurements, Scale, Source, Waveform, joined

NOMINAL_VOLTAGE_V = 230.0
STARTING_CURRENT_A = 0.02
"""0.4 % of 5 A (manual 2.3): from here on the meter registers."""
CREEP_VA = 0.3 * STARTING_CURRENT_A * NOMINAL_VOLTAGE_V
"""Less than this is no load and counts nothing: 1.38 VA, where the starting current is 4.6 VA."""
ABSURD_A = 100.0
"""More at 230 V, 1.5 Imax, in a second of hardly any voltage is no interruption but another signal."""

KEPT_S = 7_200
"""Seconds whose remainders are known: who looks back so far finds every second unchanged."""
_KEPT_CELLS = 8


class Counted:
    """Seconds in order, made measurements: what is left over of each, and what was noticed.

    Remainders are carried from the first second on, as a meter does from power-on; a second that does not follow on
    one before it begins anew. Counted again, a second is the same.
    """

    def __init__(self, windows: Windows, scale: Scale, *, with_harmonics: bool) -> None:
        self._windows, self._scale, self._with_harmonics = windows, scale, with_harmonics
        self._carrying = Carrying.of(scale.volts, scale.amperes, windows.rate_hz)
        self._left: dict[int, Remainders] = {}
        self._noticed: dict[Fault, dict[int, None]] = {}

    def second(self, number: int, before: Cell, this: Cell, after: Cell) -> Measurements:
        """The measurements of second `number`, whose cell is `this`."""
        shown, of_windows = values(before, this, after, self._windows, self._scale)
        energy = this.energy
        faults = self._faults(shown, this)
        if faults & Fault.NO_VALUE:
            energy, shown = 0, Second(0.0, 0.0, 0.0, 0.0, 0.0)
        if hypot(shown.active_power_w, shown.reactive_power_var) < CREEP_VA:
            energy, shown = 0, shown._replace(current_a=0.0, active_power_w=0.0, reactive_power_var=0.0)
        active_mj, reactive_mvars = self._carried(number, energy, shown.reactive_power_var)
        if active_mj < 0:
            faults |= Fault.EXPORT
        self._notice(number, faults)
        voltage, current, shown_power, frequency, active, reactive = (
            np.array([value])
            for value in (
                shown.voltage_v,
                shown.current_a,
                shown.active_power_w,
                shown.frequency_hz,
                active_mj / 1000,
                reactive_mvars / 1000,
            )
        )
        hz = of_windows.frequency_hz
        cycles = half_cycles(before.block, this.block, after.block, hz, float(self._scale.volts))
        return Measurements(
            number,
            voltage,
            current,
            active,
            reactive,
            frequency,
            shown_power,
            half_cycles_v=cycles[None],
            harmonics=harmonics(this.block, hz, self._scale)[None] if self._with_harmonics else None,
            faults=np.array([int(faults)]),
        )

    @property
    def findings(self) -> tuple[str, ...]:
        """What was noticed, and when first."""
        found = self._noticed.items()
        return tuple(f"{TITLES[what]} in {len(at)} s, first at {iso(at_second(next(iter(at))))}" for what, at in found)

    def _carried(self, number: int, energy: int, reactive_var: float) -> tuple[int, int]:
        """The mJ and mvar·s that a second counts; what is left over waits for the next."""
        left = self._left.get(number, NOTHING)
        active_mj, reactive_mvars, rest = self._carrying.carried(left, energy, round(reactive_var * NANO))
        self._left.setdefault(number, left)
        self._left[number + 1] = rest
        while len(self._left) > KEPT_S:
            del self._left[next(iter(self._left))]
        return active_mj, reactive_mvars

    def _faults(self, shown: Second, this: Cell) -> Fault:
        faults = this.faults
        least, greatest = POSSIBLE_HZ
        if shown.frequency_hz and not least <= shown.frequency_hz <= greatest:
            faults |= Fault.FREQUENCY_FAR_OFF
        voltage, current = (
            float(np.sqrt(sums[:, ALL].sum() / self._windows.rate_hz)) * float(step)
            for sums, step in zip(this.sums, self._scale, strict=False)
        )
        absurd = current * NOMINAL_VOLTAGE_V > ABSURD_A * voltage
        if voltage < LEAST_VOLTAGE_V and current >= STARTING_CURRENT_A and absurd:
            faults |= Fault.CURRENT_WITHOUT_VOLTAGE
        return faults

    def _notice(self, number: int, faults: Fault) -> None:
        for fault in faults:
            seconds = self._noticed.setdefault(fault, {})
            if len(seconds) < KEPT_S:
                seconds[number] = None


class Metering:
    """A waveform as a source of measurements."""

    def __init__(self, waveform: Waveform, calibration: Calibration = NEUTRAL, *, with_harmonics: bool = False) -> None:
        """Harmonics are told only when asked for: they cost more than everything else."""
        self._bare = waveform
        self._waveform = waveform if calibration == NEUTRAL else CalibratedWaveform(waveform, calibration)
        self._windows = windows(waveform.rate_hz)
        self._counted = Counted(self._windows, self._waveform.scale, with_harmonics=with_harmonics)
        self._with_harmonics = with_harmonics
        self._cells: dict[int, Cell] = {}

    @property
    def findings(self) -> tuple[str, ...]:
        """Those of the waveform, and what was noticed in the seconds measured so far."""
        return (*self._waveform.findings, *self._counted.findings)

    def measurements(self, first_second: int, count: int) -> Measurements:
        if count <= 0:
            return self._none(first_second)
        seconds = range(first_second, first_second + count)
        return joined(
            self._counted.second(second, self._cell(second - 1), self._cell(second), self._cell(second + 1))
            for second in seconds
        )

    def calibrated(self, calibration: Calibration) -> "Metering":
        """The same waveform measured under other constants."""
        return Metering(self._bare, calibration, with_harmonics=self._with_harmonics)

    def windows(self, second: int) -> Values:
        """The five windows of 200 ms in a second."""
        cells = self._cell(second - 1), self._cell(second), self._cell(second + 1)
        return values(*cells, self._windows, self._waveform.scale)[1]

    def _none(self, first_second: int) -> Measurements:
        """The measurements of no second."""
        of_none = dict.fromkeys([*Column, "shown_power_w"], np.empty(0))
        spectra = np.empty((0, 2, orders(self._windows.rate_hz))) if self._with_harmonics else None
        cycles, faults = np.empty((0, HALF_CYCLES)), np.empty(0, dtype=np.int64)
        return Measurements(first_second, **of_none, half_cycles_v=cycles, harmonics=spectra, faults=faults)

    def _cell(self, second: int) -> Cell:
        known = self._cells.get(second)
        if known is None:
            rate = self._windows.rate_hz
            known = self._cells[second] = cell(self._waveform.samples(second * rate, rate), self._windows)
            while len(self._cells) > _KEPT_CELLS:
                del self._cells[next(iter(self._cells))]
        return known


def metered(given: Source | Waveform, *, with_harmonics: bool = False) -> Source:
    """What the meter measures: a waveform through the measurement system, measurements as they are."""
    return Metering(given, with_harmonics=with_harmonics) if isinstance(given, Waveform) else given
