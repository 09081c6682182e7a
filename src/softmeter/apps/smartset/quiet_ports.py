"""A port that says nothing to the wrapper: does it speak HDLC or mode E? Found out beside the wait for an answer."""

import contextlib
import socket
import time

from softmeter.instant import LinkTime
from softmeter.transport.errors import TransportError, unreachable
from softmeter.transport.stream import TcpStream
from softmeter.wire.hdlc import FLAG, Address, Frame, FrameReader, Kind, control_of, encode_frame

_PATIENCE_S = 2.0
"""How long a first answer may take before anybody wonders; cellular modules need about one second."""
_KNOCK_S = 0.7
_CLIENT = Address(16)
_SIGN_ON = b"/?!\r\n"


class AttentiveStream(TcpStream):
    """A TCP connection that, where a first answer is long in coming, asks in the other languages of meters.

    It asks over a connection of its own, so that a slow meter is waited for and hears nothing twice. Where the port
    serves one connection at a time, it asks once the time is over.
    """

    def __init__(
        self,
        host: str,
        port: int,
        timeout_s: float,
        server_sap: int,
        *,
        patience_s: float = _PATIENCE_S,
        knock_s: float = _KNOCK_S,
    ) -> None:
        super().__init__(host, port, timeout_s)
        self._patience_s, self._knock_s = patience_s, knock_s
        self._where = (host, port)
        self._server_sap = server_sap
        self._said: bytes | None = b""
        """What has been said to nobody yet; None once somebody has answered or was asked otherwise."""

    def write(self, octets: bytes, baud: int) -> None:
        if self._said is not None:
            self._said += octets
        super().write(octets, baud)

    def read(self, timeout_s: float | None) -> bytes:
        said, self._said = self._said, None
        if said is None or timeout_s is None or timeout_s <= self._patience_s + 2 * self._knock_s:
            return super().read(timeout_s)
        since = time.monotonic()
        try:
            return super().read(self._patience_s)
        except TimeoutError:
            self._knock()
        try:
            return self._waited(said, since + timeout_s)
        except TimeoutError:
            self._socket.close()
            self._knock()
            raise

    def _waited(self, said: bytes, until: float) -> bytes:
        """The first answer; of a port that left us for the one who knocked, over a fresh connection."""
        try:
            return super().read(until - time.monotonic())
        except TransportError:
            self._socket.close()
            try:
                self._socket = socket.create_connection(self._where, self._timeout_s)
            except OSError as error:
                raise unreachable(self.name, error) from error
        super().write(said, 0)
        return super().read(until - time.monotonic())

    def _knock(self) -> None:
        """Ask for HDLC, then for mode E, over a connection of its own.

        Raises:
            TransportError: the port speaks one of them; it says which.
        """
        try:
            beside = socket.create_connection(self._where, self._knock_s)
        except OSError:  # it serves one at a time
            return
        with beside:
            frame = encode_frame(Frame(Address(min(self._server_sap, 0x7F)), _CLIENT, control_of(Kind.SNRM, poll=True)))
            reader = FrameReader()
            reader.receive(_answer(beside, bytes((FLAG,)) + frame + bytes((FLAG,))), LinkTime(0.0))
            if reader.take() is not None:
                raise TransportError(f"{self.name} speaks HDLC, not the wrapper: add --hdlc before the command")
            if _answer(beside, _SIGN_ON).startswith(b"/"):
                raise TransportError(f"{self.name} speaks IEC 62056-21: add --mode-e before the command")


def _answer(beside: socket.socket, octets: bytes) -> bytes:
    with contextlib.suppress(OSError):
        beside.sendall(octets)
        return beside.recv(256)
    return b""
