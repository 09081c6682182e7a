"""The meter's own M-Bus master on a line: TCP to a gateway, a pseudo-terminal or a serial device (EN 13757-2).

One conversation after the other, each frame with a time to answer, so that neither a dead line nor one full of noise
holds the meter up. The line lives in real time, whatever the rate of the bench.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from softmeter.device.mbus_channel import Errand, Outcome
from softmeter.errors import ConfigurationError
from softmeter.meter import mbus_bus
from softmeter.runtime.reports import Reports
from softmeter.wire.mbus_master import heard, is_order

BAUD = 2400
LONGEST_S = 300.0
"""For a conversation: a search of a line with many sub-meters takes the longest."""
MOST_OCTETS = 1024
"""Heard in one go, before it counts as noise."""
_OCTET_BITS, _ANSWER_BITS, _PAUSE_BITS = 11, 330, 22
_ANSWER_S = 0.05
_QUIET = 1.5
"""How many times as long as an answer was waited for nothing may come, until no late one is expected any more."""


class Wire(Protocol):
    """A line that octets pass over."""

    latency_s: float
    """How much later than on the wire itself octets may come."""

    async def open(self, baud: int) -> None:
        """Be ready to send at a speed; OSError where that cannot be."""
        ...

    def write(self, octets: bytes) -> None: ...

    async def read(self) -> bytes:
        """What came, as soon as something comes; OSError when the line ends."""
        ...

    def forget(self) -> None:
        """Drop what came and nobody waited for."""
        ...

    async def close(self) -> None: ...


class MBusMaster:
    """Runs the errands of a meter. `take` gives them, `report` is told what became of each, `baud` tells the speed.

    The first two are called from `tick` only, when the visible meter may be changed.
    """

    def __init__(
        self,
        wire: Wire,
        take: Callable[[], Sequence[Errand]],
        report: Callable[[int, Outcome], None],
        *,
        baud: Callable[[], int] = lambda: BAUD,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._wire = wire
        self._take = take
        self._report = report
        self._baud = baud
        self._bit_s = 1 / BAUD
        self._longest_s = longest_s
        self._queue: deque[Errand] = deque()
        self._known: list[tuple[int, Outcome]] = []
        self._working: asyncio.Task[None] | None = None
        self._is_dead = False
        self._owed = b""
        """The last frame that was not answered in time, until its answer can no longer come."""
        self._reports = Reports(logging.getLogger("softmeter.mbus"))

    @property
    def baud(self) -> int:
        """The speed of the line, from the next conversation on."""
        return self._baud()

    def tick(self) -> None:
        """A new state is visible: tell what became of the last errands, and take the next."""
        known, self._known = self._known, []
        for number, outcome in known:
            self._report(number, outcome)
        self._queue += self._take()
        if self._queue and self._working is None:
            self._working = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        """Leave the line; what was under way is as if it had never been asked."""
        working, self._working = self._working, None
        if working is not None:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        self._queue.clear()
        await self._wire.close()
        self._reports.write()

    async def _work(self) -> None:
        try:
            while self._queue:
                errand, outcome = self._queue.popleft(), Outcome()
                try:
                    outcome = await self._run(errand)
                finally:  # whatever went wrong, nobody waits for ever
                    self._known.append((errand.number, outcome))
        finally:
            self._working = None

    async def _run(self, errand: Errand) -> Outcome:
        conversation = mbus_bus.run(errand)
        baud = self.baud
        self._bit_s = 1 / baud
        try:
            async with asyncio.timeout(self._longest_s):
                await self._wire.open(baud)
                frame = next(conversation)
                while True:
                    frame = conversation.send(await self._exchange(frame))
        except StopIteration as end:
            self._dead(None)
            outcome: Outcome = end.value
            return outcome
        except TimeoutError:
            self._reports.say(logging.WARNING, "M-Bus: no end within %.0f s", self._longest_s)
        except (OSError, ConfigurationError) as error:
            await self._wire.close()
            self._dead(str(error) or type(error).__name__)
        return Outcome()

    async def _exchange(self, frame: bytes) -> bytes:
        """Send a frame and hear what is answered: nothing, an answer, or what cannot be understood."""
        wire, bit_s = self._wire, self._bit_s
        if self._owed and frame != self._owed and is_order(frame):
            await self._settle()
        wire.forget()
        wire.write(frame)
        came = b""
        patience_s = self._patience_s(frame)
        while len(came) < MOST_OCTETS:
            try:
                async with asyncio.timeout(patience_s):
                    came += await wire.read()
            except TimeoutError:
                break
            answer = heard(came, frame)
            if answer is not None:
                return answer
            patience_s = _PAUSE_BITS * bit_s + wire.latency_s
        self._owed = frame
        return heard(came, frame, silent=True) or b""

    def _patience_s(self, frame: bytes) -> float:
        """How long an answer to a frame is waited for."""
        return (len(frame) * _OCTET_BITS + _ANSWER_BITS) * self._bit_s + _ANSWER_S + self._wire.latency_s

    async def _settle(self) -> None:
        """Let pass what is still answered to a frame that was not answered in time: it is no answer to the next one.

        Answers to several tries come as far from each other as those were.
        """
        wire, came = self._wire, 0
        quiet_s = _QUIET * self._patience_s(self._owed)
        self._owed = b""
        with suppress(TimeoutError):
            while came < MOST_OCTETS:
                async with asyncio.timeout(quiet_s):
                    came += len(await wire.read())

    def _dead(self, reason: str | None) -> None:
        """Say once that the line cannot be used, and once that it can again."""
        if reason is not None and not self._is_dead:
            self._reports.say(logging.WARNING, "the M-Bus line cannot be used: %s", reason)
        elif reason is None and self._is_dead:
            self._reports.say(logging.INFO, "the M-Bus line is there again")
        self._is_dead = reason is not None
