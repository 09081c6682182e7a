"""Pushes over real sockets: one after the other, each with a time-out, and what became of it told back to the meter.

Source: IEC 62056-47 (wrapper over TCP and UDP), IEC 62056-53 (DataNotification).
"""

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from softmeter.bench.link import Line, Piece
from softmeter.device.push_setting import Service
from softmeter.instant import LinkTime
from softmeter.meter.push import Outgoing
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.push_places import Places
from softmeter.runtime.reports import Reports
from softmeter.runtime.shaped import AHEAD_S
from softmeter.transport.tap import Host, MakeTap, host_of
from softmeter.transport.unsent import unsent_octets

TIME_OUT_S = 10.0
"""For finding, connecting and handing over, all together; what the line takes for the octets does not count."""
FAREWELL_S = 1.0
"""How long a receiver may take to close its end after ours."""
_LOOK_AGAIN_S = 0.01


class PushPort:
    """Sends what the meter has to push. `take` gives it, `settle` is told for each number whether it went.

    Both are called from `tick` only, when the visible meter may be changed; `carried` hears of octets sent and got.
    When the meter is `online` no more, what was under way ends there and is never settled: the meter sends it anew.
    """

    def __init__(
        self,
        take: Callable[[], Sequence[Outgoing]],
        settle: Callable[[int, bool], None],
        barrier: Barrier,
        places: Places,
        *,
        online: Callable[[], bool],
        time_out_s: float = TIME_OUT_S,
        carried: Callable[[int, int], None] = lambda _, __: None,
        line: Line | None = None,
    ) -> None:
        """`line`: what pushes go over, a perfect one unless one is given."""
        self.make_taps: dict[Service, MakeTap] = {}
        """Who listens in."""
        self._line = line or Line("wan", b"")
        self._take = take
        self._settle = settle
        self._barrier = barrier
        self._places = places
        self._online = online
        self._was_online = False
        self._time_out_s = time_out_s
        self._carried = carried
        self._queue: deque[Outgoing] = deque()
        self._known: list[tuple[int, bool]] = []
        self._sending: asyncio.Task[None] | None = None
        self._reports = Reports(logging.getLogger("softmeter.push"))

    def tick(self) -> None:
        """A new state is visible: tell what became of the last pushes, and take the next."""
        known, self._known = self._known, []
        for number, arrived in known:
            self._settle(number, arrived)
        was_online, self._was_online = self._was_online, self._online()
        if was_online and not self._was_online:
            self._abandon()
        self._queue += self._take()
        if self._queue and self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def close(self) -> None:
        """Send nothing more; what was under way is as if it had never left."""
        sending = self._abandon()
        if sending is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await sending
        self._reports.write()

    def _abandon(self) -> asyncio.Task[None] | None:
        """Let go of everything; the task that is ending by that, if anything was under way."""
        sending, self._sending = self._sending, None
        self._queue = deque()
        if sending is not None:
            sending.cancel()
        return sending

    async def _send_all(self) -> None:
        queue = self._queue
        try:
            while queue:
                push = queue.popleft()
                await self._barrier.stored()  # its counter, before it can be seen
                arrived = await self._send(push)
                self._known.append((push.number, arrived))
        finally:
            if self._queue is queue:
                self._sending = None

    async def _send(self, push: Outgoing) -> bool:
        try:
            async with asyncio.timeout(self._time_out_s) as limit:
                await self._deliver(push, limit)
        except (OSError, TimeoutError) as error:
            reason = str(error) or "no answer in time"
            self._reports.say(logging.INFO, "a push to %s port %d failed: %s", push.host, push.port, reason)
            return False
        self._carried(sum(map(len, push.datagrams)), 0)
        return True

    async def _deliver(self, push: Outgoing, limit: asyncio.Timeout) -> None:
        found = await self._places.found(push.host, push.port)
        share_s = self._time_out_s / len(found)  # an address that is silent leaves time for the others
        for number, (family, where) in enumerate(found, 1):
            try:
                if push.service is Service.UDP:
                    await self._as_datagrams(family, where, push.datagrams, limit)
                else:
                    async with asyncio.timeout(share_s):
                        link = await asyncio.open_connection(*where)
                    await self._as_stream(*link, push.datagrams, limit)
            except OSError:
                if number == len(found):
                    raise
            else:
                return

    async def _as_stream(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        datagrams: Sequence[bytes],
        limit: asyncio.Timeout,
    ) -> None:
        """Hand over, say good-bye; closing at once throws away what is under way if the receiver answers."""
        _check_there(writer)
        writer.transport.set_write_buffer_limits(0)
        ends = (host_of(writer.get_extra_info(name)) for name in ("sockname", "peername"))
        with self._heard(Service.TCP, *ends) as hear:
            try:
                for datagram in datagrams:
                    octets = await self._passed(datagram, limit)
                    _check_there(writer)
                    writer.write(octets)
                    hear(datagram)
                await writer.drain()
                _check_there(writer)
                writer.write_eof()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL_S):
                        while await reader.read(4096):
                            pass
                await _acknowledged(writer)
            finally:
                writer.transport.abort()  # closing it would wait for who never reads

    async def _as_datagrams(
        self, family: int, where: tuple[str, int], datagrams: Sequence[bytes], limit: asyncio.Timeout
    ) -> None:
        with socket.socket(family, socket.SOCK_DGRAM) as link:
            link.setblocking(False)
            link.connect(where)
            with self._heard(Service.UDP, host_of(link.getsockname()), host_of(link.getpeername())) as hear:
                for datagram in datagrams:
                    octets = await self._passed(datagram, limit, whole=True)
                    if octets:
                        await asyncio.get_running_loop().sock_sendall(link, octets)
                    hear(datagram)

    async def _passed(self, datagram: bytes, limit: asyncio.Timeout, *, whole: bool = False) -> bytes:
        """What is left of a datagram when it comes out of the line, then; `whole`: all of it or nothing.

        It takes up the line piece by piece, as connections do: one that is given up must not keep them waiting.
        Meanwhile there is no time limit, as nobody is waited for but the line.
        """
        if self._line.is_perfect:
            return datagram
        limit.reschedule(None)
        lane, passed = self._line.up, list[Piece]()
        for piece in (datagram,) if whole else lane.pieces(datagram):
            early_s = AHEAD_S / 4 if passed else AHEAD_S / 2
            while (free_in := lane.free_in(LinkTime(time.monotonic()))) > AHEAD_S:
                await asyncio.sleep(free_in - early_s)
                early_s = AHEAD_S / 2
            passed.append(lane.passed(piece, LinkTime(time.monotonic())))
        await asyncio.sleep(max(0.0, passed[-1].due - time.monotonic()))
        limit.reschedule(asyncio.get_running_loop().time() + self._time_out_s)
        return b"".join(piece.octets for piece in passed)

    @contextlib.contextmanager
    def _heard(self, service: Service, own: Host, peer: Host) -> Iterator[Callable[[bytes], None]]:
        """Who listens in on a connection is told what is sent on it."""
        make = self.make_taps.get(service)
        if make is None:
            yield lambda _: None
            return
        tap = make(own, peer)
        try:
            yield tap.sent
        finally:
            tap.closed()


async def _acknowledged(writer: asyncio.StreamWriter) -> None:
    """Wait until the receiver's system has all that was handed over, our end too.

    Raises:
        OSError: it threw it away, as who accepts and closes at once does.
    """
    link: socket.socket = writer.get_extra_info("socket")
    while not writer.transport.is_closing():
        error = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        if not unsent_octets(link.fileno()):
            return
        await asyncio.sleep(_LOOK_AGAIN_S)
    _check_there(writer)


def _check_there(writer: asyncio.StreamWriter) -> None:
    """See whether the receiver is still there: uvloop takes orders for a lost connection as mistakes of the program.

    Raises:
        OSError: it is gone.
    """
    if writer.transport.is_closing():
        raise ConnectionResetError("Connection lost")
