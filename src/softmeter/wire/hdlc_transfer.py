"""Numbered transfer over an HDLC link: windows, segments, repeats; the same at both ends (IEC 62056-46, 6.4.4.4.4)."""

from collections import deque
from typing import NamedTuple

from softmeter.errors import RemoteProtocolError
from softmeter.wire.hdlc import Frame
from softmeter.wire.hdlc_parameters import Parameters

LONGEST_UNIT = 0xFFFF + 3
"""Octets of an APDU and its LLC header; more are not put together."""

MOST_QUEUED = 4096
"""Segments that may wait: one answer as long as can be, in the shortest segments, and then some."""


class Segment(NamedTuple):
    """The information of an I frame, and whether more of the same unit follows."""

    information: bytes
    segmented: bool


class Transfer:
    """One direction each way, from the moment the link is set up."""

    __slots__ = ("_first", "_outstanding", "_pieces", "_queue", "expected", "limits")

    def __init__(self, limits: Parameters) -> None:
        self.limits = limits
        self.expected = 0
        """V(R): the number of the next I frame of the peer."""
        self._queue: deque[Segment] = deque()
        self._first = 0  # the number of the first one in the queue
        self._outstanding = 0  # how many of the queue have been sent
        self._pieces = bytearray()

    @property
    def next_number(self) -> int:
        """V(S): the number after the last frame sent."""
        return self._first + self._outstanding & 7

    @property
    def full(self) -> bool:
        """Whether so much waits that the peer has to take some of it first."""
        return len(self._queue) > MOST_QUEUED

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be sent or acknowledged."""
        return not self._queue

    @property
    def outstanding(self) -> bool:
        """Whether frames are on their way that the peer has not acknowledged."""
        return self._outstanding > 0

    def queue(self, unit: bytes) -> None:
        """Cut a unit into segments, to be sent with the next bursts."""
        size = self.limits.transmit_octets
        for at in range(0, len(unit), size):
            self._queue.append(Segment(unit[at : at + size], at + size < len(unit)))

    def acknowledges(self, number: int) -> bool:
        """Whether the peer may say N(R) `number`: it acknowledges nothing that was not sent."""
        return (number - self._first & 7) <= self._outstanding

    def acknowledge(self, number: int) -> bool:
        """Take an N(R) that `acknowledges`; whether it acknowledged anything new."""
        count = number - self._first & 7
        for _ in range(count):
            self._queue.popleft()
        self._first = number
        self._outstanding -= count
        return count > 0

    def rewind(self) -> None:
        """The peer did not take what is on its way."""
        self._outstanding = 0

    def burst(self) -> list[tuple[int, Segment]]:
        """What to send now: all that is not acknowledged, as far as the window goes, with its numbers."""
        self._outstanding = min(len(self._queue), self.limits.transmit_window)
        return [(self._first + index & 7, self._queue[index]) for index in range(self._outstanding)]

    def take(self, frame: Frame) -> bytes | None:
        """The unit that an I frame completes, if it does; a frame out of turn is dropped.

        Raises:
            RemoteProtocolError: the unit is longer than any APDU.
        """
        if frame.sent != self.expected:
            return None
        if len(self._pieces) + len(frame.information) > LONGEST_UNIT:
            raise RemoteProtocolError(f"a unit of more than {LONGEST_UNIT} octets")
        self.expected = self.expected + 1 & 7
        self._pieces += frame.information
        if frame.segmented:
            return None
        unit = bytes(self._pieces)
        self._pieces.clear()
        return unit
