"""The meter as its users start it: a process of its own, found by the first line it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from interop.raw_client import RawClient, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

SOFTMETER: Final = Path(sys.executable).with_name("softmeter")
SMARTSET: Final = Path(sys.executable).with_name("smartset")
PATIENCE_S: Final = 60
"""For whatever a healthy meter does at once: a busy machine takes its time over it."""
ANY_PORTS: Final = ("--wan", "127.0.0.1:0", "--p1", "127.0.0.1:0", "--optical", "127.0.0.1:0", "--panel", "127.0.0.1:0")


@dataclass(frozen=True)
class Meter:
    """A running meter."""

    process: subprocess.Popen[str]
    told: dict[str, Any]
    log: Path

    def address(self, port: str) -> tuple[str, int]:
        at = self.told["ports"][port]
        return at["host"], at["port"]

    def text_address(self, port: str) -> str:
        host, number = self.address(port)
        return f"{host}:{number}"

    @property
    def keys(self) -> Path:
        return Path(self.told["keys"])

    def client(self, name: str) -> RawClient:
        """One of our own clients, its association open."""
        return opened(self.address("wan"), self.keys, name)

    def panel(self) -> dict[str, Any]:
        """What the panel shows."""
        return dict(json.loads(self._asked("GET", "/api/state")))

    def press(self) -> None:
        """A short press of the display button."""
        self._asked("POST", "/api/display/press", '{"duration_ms": 100}')

    def _asked(self, method: str, path: str, body: str | None = None) -> bytes:
        connection = HTTPConnection(*self.address("panel"), timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        assert answer.status in (200, 204), content
        return content

    def end(self) -> int:
        """Ends the process as a service manager does; its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE_S)


def launch(state: Path, *options: str) -> subprocess.Popen[str]:
    """Starts the meter without waiting for it; what it logs is appended to a file beside its state."""
    with (state.parent / f"{state.name}.log").open("a", encoding="utf-8") as log:
        command = [str(SOFTMETER), "run", "--state", str(state), *ANY_PORTS, "--json", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)


def met(state: Path, process: subprocess.Popen[str]) -> Meter:
    """Waits until all ports of a launched meter answer; of one that does not start nothing is left."""
    assert process.stdout is not None
    log = state.parent / f"{state.name}.log"
    line = process.stdout.readline()
    if not line:
        ended(process)
    assert line, f"the meter did not start: {log.read_text(encoding='utf-8')}"
    return Meter(process, json.loads(line), log)


def ended(process: subprocess.Popen[str]) -> None:
    """Sees to it that nothing is left of a process, whatever became of it."""
    process.kill()
    process.wait(timeout=PATIENCE_S)
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def running(state: Path, *options: str) -> Iterator[Meter]:
    """A meter that runs while the block does, and then must end cleanly without a traceback in its log."""
    meter = met(state, launch(state, *options))
    try:
        yield meter
        status = meter.end() if meter.process.poll() is None else 0
    finally:
        ended(meter.process)
    assert status == 0, f"exit status {status}"
    assert "Traceback" not in meter.log.read_text(encoding="utf-8")


def bench(meter: Meter, path: str, **body: object) -> Any:
    """Has the bench do something, and waits until it is done; what it answers."""
    connection = HTTPConnection(*meter.address("panel"), timeout=PATIENCE_S)
    try:
        connection.request("POST", f"/api/bench/{path}", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    assert answer.status in (200, 204), content
    return json.loads(content or b"null")


def smartset(meter: Meter, client: str, *arguments: str) -> Any:
    """What smartset prints as JSON: one value, or a list where it prints several."""
    options = ["--meter", meter.text_address("wan"), "--client", client, "--keys", str(meter.keys), "--json"]
    result = subprocess.run([str(SMARTSET), *options, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    try:
        return json.loads(result.stdout)
    except json.JSONDecodeError:
        return [json.loads(line) for line in result.stdout.splitlines()]
