"""Octets to and from a peer, blocking, and what every line of octets has."""

import socket
from typing import Protocol

from softmeter.transport.errors import closed, unreachable
from softmeter.transport.tap import Host, host_of

_CHUNK = 1 << 16


class Stream(Protocol):
    """A line to a peer."""

    @property
    def name(self) -> str: ...

    @property
    def ends(self) -> tuple[Host, Host]:
        """The addresses of this end and the peer's, where they have some."""
        ...

    def read(self, timeout_s: float | None) -> bytes:
        """What has arrived, at least an octet.

        Raises:
            TimeoutError: nothing came in time.
            TransportError: the peer has gone.
        """
        ...

    def write(self, octets: bytes, baud: int) -> None:
        """Send, and then take up a speed where the line has one."""
        ...

    def close(self) -> None: ...


class TcpStream:
    """A TCP connection; has no speed."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        """Connect.

        Raises:
            TransportError: nobody is reached.
        """
        self.name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._timeout_s = timeout_s
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
        except OSError as error:
            raise unreachable(self.name, error) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ends = host_of(self._socket.getsockname()), host_of(self._socket.getpeername())

    def read(self, timeout_s: float | None) -> bytes:
        self._socket.settimeout(None if timeout_s is None else max(timeout_s, 1e-6))
        try:
            data = self._socket.recv(_CHUNK)
        except TimeoutError:
            raise
        except OSError as error:
            raise closed(self.name) from error
        if not data:
            raise closed(self.name)
        return data

    def write(self, octets: bytes, baud: int) -> None:
        del baud
        if not octets:
            return
        self._socket.settimeout(self._timeout_s)
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise closed(self.name) from error

    def close(self) -> None:
        self._socket.close()
