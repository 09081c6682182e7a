"""How much may be sent to addresses that have proved nothing: a forged sender makes answers hit somebody else."""

from collections import OrderedDict

BURST_OCTETS = 65_536
"""A whole table for whoever asks once."""

OCTETS_PER_S = 4096.0
MOST_ADDRESSES = 1024


class Allowance:
    """Octets that may still be sent to each address; they come back with time."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, address: str, octets: int, now: float) -> bool:
        """Whether so many may be sent now, and if so, count them."""
        left, since = self._left.pop(address, (float(BURST_OCTETS), now))
        left = min(left + (now - since) * OCTETS_PER_S, float(BURST_OCTETS))
        may = octets <= left
        self._left[address] = (left - octets if may else left), now
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return may
