"""A heat pump that keeps a house warm: what it takes in slots of forty minutes, by the temperature outside."""

import numpy as np

from softmeter.signal.noise import smooth
from softmeter.signal.samples import Floats, Integers
from softmeter.signal.seasons import DAY, season

SLOT_S = 2_400

_SLOTS = DAY // SLOT_S
_COLD = 1_009
_MEAN_C, _SEASON_C, _DAY_C, _WEATHER_C = 10.4, 7.6, 3.5, 5.0
_LATE_DAYS = 27
"""The coldest and the warmest days come this long after the sun's turning points."""
_WARMEST_SLOT = 22
_ENOUGH_C = 16.0
"""At this temperature outside a house needs no heating."""
_NIGHT = 0.75
_NIGHT_SLOTS = 9
"""From midnight to six o'clock the house may be cooler."""
_LEAST_SHARE = 0.3
"""A compressor turns down to this share of its power; for less it switches on and off."""
_LEAST_ON = 0.1


class HeatPump:
    """The heating of one house."""

    def __init__(self, seed: int, power_w: float) -> None:
        """`power_w`: electrical, when it is coldest."""
        self._seed, self._power_w = seed, power_w

    def power_w(self, local_s: int, count: int) -> Floats | None:
        """The electrical power of each second from `local_s` (local time) on; None: nothing at all."""
        slots = np.arange(local_s // SLOT_S, (local_s + count - 1) // SLOT_S + 1)
        share = self._share(slots)
        if not share.any():
            return None
        on_s = np.where(share >= _LEAST_SHARE, SLOT_S, np.rint(share / _LEAST_SHARE * SLOT_S)).astype(np.int64)
        level = np.maximum(share, _LEAST_SHARE) * self._power_w
        runs = np.stack([on_s, SLOT_S - on_s], axis=1).ravel()
        powers = np.stack([level, np.zeros(len(level))], axis=1).ravel()
        taken: Floats = np.repeat(np.rint(powers * 16) / 16, runs)
        return taken[local_s % SLOT_S :][:count]

    def _share(self, slots: Integers) -> Floats:
        """How much of its power each slot needs, 0 to 1."""
        days, of_day = slots // _SLOTS, slots % _SLOTS
        swing = np.cos((of_day - _WARMEST_SLOT) * (2 * np.pi / _SLOTS))
        weather = 2 * smooth(0, _COLD, 5 * _SLOTS // 2, slots) - 1
        outside_c = _MEAN_C - _SEASON_C * season(days - _LATE_DAYS) + _DAY_C * swing + _WEATHER_C * weather
        need = np.maximum(_ENOUGH_C - outside_c, 0.0) / 24.0
        need *= np.where(of_day < _NIGHT_SLOTS, _NIGHT, 1.0)
        efficiency = 1.0 + 0.02 * np.maximum(outside_c, 0.0)  # a pump lifts less when it is mild
        share = np.minimum(need / efficiency, 1.0)
        kept: Floats = np.where(share < _LEAST_ON * _LEAST_SHARE, 0.0, share)
        return kept
