"""Chance as an argument: octets nobody can foresee, or the same ones again from a seed."""

import hashlib
from typing import Protocol


class Entropy(Protocol):
    """Where challenges, keys and signatures take their octets from."""

    def octets(self, count: int) -> bytes:
        """`count` fresh octets."""
        ...


class SeededEntropy:
    """The same octets for the same seed: SHA-256 over seed and a running number. For scenarios and tests only."""

    def __init__(self, seed: int | str | bytes) -> None:
        self._seed = seed if isinstance(seed, bytes) else str(seed).encode()
        self._drawn = 0

    def octets(self, count: int) -> bytes:
        """The next `count` octets of the seed's sequence."""
        blocks = bytearray()
        while len(blocks) < count:
            blocks += hashlib.sha256(self._seed + b"/" + self._drawn.to_bytes(8, "big")).digest()
            self._drawn += 1
        return bytes(blocks[:count])
