"""A port that says nothing to the wrapper: does it speak HDLC or mode E? Found out before a time-out is over."""

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

    Where none of them is understood it connects anew, says the same again, and waits on.
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
        super().write(said, 0)
        return super().read(max(0.0, timeout_s - (time.monotonic() - since)))

    def _knock(self) -> None:
        """Ask for HDLC, then for mode E; afterwards the connection is a fresh one.

        Raises:
            TransportError: the port speaks one of them; it says which.
        """
        self._renew()
        frame = encode_frame(Frame(Address(min(self._server_sap, 0x7F)), _CLIENT, control_of(Kind.SNRM, poll=True)))
        reader = FrameReader()
        reader.receive(self._answer(bytes((FLAG,)) + frame + bytes((FLAG,))), LinkTime(0.0))
        if reader.take() is not None:
            raise TransportError(f"{self.name} speaks HDLC, not the wrapper: add --hdlc before the command")
        if self._answer(_SIGN_ON).startswith(b"/"):
            raise TransportError(f"{self.name} speaks IEC 62056-21: add --mode-e before the command")
        self._renew()

    def _answer(self, octets: bytes) -> bytes:
        with contextlib.suppress(OSError):
            self._socket.settimeout(self._knock_s)
            self._socket.sendall(octets)
            return self._socket.recv(256)
        return b""

    def _renew(self) -> None:
        self._socket.close()
        try:
            self._socket = socket.create_connection(self._where, self._timeout_s)
        except OSError as error:
            raise unreachable(self.name, error) from error
