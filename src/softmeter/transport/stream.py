"""Octets to and from a peer, blocking and asyncio, and what every line of octets has."""

import asyncio
import contextlib
import socket
from typing import Protocol

from softmeter.transport.errors import closed, silent, unreachable
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


class AsyncStream(Protocol):
    """The same for asyncio."""

    @property
    def name(self) -> str: ...

    @property
    def ends(self) -> tuple[Host, Host]: ...

    async def read(self, timeout_s: float | None) -> bytes:
        """As `Stream.read`."""
        ...

    async def write(self, octets: bytes, baud: int) -> None:
        """As `Stream.write`."""
        ...

    async def close(self) -> None: ...


class TcpStream:
    """A TCP connection; has no speed."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        """Connect.

        Raises:
            TransportError: nobody is reached.
        """
        self.name = named(host, port)
        self._timeout_s = timeout_s
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
        except OSError as error:
            raise unreachable(self.name, error) from error
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.ends = host_of(self._socket.getsockname()), host_of(self._socket.getpeername())
        except OSError as error:  # who hangs up at once has no name any more
            self._socket.close()
            raise closed(self.name) from error

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
        except TimeoutError as error:
            raise silent(self.name, self._timeout_s) from error
        except OSError as error:
            raise closed(self.name) from error

    def close(self) -> None:
        self._socket.close()


class PairStream:
    """A reader and a writer of asyncio; those of a TCP connection are made by `connected`."""

    def __init__(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self.name = name
        self.ends = host_of(writer.get_extra_info("sockname")), host_of(writer.get_extra_info("peername"))
        self._reader, self._writer = reader, writer
        self._timeout_s = timeout_s

    async def read(self, timeout_s: float | None) -> bytes:
        try:
            async with asyncio.timeout(timeout_s):
                data = await self._reader.read(_CHUNK)
        except TimeoutError:
            raise
        except OSError as error:
            raise closed(self.name) from error
        if not data:
            raise closed(self.name)
        return data

    async def write(self, octets: bytes, baud: int) -> None:
        del baud
        if not octets:
            return
        try:
            self._writer.write(octets)
            async with asyncio.timeout(self._timeout_s):
                await self._writer.drain()
        except TimeoutError as error:
            raise silent(self.name, self._timeout_s) from error
        except OSError as error:
            raise closed(self.name) from error

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):  # the peer was first
            await self._writer.wait_closed()


async def connected(host: str, port: int, timeout_s: float) -> PairStream:
    """A connection to a peer.

    Raises:
        TransportError: nobody is reached.
    """
    name = named(host, port)
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        raise unreachable(name, error) from error
    return PairStream(name, reader, writer, timeout_s)


def named(host: str, port: int) -> str:
    """A host and port as text, `[HOST]:PORT` where the host has colons of its own."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
