"""Energy, counted exactly: per rate in thousandths of a joule; a total is the sum of its rates."""

from collections.abc import Mapping, Sequence
from operator import add

from softmeter.device.saved import saved_int
from softmeter.metrology.energy import Quantity
from softmeter.persistent import Scalar

RATES = 4
TOTAL = 0
"""The number of the total where a rate is asked for."""

MJ_PER_WH = 3_600_000

ACTIVE_SUM = (Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT)  # |+A| + |-A|
REACTIVE_IMPORT = (Quantity.REACTIVE_Q1, Quantity.REACTIVE_Q2)  # +R
REACTIVE_EXPORT = (Quantity.REACTIVE_Q3, Quantity.REACTIVE_Q4)  # -R
REACTIVE_SUM = REACTIVE_IMPORT + REACTIVE_EXPORT

_NAMES = tuple(f"{quantity.name.lower()}_rate_{rate}" for rate in range(1, RATES + 1) for quantity in Quantity)


class Registers:
    """The accumulators in mJ, mvar·s and mVA·s, one of each quantity for each rate."""

    __slots__ = ("_rates",)

    def __init__(self) -> None:
        self._rates: tuple[tuple[int, ...], ...] = ((0,) * len(Quantity),) * RATES

    def add(self, rate: int, energies: Sequence[int]) -> None:
        """Count energies, one of each quantity, towards a rate."""
        counted = tuple(map(add, self._rates[rate - 1], energies))
        self._rates = (*self._rates[: rate - 1], counted, *self._rates[rate:])

    def mj(self, *summed: Quantity, rate: int = TOTAL) -> int:
        """The energy of the quantities together, in thousandths of a joule, of one rate or all."""
        return self._counted(summed, rate)

    def wh(self, *summed: Quantity, rate: int = TOTAL) -> int:
        """The same in Wh, varh or VAh, rounded down."""
        return self._counted(summed, rate) // MJ_PER_WH

    def net_wh(self, rate: int = TOTAL) -> int:
        """Import less export, in Wh, rounded towards zero."""
        net = self.mj(Quantity.ACTIVE_IMPORT, rate=rate) - self.mj(Quantity.ACTIVE_EXPORT, rate=rate)
        return net // MJ_PER_WH if net >= 0 else -(-net // MJ_PER_WH)

    def saved(self) -> Mapping[str, Scalar]:
        return dict(zip(_NAMES, [energy for row in self._rates for energy in row], strict=True))

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        energies = [saved_int(saved, name, 0) for name in _NAMES]
        width = len(Quantity)
        self._rates = tuple(tuple(energies[row * width : (row + 1) * width]) for row in range(RATES))

    def _counted(self, summed: tuple[Quantity, ...], rate: int) -> int:
        counting = self._rates if rate == TOTAL else (self._rates[rate - 1],)
        if len(summed) == 1:  # as of nearly every register
            quantity = summed[0]
            return sum([row[quantity] for row in counting])
        return sum([row[quantity] for row in counting for quantity in summed])
