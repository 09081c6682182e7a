"""One second of samples: the exact energy inside it, and its effective values, powers and frequency (manual 2.2, 9.1).

The work on samples is done once per second (`cell`); a second's values need the cells beside it as well (`values`),
because its windows reach 140 ms beyond it. Each cell is computed by the same operations on the same shapes, whatever
is asked for with it, so the last bit of a value depends on nothing but the samples.
"""

from typing import NamedTuple

import numpy as np

from softmeter.metrology.windows import (
    ALL,
    BLOCK_S,
    BLOCKS,
    EARLY,
    LATE,
    NOMINAL_HZ,
    PARTS,
    WINDOWS,
    Complexes,
    Windows,
)
from softmeter.signal.faults import Fault
from softmeter.signal.samples import MAX_COUNT, NO_COUNT, Block, Floats, Scale

LEAST_VOLTAGE_V = 20.0
"""Below this fundamental voltage there is no frequency to be measured."""

_VOLTAGE, _CURRENT, _POWER = range(3)
_WING = 3
"""Blocks of each neighbour that a second's values need."""


class Cell(NamedTuple):
    """What is left of a second of samples."""

    energy: int
    """The exact sum of voltage times current, in counts²."""
    sums: Floats
    """Weighted sums of u², i² and u·i: shape (3, BLOCKS, 3), by the columns of `Windows.ramps`."""
    phasors: Complexes
    """Parts of the phasors of u and i: shape (2, BLOCKS, PARTS)."""
    block: Block
    """The samples themselves."""
    faults: Fault
    """What is wrong with them."""


class Values(NamedTuple):
    """Five windows of 200 ms each, arrays of shape (5,)."""

    voltage_v: Floats
    current_a: Floats
    active_power_w: Floats
    reactive_power_var: Floats
    frequency_hz: Floats

    @property
    def apparent_power_va(self) -> Floats:
        return self.voltage_v * self.current_a

    @property
    def power_factor(self) -> Floats:
        """P / S, signed as P; 1 where nothing flows."""
        apparent = self.apparent_power_va
        return np.divide(self.active_power_w, apparent, out=np.ones_like(apparent), where=apparent > 0)


class Second(NamedTuple):
    """Values over the window of a whole second."""

    voltage_v: float
    current_a: float
    active_power_w: float
    reactive_power_var: float
    frequency_hz: float


def cell(block: Block, windows: Windows) -> Cell:
    """What a second needs to know of its samples; `block` is exactly that second. Samples without a value are zero."""
    faults = _faults(block)
    if faults & Fault.NO_VALUE:
        block = Block(block.first_sample, *(np.where(channel == NO_COUNT, 0, channel) for channel in block[1:]))
    voltage, current = block.voltage, block.current
    energy = int(np.multiply(voltage, current, dtype=np.int64).sum())
    channels = np.empty((2, BLOCKS, windows.block))
    channels[_VOLTAGE], channels[_CURRENT] = voltage.reshape(BLOCKS, -1), current.reshape(BLOCKS, -1)
    products = np.empty((3, BLOCKS, windows.block))
    np.multiply(channels, channels, out=products[:_POWER])
    np.multiply(channels[_VOLTAGE], channels[_CURRENT], out=products[_POWER])
    sums = (products.reshape(3 * BLOCKS, -1) @ windows.ramps).reshape(3, BLOCKS, 3)
    phasors = (channels.reshape(2 * BLOCKS, -1) @ windows.carriers).view(np.complex128).reshape(2, BLOCKS, PARTS)
    return Cell(energy, sums, phasors, block, faults)


def values(before: Cell, this: Cell, after: Cell, windows: Windows, scale: Scale) -> tuple[Second, Values]:
    """The values of the second `this`, of the whole and of its windows."""
    volts, amperes = float(scale.volts), float(scale.amperes)
    units = np.array([[volts * volts], [amperes * amperes], [volts * amperes]])
    means = _window_sums(before, this, after) * (units / (WINDOWS * windows.block))
    voltage_squares, current_squares, active = np.maximum(means, [[0.0], [0.0], [-np.inf]])
    frames = _frames(before, this, after) * (2.0 / windows.block)
    of_windows, of_second = _frequencies(frames[_VOLTAGE] * volts)
    products = (frames[_VOLTAGE] * frames[_CURRENT].conj()).imag[1:-1].reshape(WINDOWS, -1).mean(axis=1)
    gain = windows.gain_squared(np.where(of_windows > 0, of_windows, NOMINAL_HZ))
    reactive = products * (0.5 * volts * amperes) / gain
    second = Second(
        voltage_v=float(np.sqrt(voltage_squares.mean())),
        current_a=float(np.sqrt(current_squares.mean())),
        active_power_w=float(active.mean()),
        reactive_power_var=float(reactive.mean()),
        frequency_hz=of_second,
    )
    return second, Values(np.sqrt(voltage_squares), np.sqrt(current_squares), active, reactive, of_windows)


def _window_sums(before: Cell, this: Cell, after: Cell) -> Floats:
    """The products under each window: shape (3, WINDOWS)."""
    own = this.sums.reshape(3, WINDOWS, WINDOWS, 3)
    sums: Floats = own[:, :, 0, LATE] + own[:, :, 1:4, ALL].sum(axis=2) + own[:, :, 4, ALL] - own[:, :, 4, EARLY]
    sums[:, 1:] += own[:, :-1, 4, EARLY]
    sums[:, :-1] += own[:, 1:, 0, ALL] - own[:, 1:, 0, LATE]
    sums[:, 0] += before.sums[:, -1, EARLY]
    sums[:, -1] += after.sums[:, 0, ALL] - after.sums[:, 0, LATE]
    return sums


def _frames(before: Cell, this: Cell, after: Cell) -> Complexes:
    """Phasors in the middle of each block, of the block before and the one after: shape (2, BLOCKS + 2)."""
    parts = np.concatenate([before.phasors[:, -_WING:], this.phasors, after.phasors[:, :_WING]], axis=1)
    count = BLOCKS + 2
    frames: Complexes = parts[:, :count, 0].copy()
    for part in range(1, PARTS):
        frames += parts[:, part : part + count, part]
    return frames


def _frequencies(voltage: Complexes) -> tuple[Floats, float]:
    """Mean frequencies of the windows and of the second, from what phasors turn between their middles.

    Zero where there is no voltage; turns from or to a phasor without voltage do not count.
    """
    turns = np.angle(voltage[1:] * voltage[:-1].conj()) / (2 * np.pi * BLOCK_S)
    present = np.abs(voltage) >= LEAST_VOLTAGE_V * np.sqrt(2)
    weights = (present[1:] & present[:-1]).astype(np.float64)
    edges = np.arange(0, BLOCKS, WINDOWS)[:, None] + np.arange(WINDOWS + 1)
    shares = np.array([0.5, 1.0, 1.0, 1.0, 1.0, 0.5]) * weights[edges]
    total = shares.sum(axis=1)
    summed = (shares * turns[edges]).sum(axis=1)
    of_windows = np.where(total > 0, NOMINAL_HZ + summed / np.where(total > 0, total, 1.0), 0.0)
    whole = float(total.sum())
    return of_windows, NOMINAL_HZ + float(summed.sum()) / whole if whole else 0.0


def _faults(block: Block) -> Fault:
    """What samples say about the channels they come from."""
    faults = Fault(0)
    for channel, clipped, stuck in (
        (block.voltage, Fault.VOLTAGE_CLIPPED, Fault.VOLTAGE_STUCK),
        (block.current, Fault.CURRENT_CLIPPED, Fault.CURRENT_STUCK),
    ):
        least, greatest = int(channel.min()), int(channel.max())
        if least == NO_COUNT:
            faults |= Fault.NO_VALUE
            continue
        if greatest >= MAX_COUNT or least <= -MAX_COUNT:
            faults |= clipped
        if least == greatest != 0:
            faults |= stuck
    return faults
