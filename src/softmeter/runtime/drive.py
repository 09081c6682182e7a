"""Real time for a meter: once per second it advances to now, is stored, and only then seen.

So whatever anyone has seen is durable, no register ever falls in anybody's eyes, and a read never waits for the disk.
While nobody looks, what was measured may wait some seconds for its commit (`postponing`); who comes then waits for it.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from math import ceil
from typing import Any, Protocol

from softmeter.instant import SECOND, Instant, LinkTime
from softmeter.persistent import Changes
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.bench_time import LAST, BenchTime, check_rate
from softmeter.runtime.postponing import Postponing
from softmeter.runtime.signal import Signal

HOUR = 3600 * SECOND
MOST_TICKS_PER_S = 10
JUMP_STORED_S = 5.0
"""A jump is stored after an hour's step when so many real seconds have passed."""
LONGEST_STEP = 24 * HOUR
"""Most that one tick advances, so that a long pause is caught up in pieces."""
_FOREVER_S = 3600
_PATIENCE_S = 2
"""Real seconds that a fast rate may lag behind before the bench's time gives way."""


class Driven(Protocol):
    """What the drive needs of a meter."""

    locked: bool
    """Set by the drive while an advanced state is being stored: changes wait."""
    present: Callable[[], Instant]
    """The bench's time as of now, for reading the clock; set by the drive."""

    @property
    def now(self) -> Instant:
        """The visible state has been advanced to here."""
        ...

    @property
    def must_store(self) -> bool:
        """A durable change was made that no answer may reveal before it is stored."""
        ...

    def advanced(self, until: Instant) -> Any:
        """A successor state advanced to `until`, not visible yet."""
        ...

    def changes(self, successor: Any = None) -> Changes:
        """What differs from what is stored, in the successor or in the visible state; clears `must_store`."""
        ...

    def can_wait(self, changes: Changes) -> bool:
        """Whether losing these changes is the same as a power cut that came earlier: they are what time brought."""
        ...

    def adopt(self, successor: Any) -> None:
        """Make the successor visible."""
        ...

    def jump(self, until: Instant) -> None:
        """Advance in place, while nobody looks."""
        ...

    def stop(self) -> None:
        """Get ready for a clean end: counters exact."""
        ...


class Keeper(Protocol):
    """Where changes are stored; `Store.commit` with the meter's name filled in. Called on the writer thread."""

    def __call__(self, changes: Changes, real: int, *, durable: bool = True) -> None:
        """Store `changes` or raise `StorageError`."""
        ...


Progress = Callable[[Instant], None]


class Drive:
    """One meter as one serial actor: all its commits are made here, one after the other."""

    def __init__(
        self,
        meter: Driven,
        keep: Keeper,
        bench_time: BenchTime,
        writer: Executor,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self.bench_time = bench_time
        self.barrier = Barrier(lambda: meter.must_store or bool(self._postponing))
        self.ticked = Signal()
        """Fires when a new state is visible; while time stands still once per real second all the same."""
        self._meter = meter
        self._keep = keep
        self._writer = writer
        self._monotonic = monotonic
        self._wall = wall
        self._watchers = 0
        self._ticked_at = LinkTime(monotonic())
        self._postponing = Postponing(self._ticked_at)
        self._wanted = False
        """Somebody waits for what is postponed."""
        self._running = False
        self._stopping = False
        self._wake: asyncio.Future[None] | None = None
        self._goal = meter.now
        self._behind: Callable[[], bool] | None = None
        self.barrier.wanted.connect(self._want)
        meter.present = self.present

    def present(self) -> Instant:
        """The bench's time as of now, in a jump that of its goal; never before the visible state."""
        present = self._goal if self._behind else self.bench_time.at(self._link_now())
        return max(present, self._meter.now)

    def retime(self, instant: Instant | None = None, rate: float | None = None) -> None:
        """While it runs: live through everything until an instant at full speed; go on at another rate from there.

        Raises:
            ConfigurationError: the rate is not possible.
        """
        wanted = self.bench_time.rate if rate is None else check_rate(rate)
        until = self.present() if instant is None else min(max(instant, self.present()), LAST)
        self.bench_time.anchor(until, self._link_now())
        self.bench_time.rate = wanted
        if instant is not None:
            self._goal = Instant(until // SECOND * SECOND)
        self._nudge()

    def watch(self, watchers: int) -> None:
        """Add `watchers` (negative: remove): while there are any, a fast rate ticks up to ten times per second."""
        self._watchers += watchers
        self._nudge()

    def pace(self, behind: Callable[[], bool], relieved: Signal) -> None:
        """From now on live second by second, and not at all while somebody is `behind`; `relieved` fires afterwards."""
        self._behind = behind
        relieved.connect(self._nudge)

    async def store_now(self) -> None:
        """Store what changed and return when it is on the disk.

        Raises:
            StorageError: it could not be stored; only where `run` is not under way, which else raises it.
        """
        if not self._running:
            await self._commit(None, self._meter.now)
            return
        await self.barrier.stored()

    async def jump_to(
        self, until: Instant, progress: Progress | None = None, *, stored_s: float = JUMP_STORED_S
    ) -> None:
        """Advance at full speed in steps of an hour; before `run`. The bench's time goes on from there.

        Stored at its end, and after each step that ends `stored_s` real seconds or more after what was stored last.
        Ends early, stored all the same, when `stop` is called.

        Raises:
            StorageError: a commit failed.
        """
        meter, stored_at = self._meter, self._monotonic()
        pending: asyncio.Future[None] | None = None
        while meter.now < until and not self._stopping:
            meter.jump(Instant(min(until, (meter.now // HOUR + 1) * HOUR)))
            if self._monotonic() - stored_at >= stored_s:
                if pending is not None:
                    await pending
                pending = self._submit(meter.changes(), self._wall(), durable=False)
                stored_at = self._monotonic()
            if progress is not None:
                progress(meter.now)
            await asyncio.sleep(0)
        if pending is not None:
            await pending
        self.bench_time.anchor(meter.now, self._link_now())
        await self._commit(None, meter.now)

    async def run(self) -> None:
        """Tick until `stop`, then advance to now (not to the goal of a jump), store exactly, and return.

        Raises:
            StorageError: a commit failed; the process must end without another answer.
        """
        self._running = True
        try:
            due = self._due()
            while not self._stopping:
                await self._until(due)
                if self._meter.must_store or self._wanted:
                    await self._commit(None, self._meter.now)
                if self._link_now() >= due:
                    await self._tick()
                due = self._due()
            await self._end()
        finally:
            self._running = False

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def stop(self) -> None:
        """Let `run` come to its clean end."""
        self._stopping = True
        self._nudge()

    def _link_now(self) -> LinkTime:
        return LinkTime(self._monotonic())

    def _due(self) -> LinkTime:
        """When to tick next: at a whole bench second, as many of them on as the number of ticks per second demands."""
        visible, rate = self._meter.now, self.bench_time.rate
        if self._held():
            return LinkTime(self._ticked_at + _FOREVER_S)
        if visible < self._goal:
            return self._link_now()
        ticks_per_s = MOST_TICKS_PER_S if self._watchers else 1
        step = 1 if self._behind else max(1, ceil(rate / ticks_per_s))
        due = self.bench_time.when(Instant((visible // SECOND + step) * SECOND))
        return LinkTime(self._ticked_at + 1) if due is None else due

    def _held(self) -> bool:
        """Whether time stands still for somebody who is behind; it goes on from where it stood, a jump to its goal."""
        held = self._behind is not None and self._behind()
        if held:
            self.bench_time.anchor(self.present(), self._link_now())
        return held

    async def _until(self, due: LinkTime) -> None:
        """Wait for link time `due` or a nudge."""
        delay = due - self._link_now()
        if self._stopping or self._meter.must_store or self._wanted:
            return
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_later(max(delay, 0), self._nudge)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def _want(self) -> None:
        self._wanted = True
        self._nudge()

    def _nudge(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _tick(self) -> None:
        meter, self._ticked_at = self._meter, self._link_now()
        if self._held():
            return
        present = self.bench_time.at(self._ticked_at)
        step = SECOND if self._behind else LONGEST_STEP
        until = Instant(min(present // SECOND * SECOND, meter.now + step))
        quiet = not self._postponing.looked(self.barrier.tickets, self._ticked_at)
        if until > meter.now:
            await self._advance(until, quiet=quiet)
            self._give_way()
        elif self.bench_time.rate == 0:
            if not quiet or self._postponing.is_long(self._ticked_at):
                await self._commit(None, meter.now)
        else:
            return
        self.ticked.fire()

    async def _end(self) -> None:
        """Advance to now and store exactly: the clean end. A jump ends where it has come to."""
        meter = self._meter
        if meter.now < self._goal:
            self._goal = meter.now
            self.bench_time.anchor(meter.now, self._link_now())
        present = self.present()
        while meter.now < present // SECOND * SECOND:
            await self._advance(Instant(min(present // SECOND * SECOND, meter.now + LONGEST_STEP)))
        meter.stop()
        await self._commit(None, meter.now)
        self.ticked.fire()

    async def _advance(self, until: Instant, *, quiet: bool = False) -> None:
        meter = self._meter
        meter.locked = True
        try:
            successor = meter.advanced(until)
            await self._commit(successor, until, quiet=quiet)
            meter.adopt(successor)
        finally:
            meter.locked = False

    def _give_way(self) -> None:
        """Where the meter cannot keep up with a fast rate, let the bench's time be slower."""
        rate, now = self.bench_time.rate, self._link_now()
        lag = self.bench_time.at(now) - self._meter.now
        if rate > 1 and self._meter.now >= self._goal and lag > max(int(_PATIENCE_S * rate) * SECOND, LONGEST_STEP):
            self.bench_time.anchor(self._meter.now, now)

    async def _commit(self, successor: Any, until: Instant, *, quiet: bool = False) -> None:
        """Store the successor (the visible state where it is None), whose time is `until`; if `quiet`, not yet."""
        since = self.bench_time.at(self._link_now()) - until if until >= self._goal else 0
        real = self._wall() - max(0, self.bench_time.real_ns(since))
        changes = self._taken(successor, quiet=quiet)
        if changes is None:
            return
        try:
            await self._submit(changes, real, durable=True)
        except BaseException:  # also when cancelled: whether it is stored is not known
            self.barrier.fail()
            raise
        self.barrier.end()

    def _taken(self, successor: Any, *, quiet: bool) -> Changes | None:
        """What is to be stored now, with what waited so far; None where it may wait as well."""
        now = self._link_now()
        waits = quiet and not self._meter.must_store and not self._postponing.is_long(now)
        if not waits:
            self.barrier.begin()  # it asks what is owed, of which `changes` takes note
        changes = self._meter.changes(successor)
        if waits and self._meter.can_wait(changes):
            self._postponing.wait(changes)
            return None
        if waits:
            self.barrier.begin()
        self._wanted = False
        self._postponing.join(changes, now)
        return changes

    def _submit(self, changes: Changes, real: int, *, durable: bool) -> asyncio.Future[None]:
        commit = partial(self._keep, changes, real, durable=durable)
        return asyncio.get_running_loop().run_in_executor(self._writer, commit)
