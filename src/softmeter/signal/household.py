"""A synthetic household with solar panels, perhaps a heat pump and a car: `household:seed=7`, plausible but nobody's.

Every value is a function of (seed, second), so any second of any year can be asked for first. Local time is UTC+1
all year: what people do follows the clock closely enough, and the sun does not know about summer time.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from softmeter.signal.appliances import APPLIANCES, CAR, HOT_WATER, HOUR, Targets, Timetable, add_appliances
from softmeter.signal.heat_pump import HeatPump
from softmeter.signal.loads import Loads
from softmeter.signal.noise import lanes, smooth, uniform, words
from softmeter.signal.samples import Floats, Integers, Measurements
from softmeter.signal.seasons import DAY, season
from softmeter.signal.shapes import SHAPES, Shape

MINUTE = 60
BLOCK_S = 600

_LOCAL_S = HOUR
_LATITUDE, _LONGITUDE_DEG = np.radians(52.1), 5.2
_LOOP_OHM = 0.32
"""Impedance of the supply as the meter sees it."""
_CAPACITIVE = -0.2
_HEAT_PUMP_VAR_PER_W = 0.05
_POWER, _VOLTAGE, _FREQUENCY = range(3)
_TABLE_S, _PIECE_S = 1 << 15, 1 << 12
_SHARE_WITH_CAR, _SHARE_WITH_HEAT_PUMP = 0.4, 0.4

_EVENING_W = np.interp(
    np.arange(DAY // BLOCK_S) * BLOCK_S / HOUR,
    [0.0, 1.0, 6.0, 7.5, 9.0, 16.0, 19.0, 22.0, 23.5, 24.0],
    [30.0, 5.0, 5.0, 120.0, 40.0, 50.0, 190.0, 220.0, 60.0, 30.0],
)
"""Light and small things by time of day, in blocks."""

_HOUSE, _BLOCKS, _DAYS, _CLOUDS, _GUSTS, _GRID, _SWING, _DRIFT, _SECONDS = range(1_000, 1_009)


class Equipment(NamedTuple):
    """What a household may have: powers in W, 0 for none; None: its seed decides."""

    panels_w: float | None = None
    car_w: float | None = None
    heat_pump_w: float | None = None


class Household:
    """A household as a source."""

    def __init__(self, seed: int, equipment: Equipment | None = None) -> None:
        self._seed, given = seed, equipment or Equipment()
        house = uniform(seed, _HOUSE, np.arange(6))
        self._base_w = 45.0 + 75.0 * float(house[0])
        self._supply_v = 229.0 + 5.0 * float(house[2])
        drawn_w = 1_500.0 + 3_000.0 * float(house[1])
        self._panels_w = drawn_w if given.panels_w is None else given.panels_w
        drawn_w = CAR.power_w * int(house[3] < _SHARE_WITH_CAR)
        self._car_w = drawn_w if given.car_w is None else given.car_w
        drawn_w = (1_400.0 + 1_200.0 * float(house[5])) * int(house[4] < _SHARE_WITH_HEAT_PUMP)
        self._heat_pump_w = drawn_w if given.heat_pump_w is None else given.heat_pump_w
        self._heat_pump = HeatPump(seed, self._heat_pump_w)
        more = [CAR._replace(power_w=self._car_w)] if self._car_w else []
        self._timetable = Timetable((*APPLIANCES, *more, *([HOT_WATER] if self._heat_pump_w else [])))

    @property
    def findings(self) -> tuple[str, ...]:
        told = [f"{len(APPLIANCES)} appliances, base load {self._base_w:.0f} W"]
        for what, power_w in (
            ("solar panels", self._panels_w),
            ("heat pump", self._heat_pump_w),
            ("electric car", self._car_w),
        ):
            told += [f"{what} {power_w:.0f} W"] if power_w else []
        return (f"synthetic household {self._seed}: {', '.join(told)}",)

    def measurements(self, first_second: int, count: int) -> Measurements:
        if count <= 0:
            return Measurements(first_second, *(np.empty(0) for _ in range(5)))
        active, reactive = np.zeros(count), np.zeros(count)
        minutes = np.arange(first_second // MINUTE, (first_second + count - 1) // MINUTE + 2)
        self._add(first_second, count, minutes, lambda _: (active, reactive))
        offset = first_second % MINUTE
        voltage = _between(self._supply(minutes), offset, count)
        voltage -= active * (_LOOP_OHM / 230.0)
        self._tremble(_VOLTAGE, first_second, voltage)
        frequency = _between(self._frequency(minutes), offset, count)
        self._tremble(_FREQUENCY, first_second, frequency)
        current = active * active
        current += reactive * reactive
        np.sqrt(current, out=current)
        current /= voltage
        return Measurements(first_second, voltage, current, active, reactive, frequency)

    def loads(self, first_second: int, count: int) -> Loads:
        """What the household takes, told apart by the shape of the current."""
        active, reactive = np.zeros((len(SHAPES), count)), np.zeros((len(SHAPES), count))
        if count > 0:
            minutes = np.arange(first_second // MINUTE, (first_second + count - 1) // MINUTE + 2)
            places = {shape: (active[at], reactive[at]) for at, shape in enumerate(SHAPES)}
            self._add(first_second, count, minutes, places.__getitem__)
        return Loads(active, reactive)

    def _tremble(self, what: int, first_second: int, values: Floats) -> None:
        """Add what differs from second to second: pieces of a table, drawn anew from the seed for each of them."""
        table, end = _trembling()[what], first_second + len(values)
        pieces = np.arange(first_second // _PIECE_S, (end - 1) // _PIECE_S + 1)
        places = words(self._seed, _SECONDS, pieces) % np.uint64(_TABLE_S - _PIECE_S)
        for piece, place in zip(pieces.tolist(), places.tolist(), strict=True):
            begin, stop = max(first_second, piece * _PIECE_S), min(end, (piece + 1) * _PIECE_S)
            offset = place - piece * _PIECE_S
            values[begin - first_second : stop - first_second] += table[begin + offset : stop + offset]

    def _add(self, first_second: int, count: int, minutes: Integers, into: Targets) -> None:
        """Add everything that takes or gives power in each second."""
        local = first_second + _LOCAL_S
        for shape, power in zip((Shape.ELECTRONICS, Shape.LAMP), self._background(first_second, count), strict=True):
            active, reactive = into(shape)
            active += np.repeat(power, BLOCK_S)[local % BLOCK_S :][:count]
            reactive += np.repeat(power * _CAPACITIVE, BLOCK_S)[local % BLOCK_S :][:count]
        self._tremble(_POWER, first_second, into(Shape.ELECTRONICS)[0])
        add_appliances(self._seed, local, count, self._timetable, into)
        heating = self._heat_pump.power_w(local, count) if self._heat_pump_w else None
        if heating is not None:
            active, reactive = into(Shape.INVERTER)
            active += heating
            reactive += heating * _HEAT_PUMP_VAR_PER_W
        if self._panels_w:
            active, _ = into(Shape.CORRECTED)
            active -= _between(self._sunlight(minutes), first_second % MINUTE, count)

    def _background(self, first_second: int, count: int) -> tuple[Floats, Floats]:
        """Base load, and light and small things, in the blocks of these seconds, W."""
        local = first_second + _LOCAL_S
        blocks = np.arange(local // BLOCK_S, (local + count - 1) // BLOCK_S + 1)
        days = blocks * BLOCK_S // DAY
        darkness = 1.0 + 0.35 * season(days)
        at_home = 0.6 + 0.8 * uniform(self._seed, _DAYS, days)
        unrest = 0.5 + uniform(self._seed, _BLOCKS, blocks)
        people = _EVENING_W[blocks % len(_EVENING_W)] * darkness * at_home * unrest
        return np.rint((self._base_w + 10.0 * unrest) * 16) / 16, np.rint(people * 16) / 16

    def _sunlight(self, minutes: Integers) -> Floats:
        """What the panels give at the begin of each minute, W."""
        days = minutes * MINUTE // DAY
        declination = np.radians(-23.44 * season(days))
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


@cache
def _trembling() -> Floats:
    """Random numbers for power (W), voltage (V) and frequency (Hz)."""
    table: Floats = lanes(words(0, _SECONDS, np.arange(_TABLE_S)))[:3] * [[6.0], [0.3], [0.004]]
    table.setflags(write=False)
    return table


def _between(nodes: Floats, offset: int, count: int) -> Floats:
    """Seconds on straight lines between the values of minutes, from `offset` seconds after the first."""
    ramp = np.arange(MINUTE) / MINUTE
    lines = np.diff(nodes)[:, None] * ramp
    lines += nodes[:-1, None]
    seconds: Floats = lines.ravel()
    return seconds[offset : offset + count]
