"""Security suites and the keys they take (IEC 62056-53, security suites 0 to 2)."""

from enum import IntEnum

from softmeter.errors import LocalProtocolError

TITLE_OCTETS = 8
"""Length of a system title."""
TAG_OCTETS = 12
"""Length of an authentication tag: that of GCM cut to 96 bits."""


class Suite(IntEnum):
    """0: AES-128 only; 1: with ECDSA and ECDH on P-256; 2: AES-256 and P-384."""

    SUITE_0 = 0
    SUITE_1 = 1
    SUITE_2 = 2

    @property
    def key_octets(self) -> int:
        """Length of the suite's symmetric keys."""
        return 32 if self is Suite.SUITE_2 else 16

    @property
    def coordinate_octets(self) -> int:
        """Length of one coordinate of a point, and of one half of a signature; 0 where the suite has no curve."""
        return (0, 32, 48)[self]


class Use(IntEnum):
    """Which key protects an APDU; each has counters of its own, in each direction. The value is short, for storage."""

    UNICAST = 0
    BROADCAST = 1
    DEDICATED = 2
    WRAPPED = 3
    """A fresh key that comes with the APDU, wrapped with the master key."""
    ONE_PASS = 4
    """A fresh key agreed by C(1e,1s)."""
    STATIC = 5
    """A key agreed by C(0e,2s)."""
    SIGNATURE = 6
    """No key of a cipher but that of a signature; its counter is the transaction-id."""


class Key(bytes):
    """A secret that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Key({len(self)} octets)"

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return format(repr(self), form)

    @classmethod
    def of(cls, octets: bytes, suite: Suite = Suite.SUITE_0) -> "Key":
        """A key of the length that `suite` demands.

        Raises:
            LocalProtocolError: it has another length.
        """
        if len(octets) != suite.key_octets:
            raise LocalProtocolError(f"a key of suite {suite.value} has {suite.key_octets} octets, not {len(octets)}")
        return cls(octets)
