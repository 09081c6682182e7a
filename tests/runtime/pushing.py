"""A port that pushes, and who receives from it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from softmeter.bench.link import Line
from softmeter.device.push_setting import Service
from softmeter.meter.push import Outgoing
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.push_places import Places
from softmeter.runtime.push_port import PushPort


class Receiver:
    """Takes what comes by TCP."""

    def __init__(self, *, closes: bool = True) -> None:
        self.octets: list[bytes] = []
        self.arrived = asyncio.Event()
        self._closes = closes
        self._kept: list[asyncio.StreamWriter] = []

    async def open(self, host: str = "127.0.0.1") -> int:
        self._server = await asyncio.start_server(self._serve, host, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.octets.append(await reader.read())
        self.arrived.set()
        if self._closes:
            writer.close()
        self._kept.append(writer)

    def close(self) -> None:
        self._server.close()
        for writer in self._kept:
            writer.close()


class Scene:
    def __init__(self, places: Places, time_out_s: float) -> None:
        self.waiting: list[Outgoing] = []
        self.settled: list[tuple[int, bool]] = []
        self.owed = False
        self.barrier = Barrier(lambda: self.owed)
        self.online = True
        self.line = Line("wan", b"seed")
        self.port = PushPort(
            self.take,
            self.settle,
            self.barrier,
            places,
            online=lambda: self.online,
            time_out_s=time_out_s,
            line=self.line,
        )

    def take(self) -> list[Outgoing]:
        taken, self.waiting = self.waiting, []
        return taken

    def settle(self, number: int, arrived: bool) -> None:  # noqa: FBT001 - as the port calls it
        self.settled.append((number, arrived))

    async def tries(self, push: Outgoing) -> None:
        """Push until it arrives: on a busy machine a short time-out may end a try that is as good as others."""
        while not any(arrived for _, arrived in self.settled):
            self.waiting = [push]
            await self.ticks(len(self.settled) + 1)

    async def ticks(self, count: int) -> None:
        while len(self.settled) < count:
            self.port.tick()
            await asyncio.sleep(0.002)


def scene(
    story: Callable[[Scene], Coroutine[Any, Any, None]], places: Places | None = None, *, time_out_s: float = 30
) -> None:
    async def play() -> None:
        on = Scene(places or Places(), time_out_s)
        try:
            async with asyncio.timeout(60):
                await story(on)
        finally:
            await on.port.close()
            await asyncio.sleep(0.01)

    run(play())


def push(number: int, port: int, host: str = "127.0.0.1", service: Service = Service.TCP) -> Outgoing:
    return Outgoing(number, service, host, port, (b"first%d" % number, b"second"))
