"""A port on a serial line, where there is one peer for ever: whoever holds the other end."""

import asyncio
import logging
import termios
from collections.abc import Callable
from typing import Any, Protocol

from softmeter.bench.link import Line
from softmeter.instant import LinkTime
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.connection import Connection
from softmeter.runtime.deadlines import Deadlines
from softmeter.runtime.reports import Reports
from softmeter.runtime.shaped import Shaped
from softmeter.runtime.volume import Volume
from softmeter.runtime.wan_peer import Peer, Step
from softmeter.transport.serial_transport import SerialTransport
from softmeter.transport.tap import MakeTap


class SpeakingAtSpeed(Connection, Protocol):
    """A connection that says at which speed its line is to be."""

    @property
    def baud(self) -> int: ...


class SerialPort:
    """Serves one connection on a line that `opener` gives: a file descriptor of ours, and its path."""

    def __init__(
        self,
        opener: Callable[[], tuple[int, str]],
        baud: int,
        factory: Callable[[], SpeakingAtSpeed],
        barrier: Barrier,
        monotonic: Callable[[], float],
        line: Line | None = None,
    ) -> None:
        self.baud = baud
        self.barrier = barrier
        self.monotonic = monotonic
        self.reports = Reports(logging.getLogger("softmeter.optical"))
        self.holding: set[Peer] = set()
        self.waiting: set[Peer] = set()
        self.make_tap: MakeTap | None = None
        self.line = line or Line("serial", b"")
        self.volume = Volume()
        self._opener = opener
        self._factory = factory
        self._path = ""
        self._peer: Peer | None = None
        self.deadlines = Deadlines(monotonic, self._waited_for, self._expire)
        barrier.passed.connect(self._release)

    async def open(self) -> str:
        """Serve; returns the path."""
        file, self._path = self._opener()
        termios.tcflush(file, termios.TCIFLUSH)  # what came while there was no power was heard by nobody
        self._peer = _SerialPeer(self, self._factory())
        SerialTransport(asyncio.get_running_loop(), file, self._peer, self.baud)
        await asyncio.sleep(0)  # the peer has its line when this returns, and can be dropped
        return self._path

    async def close(self) -> None:
        """Leave the line, which is free again when this returns."""
        if self._peer is not None:
            self._peer.abort()
            await asyncio.sleep(0)
        self.deadlines.stop()
        self.reports.write()

    def tick(self) -> None:
        """The meter takes changes again: serve the request that waited for it. The line may be another one."""
        if self._peer is not None and not self.line.is_perfect:
            self._peer.reroute()
        for peer in tuple(self.waiting):
            peer.resume()

    def admit(self, peer: Peer, transport: asyncio.BaseTransport) -> bool:
        """The line is there."""
        del transport
        peer.name = self._path
        return True

    def forget(self, peer: Peer) -> None:
        """The line is gone."""
        self.holding.discard(peer)
        self.waiting.discard(peer)
        if peer is self._peer:
            self._peer = None
            self.reports.say(logging.INFO, "%s closed", peer.name)

    def _waited_for(self) -> tuple[LinkTime | None]:
        return (None if self._peer is None else self._peer.deadline,)

    def _expire(self) -> None:
        peer = self._peer
        if peer is not None and peer.deadline is not None and peer.deadline <= self.monotonic():
            peer.expire()

    def _release(self) -> None:
        for peer in tuple(self.holding):
            peer.release(self.barrier.done)


class _SerialPeer(Peer):
    """A peer whose line changes its speed after what was sent last."""

    def __init__(self, port: SerialPort, connection: SpeakingAtSpeed) -> None:
        super().__init__(port, lambda _: connection)
        self._line = connection

    def _serve(self, step: Step, *arguments: Any) -> None:
        super()._serve(step, *arguments)
        self._change_speed()

    def release(self, done: int) -> None:
        super().release(done)
        self._change_speed()

    def _change_speed(self) -> None:
        if not self._held and isinstance(self._transport, SerialTransport | Shaped):
            self._transport.set_baud(self._line.baud)
