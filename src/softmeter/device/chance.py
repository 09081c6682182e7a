"""Chance of a meter's own: the same for the same meter and moment, another for its neighbour."""

import hashlib


def drawn(seed: bytes, purpose: str, second: int, most: int) -> int:
    """A number from 0 to `most`, by the meter's seed, what it is for, and when."""
    if most <= 0:
        return 0
    digest = hashlib.sha256(b"%b/%b/%d" % (seed, purpose.encode(), second)).digest()
    return int.from_bytes(digest[:8], "big") % (most + 1)
