"""smartset push listen with real sockets: opened, printed, kept; what does not open is named."""

import json
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from apps.smartset.loopback import new_meter
from meter.test_push import destination, listed, name
from softmeter.apps.smartset.main import run
from softmeter.meter.meter import Meter
from softmeter.meter.policies import Audience
from softmeter.meter.push import Outgoing, outgoing
from softmeter.obis import Obis

PATIENCE_S = 10


def free_port() -> int:
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return int(link.getsockname()[1])


def key(setup: int, number: int) -> bytes:
    return b"\x00\x28" + Obis.parse(name(setup)).octets + bytes((number,))


def pushed(meter: Meter, setup: int = 1, form: int = 0, *, long: bool = False) -> Outgoing:
    view = meter.view(Audience.MANAGEMENT)
    view.writers[key(setup, 3)](meter, destination(b"127.0.0.1:1", form=form))
    if long:
        view.writers[key(setup, 2)](meter, listed((15, "0-0:40.0.1", 2, 0)))
    view.invokers[key(setup, 1)](meter, b"")
    (sent,) = outgoing(meter)
    meter.device.behaviours.pushes.settle(meter.device, sent.number, arrived=True)
    return sent


def send(port: int, *streams: bytes) -> threading.Thread:
    """Connect as soon as somebody listens, and send each stream over a connection of its own."""

    def play() -> None:
        end = time.monotonic() + PATIENCE_S
        for stream in streams:
            while time.monotonic() < end:
                try:
                    link = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
                except OSError:
                    time.sleep(0.01)
                    continue
                with link:
                    link.sendall(stream)
                    link.shutdown(socket.SHUT_WR)
                    link.recv(1)
                break

    thread = threading.Thread(target=play)
    thread.start()
    return thread


def listen(keys: Path | None, port: int, *arguments: str, streams: tuple[bytes, ...]) -> int:
    thread = send(port, *streams)
    given = ["--keys", str(keys)] if keys else []
    status = run(["--json", *given, "push", "listen", "--at", f"127.0.0.1:{port}", *arguments])
    thread.join(PATIENCE_S)
    return status


@pytest.fixture
def made(tmp_path: Path) -> tuple[Meter, Path]:
    path = tmp_path / "keys.toml"
    return new_meter(path), path


def test_pushes_are_opened_printed_and_kept(
    made: tuple[Meter, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter, keys = made
    first, second = pushed(meter), pushed(meter, 6)
    kept = tmp_path / "pushes.jsonl"
    streams = tuple(b"".join(one.datagrams) for one in (first, second))
    assert listen(keys, free_port(), "--count", "2", "--store", str(kept), streams=streams) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["values"][0] for one in shown] == [name(1), name(6)]
    assert [one["client"] for one in shown] == [1, 2]
    assert {one["meter"] for one in shown} == {meter.system_title.hex().upper()}
    assert [json.loads(line) for line in kept.read_text("utf-8").splitlines()] == shown


def test_what_was_sent_before_and_what_is_not_protected_is_marked(
    made: tuple[Meter, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter, keys = made
    once, plain, ciphering = pushed(meter), pushed(meter, 2, 128), pushed(meter, 3, 129)
    kept = tmp_path / "pushes.sqlite"
    streams = tuple(b"".join(one.datagrams) for one in (once, once, plain, ciphering))
    assert listen(keys, free_port(), "--count", "4", "--store", str(kept), streams=streams) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    title = meter.system_title.hex().upper()
    assert [(one["meter"], one["repeated"]) for one in shown] == [
        (title, False),
        (title, True),
        (None, False),
        (title, False),
    ]
    with sqlite3.connect(kept) as database:
        rows = database.execute('SELECT client, meter, number, "values" FROM pushes').fetchall()
    database.close()
    assert [row[2] for row in rows] == [one["number"] for one in shown]
    assert json.loads(rows[0][3]) == shown[0]["values"]


def test_what_does_not_open_is_named_and_the_next_is_taken(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    meter, keys = made
    damaged = bytearray(b"".join(pushed(meter).datagrams))
    damaged[-1] ^= 1
    good = b"".join(pushed(meter).datagrams)
    assert listen(keys, free_port(), "--count", "1", streams=(b"no wrapper at all", bytes(damaged), good)) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert "wrapper version" in shown.err
    assert "deciphering error" in shown.err


def test_without_keys_a_protected_push_is_not_opened(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    meter, _ = made
    streams = (b"".join(pushed(meter).datagrams), b"".join(pushed(meter, 2, 128).datagrams))
    assert listen(None, free_port(), "--count", "1", streams=streams) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["values"][0] == name(2)
    assert "add --keys" in shown.err


def test_blocks_over_udp_are_gathered(made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str]) -> None:
    meter, keys = made
    sent, port = pushed(meter, long=True), free_port()
    assert len(sent.datagrams) > 10
    done = threading.Event()

    def play() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            while not done.wait(0.05):
                for octets in sent.datagrams:
                    link.sendto(octets, ("127.0.0.1", port))

    thread = threading.Thread(target=play)
    thread.start()
    try:
        given = ["--keys", str(keys), "--json", "push", "listen", "--at", f"127.0.0.1:{port}", "--count", "1"]
        assert run(given) == 0
    finally:
        done.set()
        thread.join()
    shown = json.loads(capsys.readouterr().out)
    assert shown["values"][0][0][2].startswith("0-0:")


@pytest.mark.parametrize("store", ["pushes.txt", "missing/pushes.sqlite", "missing/pushes.jsonl"])
def test_a_store_that_cannot_be_is_refused_in_one_line(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["push", "listen", "--at", "127.0.0.1:0", "--count", "1", "--store", str(tmp_path / store)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_sender_that_stays_connected_does_not_keep_it_from_ending(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    meter, keys = made
    port, done = free_port(), threading.Event()
    octets = b"".join(pushed(meter).datagrams)

    def play() -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                link = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
            except OSError:
                time.sleep(0.01)
                continue
            with link:
                link.sendall(octets)
                done.wait(PATIENCE_S)
            return

    thread = threading.Thread(target=play)
    thread.start()
    try:
        given = ["--keys", str(keys), "push", "listen", "--at", f"127.0.0.1:{port}", "--count", "1"]
        assert run(given) == 0
    finally:
        done.set()
        thread.join()
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [f"listening at 127.0.0.1:{port} on TCP and UDP"]
    assert f"meter {meter.system_title.hex().upper()}" in shown.out
