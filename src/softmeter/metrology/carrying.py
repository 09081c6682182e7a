"""Energies of seconds as whole millijoules, without losing what is left over (manual 2.2).

The exact energy of a second is a fraction of millijoules. What does not fill one is carried to the next second of the
same direction or quadrant, so that each register is at every moment the exact integral of its seconds, rounded down.
"""

from fractions import Fraction
from typing import NamedTuple

NANO = 10**9


class Remainders(NamedTuple):
    """What is left over: active energy in `Carrying.unit`, import and export, and four quadrants in nvar·s."""

    active: tuple[int, int] = (0, 0)
    reactive: tuple[int, int, int, int] = (0, 0, 0, 0)


NOTHING = Remainders()


class Carrying(NamedTuple):
    """How many mJ a sum of products of counts is: an exact fraction."""

    numerator: int
    denominator: int

    @classmethod
    def of(cls, volts: Fraction, amperes: Fraction, rate_hz: int) -> "Carrying":
        """For samples in steps of `volts` and `amperes`, `rate_hz` of them in a second."""
        return cls(*(volts * amperes * 1000 / rate_hz).as_integer_ratio())

    def carried(self, left: Remainders, energy: int, reactive_nvars: int) -> tuple[int, int, Remainders]:
        """The mJ and mvar·s that a second counts, with their signs, and what is left over after it.

        `energy` is the exact sum of products in counts². Reactive energy belongs to import unless active energy is
        counted as export.
        """
        direction = int(energy < 0)
        active, rest = divmod(left.active[direction] + abs(energy) * self.numerator, self.denominator)
        actives = (rest, left.active[1]) if direction == 0 else (left.active[0], rest)
        quadrant = 2 * int(direction == 1 and active > 0) + int(reactive_nvars < 0)
        reactive, rest = divmod(left.reactive[quadrant] + abs(reactive_nvars), NANO // 1000)
        quadrants = (*left.reactive[:quadrant], rest, *left.reactive[quadrant + 1 :])
        reactives = (quadrants[0], quadrants[1], quadrants[2], quadrants[3])
        signed = (-active if direction else active, -reactive if reactive_nvars < 0 else reactive)
        return *signed, Remainders(actives, reactives)
