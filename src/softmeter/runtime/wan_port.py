"""The WAN port on TCP: moves octets and deadlines between sockets and DLMS connections that do no IO of their own.

Source: IEC 62056-47 (COSEM transport layer over IPv4), port 4059.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import cast

from softmeter.bench.link import Line
from softmeter.dlms.associations import Standing
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.connection import Connection
from softmeter.runtime.deadlines import Deadlines
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.ports import Listener
from softmeter.runtime.reports import Reports
from softmeter.runtime.volume import Volume
from softmeter.runtime.wan_peer import Peer
from softmeter.transport.tap import MakeTap

LOGGING_IN_S = 1.0
"""How long a peer without an association is worth as much as one with a public one: it may be about to log in."""
_NOT_NOW = "%s refused: calls are not answered now"
_REFUSED = "%s refused: %d clients are logged in"
_GIVING_WAY = {
    Standing.NONE: "%s gives way to another one: without an association",
    Standing.PUBLIC: "%s gives way to another one: an association without a secret",
}


class WanPort:
    """Makes a connection for each peer that connects, and bounds how many there are.

    When there are too many, one gives way: first those without an association, then those with a public one, the one
    that has been idle longest first. Who has proved to know a secret never does. So neither a crowd of idle sockets nor
    one of public clients can lock out whoever has keys.
    """

    def __init__(
        self,
        address: Address,
        factory: Callable[[str], Connection],
        barrier: Barrier,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        most_peers: int = MOST.wan,
        log: str = "softmeter.wan",
        line: Line | None = None,
    ) -> None:
        """`line`: what the connections go over, a perfect one unless one is given."""
        self._listener = Listener(address, lambda: Peer(self, factory))
        self.barrier = barrier
        self.monotonic = monotonic
        self.reports = Reports(logging.getLogger(log))
        self.most_peers = most_peers
        self.accepting = True
        """Whether somebody new is taken; whoever is there stays."""
        self.calls_left: int | None = None
        """How many more are taken until somebody says otherwise; None: any number."""
        self._came = 0
        self._is_shut = False
        """Whether it was closed, and not opened again."""
        self.make_tap: MakeTap | None = None
        self.volume = Volume()
        self.line = line or Line("wan", b"")
        self.holding: set[Peer] = set()
        self.waiting: set[Peer] = set()
        self._peers: set[Peer] = set()
        self.deadlines = Deadlines(monotonic, lambda: (peer.deadline for peer in self._peers), self._expire)
        barrier.passed.connect(self._release)

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        self._is_shut = False
        return await self._listener.open()

    async def close(self) -> None:
        """Stop listening and drop all peers."""
        self._is_shut = True
        self._listener.close()
        for peer in tuple(self._peers):
            peer.abort()
        self.deadlines.stop()
        self.reports.write()

    def tick(self) -> None:
        """The meter takes changes again: serve the requests that waited for it. The line may be another one."""
        if not self.line.is_perfect:
            for peer in tuple(self._peers):
                peer.reroute()
        for peer in tuple(self.waiting):
            peer.resume()

    def admit(self, peer: Peer, transport: asyncio.BaseTransport) -> bool:
        """A peer connected: whether there is room for it."""
        if self._is_shut:  # who was accepted before, and connects only now
            cast(asyncio.Transport, transport).abort()
            return False
        if not self.accepting or self.calls_left == 0:
            self.reports.say(logging.INFO, _NOT_NOW, peer.name)
            cast(asyncio.Transport, transport).abort()
            return False
        if len(self._peers) >= self.most_peers:
            least = min(self._peers, key=self._worth)
            if least.standing is Standing.SECRET:
                self.reports.say(logging.WARNING, _REFUSED, peer.name, self.most_peers)
                cast(asyncio.Transport, transport).abort()
                return False
            self.reports.say(logging.WARNING, _GIVING_WAY[least.standing], least.name)
            least.abort()
            self._peers.discard(least)
        self._peers.add(peer)
        self._came += 1
        if self.calls_left is not None:
            self.calls_left -= 1
        return True

    def taken_calls(self) -> int:
        """How many were taken since the last call."""
        came, self._came = self._came, 0
        return came

    def forget(self, peer: Peer) -> None:
        """A peer is gone."""
        self._peers.discard(peer)
        self.holding.discard(peer)
        self.waiting.discard(peer)

    def _expire(self) -> None:
        for peer in tuple(self._peers):
            if peer.deadline is not None and peer.deadline <= self.monotonic():
                peer.expire()

    def _release(self) -> None:
        for peer in tuple(self.holding):
            peer.release(self.barrier.done)

    def _worth(self, peer: Peer) -> tuple[Standing, float]:
        """Whoever has the least gives way."""
        is_new = self.monotonic() - peer.active < LOGGING_IN_S
        return max(peer.standing, Standing.PUBLIC if is_new else Standing.NONE), peer.active
