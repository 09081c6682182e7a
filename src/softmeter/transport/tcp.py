"""Conversations over TCP with the wrapper (IEC 62056-47), blocking and asyncio."""

import asyncio
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from softmeter.dlms.conversation import Conversation, Patient, Unanswered, drive
from softmeter.errors import ConfigurationError
from softmeter.transport.errors import TransportError, closed, silent, unreachable
from softmeter.transport.tap import MakeTap, Tap, host_of
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

T = TypeVar("T")
PORT = 4059
"""The registered port of DLMS/COSEM."""
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Address:
    """A meter's host and port, and the two service access points a conversation runs between."""

    host: str
    port: int = PORT
    client_sap: int = 16
    server_sap: int = 1

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, client_sap: int = 16, server_sap: int = 1) -> "Address":
        """Read `HOST`, `HOST:PORT` or `[HOST]:PORT`.

        Raises:
            ConfigurationError: the port is no number from 1 to 65535, or there is no host.
        """
        host, colon, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "")
        number = int(port) if port.isascii() and port.isdigit() else 0 if colon else PORT
        host = host.removeprefix("[").removesuffix("]")
        if not host or not 0 < number < 1 << 16:
            raise ConfigurationError(f"{text!r} is no address of a meter; write it like 127.0.0.1:{PORT}")
        return cls(host, number, client_sap, server_sap)


class Link:
    """An open connection to a meter, over which conversations run one after the other. Closes as a context."""

    def __init__(self, address: Address, timeout_s: float = 10.0, make_tap: MakeTap | None = None) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._arrived = Reassembly()
        self._tap: Tap | None = None
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout_s)
        except OSError as error:
            raise unreachable(str(address), error) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if make_tap is not None:
            self._tap = make_tap(host_of(self._socket.getsockname()), host_of(self._socket.getpeername()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        if self._tap is not None:
            self._tap.closed()

    def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end, perhaps as another client than the address names.

        Raises:
            TransportError: the meter fell silent or went away.
        """
        sap = self._address.client_sap if client_sap is None else client_sap
        return drive(conversation, lambda request: self._exchange(request, sap))

    def _exchange(self, request: bytes, sap: int) -> bytes:
        server = self._address.server_sap
        deadline = time.monotonic() + self._timeout_s
        try:
            self._socket.settimeout(self._timeout_s)
            if request:
                octets = encode_datagram(Datagram(sap, server, request))
                if self._tap is not None:
                    self._tap.sent(octets)
                self._socket.sendall(octets)
            if isinstance(request, Unanswered):
                return b""
            while True:
                datagram = self._arrived.take()
                if datagram is None:
                    self._receive(deadline)
                elif (datagram.source, datagram.destination) == (server, sap):
                    return datagram.apdu
        except TimeoutError as error:
            if isinstance(request, Patient):
                return b""
            raise silent(str(self._address), self._timeout_s) from error
        except OSError as error:
            raise closed(str(self._address)) from error

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(_CHUNK)
        if not data:
            raise closed(str(self._address))
        if self._tap is not None:
            self._tap.received(data)
        self._arrived.receive(data)


class AsyncLink:
    """The same for asyncio; made by `open_link`."""

    def __init__(
        self, address: Address, timeout_s: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._reader = reader
        self._writer = writer
        self._arrived = Reassembly()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError as failed:
            # The peer was first; a failure in the block says more than this.
            if kind is None:
                raise closed(str(self._address)) from failed

    async def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end; as `Link.run`."""
        sap = self._address.client_sap if client_sap is None else client_sap
        try:
            request = next(conversation)
            while True:
                request = conversation.send(await self._exchange(request, sap))
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            conversation.close()

    async def _exchange(self, request: bytes, sap: int) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                if request:
                    self._writer.write(encode_datagram(Datagram(sap, self._address.server_sap, request)))
                    await self._writer.drain()
                return b"" if isinstance(request, Unanswered) else await self._answer(sap)
        except TimeoutError as error:
            if isinstance(request, Patient):
                return b""
            raise silent(str(self._address), self._timeout_s) from error
        except OSError as error:
            raise closed(str(self._address)) from error

    async def _answer(self, sap: int) -> bytes:
        while True:
            datagram = self._arrived.take()
            if datagram is None:
                data = await self._reader.read(_CHUNK)
                if not data:
                    raise closed(str(self._address))
                self._arrived.receive(data)
            elif (datagram.source, datagram.destination) == (self._address.server_sap, sap):
                return datagram.apdu


async def open_link(address: Address, timeout_s: float = 10.0) -> AsyncLink:
    """Connect to a meter.

    Raises:
        TransportError: it is not reached.
    """
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(address.host, address.port)
    except OSError as error:
        raise unreachable(str(address), error) from error
    return AsyncLink(address, timeout_s, reader, writer)


def run(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """Run one conversation over a connection of its own.

    Raises:
        TransportError: the meter is not reached, fell silent or went away.
    """
    try:
        with Link(address, timeout_s) as link:
            return link.run(conversation)
    finally:
        conversation.close()


async def arun(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """The same for asyncio."""
    try:
        async with await open_link(address, timeout_s) as link:
            return await link.run(conversation)
    finally:
        conversation.close()


__all__ = ["PORT", "Address", "AsyncLink", "Link", "TransportError", "arun", "open_link", "run"]
