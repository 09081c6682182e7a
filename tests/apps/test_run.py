"""`softmeter run` as a process: the contract of its first line, its ends, and what a person did wrong."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from softmeter.wire.telegram import parse

pytestmark = pytest.mark.slow

SUPPLY = "constant:u=230,i=5"
PATIENCE_S = 120
STANDING = (
    *("--source", SUPPLY, "--rate", "0"),
    *("--start", "2026-01-01T00:00:00Z", "--jump-to", "2026-01-01T02:00:00Z"),
)
"""A meter that has lived for two hours and stands still."""


SMARTSET = "from softmeter.apps.smartset.main import main; main()"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from softmeter.apps.main import main; main()", *arguments]


def run(state: Path, *options: str) -> list[str]:
    ports = ("--wan", "127.0.0.1:0", "--p1", "127.0.0.1:0", "--optical", "127.0.0.1:0", "--panel", "127.0.0.1:0")
    return command("run", "--state", str(state), *ports, *options)


@contextmanager
def running(state: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(
        run(state, "--json", *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def listens_to_signals(process: subprocess.Popen[Any], keys: Path) -> None:
    """Wait until a meter, of whose first start the keys are, would take SIGTERM for its orderly end."""
    until = time.monotonic() + PATIENCE_S
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
        if not keys.exists():
            continue
        if not status.exists():  # where signals cannot be looked at there is nothing but to wait
            time.sleep(2)
            return
        caught = re.search(r"^SigCgt:\s*(\w+)$", status.read_text("ascii"), re.MULTILINE)
        if caught is not None and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return


def failed(*arguments: str) -> str:
    """What a command that must fail says: one line, status 2."""
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("source: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def telegram_from(port: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    with socket.create_connection((port["host"], port["port"]), timeout=PATIENCE_S) as link:
        octets = b""
        while b"!" not in octets or not octets.endswith(b"\r\n"):
            octets += link.recv(4096)
    return {line.code: line.values for line in parse(octets[: octets.index(b"!") + 7]).lines}


def test_the_first_line_tells_ports_identity_and_keys(tmp_path: Path) -> None:
    with running(tmp_path / "m", *STANDING) as (process, facts):
        keys = tomllib.loads(Path(facts["keys"]).read_text("utf-8"))
        assert keys["meter"]["logical_device_name"] == facts["identity"]["logical_device_name"]
        assert keys["meter"]["system_title"] == facts["identity"]["system_title"]
        assert {name: client["sap"] for name, client in keys["clients"].items()} == {
            "public": 16,
            "management": 1,
            "readout": 2,
            "maintenance": 6,
        }
        found = telegram_from(facts["ports"]["p1"])
        assert found["0-0:1.0.0"] == ("260101030000W",)
        assert found["1-0:1.8.1"] == ("000002.300*kWh",)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_it_ends_the_next_start_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "m"
    with running(state, *STANDING) as (process, _):
        process.send_signal(number)
        process.wait(PATIENCE_S)
    with running(state, "--rate", "0", "--off-for", "30m") as (process, facts):
        found = telegram_from(facts["ports"]["p1"])
        assert found["0-0:1.0.0"] == ("260101033000W",)
        assert found["1-0:1.8.1"] == ("000002.300*kWh",)
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr is not None
        assert "power was off for 1800.0 s" in process.stderr.read()


def test_time_runs_at_its_rate(tmp_path: Path) -> None:
    options = ("--source", SUPPLY, "--start", "2026-01-01T00:00:00Z", "--rate", "3600")
    launched = time.monotonic()
    with (
        running(tmp_path / "m", *options) as (_, facts),
        socket.create_connection(
            (facts["ports"]["p1"]["host"], facts["ports"]["p1"]["port"]), timeout=PATIENCE_S
        ) as link,
    ):
        began, octets, energies = time.monotonic(), b"", list[int]()
        while not energies or energies[-1] - energies[0] < 3 * 1150:  # what is used in three hours
            octets += link.recv(65_536)
            energies = [energy_wh(telegram) for telegram in octets.split(b"/KWQ")[1:-1]]
        ended = time.monotonic()
    assert energies == sorted(energies)
    assert energies[-1] <= 1150 * (ended - launched)  # no more than an hour in a second
    assert len(energies) <= 10 * (ended - began) + 15  # at most ten per second, and some that lay ready


def energy_wh(telegram: bytes) -> int:
    """The import of all rates together."""
    lines = telegram.split(b"\r\n")
    return sum(int(line[10:20].replace(b".", b"")) for line in lines if line.startswith(b"1-0:1.8."))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rate", "-1"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--start", "soon"], "--start"),
        (["--start", "1900-01-01"], "--start"),
        (["--source", SUPPLY, "--start", "2026-01-02", "--jump-to", "2026-01-01"], "--jump-to"),
        (["--source", "none.csv"], "--source"),
        (["--config", "none.toml"], "none.toml"),
        (["--keys", "none.toml"], "none.toml"),
        (["--off-for", "long"], "--off-for"),
        (["--wan", "here"], "--wan"),
        (["--wan", "203.0.113.1:0"], "--wan"),
        (["--p1", "127.0.0.1:99999"], "--p1"),
        (["--panel", "0.0.0.0:0"], "--panel"),
    ],
)
def test_what_a_person_did_wrong_is_one_line(tmp_path: Path, options: list[str], says: str) -> None:
    line = failed(*run(tmp_path / "m", *options))
    assert line.startswith("softmeter: ")
    assert says in line


def test_nothing_is_made_by_a_start_that_fails(tmp_path: Path) -> None:
    for wrong in (["--rate", "-1"], ["--wan", "here"], ["--panel", "0.0.0.0:0"], ["--source", "none.csv"]):
        failed(*run(tmp_path / "m", "--start", "2026-01-01T00:00:00Z", *wrong))
    assert list(tmp_path.iterdir()) == []


def test_a_jump_that_was_made_is_not_in_the_way_of_the_next_start(tmp_path: Path) -> None:
    state = tmp_path / "m"
    with running(state, *STANDING) as (process, _):
        process.terminate()
        process.wait(PATIENCE_S)
    with running(state, *STANDING, "--off-for", "1h") as (process, facts):
        assert facts["now"] == "2026-01-01T03:00:00Z"
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr is not None
        assert "--jump-to is ignored" in process.stderr.read()


def test_a_stop_during_the_jump_tells_no_ports(tmp_path: Path) -> None:
    options = ("--source", SUPPLY, "--start", "1990-01-01T00:00:00Z", "--jump-to", "2026-01-01T00:00:00Z", "--json")
    with subprocess.Popen(
        run(tmp_path / "m", *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        listens_to_signals(process, tmp_path / "m" / "keys.toml")  # it was made just now, and jumps
        process.terminate()
        told, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert told == ""


def test_a_meter_that_stands_still_shows_what_is_at_its_terminals_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "m"
    with running(state, *STANDING):
        pass
    with running(state, "--rate", "0", "--off-for", "1h") as (_, facts):
        found = telegram_from(facts["ports"]["p1"])
        assert found["1-0:32.7.0"] == ("230.0*V",)
        assert found["1-0:1.7.0"] == ("01.150*kW",)
        panel = facts["ports"]["panel"]
        with urlopen(f"http://{panel['host']}:{panel['port']}/api/state", timeout=PATIENCE_S) as answer:
            state_now = json.load(answer)
        assert state_now["leds"]["active"]["count"] == 4600
        assert state_now["leds"]["status"] == "on"


def test_a_second_meter_runs_beside_the_first_without_an_optical_port(tmp_path: Path) -> None:
    """Nobody asked for the default optical port, so it is no fault when another meter has it."""
    ports = ("--wan", "127.0.0.1:0", "--p1", "127.0.0.1:0", "--panel", "127.0.0.1:0", "--source", SUPPLY, "--json")
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", 4062)) as _:
        with subprocess.Popen(
            command("run", "--state", str(tmp_path / "m"), *ports),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
            assert process.stderr is not None
            assert "optical" in process.stderr.read()
        assert "optical" not in facts["ports"]


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = failed(*run(tmp_path / "m", "--source", SUPPLY), "--wan", f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in line
    assert "in use" in line


def test_a_state_in_use_is_named(tmp_path: Path) -> None:
    with running(tmp_path / "m", "--source", SUPPLY) as (process, _):
        assert f"process {process.pid}" in failed(*run(tmp_path / "m"))


def test_an_unknown_option_is_refused_by_name() -> None:
    done = subprocess.run(command("run", "--colour"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--colour" in done.stderr


def test_the_same_port_answers_on_udp(tmp_path: Path) -> None:
    with running(tmp_path / "m", *STANDING) as (_, facts):
        wan = facts["ports"]["wan"]
        meter = ("--meter", f"{wan['host']}:{wan['port']}", "--client", "management", "--keys", facts["keys"])
        shown = [
            subprocess.run(
                [sys.executable, "-c", SMARTSET, *link, *meter, "get", "active_import", "clock"],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=True,
            ).stdout
            for link in (("--udp",), ())
        ]
        assert shown[0] == shown[1]
        assert "Wh" in shown[0]
