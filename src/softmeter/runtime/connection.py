"""What the WAN port needs of the stack: the meter's side of one connection, which does no IO of its own."""

from collections.abc import Sequence
from typing import Protocol

from softmeter.dlms.associations import Standing
from softmeter.instant import LinkTime


class Connection(Protocol):
    """The meter's side of one connection, see conventions 7: layers stacked from the wrapper to the server."""

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        ...

    @property
    def closed(self) -> bool:
        """Nothing more will be received or sent, except what `to_send` still gives."""
        ...

    @property
    def standing(self) -> Standing:
        """How much this connection is worth when there is no room for all."""
        ...

    @property
    def waiting(self) -> object:
        """What is kept until `resume`, because the meter is locked; nothing, or false, where nothing is."""
        ...

    def receive(self, data: bytes, now: LinkTime) -> Sequence[object]:
        """Take octets from the peer, none at the stream's end; returns events, raises `RemoteProtocolError`."""
        ...

    def resume(self, now: LinkTime) -> Sequence[object]:
        """Serve what was kept."""
        ...

    def expire(self, now: LinkTime) -> Sequence[object]:
        """The deadline has passed."""
        ...

    def to_send(self) -> bytes:
        """Octets for the peer; each is given once."""
        ...
