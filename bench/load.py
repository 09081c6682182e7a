"""Load for one server. Requests are built before the clock runs; every answer is verified after it stopped."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from interop.raw_client import GLO_GET, RawClient, credentials, get_request, next_counter, opened, tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 256
"""Requests built at a time."""


class Sample(NamedTuple):
    """What one measurement gave."""

    count: int
    seconds: float
    server_seconds: float
    """Processor time the server took, of all its threads."""


@dataclass(frozen=True)
class Server:
    """A server under load, as a process of its own."""

    name: str
    address: tuple[str, int]
    keys: Path
    pid: int

    def processor_seconds(self) -> float:
        total = 0
        for task in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            total += int(task.read_text(encoding="ascii").split()[0])
        return total / 1e9


@contextmanager
def started(name: str, command: list[str]) -> Iterator[Server]:
    """A server started, its first line read, and ended at last."""
    with tempfile.TemporaryFile("w+") as log:
        yield from _started(name, command, log)


def _started(name: str, command: list[str], log: IO[str]) -> Iterator[Server]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            log.seek(0)
            raise SystemExit(f"{name} did not start: {' '.join(command)}\n{log.read()}")
        told = json.loads(line)
        wan = told["ports"]["wan"]
        yield Server(name, (wan["host"], wan["port"]), Path(told["keys"]), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def measured(server: Server, seconds: float, work: Callable[[], tuple[int, float]]) -> Sample:
    """Repeats work until its own clock shows the seconds asked for."""
    work()
    count, taken, before = 0, 0.0, server.processor_seconds()
    while taken < seconds:
        done, elapsed = work()
        count, taken = count + done, taken + elapsed
    return Sample(count, taken, server.processor_seconds() - before)


def exchanged(client: RawClient, frames: list[bytes], depth: int) -> tuple[list[bytes], float]:
    """Sends frames, at most `depth` of them unanswered, and returns the answers and the time."""
    windows = [b"".join(frames[start : start + depth]) for start in range(0, len(frames), depth)]
    answers = []
    start = time.perf_counter()
    for window in windows:
        client.socket.sendall(window)
        answers.extend(client.receive() for _ in range(min(depth, len(frames) - len(answers))))
    return answers, time.perf_counter() - start


def get(server: Server, client_name: str, seconds: float, depth: int) -> Sample:
    """GET of 1-0:1.8.0, plain or protected as the client's association is."""
    plain = get_request(3, "1-0:1.8.0")
    with opened(server.address, server.keys, client_name) as client:

        def work() -> tuple[int, float]:
            if client.protection is None:
                frames = [client.framed(plain)] * CHUNK
            else:
                frames = [client.framed(tagged(GLO_GET, client.protection.seal(plain))) for _ in range(CHUNK)]
            answers, elapsed = exchanged(client, frames, depth)
            for answer in answers:
                if not client.opened(answer).startswith(b"\xc4\x01\xc1\x00\x06"):
                    raise SystemExit(f"{server.name} answered {answer.hex()}")
            return len(answers), elapsed

        return measured(server, seconds, work)


def profile(server: Server, client_name: str, seconds: float) -> Sample:
    """The whole of load profile 1 in blocks."""
    with opened(server.address, server.keys, client_name) as client:

        def work() -> tuple[int, float]:
            start = time.perf_counter()
            data = client.get_data(7, "1-0:99.1.0")
            elapsed = time.perf_counter() - start
            if data[:4] != b"\x01\x82\x14\xa0":
                raise SystemExit(f"{server.name}'s profile does not hold 5,280 rows: {data[:4].hex()}")
            return 1, elapsed

        return measured(server, seconds, work)


def associations(server: Server, seconds: float) -> Sample:
    """A new TCP connection, HLS5 opened and released; one after the other, since counters have one order."""
    known = credentials(server.keys, "management")
    counter = next_counter(server.address, "management")

    def work() -> tuple[int, float]:
        nonlocal counter
        start = time.perf_counter()
        for _ in range(16):
            with RawClient(server.address, known) as client:
                client.open_hls5(counter)
                client.release()
                counter = client.protection.counter
        return 16, time.perf_counter() - start

    return measured(server, seconds, work)


def foreign(python: Path, script: Path, server: Server, client_name: str, tasks: list[Any]) -> list[Any]:
    """What a foreign client answers to tasks."""
    host, port = server.address
    command = [
        str(python),
        str(script),
        "--meter",
        f"{host}:{port}",
        "--keys",
        str(server.keys),
        "--client",
        client_name,
    ]
    result = subprocess.run(
        [*command, json.dumps(tasks)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return [answer["value"] for answer in json.loads(result.stdout)["answers"]]
