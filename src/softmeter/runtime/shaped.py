"""A connection over a link that is not perfect: stands between a transport and its protocol, and is each to the other.

Nobody waits in it: octets lie in two queues, of bounded length and time, until their line lets them out.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, cast

from softmeter.bench.link import Lane, Line, Piece
from softmeter.instant import LinkTime

MOST_WAITING = 64 * 1024
"""Octets that may wait on each side before whoever sends them is asked to pause."""
MOST_WAITING_S = 3.0
"""And how much of the line's time they may take up."""
AHEAD_S = 0.05
"""How far ahead a connection takes up its line, which the others share."""
LEAST_DATAGRAM = 64
"""Octets of room that a datagram takes up at least, so that there is an end of empty ones, too."""
LINGER_S = 5.0
"""How long a peer may take to read the last octets after they came out of the line."""


class ChangingSpeed(Protocol):
    """A transport whose line changes its speed after what was written last."""

    def set_baud(self, baud: int) -> None: ...


class Shaped(asyncio.Transport, asyncio.Protocol):
    """`transport` as `protocol` sees it over `line`. Takes over from the protocol at once."""

    def __init__(
        self, transport: asyncio.Transport, protocol: asyncio.Protocol, line: Line, monotonic: Callable[[], float]
    ) -> None:
        super().__init__()
        self._transport = transport
        self._protocol = protocol
        self._line = line
        self._monotonic = monotonic
        self._incoming = _Queue(line.down, self._let_in, monotonic)
        self._outgoing = _Queue(line.up, self._let_out, monotonic)
        self._most_waiting: int | None = None
        self._closing = self._ended = self._told_to_pause = self._is_held = False
        self._unread_since: float | None = None
        self._last: asyncio.TimerHandle | None = None
        self._given_up: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    # -- what the transport says

    def data_received(self, data: bytes) -> None:
        self._incoming.put(data)
        self._steer()

    def eof_received(self) -> bool:
        self._ended = True
        self._end_later()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._incoming.clear()
        self._outgoing.clear()
        for timer in (self._last, self._given_up):
            if timer is not None:
                timer.cancel()
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._unread_since = self._monotonic()
        self._outgoing.hold()
        self._steer_writer()
        self._give_up_later()

    def resume_writing(self) -> None:
        if self._given_up is not None:
            self._given_up.cancel()
            self._given_up = None
        self._unread_since = None
        self._outgoing.go_on()
        self._steer_writer()

    # -- what the protocol says

    @property
    def unread_s(self) -> float:
        """For how long the peer has left unread what has come out of the line."""
        return 0.0 if self._unread_since is None else self._monotonic() - self._unread_since

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if not self._closing:
            self._outgoing.put(bytes(data))
            self._steer_writer()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._incoming.clear()
            self._close_later()
            self._give_up_later()

    def abort(self) -> None:
        self._closing = True
        self._transport.abort()

    def pause_reading(self) -> None:
        self._incoming.hold()
        self._steer()

    def resume_reading(self) -> None:
        self._incoming.go_on()
        self._steer()

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """Octets on their way; of a closed connection none, as that sees to itself that they leave in time."""
        return 0 if self._closing else self._outgoing.size + self._transport.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._most_waiting = high
        self._transport.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def set_baud(self, baud: int) -> None:
        """Take up a speed where the line has one, after what was written last."""
        self._outgoing.then(lambda: cast(ChangingSpeed, self._transport).set_baud(baud))

    # -- what comes out of the line

    def _let_in(self, octets: bytes) -> None:
        if octets:
            self._protocol.data_received(octets)
        self._steer()
        if self._ended:
            self._end_later()

    def _let_out(self, octets: bytes) -> None:
        if octets:
            self._transport.write(octets)
        self._steer_writer()
        if self._closing:
            self._close_later()

    def _end_later(self) -> None:
        """The peer has sent all: tell so after the last of it, and as late as ends are noticed here."""
        if not self._incoming.size and not self._closing and self._last is None:
            self._last = asyncio.get_running_loop().call_later(self._line.close_s, self._end)

    def _end(self) -> None:
        self._last = None
        self._ended = False
        if not self._protocol.eof_received():
            self.close()

    def _close_later(self) -> None:
        if not self._outgoing.size:
            if self._last is not None:
                self._last.cancel()
            self._last = asyncio.get_running_loop().call_later(self._line.close_s, self._close)

    def _close(self) -> None:
        self._transport.close()
        self._give_up_later()

    def _give_up_later(self) -> None:
        """A closed connection ends without the last octets, if the peer does not read what has come out of the line."""
        is_stuck = self._outgoing.is_held or not self._outgoing.size
        if self._closing and is_stuck and self._given_up is None:
            patience_s = self._line.close_s + LINGER_S
            self._given_up = asyncio.get_running_loop().call_later(patience_s, self._transport.abort)

    def _steer(self) -> None:
        """Read only while there is room in front of the line."""
        full = self._incoming.size >= self._line.down.room(MOST_WAITING_S, MOST_WAITING)
        if full != self._is_held and not self._transport.is_closing():
            self._is_held = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _steer_writer(self) -> None:
        """Have the protocol pause while what it wrote fills the line for too long."""
        most = self._most_waiting
        if most is None:
            most = self._line.up.room(MOST_WAITING_S, MOST_WAITING)
        full = self._outgoing.size > (most // 2 if self._told_to_pause else most)
        if full != self._told_to_pause and not self._closing:
            self._told_to_pause = full
            if full:
                self._protocol.pause_writing()
            else:
                self._protocol.resume_writing()


def over(
    line: Line, transport: asyncio.Transport, protocol: asyncio.Protocol, monotonic: Callable[[], float]
) -> asyncio.Transport:
    """What a protocol is to write to: its transport, or where there is something to notice of a line, that over it."""
    if line.is_perfect or isinstance(transport, Shaped) or transport.is_closing():
        return transport
    return Shaped(transport, protocol, line, monotonic)


class _Queue:
    """Pieces on one lane of a line, until they come out of it."""

    def __init__(self, lane: Lane, let_out: Callable[[bytes], None], monotonic: Callable[[], float]) -> None:
        self.size = 0
        """Octets handed in that have not come out."""
        self._lane = lane
        self._let_out = let_out
        self._monotonic = monotonic
        self._before: deque[bytes] = deque()
        """What the lane has not taken yet."""
        self._waiting: deque[tuple[Piece, int]] = deque()
        self._following: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether nothing is let out."""
        return self._held

    def put(self, octets: bytes) -> None:
        """Hand octets in."""
        self._before += self._lane.pieces(octets)
        self.size += len(octets)
        self._arm()

    def then(self, act: Callable[[], None]) -> None:
        """Do something when all that was handed in has come out."""
        self._following.append(act)
        self._settle()

    def hold(self) -> None:
        """Let nothing out any more."""
        self._held = True
        self._arm()

    def go_on(self) -> None:
        """Let out what is due again."""
        self._held = False
        self._arm()

    def clear(self) -> None:
        """Forget what is in it."""
        self._before.clear()
        self._waiting.clear()
        self._following.clear()
        self.size = 0
        self._stop()

    def _arm(self) -> None:
        """Give the lane what it takes now, and come back when it takes more or when something comes out."""
        self._stop()
        now, early_s = LinkTime(self._monotonic()), AHEAD_S / 2
        while self._before and self._lane.free_in(now) <= AHEAD_S:
            piece = self._before.popleft()
            self._waiting.append((self._lane.passed(piece, now), len(piece)))
            early_s = AHEAD_S / 4  # who had a turn comes back after those who had none
        delays = [self._lane.free_in(now) - early_s] if self._before else []
        if self._waiting and not self._held:
            delays.append(max(0.0, self._waiting[0][0].due - now))
        if delays:
            self._timer = asyncio.get_running_loop().call_later(min(delays), self._due)

    def _due(self) -> None:
        self._timer = None
        if self._held:
            self._arm()
            return
        now, out = self._monotonic(), []
        while self._waiting and self._waiting[0][0].due <= now:
            piece, size = self._waiting.popleft()
            self.size -= size
            out.append(piece.octets)
        self._let_out(b"".join(out))
        self._settle()
        self._arm()

    def _settle(self) -> None:
        if not self.size:
            following, self._following = self._following, []
            for act in following:
                act()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class LossyQueue:
    """Datagrams on one lane of a line; those for which there is no room are lost, as in any router."""

    def __init__(self, lane: Lane, monotonic: Callable[[], float]) -> None:
        self._lane = lane
        self._monotonic = monotonic
        self._timers: set[asyncio.TimerHandle] = set()
        self._size = 0

    def put(self, datagram: bytes, let_out: Callable[[bytes], None]) -> None:
        """Hand in a datagram; `let_out` gets it, if it is not lost, when it comes out."""
        size = max(len(datagram), LEAST_DATAGRAM)
        if self._size + size > self._lane.room(MOST_WAITING_S, MOST_WAITING):
            return
        now = LinkTime(self._monotonic())
        piece = self._lane.passed(datagram, now)
        self._size += size

        def due() -> None:
            self._timers.discard(timer)
            self._size -= size
            if piece.octets:
                let_out(piece.octets)

        timer = asyncio.get_running_loop().call_later(max(0.0, piece.due - now), due)
        self._timers.add(timer)

    def clear(self) -> None:
        """Lose all that is under way."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._size = 0
