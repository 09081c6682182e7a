"""Rows measured from outside, on the commands that people start."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from rows import Alone, Figure

from interop.raw_client import opened

SOFTMETER = str(Path(sys.executable).with_name("softmeter"))
PORTS = ("--wan", "127.0.0.1:0", "--p1", "127.0.0.1:0", "--panel", "127.0.0.1:0")


def answered(*command: str) -> tuple[float, float]:
    """Seconds from the command to its first line, and to the first DLMS answer."""
    with tempfile.TemporaryDirectory(prefix="softmeter-bench-") as state:
        start = time.perf_counter()
        whole = [SOFTMETER, *command, "--state", state, *PORTS, "--json"]
        process = subprocess.Popen(whole, stdout=subprocess.PIPE, text=True)
        try:
            told = json.loads(process.stdout.readline())
            ready = time.perf_counter() - start
            wan = told["ports"]["wan"]
            with opened((wan["host"], wan["port"]), Path(told["keys"]), "readout") as client:
                client.get(3, "1-0:1.8.0")
            return ready, time.perf_counter() - start
        finally:
            process.terminate()
            process.wait(timeout=20)


def year(*, quick: bool) -> Figure:
    """A year at 1 s in one jump, from the command to open ports: profiles, logs and the commit of every hour."""
    start = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
    days = 31 if quick else 365
    end = (start + timedelta(days=days)).isoformat()
    jump = ("--start", start.isoformat(), "--jump-to", end, "--rate", "0")
    seconds = answered("run", "--source", "household:seed=7", *jump)[0]
    idle = answered("run", "--source", "household:seed=7", "--start", start.isoformat(), "--rate", "0")[0]
    return Figure((seconds - idle) * 365 / days, "s", f"starting apart: {idle:.2f} s")


def demo(*, quick: bool) -> Figure:
    seconds = [answered("demo")[1] for _ in range(1 if quick else 3)]
    return Figure(min(seconds), "s")


ROWS = (
    Alone("one meter, a simulated year at 1 s", "<= 10 s", year),
    Alone("demo, command to first answer", "<= 3 s", demo),
)
