"""smartset push listen with real sockets: opened, printed, kept; what does not open is named."""

import gc
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from apps.smartset.loopback import made as made_meter
from apps.smartset.loopback import new_meter
from held_port import held_port
from meter.pushing import destination, listed, name
from softmeter.apps.smartset.main import run
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.messages import DataNotification, GeneralBlock
from softmeter.dlms.unsolicited import DataNotificationConfirm
from softmeter.entropy import SeededEntropy
from softmeter.meter.identity import Identity
from softmeter.meter.meter import Meter
from softmeter.meter.policies import Audience
from softmeter.meter.push import Outgoing, outgoing
from softmeter.obis import Obis
from softmeter.runtime import keyfile
from softmeter.wire.types import Data, Tag, encode_data
from softmeter.wire.wrapper import Datagram, decode_datagram, encode_datagram

PATIENCE_S = 60


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as number:
        yield number


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


def send(port: int, *streams: bytes, idle: int = 0) -> threading.Thread:
    """Connect as soon as somebody listens, and send each stream over a connection of its own, beside `idle` others."""

    def play() -> None:
        end = time.monotonic() + PATIENCE_S
        silent = list[socket.socket]()
        while len(silent) < idle and time.monotonic() < end:
            try:
                silent.append(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))
            except OSError:
                time.sleep(0.01)
        for stream in streams:
            while time.monotonic() < end:
                try:
                    link = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
                except OSError:
                    time.sleep(0.01)
                    continue
                with link, suppress(OSError):  # who does not like what he hears may hang up
                    link.sendall(stream)
                    link.shutdown(socket.SHUT_WR)
                    link.recv(1)
                break
        for link in silent:
            link.close()

    thread = threading.Thread(target=play)
    thread.start()
    return thread


def listen(keys: Path | None, port: int, *arguments: str, streams: tuple[bytes, ...], idle: int = 0) -> int:
    thread = send(port, *streams, idle=idle)
    given = ["--keys", str(keys)] if keys else []
    status = run(["--json", *given, "push", "listen", "--at", f"127.0.0.1:{port}", *arguments])
    thread.join(PATIENCE_S)
    return status


@pytest.fixture
def made(tmp_path: Path) -> tuple[Meter, Path]:
    path = tmp_path / "keys.toml"
    return new_meter(path), path


def test_pushes_are_opened_printed_and_kept(
    made: tuple[Meter, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, keys = made
    first, second = pushed(meter), pushed(meter, 6)
    kept = tmp_path / "pushes.jsonl"
    streams = tuple(b"".join(one.datagrams) for one in (first, second))
    assert listen(keys, port, "--count", "2", "--store", str(kept), streams=streams) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["values"][0] for one in shown] == [name(1), name(6)]
    assert [one["client"] for one in shown] == [1, 2]
    assert {one["meter"] for one in shown} == {meter.system_title.hex().upper()}
    assert [json.loads(line) for line in kept.read_text("utf-8").splitlines()] == shown


def test_what_was_sent_before_and_what_is_not_protected_is_marked(
    made: tuple[Meter, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, keys = made
    once, plain, ciphering = pushed(meter), pushed(meter, 2, 128), pushed(meter, 3, 129)
    kept = tmp_path / "pushes.sqlite"
    streams = tuple(b"".join(one.datagrams) for one in (once, once, plain, ciphering))
    assert listen(keys, port, "--count", "4", "--store", str(kept), streams=streams) == 0
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
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, keys = made
    damaged = bytearray(b"".join(pushed(meter).datagrams))
    damaged[-1] ^= 1
    good = b"".join(pushed(meter).datagrams)
    assert listen(keys, port, "--count", "1", streams=(b"no wrapper at all", bytes(damaged), good)) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert "wrapper version" in shown.err
    assert "deciphering error" in shown.err


@pytest.mark.parametrize("form", [0, 129])
def test_a_push_that_names_who_logged_in_last_is_opened_too(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str], form: int, port: int
) -> None:
    meter, keys = made
    meter.counters.accept(1, b"HEADEND1", 7)
    assert listen(keys, port, "--count", "1", streams=(b"".join(pushed(meter, 1, form).datagrams),)) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["meter"], shown["repeated"]) == (meter.system_title.hex().upper(), False)


def test_without_keys_a_protected_push_is_not_opened(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, _ = made
    streams = (b"".join(pushed(meter).datagrams), b"".join(pushed(meter, 2, 128).datagrams))
    assert listen(None, port, "--count", "1", streams=streams) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["values"][0] == name(2)
    assert "add --keys" in shown.err


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_who_asks_for_a_confirmation_gets_it(
    kind: socket.SocketKind, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    answers = list[bytes]()
    asking = encode_datagram(Datagram(1, 2, encode_apdu(DataNotification(0x4000_0001, b"", b"\x11\x07"))))

    def play() -> None:
        end = time.monotonic() + PATIENCE_S
        while not answers and time.monotonic() < end:
            with socket.socket(socket.AF_INET, kind) as link, suppress(OSError):
                link.settimeout(PATIENCE_S)  # where nobody listens yet it says so at once
                link.connect(("127.0.0.1", port))
                link.sendall(asking)
                answers.append(link.recv(100))

    thread = threading.Thread(target=play)
    thread.start()
    assert run(["--json", "push", "listen", "--at", f"127.0.0.1:{port}", "--count", "1"]) == 0
    thread.join(PATIENCE_S)
    assert json.loads(capsys.readouterr().out)["values"] == 7
    confirmed = decode_datagram(answers[0])
    assert confirmed[:2] == (2, 1)
    assert decode_apdu(confirmed.apdu) == DataNotificationConfirm(0x4000_0001, b"")


def test_blocks_over_udp_are_gathered(made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str], port: int) -> None:
    meter, keys = made
    sent = pushed(meter, long=True)
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


def test_several_meters_push_each_under_its_own_keys(
    made: tuple[Meter, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, keys = made
    other_keys, third_keys = tmp_path / "other.toml", tmp_path / "third.toml"
    other, third = (street_meter(path, serial) for path, serial in ((other_keys, "22222222"), (third_keys, "33333333")))
    unnamed = "".join(
        line for line in other_keys.read_text("utf-8").splitlines(keepends=True) if "system_title" not in line
    )
    other_keys.write_text(unnamed, "utf-8")
    streams = tuple(b"".join(pushed(one).datagrams) for one in (meter, other, third, other, meter))
    more = ["--meter-keys", str(other_keys), "--meter-keys", str(third_keys)]
    assert listen(keys, port, "--count", "5", *more, streams=streams) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    titles = [one.system_title.hex().upper() for one in (meter, other, third, other, meter)]
    assert [(one["meter"], one["repeated"]) for one in shown] == [(title, False) for title in titles]


def street_meter(path: Path, serial: str) -> Meter:
    """A meter with keys of its own."""
    identity = Identity(serial=serial)
    keys = keyfile.generate(SeededEntropy(serial), identity.system_title, identity.logical_device_name)
    keyfile.write_keys(path, keys)
    return made_meter(keys, identity)


@pytest.mark.parametrize(
    ("name_of_store", "torn"),
    [
        ("pushes.jsonl", b'{"torn'),
        ("pushes.jsonl", b'{"values": ["Z\xc3'),
        ("pushes.jsonl", b'{"counter": 1e999, "client": 1, "meter": "4B"}'),
        ("pushes.jsonl", b'{"":' + b"[" * 100_000),
        ("pushes.sqlite", b""),
    ],
    ids=["line", "letter", "number", "nested", "database"],
)
def test_what_is_sent_again_after_a_restart_of_the_listener_is_marked(
    made: tuple[Meter, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name_of_store: str,
    torn: bytes,
    port: int,
) -> None:
    meter, keys = made
    kept, first, second = tmp_path / name_of_store, wire(meter), wire(meter)
    for streams in ((first,), (first, second)):
        given = ["--count", str(len(streams)), "--store", str(kept)]
        assert listen(keys, port, *given, streams=streams) == 0
        if kept.suffix == ".jsonl":
            with kept.open("ab") as file:
                file.write(torn)
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["repeated"] for one in shown] == [False, True, False]
    if kept.suffix == ".jsonl":
        assert [line[:2] for line in kept.read_text("utf-8", "replace").splitlines()] == ['{"'] * 5


def test_a_database_of_before_counters_were_kept_goes_on(
    made: tuple[Meter, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, keys = made
    kept = tmp_path / "pushes.sqlite"
    with closing(sqlite3.connect(kept)) as database:
        database.execute(
            "CREATE TABLE pushes (received TEXT NOT NULL, sender TEXT NOT NULL, client INTEGER NOT NULL, meter TEXT,"
            ' repeated INTEGER NOT NULL, time TEXT, number INTEGER NOT NULL, "values" TEXT NOT NULL,'
            " encoded BLOB NOT NULL)"
        )
    assert listen(keys, port, "--count", "1", "--store", str(kept), streams=(wire(meter),)) == 0
    shown = json.loads(capsys.readouterr().out)
    with closing(sqlite3.connect(kept)) as database:
        (row,) = database.execute("SELECT client, meter, counter, number FROM pushes")
    assert row == (1, shown["meter"], shown["counter"], shown["number"])


def test_a_store_that_somebody_else_holds_is_named_and_listening_goes_on(
    made: tuple[Meter, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    port: int,
) -> None:
    meter, keys = made
    monkeypatch.setattr("softmeter.apps.smartset.push_store.PATIENCE_S", 0.01)
    kept = tmp_path / "pushes.sqlite"
    with closing(sqlite3.connect(kept, isolation_level=None, check_same_thread=False)) as holder:
        assert listen(keys, port, "--count", "1", "--store", str(kept), streams=(wire(meter),)) == 0
        capsys.readouterr()
        holder.execute("BEGIN IMMEDIATE")
        assert listen(keys, port, "--count", "1", "--store", str(kept), streams=(wire(meter),)) == 2
        holder.execute("ROLLBACK")
        shown = capsys.readouterr()
        assert json.loads(shown.out)["client"] == 1
        assert "not kept" in shown.err
        assert holder.execute("SELECT count(*) FROM pushes").fetchone() == (1,)


def wire(meter: Meter) -> bytes:
    return b"".join(pushed(meter).datagrams)


def test_connections_that_say_nothing_keep_no_meter_away(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    meter, keys = made
    monkeypatch.setattr("softmeter.apps.smartset.push.MOST_SENDERS", 3)
    assert listen(keys, port, "--count", "1", streams=(wire(meter),), idle=5) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def first_block_taken(kind: socket.SocketKind, port: int, block: bytes) -> socket.socket:
    """A link over which the first block of a push was sent and acknowledged."""
    end = time.monotonic() + PATIENCE_S
    while True:
        link = socket.socket(socket.AF_INET, kind)
        link.settimeout(PATIENCE_S)
        try:
            link.connect(("127.0.0.1", port))
            link.sendall(block)
            assert link.recv(100)
        except OSError:
            link.close()
            assert time.monotonic() < end
            time.sleep(0.01)
        else:
            return link


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_who_holds_half_a_push_longest_gives_way_where_all_hold_too_much(
    kind: socket.SocketKind, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setattr("softmeter.apps.smartset.push.MOST_HELD_OCTETS", 1000)

    def blocks(value: int) -> list[bytes]:
        long = encode_data(Data(Tag.OCTET_STRING, bytes((value,)) * 700))
        apdu = encode_apdu(DataNotification(0, b"", long))
        parts = GeneralBlock(0, 1, 0, apdu[:600]), GeneralBlock(0x80, 2, 0, apdu[600:])
        return [encode_datagram(Datagram(1, 1, encode_apdu(part))) for part in parts]

    def play() -> None:
        early, late = blocks(1), blocks(2)
        with first_block_taken(kind, port, early[0]) as first, first_block_taken(kind, port, late[0]) as second:
            with suppress(OSError):
                first.sendall(early[1])
                if kind == socket.SOCK_STREAM:
                    first.recv(100)  # it has ended
            second.sendall(late[1])

    thread = threading.Thread(target=play)
    thread.start()
    assert run(["--json", "push", "listen", "--at", f"127.0.0.1:{port}", "--count", "1"]) == 0
    thread.join(PATIENCE_S)
    assert json.loads(capsys.readouterr().out)["values"] == "02" * 700


@pytest.mark.parametrize("store", ["pushes.txt", "missing/pushes.sqlite", "missing/pushes.jsonl"])
def test_a_store_that_cannot_be_is_refused_in_one_line(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["push", "listen", "--at", "127.0.0.1:0", "--count", "1", "--store", str(tmp_path / store)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_place_that_is_taken_over_udp_is_refused_and_no_socket_is_left_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        assert run(["push", "listen", "--at", f"127.0.0.1:{taken.getsockname()[1]}", "--count", "1"]) == 2
    assert "is in use by another process" in capsys.readouterr().err
    gc.collect()  # a socket left open would be complained about


def test_a_sender_that_stays_connected_does_not_keep_it_from_ending(
    made: tuple[Meter, Path], capsys: pytest.CaptureFixture[str], port: int
) -> None:
    meter, keys = made
    done = threading.Event()
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
