"""Energy, counted exactly: totals, and registers of the rates, each in thousandths of a joule."""

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

RATED = (
    (Quantity.ACTIVE_IMPORT,),
    (Quantity.ACTIVE_EXPORT,),
    REACTIVE_IMPORT,
    REACTIVE_EXPORT,
    (Quantity.REACTIVE_Q1,),
    (Quantity.REACTIVE_Q2,),
    (Quantity.REACTIVE_Q3,),
    (Quantity.REACTIVE_Q4,),
)
"""What is counted per rate, in the order of value group C, 1 to 8; register r of c has place (r - 1) * 8 + c - 1."""

_C = {summed: c for c, summed in enumerate(RATED)}
_NAMES = tuple(quantity.name.lower() for quantity in Quantity)
_RATED_NAMES = tuple(
    f"{name}_rate_{rate}"
    for rate in range(1, RATES + 1)
    for name in (*_NAMES[:2], "reactive_import", "reactive_export", *_NAMES[2:6])
)


class Registers:
    """The accumulators in mJ, mvar·s and mVA·s: a total of each quantity, and the registers of the rates."""

    __slots__ = ("_rated", "_totals")

    def __init__(self) -> None:
        self._totals: tuple[int, ...] = (0,) * len(Quantity)
        self._rated: tuple[int, ...] = (0,) * len(_RATED_NAMES)

    def add(self, counting: Sequence[int], energies: Sequence[int]) -> None:
        """Count energies, one of each quantity, towards the totals and the registers of the rates in these places."""
        self._totals = tuple(map(add, self._totals, energies))
        active_import, active_export, q1, q2, q3, q4 = energies[:6]
        rated = (active_import, active_export, q1 + q2, q3 + q4, q1, q2, q3, q4)
        registers = list(self._rated)
        for place in counting:
            registers[place] += rated[place % len(RATED)]
        self._rated = tuple(registers)

    @property
    def totals(self) -> tuple[int, ...]:
        """The totals of all quantities, in their order, in thousandths of a joule."""
        return self._totals

    def mj(self, *summed: Quantity, rate: int = TOTAL) -> int:
        """The energy of the quantities together, in thousandths of a joule: the total, or what counted at a rate."""
        if rate == TOTAL:
            totals = self._totals
            return totals[summed[0]] if len(summed) == 1 else sum([totals[quantity] for quantity in summed])
        row = (rate - 1) * len(RATED)
        c = _C.get(summed)
        if c is not None:
            return self._rated[row + c]
        return sum([self._rated[row + _C[quantity,]] for quantity in summed])

    def wh(self, *summed: Quantity, rate: int = TOTAL) -> int:
        """The same in Wh, varh or VAh, rounded down."""
        return self.mj(*summed, rate=rate) // MJ_PER_WH

    def rates_wh(self, quantity: Quantity) -> list[int]:
        """What counted at each rate, from rate 1 on, in Wh, varh or VAh, rounded down."""
        return [mj // MJ_PER_WH for mj in self._rated[_C[quantity,] :: len(RATED)]]

    def net_wh(self, rate: int = TOTAL) -> int:
        """Import less export, in Wh, rounded towards zero."""
        net = self.mj(Quantity.ACTIVE_IMPORT, rate=rate) - self.mj(Quantity.ACTIVE_EXPORT, rate=rate)
        return net // MJ_PER_WH if net >= 0 else -(-net // MJ_PER_WH)

    def saved(self) -> Mapping[str, Scalar]:
        totals = zip(_NAMES, self._totals, strict=True)
        return {**dict(totals), **dict(zip(_RATED_NAMES, self._rated, strict=True))}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self._rated = tuple([saved_int(saved, name, 0) for name in _RATED_NAMES])
        self._totals = tuple([saved_int(saved, name, 0) for name in _NAMES])


def directed(registers: Registers) -> tuple[int, int, int, int]:
    """The totals of +A, -A, +R and -R, in mJ or mvar·s: what averages and demands are of."""
    active_import, active_export, q1, q2, q3, q4 = registers.totals[:6]
    return active_import, active_export, q1 + q2, q3 + q4
