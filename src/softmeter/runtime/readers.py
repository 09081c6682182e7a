"""Those who read at a TCP port on which all get the same: any number up to a limit, what they send is not looked at."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from typing import cast

from softmeter.bench.link import Line
from softmeter.runtime.address import Address, peer_name
from softmeter.runtime.ports import Listener
from softmeter.runtime.shaped import over
from softmeter.transport.tap import MakeTap, Tap, host_of


class Reader(asyncio.Protocol):
    """One connection."""

    def __init__(self, readers: "Readers") -> None:
        self.tap: Tap | None = None
        self.is_full = False
        """Whether something waits for the reader to take it."""
        self.transport: asyncio.Transport
        self._readers = readers

    def write(self, octets: bytes, most: int) -> None:
        """Send something, unless more than `most` octets would wait for him: then he is dropped."""
        if self.transport.get_write_buffer_size() + len(octets) > most:
            self.drop()
        elif not self.transport.is_closing():
            self.transport.write(octets)
            if self.tap is not None:
                self.tap.sent(octets)

    def drop(self) -> None:
        """End the connection of somebody who is too far behind."""
        if not self.transport.is_closing():
            self._readers.log.warning("%s dropped: it does not read", peer_name(self.transport))
            self.transport.abort()

    def reroute(self) -> None:
        """Go over the line as it is now; what is under way goes on as it began."""
        if not self.is_full:
            self.transport = self._over(self.transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = self._over(cast(asyncio.Transport, transport))
        self._readers.joined(self)

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self._readers.relieved(self)

    def data_received(self, data: bytes) -> None:
        if self.tap is not None:
            self.tap.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._readers.left(self)

    def eof_received(self) -> bool:
        """Go on sending: a reader has nothing to say."""
        return True

    def _over(self, transport: asyncio.Transport) -> asyncio.Transport:
        """What he is to be written to over the line; it tells whenever not all has left."""
        link = over(self._readers.line, transport, self, time.monotonic)
        link.set_write_buffer_limits(0)
        return link


class Readers:
    """The readers of one port, in the order in which they came.

    When there are too many, the one that is furthest behind gives way to a new one, and where none is behind the one
    that has been connected longest.
    """

    def __init__(
        self,
        address: Address,
        *,
        most: int,
        line: Line,
        log: logging.Logger,
        came: Callable[[Reader], None],
        went: Callable[[Reader], None],
        relieved: Callable[[Reader], None],
    ) -> None:
        """`came`, `went` and `relieved` are told of a reader who connected, is gone, or has taken all there was."""
        self.line = line
        self.log = log
        self.make_tap: MakeTap | None = None
        """Who listens in on the connections to come."""
        self.relieved = relieved
        self._came, self._went = came, went
        self._listener = Listener(address, lambda: Reader(self))
        self._most = most
        self._readers: dict[Reader, None] = {}

    def __iter__(self) -> Iterator[Reader]:
        return iter(tuple(self._readers))

    def __len__(self) -> int:
        return len(self._readers)

    @property
    def is_open(self) -> bool:
        """Whether anybody can come."""
        return self._listener.is_open

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        return await self._listener.open()

    async def close(self) -> None:
        """Stop listening and drop all readers."""
        self._listener.close()
        for reader in self:
            reader.transport.abort()

    def joined(self, reader: Reader) -> None:
        """A reader connected."""
        if not self.is_open:
            reader.transport.abort()
            return
        if len(self._readers) >= self._most:
            self._make_room()
        self._readers[reader] = None
        if self.make_tap is not None:
            ends = (host_of(reader.transport.get_extra_info(name)) for name in ("sockname", "peername"))
            reader.tap = self.make_tap(*ends)
        self.log.info("%s reads", peer_name(reader.transport))
        self._came(reader)

    def left(self, reader: Reader) -> None:
        """A reader's connection ended."""
        if reader not in self._readers:
            return
        del self._readers[reader]
        if reader.tap is not None:
            reader.tap.closed()
        self.log.info("%s has gone", peer_name(reader.transport))
        self._went(reader)

    def _make_room(self) -> None:
        reader = max(self._readers, key=lambda one: one.transport.get_write_buffer_size())
        self.log.warning("%s gives way to another one: %d read", peer_name(reader.transport), len(self._readers))
        reader.transport.abort()
        self.left(reader)
