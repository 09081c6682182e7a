"""The P1 port on TCP: any number of readers get the same telegram, nothing they send is looked at.

Source: DSMR 5.0.2 P1, 5.2 (one telegram per second, without a request).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from softmeter.runtime.address import Address, peer_name
from softmeter.runtime.ports import Listener

MOST_READERS = 64
BUFFER_LIMIT = 64 * 1024
"""Octets a reader may be behind before it is dropped."""

log = logging.getLogger("softmeter.p1")


class P1Port:
    """Sends a telegram to each reader when it connects and on every `tick`."""

    def __init__(
        self, address: Address, telegram: Callable[[], bytes], watch: Callable[[int], None] = lambda _: None
    ) -> None:
        """`telegram`: of the visible state, asked for once per tick; `watch`: told how many readers came (-: went)."""
        self._listener = Listener(address, lambda: _Reader(self))
        self._telegram = telegram
        self._watch = watch
        self._readers: dict[_Reader, asyncio.Transport] = {}
        self._current: bytes | None = None

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        return await self._listener.open()

    async def close(self) -> None:
        """Stop listening and drop all readers."""
        self._listener.close()
        for transport in tuple(self._readers.values()):
            transport.abort()

    def tick(self) -> None:
        """The visible state changed, or a second passed: a telegram to everyone."""
        self._current = None
        for transport in tuple(self._readers.values()):
            self._send(transport)

    @property
    def readers(self) -> int:
        return len(self._readers)

    def joined(self, reader: "_Reader", transport: asyncio.Transport) -> None:
        """A reader connected."""
        if len(self._readers) >= MOST_READERS:
            log.warning("%s refused: %d readers are connected", peer_name(transport), MOST_READERS)
            transport.abort()
            return
        self._readers[reader] = transport
        self._watch(1)
        log.info("%s reads", peer_name(transport))
        self._send(transport)

    def left(self, reader: "_Reader") -> None:
        """A reader's connection ended."""
        transport = self._readers.pop(reader, None)
        if transport is not None:
            self._watch(-1)
            log.info("%s has gone", peer_name(transport))

    def _send(self, transport: asyncio.Transport) -> None:
        if self._current is None:
            self._current = self._telegram()
        if transport.get_write_buffer_size() + len(self._current) > BUFFER_LIMIT:
            log.warning("%s dropped: it does not read", peer_name(transport))
            transport.abort()
        elif not transport.is_closing():
            transport.write(self._current)


class _Reader(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: P1Port) -> None:
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._port.joined(self, cast(asyncio.Transport, transport))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._port.left(self)

    def eof_received(self) -> bool:
        """Go on sending: a reader has nothing to say."""
        return True
