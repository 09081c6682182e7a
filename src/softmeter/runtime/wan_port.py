"""The WAN port on TCP: moves octets and deadlines between sockets and DLMS connections that do no IO of their own.

Source: IEC 62056-47 (COSEM transport layer over IPv4), port 4059.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import cast

from softmeter.runtime.address import Address, peer_name
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.connection import Connection
from softmeter.runtime.ports import Listener
from softmeter.runtime.wan_peer import Peer

MOST_PEERS = 256

log = logging.getLogger("softmeter.wan")


class WanPort:
    """Makes a connection for each peer that connects, and bounds how many there are.

    When there are too many, the one without an association that has been idle longest gives way, so a crowd of idle
    sockets cannot lock out an honest client.
    """

    def __init__(
        self,
        address: Address,
        factory: Callable[[], Connection],
        barrier: Barrier,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = Listener(address, lambda: Peer(self, factory()))
        self.barrier = barrier
        self.monotonic = monotonic
        self.holding: set[Peer] = set()
        self.waiting: set[Peer] = set()
        self._peers: set[Peer] = set()
        barrier.passed.connect(self._release)

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        return await self._listener.open()

    async def close(self) -> None:
        """Stop listening and drop all peers."""
        self._listener.close()
        for peer in tuple(self._peers):
            peer.abort()

    def tick(self) -> None:
        """The meter takes changes again: serve the requests that waited for it."""
        for peer in tuple(self.waiting):
            peer.resume()

    def admit(self, peer: Peer, transport: asyncio.BaseTransport) -> bool:
        """A peer connected: whether there is room for it."""
        if len(self._peers) >= MOST_PEERS:
            idle = min((one for one in self._peers if not one.associated), key=_last_active, default=None)
            if idle is None:
                log.warning("%s refused: %d clients are associated", peer_name(transport), MOST_PEERS)
                cast(asyncio.Transport, transport).abort()
                return False
            log.warning("%s gives way to another one: idle, without an association", idle.name)
            idle.abort()
            self._peers.discard(idle)
        self._peers.add(peer)
        return True

    def forget(self, peer: Peer) -> None:
        """A peer is gone."""
        self._peers.discard(peer)
        self.holding.discard(peer)
        self.waiting.discard(peer)

    def _release(self) -> None:
        for peer in tuple(self.holding):
            peer.release(self.barrier.done)


def _last_active(peer: Peer) -> float:
    return peer.active
