"""The P1 port on TCP: any number of readers get the same telegram, nothing they send is looked at.

A connection is the data request: who connects wants telegrams, until he leaves.

Source: DSMR 5.0.2 P1, 5.2 (one telegram per second, without a request).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import cast

from softmeter.bench.link import Line
from softmeter.runtime.address import Address, peer_name
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.ports import Listener
from softmeter.runtime.shaped import over
from softmeter.runtime.signal import Signal
from softmeter.transport.tap import MakeTap, Tap, host_of

BUFFER_LIMIT = 64 * 1024
"""Octets a reader may be behind before it is dropped."""

log = logging.getLogger("softmeter.p1")


class Telegrams:
    """The telegram of the visible state, made once for all who read it, and held back until it may leave."""

    def __init__(self, make: Callable[[], bytes], barrier: Barrier) -> None:
        self.barrier = barrier
        self._make = make
        self._current: bytes | None = None
        self._ticket: int | None = None
        """The commit that the current telegram waits for."""

    def renew(self) -> None:
        """The visible state changed: the next telegram is another one."""
        self._current = None

    def current(self) -> bytes | None:
        """The telegram; None while what it tells, or its counter, is not stored."""
        if self._current is None:
            self._current = self._make()
            self._ticket = self.barrier.ticket()
        return self._current if self._ticket is None or self.barrier.done >= self._ticket else None


class P1Port:
    """Sends a telegram to each reader when it connects and on every `tick`.

    A telegram that tells of a change leaves when that change is stored. When there are too many readers, the one that
    is furthest behind gives way to a new one, and where none is behind the one that has been connected longest.
    """

    def __init__(
        self,
        address: Address,
        telegrams: Telegrams,
        watch: Callable[[int], None] = lambda _: None,
        *,
        most_readers: int = MOST.p1,
        line: Line | None = None,
    ) -> None:
        """`watch` is told how many readers came (-: went). `line`: a perfect one if not given."""
        self.line = line or Line("p1", b"")
        self.relieved = Signal()
        """Fires when a reader came, or has taken all that was sent to him."""
        self._listener = Listener(address, lambda: _Reader(self))
        self._telegrams = telegrams
        self._watch = watch
        self._most_readers = most_readers
        self.make_tap: MakeTap | None = None
        """Who listens in on the connections to come."""
        self._readers: dict[_Reader, asyncio.Transport] = {}
        """In the order in which they came."""
        self._due: set[_Reader] = set()
        """Who is to get the current telegram."""
        telegrams.barrier.passed.connect(self._serve)

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        return await self._listener.open()

    async def close(self) -> None:
        """Stop listening and drop all readers."""
        self._listener.close()
        self._due.clear()
        for transport in tuple(self._readers.values()):
            transport.abort()

    def tick(self) -> None:
        """The visible state changed, or a second passed: a telegram to everyone."""
        self._telegrams.renew()
        for reader, transport in self._readers.items():
            if not reader.is_full:  # what is under way goes on as it began
                self._readers[reader] = _over(self.line, transport, reader)
        self._due.update(self._readers)
        self._serve()

    @property
    def readers(self) -> int:
        return len(self._readers)

    @property
    def behind(self) -> bool:
        """Whether nobody reads, or somebody has not taken all telegrams yet."""
        return not self._readers or bool(self._due) or any(reader.is_full for reader in self._readers)

    def joined(self, reader: "_Reader", transport: asyncio.Transport) -> None:
        """A reader connected."""
        if len(self._readers) >= self._most_readers:
            self._make_room()
        self._readers[reader] = transport
        if self.make_tap is not None:
            reader.tap = self.make_tap(*(host_of(transport.get_extra_info(name)) for name in ("sockname", "peername")))
        self._watch(1)
        log.info("%s reads", peer_name(transport))
        self._due.add(reader)
        self._serve()

    def left(self, reader: "_Reader") -> None:
        """A reader's connection ended."""
        transport = self._readers.pop(reader, None)
        if transport is not None:
            self._due.discard(reader)
            if reader.tap is not None:
                reader.tap.closed()
            self._watch(-1)
            log.info("%s has gone", peer_name(transport))

    def _make_room(self) -> None:
        reader, transport = max(self._readers.items(), key=lambda item: item[1].get_write_buffer_size())
        log.warning("%s gives way to another one: %d read", peer_name(transport), len(self._readers))
        transport.abort()
        self.left(reader)

    def _serve(self) -> None:
        """Send the current telegram to whom it is due, unless it must wait."""
        telegram = self._telegrams.current() if self._due else None
        if telegram is None:
            return
        due, self._due = self._due, set()
        for reader in due:
            self._send(reader, telegram)
        self.relieved.fire()

    def _send(self, reader: "_Reader", telegram: bytes) -> None:
        transport = self._readers[reader]
        if transport.get_write_buffer_size() + len(telegram) > BUFFER_LIMIT:
            log.warning("%s dropped: it does not read", peer_name(transport))
            transport.abort()
        elif not transport.is_closing():
            transport.write(telegram)
            if reader.tap is not None:
                reader.tap.sent(telegram)


class _Reader(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: P1Port) -> None:
        self.tap: Tap | None = None
        self.is_full = False
        """Whether something waits for the reader to take it."""
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._port.joined(self, _over(self._port.line, cast(asyncio.Transport, transport), self))

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self._port.relieved.fire()

    def data_received(self, data: bytes) -> None:
        if self.tap is not None:
            self.tap.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._port.left(self)

    def eof_received(self) -> bool:
        """Go on sending: a reader has nothing to say."""
        return True


def _over(line: Line, transport: asyncio.Transport, reader: _Reader) -> asyncio.Transport:
    """What a reader is to be written to over a line; it tells whenever not all has left."""
    link = over(line, transport, reader, time.monotonic)
    link.set_write_buffer_limits(0)
    return link
