"""A synthetic household with a roof of solar panels: `household:seed=7`, plausible but nobody's.

Every value is a function of (seed, second), so any second of any year can be asked for first. Local time is UTC+1
all year: what people do follows the clock closely enough, and the sun does not know about summer time.
"""

import numpy as np

from softmeter.signal.appliances import APPLIANCES, DAY, HOUR, add_appliances
from softmeter.signal.noise import lanes, smooth, uniform, words
from softmeter.signal.samples import Floats, Integers, Measurements

MINUTE = 60
BLOCK_S = 600

_LOCAL_S = HOUR
_YEAR_DAYS = 365.2425
_LATITUDE, _LONGITUDE_DEG = np.radians(52.1), 5.2
_LOOP_OHM = 0.32
"""Impedance of the supply as the meter sees it."""

_EVENING_W = np.interp(
    np.arange(DAY // BLOCK_S) * BLOCK_S / HOUR,
    [0.0, 1.0, 6.0, 7.5, 9.0, 16.0, 19.0, 22.0, 23.5, 24.0],
    [30.0, 5.0, 5.0, 120.0, 40.0, 50.0, 190.0, 220.0, 60.0, 30.0],
)
"""Light and small things by time of day, in blocks."""

_HOUSE, _BLOCKS, _DAYS, _CLOUDS, _GUSTS, _GRID, _SWING, _DRIFT, _SECONDS = range(1_000, 1_009)


class Household:
    """A household as a source."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        house = uniform(seed, _HOUSE, np.arange(3))
        self._base_w = 45.0 + 75.0 * float(house[0])
        self._panels_w = 1_500.0 + 3_000.0 * float(house[1])
        self._supply_v = 229.0 + 5.0 * float(house[2])

    @property
    def findings(self) -> tuple[str, ...]:
        house = f"{len(APPLIANCES)} appliances, base load {self._base_w:.0f} W, solar panels {self._panels_w:.0f} W"
        return (f"synthetic household {self._seed}: {house}",)

    def measurements(self, first_second: int, count: int) -> Measurements:
        if count <= 0:
            return Measurements(first_second, *(np.empty(0) for _ in range(5)))
        jitter = lanes(words(self._seed, _SECONDS, np.arange(first_second, first_second + count)))
        active = self._background(first_second, count)
        reactive = active * -0.2
        active += jitter[0] * 6.0
        add_appliances(self._seed, first_second + _LOCAL_S, active, reactive)
        minutes = np.arange(first_second // MINUTE, (first_second + count - 1) // MINUTE + 2)
        offset = first_second % MINUTE
        active -= _between(self._sunlight(minutes), offset, count)
        voltage = _between(self._supply(minutes), offset, count)
        voltage -= active * (_LOOP_OHM / 230.0)
        voltage += jitter[1] * 0.3
        frequency = _between(self._frequency(minutes), offset, count)
        frequency += jitter[2] * 0.004
        current = np.sqrt(active * active + reactive * reactive) / voltage
        return Measurements(first_second, voltage, current, active, reactive, frequency)

    def _background(self, first_second: int, count: int) -> Floats:
        """Base load, light and small things of each second, W."""
        local = first_second + _LOCAL_S
        blocks = np.arange(local // BLOCK_S, (local + count - 1) // BLOCK_S + 1)
        days = blocks * BLOCK_S // DAY
        darkness = 1.0 + 0.35 * _season(days)
        at_home = 0.6 + 0.8 * uniform(self._seed, _DAYS, days)
        unrest = 0.5 + uniform(self._seed, _BLOCKS, blocks)
        people = _EVENING_W[blocks % len(_EVENING_W)] * darkness * at_home * unrest
        level = np.rint((self._base_w + 10.0 * unrest + people) * 16) / 16
        return np.repeat(level, BLOCK_S)[local % BLOCK_S :][:count]

    def _sunlight(self, minutes: Integers) -> Floats:
        """What the panels give at the begin of each minute, W."""
        days = minutes * MINUTE // DAY
        declination = np.radians(-23.44 * _season(days))
        turn = (minutes * MINUTE % DAY) / DAY - 0.5 + _LONGITUDE_DEG / 360.0
        height = np.sin(_LATITUDE) * np.sin(declination)
        height = height + np.cos(_LATITUDE) * np.cos(declination) * np.cos(2 * np.pi * turn)
        clear = np.maximum(height, 0.0) * (0.72 + 0.28 * height) * self._panels_w
        cover = uniform(self._seed, _CLOUDS, days)
        gusts = 0.6 * smooth(self._seed, _GUSTS, 9, minutes) + 0.4 * uniform(self._seed, _GUSTS, minutes)
        passed = 1.0 - cover * np.clip(2.2 * (gusts - 0.5) + cover, 0.05, 0.85)
        power_w: Floats = np.rint(clear * passed * 16) / 16  # no last bit of a sine may depend on how time was divided
        return power_w

    def _supply(self, minutes: Integers) -> Floats:
        """The voltage without load at the begin of each minute, V."""
        return self._supply_v + 5.0 * smooth(self._seed, _GRID, 17, minutes) - 2.5

    def _frequency(self, minutes: Integers) -> Floats:
        """The frequency of the grid, the same for every household, at the begin of each minute, Hz."""
        swing = 0.05 * smooth(0, _SWING, 5, minutes) + 0.03 * uniform(0, _DRIFT, minutes)
        return 49.958 + swing


def _season(days: Integers) -> Floats:
    """From -1 at midsummer to 1 at midwinter; `days` since 1970-01-01, rounded so that it is the same everywhere."""
    cosine: Floats = np.cos((days % _YEAR_DAYS + 10.0) * (2 * np.pi / _YEAR_DAYS))
    return np.rint(cosine * 2**20) / 2**20


def _between(nodes: Floats, offset: int, count: int) -> Floats:
    """Seconds on straight lines between the values of minutes, from `offset` seconds after the first."""
    ramp = np.arange(MINUTE) / MINUTE
    lines = np.diff(nodes)[:, None] * ramp
    lines += nodes[:-1, None]
    seconds: Floats = lines.ravel()
    return seconds[offset : offset + count]
