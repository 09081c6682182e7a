"""A reader at a port of the meter over a link that is not perfect, in simulated time of its own: no wire, no waiting.

Its time goes from one thing that happens to the next. The bench's time does not pass meanwhile.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from softmeter.bench.link import Lane, Line
from softmeter.instant import LinkTime
from softmeter.transport.errors import closed
from softmeter.transport.tap import Host

_FAR = LinkTime(float("inf"))
_NOWHERE: Host = ("", 0)


class Served(Protocol):
    """The meter's side of one connection."""

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        ...

    @property
    def closed(self) -> bool: ...

    def receive(self, data: bytes, now: LinkTime) -> Sequence[object]:
        """Take octets."""
        ...

    def expire(self, now: LinkTime) -> Sequence[object]:
        """The deadline has passed."""
        ...

    def to_send(self) -> bytes: ...


class SimulatedStream:
    """A line to the meter; a `Stream` of `softmeter.transport`."""

    def __init__(self, served: Served, line: Line, now: LinkTime, name: str = "the meter") -> None:
        self.name = name
        self.ends = _NOWHERE, _NOWHERE
        self._served = served
        self._now = now
        self._down, self._up = _Way(line.down), _Way(line.up)

    def now(self) -> LinkTime:
        """The time of the reader."""
        return self._now

    @property
    def carried(self) -> tuple[int, int]:
        """Octets that went to the meter, and from it; those that got lost on the way too."""
        return self._down.carried, self._up.carried

    def read(self, timeout_s: float | None) -> bytes:
        """What arrives next.

        Raises:
            TimeoutError: nothing does, in time.
            TransportError: the meter ended the connection.
        """
        until = _FAR if timeout_s is None else LinkTime(self._now + timeout_s)
        while True:
            expires = self._served.deadline
            at = min(self._up.due, self._down.due, until, _FAR if expires is None else expires)
            if at == _FAR or (self._served.closed and self._up.due == _FAR):
                raise closed(self.name)
            self._now = max(self._now, at)
            if octets := self._up.taken(at):
                return octets
            if octets := self._down.taken(at):
                self._served.receive(octets, self._now)
            elif at == expires:
                self._served.expire(self._now)
            elif at == until:
                raise TimeoutError
            self._up.put(self._served.to_send(), self._now)

    def write(self, octets: bytes, baud: int) -> None:
        """Send."""
        del baud
        self._down.put(octets, self._now)

    def close(self) -> None:
        """Leave."""
        if not self._served.closed:
            self._served.receive(b"", self._now)


class _Way:
    """What is under way in one direction."""

    def __init__(self, lane: Lane) -> None:
        self.carried = 0
        self._lane = lane
        self._under_way: deque[tuple[LinkTime, bytes]] = deque()

    @property
    def due(self) -> LinkTime:
        """When the next octets come out."""
        return self._under_way[0][0] if self._under_way else _FAR

    def put(self, octets: bytes, now: LinkTime) -> None:
        """Hand octets in."""
        self.carried += len(octets)
        for piece in self._lane.pieces(octets):
            passed = self._lane.passed(piece, now)
            if passed.octets:
                self._under_way.append(passed)

    def taken(self, now: LinkTime) -> bytes:
        """What has come out by now."""
        out = []
        while self._under_way and self._under_way[0][0] <= now:
            out.append(self._under_way.popleft()[1])
        return b"".join(out)
