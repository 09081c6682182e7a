"""The P1 port on TCP: any number of readers get the same telegram, nothing they send is looked at.

A connection is the data request: who connects wants telegrams, until he leaves.

Source: DSMR 5.0.2 P1, 5.2 (one telegram per second, without a request).
"""

import logging
from collections.abc import Callable

from softmeter.bench.link import Line
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.readers import Reader, Readers
from softmeter.runtime.signal import Signal
from softmeter.transport.tap import MakeTap

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

    A telegram that tells of a change leaves when that change is stored.
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
        self.relieved = Signal()
        """Fires when a reader came, or has taken all that was sent to him."""
        self._telegrams = telegrams
        self._watch = watch
        self._due: set[Reader] = set()
        """Who is to get the current telegram."""
        self._readers = Readers(
            address,
            most=most_readers,
            line=line or Line("p1", b""),
            log=log,
            came=self._joined,
            went=self._left,
            relieved=lambda _: self.relieved.fire(),
        )
        telegrams.barrier.passed.connect(self._serve)

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        return await self._readers.open()

    async def close(self) -> None:
        """Stop listening and drop all readers."""
        self._due.clear()
        await self._readers.close()

    def tick(self) -> None:
        """The visible state changed, or a second passed: a telegram to everyone."""
        self._telegrams.renew()
        for reader in self._readers:
            reader.reroute()
        self._due.update(self._readers)
        self._serve()

    def listen_in(self, make_tap: MakeTap) -> None:
        """Have somebody listen in on the connections to come."""
        self._readers.make_tap = make_tap

    @property
    def readers(self) -> int:
        return len(self._readers)

    @property
    def behind(self) -> bool:
        """Whether nobody reads, or somebody has not taken all telegrams yet; while it is closed nobody can."""
        if not self._readers.is_open:
            return False
        return not self._readers or bool(self._due) or any(reader.is_full for reader in self._readers)

    def _joined(self, reader: Reader) -> None:
        self._watch(1)
        self._due.add(reader)
        self._serve()

    def _left(self, reader: Reader) -> None:
        self._due.discard(reader)
        self._watch(-1)

    def _serve(self) -> None:
        """Send the current telegram to whom it is due, unless it must wait."""
        telegram = self._telegrams.current() if self._due else None
        if telegram is None:
            return
        due, self._due = self._due, set()
        for reader in due:
            reader.write(telegram, BUFFER_LIMIT)
        self.relieved.fire()
