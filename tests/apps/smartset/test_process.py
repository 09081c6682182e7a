"""smartset against `softmeter run` as a process: changes outlive the next start, and every way in carries them."""

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.test_run import PATIENCE_S, STANDING, running
from softmeter.apps.smartset.main import run

pytestmark = pytest.mark.slow

TARIFF = """[tariff]
name = "TWO"
[[tariff.seasons]]
name = "S"
start = "01-01"
week = "W"
[tariff.weeks]
W = [0, 0, 0, 0, 0, 0, 0]
[tariff.days]
0 = { "00:00" = 1, "06:00" = 2 }
"""


class Tool:
    """smartset with a running meter."""

    def __init__(self, facts: dict[str, Any], keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._ports, self._keys, self._capsys = facts["ports"], keys, capsys

    def __call__(self, *arguments: str, port: str = "wan", way: tuple[str, ...] = ()) -> tuple[int, str, str]:
        where = f"{self._ports[port]['host']}:{self._ports[port]['port']}"
        self._capsys.readouterr()
        status = run(["--meter", where, *way, "--client", "management", "--keys", str(self._keys), *arguments])
        shown = self._capsys.readouterr()
        return status, shown.out, shown.err


def press_the_sealed_button(panel: dict[str, Any]) -> None:
    """Whoever stands before the meter may change it through the optical port from now on."""
    address = f"http://{panel['host']}:{panel['port']}/api/bench"
    for path, body in (("press", {"button": "sealed", "duration_ms": 100}), ("time", {"step_s": 1})):
        httpx.post(f"{address}/{path}", json=body, timeout=PATIENCE_S).raise_for_status()


def test_what_was_changed_is_there_after_the_next_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, keys, saved, tariff = (tmp_path / name for name in ("m", "keys.toml", "saved.xml", "tariff.toml"))
    tariff.write_text(TARIFF)
    with running(state, *STANDING) as (process, facts):
        shutil.copy(facts["keys"], keys)
        tool = Tool(facts, keys, capsys)
        assert tool("backup", str(saved))[0] == 0
        assert tool("tariff", "load", str(tariff), "--now")[0] == 0
        assert tool("display", "set", "--add", "voltage", "--period", "9", "--decimals", "1")[0] == 0
        assert tool("keys", "transfer")[0] == 0
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    with running(state, "--rate", "0") as (process, facts):
        tool = Tool(facts, keys, capsys)
        assert json.loads(tool("--json", "tariff", "show")[1])["active"]["name"] == "TWO"
        assert "5 items, 9 seconds" in tool("display", "show", "auto")[1]
        assert "key exchanged" in tool("events", "standard")[1]
        assert tool("restore", str(saved))[0] == 0
        assert "4 items, 5 seconds" in tool("display", "show", "auto")[1]
        assert tool("diff", str(saved))[0] == 0
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(
    ("port", "way"), [("wan", ("--udp",)), ("optical", ("--hdlc",)), ("optical", ("--mode-e",))], ids=str
)
def test_every_way_in_carries_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], port: str, way: tuple[str, ...]
) -> None:
    with running(tmp_path / "m", *STANDING) as (process, facts):
        keys = tmp_path / "keys.toml"
        shutil.copy(facts["keys"], keys)
        tool = Tool(facts, keys, capsys)
        if port == "optical":
            press_the_sealed_button(facts["ports"]["panel"])
        commands = (
            ("events",),
            ("call", "load", "capture"),
            ("tariff", "show"),
            ("display", "show", "button"),
            ("trace", "get", "clock"),
            ("keys", "transfer", "--key", "authentication"),
        )
        for command in commands:
            status, out, err = tool(*command, port=port, way=way)
            assert (status, bool(out)) == (0, True), err
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
