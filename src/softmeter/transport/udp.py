"""Conversations over UDP with the wrapper (IEC 62056-47), one APDU per datagram, blocking and asyncio."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TypeVar

from softmeter.dlms.conversation import Conversation, Patient, Unanswered, drive
from softmeter.errors import ConfigurationError
from softmeter.instant import LinkTime
from softmeter.transport.correspondence import Correspondence
from softmeter.transport.errors import closed, silent, unreachable
from softmeter.transport.tap import MakeTap, Tap, host_of
from softmeter.transport.tcp import Address
from softmeter.wire.wrapper import LONGEST_IN_DATAGRAM

T = TypeVar("T")
TRIES = 3
"""How often a request is sent within its time-out, where it may be."""
_CHUNK = 1 << 16


class _Ends:
    """What both kinds of links know of their address, and one correspondence for each client."""

    def __init__(self, address: Address, timeout_s: float, tries: int) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._tries = tries
        self._by_sap: dict[int, Correspondence] = {}

    def _correspondence(self, client_sap: int | None) -> Correspondence:
        sap = self._address.client_sap if client_sap is None else client_sap
        return self._by_sap.setdefault(sap, Correspondence(sap, self._address.server_sap, self._tries))

    def _checked(self, request: bytes) -> bytes:
        if len(request) > LONGEST_IN_DATAGRAM:
            raise ConfigurationError(f"{len(request)} octets do not fit a datagram; use TCP, or smaller blocks")
        return request


class UdpLink(_Ends):
    """A meter's UDP port, over which conversations run one after the other. Closes as a context."""

    def __init__(
        self, address: Address, timeout_s: float = 10.0, make_tap: MakeTap | None = None, *, tries: int = TRIES
    ) -> None:
        """Find the address; whether somebody listens there shows the first answer.

        Raises:
            TransportError: there is no such address.
        """
        super().__init__(address, timeout_s, tries)
        self._tap: Tap | None = None
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, where = found[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.connect(where)
        except OSError as error:
            raise unreachable(str(address), error) from error
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
            TransportError: nobody listens, or no answer came however often it was asked for.
        """
        ours = self._correspondence(client_sap)
        return drive(conversation, lambda request: self._exchange(request, ours))

    def _exchange(self, request: bytes, ours: Correspondence) -> bytes:
        with _explained(self._address):
            self._send(ours.ask(self._checked(request), self._timeout_s, _now()))
            if isinstance(request, Unanswered):
                return b""
            while True:
                answer = ours.take()
                if answer is not None:
                    return answer
                if not self._arrives(ours):
                    again = ours.expire(_now())
                    if not again:
                        break
                    self._send(again)
        if isinstance(request, Patient):
            return b""
        raise silent(str(self._address), self._timeout_s)

    def _arrives(self, ours: Correspondence) -> bool:
        """Hand on what comes until the deadline; False when nothing does."""
        left = ours.deadline - _now()
        if left <= 0:
            return False
        self._socket.settimeout(left)
        try:
            octets = self._socket.recv(_CHUNK)
        except TimeoutError:
            return False
        if self._tap is not None:
            self._tap.received(octets)
        ours.receive(octets)
        return True

    def _send(self, octets: bytes) -> None:
        if octets:
            if self._tap is not None:
                self._tap.sent(octets)
            self._socket.settimeout(self._timeout_s)
            self._socket.send(octets)


class _Inbox(asyncio.DatagramProtocol):
    """What arrived, and what went wrong; the oldest is lost where too much comes."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | OSError] = asyncio.Queue(64)

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr  # the socket is connected: there is only one
        self._put(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._put(exc)

    def _put(self, item: bytes | OSError) -> None:
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(item)


class AsyncUdpLink(_Ends):
    """The same for asyncio; made by `open_udp`."""

    def __init__(
        self, address: Address, timeout_s: float, tries: int, transport: asyncio.DatagramTransport, inbox: _Inbox
    ) -> None:
        super().__init__(address, timeout_s, tries)
        self._transport = transport
        self._queue = inbox.queue

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    async def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end; as `UdpLink.run`."""
        ours = self._correspondence(client_sap)
        try:
            request = next(conversation)
            while True:
                request = conversation.send(await self._exchange(request, ours))
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            conversation.close()

    async def _exchange(self, request: bytes, ours: Correspondence) -> bytes:
        with _explained(self._address):
            self._send(ours.ask(self._checked(request), self._timeout_s, _now()))
            if isinstance(request, Unanswered):
                return b""
            while True:
                answer = ours.take()
                if answer is not None:
                    return answer
                if not await self._arrives(ours):
                    again = ours.expire(_now())
                    if not again:
                        break
                    self._send(again)
        if isinstance(request, Patient):
            return b""
        raise silent(str(self._address), self._timeout_s)

    async def _arrives(self, ours: Correspondence) -> bool:
        try:
            async with asyncio.timeout(max(0.0, ours.deadline - _now())):
                item = await self._queue.get()
        except TimeoutError:
            return False
        if isinstance(item, OSError):
            raise item
        ours.receive(item)
        return True

    def _send(self, octets: bytes) -> None:
        if octets:
            self._transport.sendto(octets)


async def open_udp(address: Address, timeout_s: float = 10.0, *, tries: int = TRIES) -> AsyncUdpLink:
    """A link to a meter's UDP port.

    Raises:
        TransportError: there is no such address.
    """
    try:
        transport, inbox = await asyncio.get_running_loop().create_datagram_endpoint(
            _Inbox, remote_addr=(address.host, address.port)
        )
    except OSError as error:
        raise unreachable(str(address), error) from error
    return AsyncUdpLink(address, timeout_s, tries, transport, inbox)


def run(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """Run one conversation over a socket of its own.

    Raises:
        TransportError: the meter is not reached, or did not answer.
    """
    try:
        with UdpLink(address, timeout_s) as link:
            return link.run(conversation)
    finally:
        conversation.close()


async def arun(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """The same for asyncio."""
    try:
        async with await open_udp(address, timeout_s) as link:
            return await link.run(conversation)
    finally:
        conversation.close()


@contextlib.contextmanager
def _explained(address: Address) -> Iterator[None]:
    """What the network reports, in words of the conversation."""
    try:
        yield
    except ConnectionRefusedError as error:
        raise unreachable(str(address), error) from error
    except OSError as error:
        raise closed(str(address)) from error


def _now() -> LinkTime:
    return LinkTime(time.monotonic())
