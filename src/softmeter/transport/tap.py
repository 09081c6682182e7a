"""How somebody listens in on a connection: told every octet in both directions, changing nothing."""

from collections.abc import Callable
from typing import Protocol


class Tap(Protocol):
    """Listens to one connection."""

    def received(self, octets: bytes) -> None:
        """Octets came from the peer."""
        ...

    def sent(self, octets: bytes) -> None:
        """Octets were handed to the system for the peer."""
        ...

    def closed(self) -> None:
        """The connection is over."""
        ...


Host = tuple[str, int]
"""An address and a port."""
MakeTap = Callable[[Host, Host], Tap]
"""Makes the tap of a new connection between this end and the peer."""


def host_of(name: object) -> Host:
    """What a socket says of one of its ends, of any family."""
    if isinstance(name, tuple) and len(name) >= 2:
        return str(name[0]).partition("%")[0], int(name[1])
    return "0.0.0.0", 0  # noqa: S104 - the unspecified address, of an end that has none
