"""A WAN port on a real socket, behind it a small protocol of lines instead of DLMS."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from softmeter.dlms.associations import Standing
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.loop import run
from softmeter.runtime.wan_port import WanPort


@dataclass(frozen=True)
class LineTooOdd:
    line: bytes
    reason: str


class Meter:
    """What the lines are served from."""

    def __init__(self) -> None:
        self.owed = False
        self.locked = False
        self.closed: list[bytes] = []
        self.silence_s = 60.0
        self.ahead_s = 0.0

    def now(self) -> float:
        """A clock that can be put forward."""
        return time.monotonic() + self.ahead_s


class Lines:
    """A protocol of lines: echoes; `change` the meter, `big N` for N octets, `hello`, `log in`, `quit`, `bad`."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.buffer = b""
        self.out: list[bytes] = []
        self.closed = False
        self.standing = Standing.NONE
        self.deadline: LinkTime | None = LinkTime(time.monotonic() + meter.silence_s)

    @property
    def waiting(self) -> bool:
        return self.meter.locked and self.buffer.startswith(b"change\n")

    def receive(self, data: bytes, now: LinkTime) -> Sequence[object]:
        if not data:
            self.closed = True
            self.meter.closed.append(self.buffer)
            return ()
        self.deadline = LinkTime(now + self.meter.silence_s)
        self.buffer += data
        return self.serve()

    def resume(self, now: LinkTime) -> Sequence[object]:
        assert now
        return self.serve()

    def expire(self, now: LinkTime) -> Sequence[object]:
        assert self.deadline is not None
        assert now >= self.deadline
        self.closed = True
        return [LineTooOdd(self.buffer, "silence")]

    def to_send(self) -> bytes:
        out, self.out = b"".join(self.out), []
        return out

    def serve(self) -> list[object]:
        events: list[object] = []
        while b"\n" in self.buffer and not self.waiting:
            line, self.buffer = self.buffer.split(b"\n", 1)
            match line.split():
                case [b"bad"]:
                    raise RemoteProtocolError("bad line")
                case [b"odd"]:
                    events.append(LineTooOdd(line, "it is\nodd"))
                case [b"change"]:
                    self.meter.owed = True
                case [b"big", size]:
                    line = bytes(int(size))
                case [b"log", b"in"]:
                    self.standing = Standing.SECRET
                case [b"hello"]:
                    self.standing = Standing.PUBLIC
                case [b"quit"]:
                    self.closed = True
            self.out.append(line + b"\n")
        return events


async def gone(clients: Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> list[bool]:
    """Which of these are no longer served."""
    for _, writer in clients:
        writer.write(b"still\n")
    answers = await asyncio.gather(*(reader.readline() for reader, _ in clients), return_exceptions=True)
    return [answer != b"still\n" for answer in answers]


@dataclass
class Scene:
    meter: Meter
    barrier: Barrier
    port: WanPort
    address: Address

    async def client(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.address.host, self.address.port)

    async def said(self, line: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A client that said `line` and has its answer."""
        reader, writer = await self.client()
        writer.write(line)
        assert await reader.readline() == line
        return reader, writer

    async def ask(self, *lines: bytes) -> bytes:
        """What comes back for `lines` until the meter closes."""
        reader, writer = await self.client()
        writer.write(b"".join(lines))
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        return answer


def scene(
    story: Callable[[Scene], Coroutine[Any, Any, None]], most_peers: int = MOST.wan, host: str = "127.0.0.1"
) -> None:
    async def play() -> None:
        meter = Meter()
        barrier = Barrier(lambda: meter.owed)
        port = WanPort(Address(host, 0, "--wan"), lambda _: Lines(meter), barrier, meter.now, most_peers=most_peers)
        try:
            await story(Scene(meter, barrier, port, await port.open()))
        finally:
            await port.close()
            await asyncio.sleep(0)

    run(play())
