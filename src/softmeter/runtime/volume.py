"""How much goes over the cellular module: octets of its ports, both ways (manual 12.3, data volume)."""

from softmeter.transport.tap import MakeTap, Tap


class Volume:
    """Counts what passes until somebody takes the sum; taps that are there already hear everything as before."""

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0

    def carried(self, sent: int, received: int) -> None:
        """Octets passed."""
        self.sent += sent
        self.received += received

    def taken(self) -> tuple[int, int]:
        """Octets sent and received since the last call."""
        sums = self.sent, self.received
        self.sent = self.received = 0
        return sums

    def counting(self, make: MakeTap | None) -> MakeTap:
        """What makes taps that count, before those of `make`."""
        return lambda own, peer: _CountingTap(self, make(own, peer) if make else None)


class _CountingTap:
    """Counts one connection."""

    __slots__ = ("_next", "_volume")

    def __init__(self, volume: Volume, following: Tap | None) -> None:
        self._volume = volume
        self._next = following

    def received(self, octets: bytes) -> None:
        self._volume.carried(0, len(octets))
        if self._next is not None:
            self._next.received(octets)

    def sent(self, octets: bytes) -> None:
        self._volume.carried(len(octets), 0)
        if self._next is not None:
            self._next.sent(octets)

    def closed(self) -> None:
        if self._next is not None:
            self._next.closed()
