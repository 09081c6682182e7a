"""A link that is not perfect: octets come out late, one after the other, and perhaps not all or not whole.

What gets lost or damaged is decided piece by piece, by a seed and how many pieces came before, so the same octets meet
the same fate. It happens between the meter and what carries its octets on, so no TCP repairs it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from softmeter.device.chance import drawn
from softmeter.instant import LinkTime

PIECE, PIECE_S = 256, 0.05
"""Octets that share a fate, where nothing else cuts them: so many, and no more than pass in so long a time."""
_ALL = 1_000_000


class Quality(NamedTuple):
    """One direction: how long everything takes, how much it carries (0: any), which parts get lost or damaged."""

    latency_s: float = 0.0
    bits_per_s: float = 0.0
    drop: float = 0.0
    damage: float = 0.0


PERFECT = Quality()


class Piece(NamedTuple):
    """What comes out, and when; no octets where they got lost."""

    due: LinkTime
    octets: bytes


class Lane:
    """One direction of a link, for all who share it. `bits_per_octet`: 10 where there are start and stop bits."""

    def __init__(self, name: str, seed: bytes, bits_per_octet: int = 8) -> None:
        self.quality = PERFECT
        self.seed = seed
        self._name = name
        self._bits_per_octet = bits_per_octet
        self._count = 0
        self._free = self._last = LinkTime(float("-inf"))

    def passed(self, octets: bytes, now: LinkTime) -> Piece:
        """Octets are handed in; they share one fate."""
        quality = self.quality
        self._free = max(self._free, now)
        if quality.bits_per_s:
            self._free = LinkTime(self._free + len(octets) * self._bits_per_octet / quality.bits_per_s)
        self._last = LinkTime(max(self._last, self._free + quality.latency_s))
        self._count += 1
        if self._happens("lost", quality.drop):
            octets = b""
        elif octets and self._happens("damaged", quality.damage):
            at, bit = divmod(self._drawn("bit", 8 * len(octets) - 1), 8)
            octets = octets[:at] + bytes((octets[at] ^ 1 << bit,)) + octets[at + 1 :]
        return Piece(self._last, octets)

    def free_in(self, now: LinkTime) -> float:
        """Seconds until all that was handed in is on its way."""
        return max(0.0, self._free - now)

    def pieces(self, octets: bytes) -> Iterator[bytes]:
        """Octets cut into those that share a fate."""
        size = self._within(PIECE_S, PIECE)
        for at in range(0, len(octets), size):
            yield octets[at : at + size]

    def room(self, most_s: float, most: int) -> int:
        """How many octets may wait before it: what it carries in so long a time, and no more than `most`."""
        return min(most, max(PIECE, self._within(most_s, most)))

    def _within(self, seconds: float, most: int) -> int:
        """How many octets pass in a time, at least one and at most `most`."""
        if not self.quality.bits_per_s:
            return most
        return min(most, max(1, int(self.quality.bits_per_s * seconds / self._bits_per_octet)))

    def _happens(self, what: str, part: float) -> bool:
        return part > 0 and self._drawn(what, _ALL - 1) < part * _ALL

    def _drawn(self, purpose: str, most: int) -> int:
        return drawn(self.seed, f"{self._name} {purpose}", self._count, most)


class Line:
    """The link of one port: from the meter (up), to it (down), and how long its ends take to be noticed."""

    def __init__(self, name: str, seed: bytes, bits_per_octet: int = 8) -> None:
        self.up = Lane(f"{name} up", seed, bits_per_octet)
        self.down = Lane(f"{name} down", seed, bits_per_octet)
        self.close_s = 0.0

    @property
    def is_perfect(self) -> bool:
        """Whether nothing is to be noticed of it."""
        return not self.close_s and self.up.quality == self.down.quality == PERFECT
