"""What a person sees when it does not work: one line that names the thing and the next thing to try, and status 2."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset, written_keys
from held_port import held_port
from softmeter.apps.smartset.key_files import KeyFile, client_entry
from softmeter.apps.smartset.main import run

SMARTSET = [sys.executable, "-c", "from softmeter.apps.smartset.main import main; main()"]


@contextlib.contextmanager
def answering(answer: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """A port that answers whatever comes; None is no answer, an empty one closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    kept.append(connection)
                    octets = answer(connection.recv(1024))
                    if octets:
                        connection.sendall(octets)
                    elif octets is not None:
                        connection.close()

        kept: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def refused(result: tuple[int, str, str]) -> str:
    status, out, err = result
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("smartset: ")
    assert "Traceback" not in err
    return err


def test_a_closed_port(smartset: Smartset) -> None:
    with held_port() as port:
        where = f"127.0.0.1:{port}"
        line = refused(smartset("info", client="public", meter=where))
    assert f"nothing listens at {where}: is the meter running" in line


@pytest.mark.slow
def test_a_silent_port(smartset: Smartset) -> None:
    with answering(lambda _: None) as where:
        line = refused(smartset("--timeout", "0.1", "info", client="public", meter=where))
    assert f"{where} gave no answer within 0.1 s" in line


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        bytes.fromhex("000100010010000401020304"),
        b"\xff" * 64,
    ],
)
def test_a_port_of_something_else(smartset: Smartset, answer: bytes) -> None:
    with answering(lambda _: answer) as where:
        line = refused(smartset("info", client="public", meter=where))
    assert f"{where} does not answer as a DLMS meter does" in line
    assert "is this the right port?" in line


def test_a_port_that_hangs_up(smartset: Smartset) -> None:
    with answering(lambda _: b"") as where:
        assert f"{where} closed the connection" in refused(smartset("info", client="public", meter=where))


@contextlib.contextmanager
def between(address: str, spoilt: Callable[[int, bytes], bytes]) -> Iterator[str]:
    """A port that hands on what a meter and smartset say; `spoilt`: what becomes of the meter's answers, by number."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def serve() -> None:
            number = 0
            with contextlib.suppress(OSError):
                while not ended.is_set():
                    connection, _ = listening.accept()
                    host, _, port = address.rpartition(":")
                    with connection, socket.create_connection((host, int(port))) as meter:
                        while request := connection.recv(1 << 16):
                            meter.sendall(request)
                            answer = spoilt(number, meter.recv(1 << 16))
                            number += 1
                            if not answer:
                                break
                            connection.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _: b"", "closed the connection in the middle of the conversation; try again"),
        (lambda answer: answer[:8] + b"\xff" + answer[9:], "sent no right answer: "),
    ],
)
def test_a_meter_that_fails_after_it_let_the_client_in(
    smartset: Smartset, address: str, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    with between(address, lambda number, answer: answer if number < 2 else spoil(answer)) as where:
        status, out, err = smartset("get", "clock", "active_tariff", "1-0:1.8.0:3", client="public", meter=where)
    assert (status, err.count("\n")) == (2, 1)
    assert out.startswith("clock  ")
    assert f"{where} {reason}" in err
    assert "client address" not in err


def test_a_wrong_password(smartset: Smartset, address: str, key_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "keys.toml"
    wrong.write_text(re.sub(r'lls_password = ".*"', 'lls_password = "wrong"', key_file.read_text()))
    line = refused(smartset("--keys", str(wrong), "get", "clock", client="readout"))
    assert f"wrong password: {address} refuses lls_password of [clients.readout] of {wrong}" in line


@pytest.mark.parametrize("general", [[], ["--general"]])
@pytest.mark.parametrize("name", ["unicast_encryption_key", "authentication_key"])
def test_a_wrong_key(
    smartset: Smartset, address: str, key_file: Path, tmp_path: Path, name: str, general: list[str]
) -> None:
    wrong = tmp_path / "keys.toml"
    wrong.write_text(re.sub(rf'{name} = ".*"', f'{name} = "{bytes(16).hex()}"', key_file.read_text()))
    line = refused(smartset("--keys", str(wrong), *general, "get", "clock"))
    assert "wrong key: unicast_encryption_key or authentication_key of [clients.management]" in line
    assert f"of {wrong} is not that of {address}" in line


def test_keys_of_another_meter(smartset: Smartset, tmp_path: Path) -> None:
    written_keys(tmp_path / "other.toml", seed="another meter")
    assert "wrong key" in refused(smartset("--keys", str(tmp_path / "other.toml"), "get", "clock"))


@pytest.mark.parametrize(
    ("arguments", "client", "reason"),
    [
        (["--sap", "17", "info"], "public", "it may not know client address 17; try another --client, --sap or"),
        (["--mechanism", "lowest", "info"], "management", "client address 1 must come in with ciphering"),
        (["--mechanism", "hls5", "info"], "readout", "try --mechanism lowest, lls, hls5, hls6 or hls7"),
        (
            ["get", "active_import"],
            "public",
            "attribute 2 (value) of 1-0:1.8.0: object-undefined; smartset … list",
        ),
        (["get", "active_import"], "public", "or try --client management --keys FILE"),
        (["get", "clock:3"], "public", "attribute 3 (time_zone) of 0-0:1.0.0: read-write-denied; this client's rights"),
        (["get", "1-0:1.8.0", "--class", "1"], "management", "it is of class 3 (Register); use --class"),
        (["get", "0-0:44.0.9"], "management", "the meter shows client management no object 0-0:44.0.9"),
        (
            ["get", "1-0:1.8.0:9"],
            "management",
            "attribute 9 of 1-0:1.8.0: object-undefined; this client's rights",
        ),
        (
            ["get", "clock:zone"],
            "management",
            "'zone' is no attribute of Clock; known are logical_name, time,",
        ),
        (["get", "volage"], "management", "'volage' is no OBIS code and no known name; did you mean voltage?"),
        (["profile", "clock"], "management", "'clock' is no profile; try smartset … get clock"),
        (["profile", "load", "--last", "1", "--entries", "1:2"], "management", "do not go together"),
        (["profile", "load", "--entries", "2:1"], "management", "--entries: '2:1' is no range of entries"),
        (["profile", "load", "--from", "9999-01-01"], "management", "--from 9999-01-01: is later than 2105, the last"),
        (["profile", "load", "--from", "yesterday"], "management", "'yesterday' is no date and time"),
        (["--json", "profile", "load", "--csv"], "management", "--csv, --json and --parquet do not go together"),
        (["profile", "load", "--json"], "management", "--json stands before the command"),
        (["--title", "12", "info"], "management", "--title: '12' are not the 16 hexadecimal digits"),
        (["--mechanism", "hls9", "info"], "management", "hls9"),
        (["--timeout", "inf", "info"], "management", "--timeout: 'inf' is not a number from 0.1 to 86400"),
        (["frobnicate"], "public", "No such command 'frobnicate'"),
        (["get"], "public", "Missing argument"),
    ],
)
def test_a_wrong_word(smartset: Smartset, arguments: list[str], client: str, reason: str) -> None:
    assert reason in refused(smartset(*arguments, client=client))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("[clients", "is no TOML"),
        ("[clients.public]\nsap = 16", "has no [clients.management]; it has public"),
        ("", "has no [clients.management]; it has no client at all"),
        (
            '[clients.management]\nsap = 1\nauthentication_key = "zz"',
            "authentication_key of [clients.management] must be 32",
        ),
        ('[clients.management]\nsap = "1"', "sap of [clients.management] is no client address"),
        ("[clients.management]\nsap = 1\nlls_password = 5", "lls_password of [clients.management] must be text"),
        ("[clients.management]\nsap = 1\npasword = 5", "pasword of [clients.management] is not known; known are auth"),
        (
            f'[clients.management]\nsap = 1\nunicast_encryption_key = "{bytes(16).hex()}"',
            "HLS_GMAC needs authentication_key",
        ),
    ],
)
def test_a_wrong_key_file(smartset: Smartset, tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "keys.toml"
    if content is not None:
        path.write_text(content)
    line = refused(smartset("--keys", str(path), "info"))
    assert reason in line
    assert str(path) in line


def test_one_key_of_two_clients_is_said_once_and_read_with_all_the_same(
    smartset: Smartset, key_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "keys.toml"
    same = KeyFile.read(key_file).secret(client_entry("management", "unicast_encryption_key"))
    told = tomllib.loads(key_file.read_text("utf-8"))
    path.write_text(key_file.read_text("utf-8").replace(told["clients"]["readout"]["unicast_encryption_key"], same))
    status, out, err = smartset("--keys", str(path), "get", "active_tariff")
    assert (status, out) == (0, "0003\n")
    assert err.count("\n") == 1
    assert "clients.management.unicast_encryption_key and clients.readout.unicast_encryption_key are one key" in err
    assert same not in err
    for calm in (["--title", "4142430000000009"], ["--keys", str(key_file)]):
        given = calm if "--keys" in calm else ["--keys", str(path), *calm]
        assert smartset(*given, "get", "active_tariff") == (0, "0003\n", "")
    assert smartset("--keys", str(path), "get", "clock", client="public")[::2] == (0, "")


def test_a_client_without_a_key_file(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--meter", address, "--client", "management", "info"]) == 2
    assert "client management needs secrets; add --keys FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "where",
    ["", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:x", "meter..example:4059", "m" * 70, ".", "\udcff:4059"],
)
def test_an_address_that_is_none(smartset: Smartset, where: str) -> None:
    assert "is no address of a meter; write it like 127.0.0.1:4059" in refused(smartset("info", meter=where))


def test_a_counter_that_is_too_low_is_mended_once_by_what_the_meter_says(smartset: Smartset) -> None:
    received: list[bytes] = []

    def refuse(request: bytes) -> bytes:
        received.append(request)
        version, client, server = request[:2], request[2:4], request[4:6]
        return version + server + client + bytes.fromhex("0007 D80106 00000010")

    with answering(refuse) as where:
        line = refused(smartset("get", "clock", meter=where))
    counters = [re.findall(rb"\x21.\x30(....)", request, re.DOTALL)[-1].hex() for request in received[1:]]
    assert counters == ["00000001", "00000011"]
    assert f"{where} has seen a higher invocation counter from title 534d540000000001: another program" in line


def test_called_without_anything_it_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: smartset [OPTIONS] COMMAND")


@pytest.mark.slow
def test_ctrl_c_ends_in_one_line() -> None:
    asked = threading.Event()

    def keep_silent(_: bytes) -> None:
        asked.set()

    with answering(keep_silent) as where:
        running = subprocess.Popen([*SMARTSET, "--meter", where, "info"], stderr=subprocess.PIPE, text=True)
        assert asked.wait(60)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (130, "smartset: interrupted\n")


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_failure(address: str, key_file: Path) -> None:
    arguments = ["--meter", address, "--client", "management", "--keys", str(key_file), "profile", "load"]
    running = subprocess.Popen([*SMARTSET, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert err == b""
    assert running.wait(timeout=60) in {0, 1}


@pytest.mark.slow
def test_an_output_without_a_letter_is_no_failure(tmp_path: Path) -> None:
    arguments = ["keys", "generate", str(tmp_path / "z\u00e4hler.toml"), "--serial-number", "1"]
    written = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([*SMARTSET, *arguments], env=written, capture_output=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"/z\\xe4hler.toml: fresh keys for meter" in ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirected", "status"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">/dev/full", 2), ("nope 2>/dev/full", 2)]
)
def test_standard_streams_that_are_closed_or_full(address: str, redirected: str, status: int) -> None:
    command = [*SMARTSET, "--meter", address, "--client", "public", "--timeout", "60", "get", "clock"]
    line = f"{shlex.join(command)} {redirected}"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == status
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") == (redirected == ">/dev/full")


def test_what_a_message_quotes_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--client", "management", "--keys", "\x1b[2J\x9b.toml", "info"]) == 2
    assert capsys.readouterr().err.startswith(r"smartset: \x1b[2J\x9b.toml: ")
