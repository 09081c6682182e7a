"""Who guesses secrets must wait: per peer and client address, longer each time (IEC 62056-62, class 124; manual 5.3.2).

Who comes from elsewhere is served meanwhile, so nobody can lock others out by guessing.
"""

from collections import OrderedDict
from typing import NamedTuple

from softmeter.instant import LinkTime

ALLOWED_FAILURES = 5
FIRST_DELAY_S, LONGEST_DELAY_S = 60.0, 3600.0
FORGET_S = 3600.0
"""After so long without a failure the count begins anew."""

MOST_PEERS = 4096


class _Record(NamedTuple):
    """Failures in a row, until when the peer must wait, and how long the next wait is."""

    failures: int = 0
    until: LinkTime = LinkTime(0.0)
    delay_s: float = FIRST_DELAY_S
    last: LinkTime = LinkTime(0.0)


class Lockouts:
    """The failures of all peers of one port; when there are too many, whose failure is longest ago is forgotten."""

    def __init__(self) -> None:
        self._records: OrderedDict[tuple[str, int], _Record] = OrderedDict()

    def admits(self, peer: str, sap: int, now: LinkTime) -> bool:
        """Whether somebody at `peer` may try to open an association as the client `sap`."""
        record = self._records.get((peer, sap))
        return record is None or now >= record.until

    def failed(self, peer: str, sap: int, now: LinkTime) -> bool:
        """He tried with a wrong secret; True when he has to wait from now on."""
        record = self._records.pop((peer, sap), _Record())
        if now - record.last > FORGET_S:
            record = _Record()
        failures, until, delay_s = record.failures + 1, record.until, record.delay_s
        locks = failures >= ALLOWED_FAILURES
        if locks:
            failures, until, delay_s = ALLOWED_FAILURES - 1, LinkTime(now + delay_s), min(2 * delay_s, LONGEST_DELAY_S)
        self._records[peer, sap] = _Record(failures, until, delay_s, now)
        if len(self._records) > MOST_PEERS:
            self._records.popitem(last=False)
        return locks

    def succeeded(self, peer: str, sap: int) -> None:
        """He knows the secret: the count begins anew."""
        self._records.pop((peer, sap), None)
