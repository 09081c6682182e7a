"""The measurement system: a waveform at the terminals made a source of measurements (manual 2.2, 2.3, 9.1).

Energies are exact sums over every sample of a second. They leave here as whole millijoules, remainders carried, so
that `engine.integrate` finds them unchanged. Powers, effective values and frequency come from windows with smooth
edges.
"""

from math import hypot

import numpy as np

from softmeter.instant import at_second, iso
from softmeter.metrology.carrying import NANO, NOTHING, Carrying, Remainders
from softmeter.metrology.second import Cell, Second, Values, cell, values
from softmeter.metrology.windows import Windows, windows
from softmeter.signal.samples import Measurements, Scale, Source, Waveform, joined

NOMINAL_VOLTAGE_V = 230.0
STARTING_CURRENT_A = 0.02
"""0.4 % of 5 A (manual 2.3): from here on the meter registers."""
CREEP_VA = 0.3 * STARTING_CURRENT_A * NOMINAL_VOLTAGE_V
"""Less than this is no load and counts nothing: 1.38 VA, where the starting current is 4.6 VA."""
POSSIBLE_HZ = (42.5, 57.5)

KEPT_S = 7_200
"""Seconds whose remainders are known: who looks back so far finds every second unchanged."""
_KEPT_CELLS = 8


class Counted:
    """Seconds in order, made measurements: what is left over of each, and what was noticed.

    Remainders are carried from the first second on, as a meter does from power-on; a second that does not follow on
    one before it begins anew. Counted again, a second is the same.
    """

    def __init__(self, windows: Windows, scale: Scale) -> None:
        self._windows, self._scale = windows, scale
        self._carrying = Carrying.of(scale.volts, scale.amperes, windows.rate_hz)
        self._left: dict[int, Remainders] = {}
        self._noticed: dict[str, dict[int, None]] = {}

    def second(self, number: int, before: Cell, this: Cell, after: Cell) -> Measurements:
        """The measurements of second `number`, whose cell is `this`."""
        shown, _ = values(before, this, after, self._windows, self._scale)
        energy = this.energy
        if hypot(shown.active_power_w, shown.reactive_power_var) < CREEP_VA:
            energy, shown = 0, shown._replace(current_a=0.0, active_power_w=0.0, reactive_power_var=0.0)
        left = self._left.get(number, NOTHING)
        reactive_nvars = round(shown.reactive_power_var * NANO)
        active_mj, reactive_mvars, self._left[number + 1] = self._carrying.carried(left, energy, reactive_nvars)
        self._left.setdefault(number, left)
        while len(self._left) > KEPT_S:
            del self._left[next(iter(self._left))]
        self._notice(number, shown, this)
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
        return Measurements(number, voltage, current, active, reactive, frequency, shown_power)

    @property
    def findings(self) -> tuple[str, ...]:
        """What was noticed, and when first."""
        found = self._noticed.items()
        return tuple(f"{what} in {len(at)} s, first at {iso(at_second(next(iter(at))))}" for what, at in found)

    def _notice(self, number: int, shown: Second, this: Cell) -> None:
        least, greatest = POSSIBLE_HZ
        for what, happened in (
            ("voltage beyond the converter's range", this.clipped[0]),
            ("current beyond the converter's range", this.clipped[1]),
            ("frequency outside 42.5 to 57.5 Hz", shown.frequency_hz and not least <= shown.frequency_hz <= greatest),
        ):
            if happened:
                seconds = self._noticed.setdefault(what, {})
                if len(seconds) < KEPT_S:
                    seconds[number] = None


class Metering:
    """A waveform as a source of measurements."""

    def __init__(self, waveform: Waveform) -> None:
        self._waveform = waveform
        self._windows = windows(waveform.rate_hz)
        self._counted = Counted(self._windows, waveform.scale)
        self._cells: dict[int, Cell] = {}

    @property
    def findings(self) -> tuple[str, ...]:
        """Those of the waveform, and what was noticed in the seconds measured so far."""
        return (*self._waveform.findings, *self._counted.findings)

    def measurements(self, first_second: int, count: int) -> Measurements:
        if count <= 0:
            return Measurements(first_second, *(np.empty(0) for _ in range(6)))
        seconds = range(first_second, first_second + count)
        return joined(
            self._counted.second(second, self._cell(second - 1), self._cell(second), self._cell(second + 1))
            for second in seconds
        )

    def windows(self, second: int) -> Values:
        """The five windows of 200 ms in a second."""
        cells = self._cell(second - 1), self._cell(second), self._cell(second + 1)
        return values(*cells, self._windows, self._waveform.scale)[1]

    def _cell(self, second: int) -> Cell:
        known = self._cells.get(second)
        if known is None:
            rate = self._windows.rate_hz
            known = self._cells[second] = cell(self._waveform.samples(second * rate, rate), self._windows)
            while len(self._cells) > _KEPT_CELLS:
                del self._cells[next(iter(self._cells))]
        return known


def metered(given: Source | Waveform) -> Source:
    """What the meter measures: a waveform through the measurement system, measurements as they are."""
    return Metering(given) if isinstance(given, Waveform) else given
