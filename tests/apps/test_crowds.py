"""A meter among crowds, as a process: whoever has keys is served, and it ends quickly and quietly."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.test_run import PATIENCE_S, SUPPLY, run
from softmeter.apps.panel.serving import REQUEST_S

pytestmark = pytest.mark.slow

FEW = 256
"""File descriptors that the meter gets."""
PUBLIC = bytes.fromhex("000100100001001f601da109060760857405080101be10040e01000000065f1f0400001c1d0400")
"""An AARQ without authentication, in its wrapper."""
HALF_A_POST = (
    b"POST /api/bench/override HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"voltage_v": 400}'
)


@contextmanager
def meter(state: Path, descriptors: int = FEW) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any], Path]]:
    """A meter with few descriptors, what it told, and its log."""
    log = state.with_suffix(".log")
    with log.open("w") as errors:
        command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *run(state, "--json", "--source", SUPPLY)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline()), log
        finally:
            process.kill()
            process.communicate()


def connected(port: dict[str, Any], sent: bytes = b"") -> socket.socket:
    link = socket.create_connection((port["host"], port["port"]), timeout=PATIENCE_S)
    link.sendall(sent)
    return link


def is_served(port: dict[str, Any]) -> bool:
    """Whether a new client gets an association."""
    with connected(port, PUBLIC) as link:
        try:
            return link.recv(100)[8:9] == b"\x61"
        except ConnectionError:
            return False


def smartset(told: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
    wan = told["ports"]["wan"]
    code = "from softmeter.apps.smartset.main import main; main()"
    meter_at = f"{wan['host']}:{wan['port']}"
    command = [sys.executable, "-c", code, "--meter", meter_at, "--client", "management", "--keys", told["keys"]]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def ended(process: subprocess.Popen[str]) -> float:
    """Seconds that a clean end takes."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    return time.monotonic() - began


def test_crowds_on_panel_and_p1_leave_descriptors_to_dlms(tmp_path: Path) -> None:
    with meter(tmp_path / "state") as (process, told, log), ExitStack() as crowd:
        for name in ("panel", "p1"):
            for _ in range(FEW + 50):
                crowd.enter_context(connected(told["ports"][name]))
        for _ in range(3):
            assert is_served(told["ports"]["wan"])
        for _ in range(FEW):
            crowd.enter_context(connected(told["ports"]["wan"], PUBLIC))
        assert smartset(told, "get", "1-0:1.8.0").returncode == 0
        with connected(told["ports"]["panel"], b"GET /api/bench HTTP/1.1\r\nHost: localhost\r\n\r\n") as visitor:
            assert visitor.recv(1000).startswith(b"HTTP/1.1 200")
        with connected(told["ports"]["p1"]) as reader:
            assert reader.recv(1) == b"/"
        assert ended(process) < REQUEST_S / 2  # it waits for no visitor
        assert "Traceback" not in log.read_text()
        assert "takes no connections" not in log.read_text()


def test_half_sent_requests_end_with_the_process(tmp_path: Path) -> None:
    with meter(tmp_path / "state") as (process, told, log), ExitStack() as crowd:
        for _ in range(20):
            crowd.enter_context(connected(told["ports"]["panel"], HALF_A_POST))
        crowd.enter_context(connected(told["ports"]["panel"], b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        time.sleep(0.3)
        assert ended(process) < REQUEST_S / 2  # it waits for no visitor
        assert "Traceback" not in log.read_text()
