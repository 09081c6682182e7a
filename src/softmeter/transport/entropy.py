"""Chance from the operating system, for challenges, keys and signatures of real associations."""

import os


class SystemEntropy:
    """An `Entropy` nobody can foresee."""

    def octets(self, count: int) -> bytes:
        """`count` fresh octets of the kernel's generator."""
        return os.urandom(count)
