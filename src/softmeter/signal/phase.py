"""The phase of the mains as an exact function of time: constant frequency, ramps, jumps, and a slow wandering.

The phase at the begin of any second is a fraction, worked out in integers; only what passes within the second is a
float. So the phase of a second in 2040 is as sharp as that of the first, and asking for it first changes nothing.
"""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from softmeter.signal.samples import Floats

_WANDER_PERIODS_S = (61, 307, 1_009)
"""Three swings of equal strength, none a multiple of another."""


class Ramp(NamedTuple):
    """From `begin_s` to `end_s` (seconds since 1970) the frequency changes evenly to `to_hz`, where it stays."""

    begin_s: Fraction
    end_s: Fraction
    to_hz: Fraction


class Jump(NamedTuple):
    """At `at_s` (seconds since 1970) the phase jumps ahead by `cycles`."""

    at_s: Fraction
    cycles: Fraction


class _Piece(NamedTuple):
    begin_s: Fraction
    cycles: Fraction
    hz: Fraction
    slope: Fraction

    def phase(self, at_s: Fraction) -> Fraction:
        passed = at_s - self.begin_s
        return self.cycles + passed * (self.hz + self.slope * passed / 2)

    def frequency(self, at_s: Fraction) -> Fraction:
        return self.hz + self.slope * (at_s - self.begin_s)


class Phase:
    """Cycles since 1970."""

    def __init__(
        self, hz: Fraction, ramps: Sequence[Ramp] = (), jumps: Sequence[Jump] = (), wander_hz: float = 0.0
    ) -> None:
        """Begin with `hz`; the wandering stays within ±`wander_hz` of what ramps say.

        Raises:
            ValueError: ramps overlap, or one does not last.
        """
        self._wander_hz = wander_hz
        ordered = sorted(ramps)
        if any(ramp.end_s <= ramp.begin_s for ramp in ordered):
            raise ValueError("a ramp must last")
        if any(later.begin_s < ramp.end_s for ramp, later in pairwise(ordered)):
            raise ValueError("a ramp begins before the one before it ends")
        self.frequencies_hz = (hz, *(ramp.to_hz for ramp in ordered))
        self._pieces = [_Piece(Fraction(0), Fraction(0), hz, Fraction(0))]
        events: list[tuple[Fraction, Ramp | Jump | None]] = [(ramp.end_s, None) for ramp in ordered]
        events += [(ramp.begin_s, ramp) for ramp in ordered]
        events += [(jump.at_s, jump) for jump in jumps]
        for at, event in sorted(events, key=lambda each: each[0]):
            self._pieces.append(self._next(at, event))
        self._begins = [piece.begin_s for piece in self._pieces[1:]]

    def cycles(self, second: int, offsets_s: Floats) -> Floats:
        """The phase in cycles, less a whole number, at offsets within [0, 1) of a second."""
        first = bisect_right(self._begins, Fraction(second))
        last = bisect_right(self._begins, Fraction(second + 1))
        cycles = self._along(self._pieces[first], second, offsets_s)
        for piece in self._pieces[first + 1 : last + 1]:
            after = offsets_s >= float(piece.begin_s - second)
            cycles[after] = self._along(piece, second, offsets_s[after])
        if self._wander_hz:
            for period in _WANDER_PERIODS_S:
                share = self._wander_hz / len(_WANDER_PERIODS_S) * period / (2 * np.pi)
                cycles += share * np.sin(2 * np.pi / period * (second % period + offsets_s))
        return cycles

    def _next(self, at: Fraction, event: Ramp | Jump | None) -> _Piece:
        """The piece that begins with a ramp, with a jump, or with None: the end of a ramp."""
        before = self._pieces[-1]
        cycles, hz = before.phase(at), before.frequency(at)
        match event:
            case Ramp():
                return _Piece(at, cycles, hz, (event.to_hz - hz) / (event.end_s - event.begin_s))
            case Jump():
                return _Piece(at, cycles + event.cycles, hz, before.slope)
            case None:
                return _Piece(at, cycles, hz, Fraction(0))

    @staticmethod
    def _along(piece: _Piece, second: int, offsets_s: Floats) -> Floats:
        start = Fraction(second)
        base, hz, slope = float(piece.phase(start) % 1), float(piece.frequency(start)), float(piece.slope)
        cycles: Floats = base + offsets_s * (hz + offsets_s * (slope / 2))
        return cycles
