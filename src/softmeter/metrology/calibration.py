"""Calibration constants of a measurement system, and what they do to its samples: exactly, in integers.

Gains change what a count stands for, which is a fraction; so no sample is rounded for them and an energy stays an exact
sum. The lag of the current behind the voltage is taken back by a filter with coefficients of 22 bits, whose output is
rounded to counts; it is a delay, so it fits all harmonics.
"""

from fractions import Fraction
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.signal.delay import delay_kernel
from softmeter.signal.samples import MAX_COUNT, NO_COUNT, Block, Counts, Floats, Scale, Source, Waveform
from softmeter.signal.slices import Slices

ONE = 2**24
"""A gain of one."""
GREATEST_CORRECTION = ONE // 5
GREATEST_LAG_NS = 200_000
"""3.6 degrees at 50 Hz."""

_COEFFICIENT = 2**22


class Calibration(NamedTuple):
    """The constants, all of them whole numbers; as they are made here they change nothing."""

    voltage_gain: int = ONE
    """Of what a count stands for, in 2⁻²⁴."""
    current_gain: int = ONE
    lag_ns: int = 0
    """How late the current channel is behind that of the voltage."""

    def checked(self) -> "Calibration":
        """The constants, if they are possible.

        Raises:
            ConfigurationError: one corrects more than 20 % or 200 µs: something is wrong or wired wrongly.
        """
        for name, gain in (("voltage_gain", self.voltage_gain), ("current_gain", self.current_gain)):
            if abs(gain - ONE) > GREATEST_CORRECTION:
                raise ConfigurationError(f"{gain / ONE:.4f} corrects more than 20 %", f"calibration {name}")
        if abs(self.lag_ns) > GREATEST_LAG_NS:
            raise ConfigurationError(f"{self.lag_ns} ns corrects more than {GREATEST_LAG_NS}", "calibration lag_ns")
        return self


NEUTRAL = Calibration()


@runtime_checkable
class Calibratable(Protocol):
    """A source behind a measurement system."""

    def calibrated(self, calibration: Calibration) -> Source:
        """The same source under other constants, in place of those it is under."""
        ...


class CalibratedWaveform:
    """What a measurement system makes of the samples of its converter."""

    def __init__(self, waveform: Waveform, calibration: Calibration) -> None:
        self._waveform, self._calibration = waveform, calibration
        self.rate_hz = waveform.rate_hz
        self._kernel = _whole_numbers(delay_kernel(-calibration.lag_ns * self.rate_hz / SECOND))
        self._slices = Slices(self.rate_hz, self._second)

    @property
    def scale(self) -> Scale:
        volts, amperes = self._waveform.scale
        constants = self._calibration
        return Scale(volts * Fraction(constants.voltage_gain, ONE), amperes * Fraction(constants.current_gain, ONE))

    @property
    def findings(self) -> tuple[str, ...]:
        voltage, current, lag = self._calibration
        told = f"calibrated: voltage x {voltage / ONE:.6f}, current x {current / ONE:.6f}, current late by {lag} ns"
        return (*self._waveform.findings, told)

    def samples(self, first: int, count: int) -> Block:
        return self._slices.samples(first, count)

    def _second(self, second: int) -> Block:
        first, count, reach = second * self.rate_hz, self.rate_hz, len(self._kernel) // 2
        given = self._waveform.samples(first - reach, count + 2 * reach)
        own = slice(reach, reach + count)
        if not reach:
            return given
        # Whole numbers below 2⁵³ all along, so floats are exact and the order of the sums does not matter.
        present = np.where(given.current == NO_COUNT, 0, given.current).astype(np.float64)
        summed = np.convolve(present, self._kernel, mode="valid")
        moved = np.clip(np.floor(summed / _COEFFICIENT + 0.5), -MAX_COUNT, MAX_COUNT).astype(np.int32)
        clipped = np.abs(given.current[own]) >= MAX_COUNT  # and stays so, or without a value: nothing is made up
        current: Counts = np.where(clipped, given.current[own], moved)
        return Block(first, given.voltage[own], current)


def _whole_numbers(kernel: Floats) -> Floats:
    """A kernel in 2⁻²², its sum being exactly one."""
    whole: Floats = np.rint(kernel * _COEFFICIENT)
    whole[len(whole) // 2] += _COEFFICIENT - whole.sum()
    return whole
