"""One TCP peer of the WAN port: octets in, answers out, with every buffer and every wait bounded."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from softmeter.bench.link import Line
from softmeter.dlms.associations import Standing
from softmeter.errors import MeterError
from softmeter.instant import LinkTime
from softmeter.runtime.address import name_of
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.connection import Connection
from softmeter.runtime.deadlines import Deadlines
from softmeter.runtime.reports import Reports
from softmeter.runtime.shaped import Shaped, over
from softmeter.runtime.volume import Volume
from softmeter.transport.tap import MakeTap, Tap, host_of

SLICE = 1024
"""Octets served in one go: small requests can ask for large answers, so the rest waits until these are on their way."""
HELD_LIMIT = 64 * 1024
"""Octets of answers waiting for a commit beyond which nothing more is read."""
STALL_S = 60.0
"""How long a peer may leave its answers unread."""
LINGER_S = 5.0
"""How long the last answer may take after the end."""

Step = Callable[..., Sequence[object]]


class Home(Protocol):
    """What a peer needs of its port."""

    barrier: Barrier
    monotonic: Callable[[], float]
    holding: "set[Peer]"
    """Peers with answers that wait for a commit."""
    waiting: "set[Peer]"
    """Peers with a request that waits for the meter."""
    make_tap: MakeTap | None
    """Who listens in on the connections."""
    reports: Reports
    line: Line
    """What the connections go over."""
    volume: Volume
    """Counts what they carry."""
    deadlines: Deadlines
    """Has `Peer.expire` called when the deadline of a peer has passed."""

    def admit(self, peer: "Peer", transport: asyncio.BaseTransport) -> bool:
        """A peer connected: whether there is room for it."""
        ...

    def forget(self, peer: "Peer") -> None:
        """A peer is gone."""
        ...


class Peer(asyncio.Protocol):
    """Drives one connection."""

    def __init__(self, port: Home, make: Callable[[str], Connection]) -> None:
        """`make` makes the meter's side for whoever connects from that address."""
        self.name = "unknown"
        self.active = port.monotonic()
        """When the peer last sent something."""
        self._port = port
        self._make = make
        self._connection: Connection
        self._transport: asyncio.Transport
        self._backlog = bytearray()
        self._held: deque[tuple[int, bytes]] = deque()
        self._held_size = 0
        self._choked = False
        self._paused = False
        self._ended = False
        self._finishing = False
        self._lingering: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._tap: Tap | None = None

    @property
    def standing(self) -> Standing:
        return self._connection.standing

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        return None if self._finishing else self._connection.deadline

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.name = name_of(peer)
        self._connection = self._make(host_of(peer)[0])
        if not self._port.admit(self, transport):
            self._finishing = True
            return
        if self._port.make_tap is not None:
            ends = (host_of(transport.get_extra_info(name)) for name in ("sockname", "peername"))
            self._tap = self._port.make_tap(*ends)
        if not self._port.line.is_perfect:
            self.reroute()
        self._port.deadlines.arm(self._connection.deadline)

    def reroute(self) -> None:
        """Go over the line of the port from now on, where there is something to notice of it."""
        if self._finishing or self._choked or self._paused:  # what is under way goes on as it began
            return
        self._transport = over(self._port.line, self._transport, self, self._port.monotonic)

    def data_received(self, data: bytes) -> None:
        port = self._port
        now = self.active = port.monotonic()
        port.volume.received += len(data)
        if self._tap is not None:
            self._tap.received(data)
        if self._finishing:
            return
        if self._paused or len(data) > SLICE:
            self._backlog += data
            self._work_off()
        else:
            self._serve(self._connection.receive, data, LinkTime(now))

    def eof_received(self) -> bool:
        """The peer sends no more; it still gets its answers."""
        self._ended = True
        self._work_off()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        self._port.forget(self)
        if self._tap is not None:
            self._tap.closed()
        if not self._finishing:
            self._finishing = True
            self._serve(self._connection.receive, b"", self._now())
        if exc is not None:
            self._say(logging.INFO, "%s lost: %s", exc)

    def pause_writing(self) -> None:
        self._choked = True
        self._stall = asyncio.get_running_loop().call_later(STALL_S, self._stalled)
        self._steer()

    def resume_writing(self) -> None:
        self._choked = False
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        self._work_off()

    def resume(self) -> None:
        """Serve what waited for the meter."""
        self._port.waiting.discard(self)
        self._serve(self._connection.resume, self._now())
        self._work_off()

    def release(self, done: int) -> None:
        """Send the answers that waited for commits up to `done`."""
        while self._held and self._held[0][0] <= done:
            octets = self._held.popleft()[1]
            self._held_size -= len(octets)
            self._write(octets)
        if not self._held:
            self._port.holding.discard(self)
            if self._finishing:
                self._close()
        self._work_off()

    def expire(self) -> None:
        """The deadline has passed."""
        self._serve(self._connection.expire, self._now())

    def abort(self) -> None:
        """Drop the peer at once."""
        self._transport.abort()

    def _now(self) -> LinkTime:
        return LinkTime(self._port.monotonic())

    def _say(self, level: int, message: str, *arguments: object) -> None:
        self._port.reports.say(level, message, self.name, *arguments)

    def _serve(self, step: Step, *arguments: Any) -> None:
        """Let the connection do something, report it, and send what comes of it while there is somebody."""
        connection, sound = self._connection, True
        try:
            events = step(*arguments)
            if events:
                self._port.reports.note(self.name, events)
        except MeterError as error:
            self._say(logging.WARNING, "%s dropped: %s", error)
            sound = False
        if self._finishing:
            return
        octets = connection.to_send()
        if octets:
            self._send(octets)
        if not sound or connection.closed:
            self._finish()
            return
        deadline, deadlines = connection.deadline, self._port.deadlines
        if deadline is not None and deadline < deadlines.armed:
            deadlines.arm(deadline)
        waits = connection.waiting
        if waits:
            self._port.waiting.add(self)
        if waits or self._held or self._backlog or self._choked or self._paused:
            self._steer()

    def _send(self, octets: bytes) -> None:
        ticket = self._port.barrier.ticket()
        if ticket is None and not self._held:
            self._write(octets)
            return
        self._held.append((self._port.barrier.done if ticket is None else ticket, octets))
        self._held_size += len(octets)
        self._port.holding.add(self)

    def _write(self, octets: bytes) -> None:
        self._port.volume.sent += len(octets)
        if self._tap is not None:
            self._tap.sent(octets)
        self._transport.write(octets)

    @property
    def _blocked(self) -> bool:
        return self._choked or self._held_size > HELD_LIMIT or bool(self._connection.waiting)

    def _work_off(self) -> None:
        """Serve a slice of what was received and, if there is more, come back after the other peers' turn."""
        if self._finishing or self._blocked:
            self._steer()
            return
        if self._backlog:
            piece = bytes(self._backlog[:SLICE])
            del self._backlog[:SLICE]
            self._serve(self._connection.receive, piece, self._now())
            if self._backlog:
                asyncio.get_running_loop().call_soon(self._work_off)
                return
            if self._finishing or self._blocked:
                self._steer()
                return
        if self._ended:
            self._serve(self._connection.receive, b"", self._now())
            self._finish()
            return
        self._steer()

    def _steer(self) -> None:
        """Read only while there is room for what comes of it."""
        pause = self._finishing or self._blocked or bool(self._backlog)
        if pause != self._paused and not self._transport.is_closing():
            self._paused = pause
            if pause:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _finish(self) -> None:
        if self._finishing:
            return
        self._finishing = True
        self._backlog.clear()
        self._port.waiting.discard(self)
        self._stop_timers()
        if self._held:
            self._steer()
        else:
            self._close()

    def _close(self) -> None:
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._lingering = asyncio.get_running_loop().call_later(LINGER_S, self.abort)

    def _stalled(self) -> None:
        """Its answers have waited for long: for the peer, or for a line that is slow."""
        unread_s = self._transport.unread_s if isinstance(self._transport, Shaped) else STALL_S
        if unread_s < STALL_S:
            self._stall = asyncio.get_running_loop().call_later(STALL_S - unread_s, self._stalled)
            return
        self._say(logging.WARNING, "%s dropped: it does not read its answers")
        self.abort()

    def _stop_timers(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
        if self._stall is not None:
            self._stall.cancel()
        self._lingering = self._stall = None
