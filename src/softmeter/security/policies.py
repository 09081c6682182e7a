"""What APDUs must at least be, by direction (security_policy of class 64; access modes of class 15 version 3)."""

from enum import IntFlag

from softmeter.security.ciphering import Protection


class Policy(IntFlag):
    """security_policy of version 1; the same bits of an access_mode say what one attribute or method demands."""

    NOTHING = 0
    REQUEST_AUTHENTICATED = 0x04
    REQUEST_ENCRYPTED = 0x08
    REQUEST_SIGNED = 0x10
    RESPONSE_AUTHENTICATED = 0x20
    RESPONSE_ENCRYPTED = 0x40
    RESPONSE_SIGNED = 0x80
    FULL = 0x6C
    """Everything authenticated and encrypted, both ways."""

    @property
    def request(self) -> Protection:
        """What a request must at least be."""
        return _REQUEST[self >> 2 & 7]

    @property
    def response(self) -> Protection:
        """What a response must at least be."""
        return _REQUEST[self >> 5 & 7]

    @classmethod
    def of_version_0(cls, number: int) -> "Policy":
        """What the four policies of version 0 mean: nothing, authenticated, encrypted, both."""
        return (cls.NOTHING, cls(0x24), cls(0x48), cls.FULL)[number]


_REQUEST = tuple(
    Protection((number & 1) * 0x10 | (number >> 1 & 1) * 0x20 | (number >> 2) * 0x100) for number in range(8)
)
LEGAL = 0xFC
"""The bits a policy of version 1 may have."""


def strengthens(new: int, old: int) -> bool:
    """Whether `new` is a policy of version 1 that demands all that `old` does."""
    return not new & ~LEGAL and not old & ~new


def strengthens_version_0(new: int, old: int) -> bool:
    """The same of version 0: nothing gives way to all; authenticated and encrypted only to both."""
    return new == 3 or (new in range(3) and old in {0, new})
