"""The WAN port on UDP: one wrapped APDU per datagram, both ways, beside the same port on TCP (IEC 62056-47, port 4059).

A correspondent is a peer's address with a client and a server address. It is remembered once it has asked for an
association, or has told all meters something; what else comes from a stranger is answered and forgotten. What is no
datagram of the wrapper is dropped.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from softmeter.bench.link import Line
from softmeter.dlms.associations import Standing
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.errors import DecodeError
from softmeter.instant import LinkTime
from softmeter.runtime.address import Address
from softmeter.runtime.allowance import Allowance
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.deadlines import Deadlines
from softmeter.runtime.event_text import event_text
from softmeter.runtime.shaped import LossyQueue
from softmeter.transport.tap import Host, MakeTap, Tap, host_of
from softmeter.wire.wrapper import Datagram, decode_datagram

MOST_CORRESPONDENTS = 256
_AARQ = b"\x60"
_ICMP_IS_NO_NEWS = "an answer was not delivered: %s"

Factory = Callable[[str, int, int, LinkTime], DatagramServer]
"""Makes the server of a correspondent: where it is, its address, the server's, when it was first heard of."""
Key = tuple[Host, int, int]

log = logging.getLogger("softmeter.wan")


class _Correspondent:
    """One correspondent, and its answers that wait for a commit."""

    def __init__(self, key: Key, where: tuple[object, ...], server: DatagramServer, now: float) -> None:
        self.key = key
        self.where = where
        self.server = server
        self.active = now
        self.held: deque[tuple[int, bytes]] = deque()
        self.tap: Tap | None = None

    @property
    def name(self) -> str:
        host, port = self.key[0]
        return f"[{host}]:{port} (UDP)" if ":" in host else f"{host}:{port} (UDP)"

    @property
    def worth(self) -> tuple[Standing, float]:
        return self.server.standing, self.active


class UdpPort(asyncio.DatagramProtocol):
    """Serves any number of clients from one socket, and remembers a bounded number of them.

    When there are too many, one gives way: first those without an association, then those with a public one, the one
    that has been idle longest first. Who has proved to know a secret never does.
    """

    def __init__(
        self,
        address: Address,
        factory: Factory,
        barrier: Barrier,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        most: int = MOST_CORRESPONDENTS,
        line: Line | None = None,
    ) -> None:
        """`line`: what the datagrams go over, a perfect one unless one is given."""
        self.accepting = True
        """Whether somebody new is taken."""
        self.line = line or Line("wan", b"")
        self._incoming = LossyQueue(self.line.down, monotonic)
        self._outgoing = LossyQueue(self.line.up, monotonic)
        self.address = address
        """Where to listen; may be set until the first `open`, such as to the port number that TCP got."""
        self.make_tap: MakeTap | None = None
        self._factory = factory
        self._barrier = barrier
        self._monotonic = monotonic
        self._most = most
        self._known: dict[Key, _Correspondent] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._own: Host = ("", 0)
        self._deadlines = Deadlines(monotonic, self._waited_for, self.expire)
        self._choked = False
        self._allowance = Allowance()
        self._gone = asyncio.Event()
        barrier.passed.connect(self._release)

    def __len__(self) -> int:
        return len(self._known)

    async def open(self) -> Address:
        """Listen; returns where, with the true port number, which is kept.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        if self._transport is None:
            listening = await self.address.datagrams()
            self.address = self.address.bound(listening)
            self._own = host_of(listening.getsockname())
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=listening)
        return self.address

    async def close(self) -> None:
        """Stop listening and forget all correspondents."""
        for one in tuple(self._known.values()):
            self._forget(one)
        self._deadlines.stop()
        self._incoming.clear()
        self._outgoing.clear()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
            await self._gone.wait()  # until then the port number is taken

    def tick(self) -> None:
        """The meter takes changes again: serve the requests that waited for it."""
        for one in tuple(self._known.values()):
            if one.server.waiting:
                self._report(one.name, one.server.resume(self._now()))
                self._answer(one)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._choked = False
        self._gone.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._gone.set()

    def error_received(self, exc: Exception) -> None:
        log.debug(_ICMP_IS_NO_NEWS, exc)

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        if self.line.is_perfect:
            self._take(data, addr)
        else:
            self._incoming.put(data, lambda octets: self._take(octets, addr))

    def _take(self, data: bytes, addr: tuple[object, ...]) -> None:
        if self._transport is None:
            return
        try:
            datagram = decode_datagram(data)
        except DecodeError as error:
            log.debug("a datagram dropped: %s", error)
            return
        one = self._correspondent(datagram, addr)
        if one is None or one.held:  # its last answer is still being stored: it will ask again
            return
        if one.tap is not None:
            one.tap.received(data)
        one.active = self._monotonic()
        self._report(one.name, one.server.receive(datagram.apdu, LinkTime(one.active)))
        if one.key not in self._known and (one.server.waiting or one.server.standing is not Standing.NONE):
            self._admit(one)  # who tells all meters something has not asked for an association first
        self._answer(one)

    def _correspondent(self, datagram: Datagram, where: tuple[object, ...]) -> _Correspondent | None:
        """Who sent it; None if there is no room for one more."""
        key = host_of(where), datagram.source, datagram.destination
        one = self._known.get(key)
        if one is not None:
            one.where = where
            return one
        if not self.accepting:
            return None
        server = self._factory(f"{key[0][0]}:{key[0][1]}", datagram.source, datagram.destination, self._now())
        one = _Correspondent(key, where, server, self._monotonic())
        if datagram.apdu[:1] == _AARQ and not self._admit(one):
            return None
        return one

    def _admit(self, one: _Correspondent) -> bool:
        if len(self._known) >= self._most:
            least = min(self._known.values(), key=lambda known: known.worth)
            if least.server.standing is Standing.SECRET:
                log.info("%s refused: %d clients are logged in", one.name, self._most)
                return False
            log.info("%s gives way to another one", least.name)
            self._forget(least)
        if self.make_tap is not None:
            one.tap = self.make_tap(self._own, one.key[0])
        self._known[one.key] = one
        return True

    def _forget(self, one: _Correspondent) -> None:
        if self._known.pop(one.key, None) is not None:
            self._report(one.name, one.server.close())
            if one.tap is not None:
                one.tap.closed()

    def _answer(self, one: _Correspondent) -> None:
        """Send what there is to send, or have it wait for the commit that stores what it tells."""
        for octets in one.server.to_send():
            ticket = self._barrier.ticket()
            if ticket is None and not one.held:
                self._send(one, octets)
            elif one.key in self._known:
                one.held.append((self._barrier.done if ticket is None else ticket, octets))
        if one.key in self._known:
            self._deadlines.arm(one.server.deadline)

    def _release(self) -> None:
        for one in tuple(self._known.values()):
            while one.held and one.held[0][0] <= self._barrier.done:
                self._send(one, one.held.popleft()[1])

    def _send(self, one: _Correspondent, octets: bytes) -> None:
        if self._transport is None or self._choked:  # what the network does not take is lost, as datagrams are
            return
        if one.server.standing is not Standing.SECRET and not self._allowance.takes(
            one.key[0][0], len(octets), self._monotonic()
        ):
            return
        if one.tap is not None:
            one.tap.sent(octets)
        if self.line.is_perfect:
            self._transport.sendto(octets, one.where)
        else:
            where = one.where
            self._outgoing.put(octets, lambda sent: self._put_out(sent, where))

    def _put_out(self, octets: bytes, where: tuple[object, ...]) -> None:
        if self._transport is not None and not self._choked:
            self._transport.sendto(octets, where)

    def _waited_for(self) -> list[LinkTime | None]:
        return [one.server.deadline for one in self._known.values()]

    def expire(self) -> None:
        """Give up and forget whoever's deadline has passed."""
        now = self._now()
        for one in tuple(self._known.values()):
            deadline = one.server.deadline
            if deadline is not None and deadline <= now:
                self._report(one.name, one.server.expire(now))
            if one.server.closed:
                self._forget(one)

    def _report(self, name: str, events: Sequence[object]) -> None:
        for event in events:
            log.info("%s %s", name, event_text(event))

    def _now(self) -> LinkTime:
        return LinkTime(self._monotonic())
