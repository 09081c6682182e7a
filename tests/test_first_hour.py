"""The first hour of a newcomer, lived by a machine: the page's commands, as they stand, against a demo."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "first-hour.md"
PROGRAMS = Path(sys.executable).parent
FREE = "127.0.0.1:0"
ELSEWHERE = re.compile(r"make |\. |softmeter run |\$EDITOR|.*\b20\d\d-")
"""What is not for this terminal: set-up, other meters, an editor, and dates that will be past one day."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="no curl found"),
    pytest.mark.skipif(not (PROGRAMS / "smartset").exists(), reason="the package is not installed here"),
]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What a demo in a fresh directory tells of itself."""
    ports = [f"--{name}={FREE}" for name in ("wan", "p1", "optical", "panel")]
    command: list[str] = [str(PROGRAMS / "softmeter"), "demo", *ports, "--json", "--log-level=warning"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
        running.send_signal(signal.SIGINT)


def commands(ports: dict[str, dict[str, Any]]) -> str:
    """The indented lines of the page, for a demo whose ports are others."""
    wan, panel = (f"{ports[name]['host']}:{ports[name]['port']}" for name in ("wan", "panel"))
    prose = re.sub(r"```.*?```", "", PAGE.read_text("utf-8"), flags=re.DOTALL)
    lines = [line for line in re.findall(r"^ {4}(.*)$", prose, re.MULTILINE) if not ELSEWHERE.match(line)]
    text = "\n".join(["set -e", *lines, ""])
    return text.replace("smartset ", f"smartset --meter {wan} ").replace("127.0.0.1:8080", panel)


def test_the_commands_of_the_first_hour_do_what_it_says(demo: dict[str, Any], tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    lived = subprocess.run(
        ["bash", "-c", commands(demo["ports"])],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert lived.returncode == 0, lived.stderr[-2000:]
    for seen in ("2  power up", "40  terminal cover removed", "4 steps, 10 checks: all met"):
        assert seen in lived.stdout
    alarms = re.findall(r"^(\d+) → 0$", lived.stdout, re.MULTILINE)
    assert [int(word) >> 13 & 1 for word in alarms] == [1]
    assert "tag verified, keys: management" in lived.stderr
    assert (tmp_path / "report.xml").exists()
