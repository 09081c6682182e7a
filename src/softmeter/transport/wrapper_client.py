"""The client's end of a TCP connection with the wrapper (IEC 62056-47), without IO."""

from collections import deque

from softmeter.dlms.conversation import Unanswered
from softmeter.instant import LinkTime
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram


class WrapperClient:
    """Requests of one client after the other to one server; what is for somebody else is passed over."""

    baud = 0

    def __init__(self, server_sap: int, timeout_s: float) -> None:
        self.arrived: deque[bytes] = deque()
        """The APDUs for the client that asked last, which nobody has taken yet."""
        self.deadline: LinkTime | None = None
        """When to call `expire`."""
        self.silent = False
        """Whether the answer has not come in time."""
        self.closed = False
        self._server = server_sap
        self._timeout_s = timeout_s
        self._sap: int | None = None
        self._awaits = False
        self._out = b""
        self._incoming = Reassembly()

    @property
    def settled(self) -> bool:
        return not self._out

    def ask(self, apdu: bytes, sap: int, now: LinkTime) -> None:
        """Send a request as client `sap`; empty: wait for what else there is."""
        if sap != self._sap:
            self._sap = sap
            self.arrived.clear()
        self.silent = False
        if apdu:
            self._out = encode_datagram(Datagram(sap, self._server, apdu))
        self._awaits = not isinstance(apdu, Unanswered)
        self.deadline = LinkTime(now + self._timeout_s) if self._awaits else now

    def finish(self, now: LinkTime) -> None:
        """Leave: the end of the connection says it."""
        del now
        self.closed = True

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Take what arrived.

        Raises:
            DecodeError: these are no datagrams.
        """
        self._incoming.receive(data)
        while (datagram := self._incoming.take()) is not None:
            if (datagram.source, datagram.destination) == (self._server, self._sap):
                self.arrived.append(datagram.apdu)
        if not self.arrived:  # who talks to others all the time is silent to us
            self.expire(now)

    def expire(self, now: LinkTime) -> None:
        """The time is up."""
        self.silent = self._awaits and self.deadline is not None and now >= self.deadline

    def to_send(self) -> bytes:
        out, self._out = self._out, b""
        return out
