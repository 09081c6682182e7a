"""Conversations over UDP with the wrapper (IEC 62056-47), one APDU per datagram, blocking and asyncio."""

import asyncio
import socket
from typing import TypeVar

from softmeter.dlms.conversation import Conversation
from softmeter.transport.correspondence import Correspondences
from softmeter.transport.errors import TransportError, closed, unreachable
from softmeter.transport.link import AsyncOpenLink, OpenLink, arun_once, run_once
from softmeter.transport.stream import named
from softmeter.transport.tap import MakeTap, host_of
from softmeter.transport.tcp import Address

T = TypeVar("T")
TRIES = 3
"""How often a request is sent within its time-out, where it may be."""
_CHUNK = 1 << 16


class UdpLink(OpenLink):
    """A meter's UDP port, over which conversations run one after the other. Closes as a context."""

    def __init__(
        self, address: Address, timeout_s: float = 10.0, make_tap: MakeTap | None = None, *, tries: int = TRIES
    ) -> None:
        """Find the address; whether somebody listens there shows the first answer.

        Raises:
            TransportError: there is no such address.
        """
        super().__init__(
            _UdpStream(address.host, address.port),
            Correspondences(address.server_sap, tries, timeout_s),
            client_sap=address.client_sap,
            timeout_s=timeout_s,
            make_tap=make_tap,
        )


class _UdpStream:
    """A connected socket; what is read and written are whole datagrams."""

    def __init__(self, host: str, port: int) -> None:
        self.name = named(host, port)
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
        except OSError as error:
            raise unreachable(self.name, error) from error
        try:
            self._socket.connect(where)
        except OSError as error:
            self._socket.close()
            raise unreachable(self.name, error) from error
        self.ends = host_of(self._socket.getsockname()), host_of(self._socket.getpeername())

    def read(self, timeout_s: float | None) -> bytes:
        self._socket.settimeout(None if timeout_s is None else max(timeout_s, 1e-6))
        try:
            return self._socket.recv(_CHUNK)
        except TimeoutError:
            raise
        except OSError as error:
            raise _told(self.name, error) from error

    def write(self, octets: bytes, baud: int) -> None:
        del baud
        if not octets:
            return
        self._socket.settimeout(None)
        try:
            self._socket.send(octets)
        except OSError as error:
            raise _told(self.name, error) from error

    def close(self) -> None:
        self._socket.close()


class AsyncUdpLink(AsyncOpenLink):
    """The same for asyncio; made by `open_udp`."""


class _AsyncUdpStream(asyncio.DatagramProtocol):
    """What arrived, and what went wrong; the oldest is lost where too much comes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ends = host_of(None), host_of(None)
        self._queue: asyncio.Queue[bytes | OSError] = asyncio.Queue(64)
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.ends = host_of(transport.get_extra_info("sockname")), host_of(transport.get_extra_info("peername"))

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr  # the socket is connected: there is only one
        self._put(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._put(exc)

    async def read(self, timeout_s: float | None) -> bytes:
        async with asyncio.timeout(timeout_s):
            item = await self._queue.get()
        if isinstance(item, OSError):
            raise _told(self.name, item) from item
        return item

    async def write(self, octets: bytes, baud: int) -> None:
        del baud
        if octets:
            self._transport.sendto(octets)

    async def close(self) -> None:
        self._transport.close()

    def _put(self, item: bytes | OSError) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(item)


async def open_udp(address: Address, timeout_s: float = 10.0, *, tries: int = TRIES) -> AsyncUdpLink:
    """A link to a meter's UDP port.

    Raises:
        TransportError: there is no such address.
    """
    where = address.host, address.port
    try:
        _, stream = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _AsyncUdpStream(str(address)), remote_addr=where
        )
    except OSError as error:
        raise unreachable(str(address), error) from error
    carrier = Correspondences(address.server_sap, tries, timeout_s)
    return AsyncUdpLink(stream, carrier, client_sap=address.client_sap, timeout_s=timeout_s)


def run(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """Run one conversation over a socket of its own.

    Raises:
        TransportError: the meter is not reached, or did not answer.
    """
    return run_once(lambda: UdpLink(address, timeout_s), conversation)


async def arun(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """The same for asyncio."""
    return await arun_once(lambda: open_udp(address, timeout_s), conversation)


def _told(name: str, error: OSError) -> TransportError:
    """What the network reports, in words of the conversation."""
    return unreachable(name, error) if isinstance(error, ConnectionRefusedError) else closed(name)
