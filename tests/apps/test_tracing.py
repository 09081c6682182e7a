"""`--trace` and `--keylog` of smartset against a whole meter; the file read by plain `struct`, and by tshark."""

import json
import shutil
import struct
import subprocess
import tomllib
from pathlib import Path

import pytest

from apps.smartset.loopback import new_meter, served
from softmeter.apps.decode.command import DecodeOptions, decode
from softmeter.apps.smartset.main import run
from softmeter.apps.tracing import MeterKeys, Tracing
from softmeter.meter.meter import Meter
from softmeter.meter.p1 import telegram

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traced")


@pytest.fixture(scope="module")
def meter(place: Path) -> Meter:
    return new_meter(place / "keys.toml")


@pytest.fixture(scope="module")
def trace(place: Path, meter: Meter) -> Path:
    """What smartset saw when it read a register and half a day of a profile."""
    path = place / "trace.pcapng"
    with served(meter) as where:
        options = ["--meter", where, "--client", "management", "--keys", str(place / "keys.toml")]
        options += ["--trace", str(path), "--keylog", str(place / "used.keys")]
        assert run([*options, "profile", "load", "--last", "48"]) == 0
    return path


def comments(octets: bytes) -> list[str]:
    """The comments of all packets, read by the letter of the format."""
    found = []
    at = 0
    while at < len(octets):
        kind, size = struct.unpack_from("<II", octets, at)
        if kind == 6:
            kept = struct.unpack_from("<I", octets, at + 20)[0]
            code, length = struct.unpack_from("<HH", octets, at + 28 + (kept + 3) // 4 * 4)
            assert code == 1
            start = at + 32 + (kept + 3) // 4 * 4
            found.append(octets[start : start + length].decode())
        at += size
    return found


def test_every_packet_says_what_is_in_it(trace: Path) -> None:
    said = comments(trace.read_bytes())
    assert len(said) >= 12
    assert "AARQ" in said[0]
    ciphered = [text for text in said if "security control" in text]
    assert ciphered
    assert all("tag verified" in text for text in ciphered)
    assert any("ProfileGeneric 1-0:99.1.0 load profile 1, attribute 2 buffer" in text for text in said)
    assert any("array: 48 elements" in text for text in said)
    assert not any("!!" in text for text in said)


def test_no_key_is_inside(trace: Path, place: Path) -> None:
    octets = trace.read_bytes()
    for client in tomllib.loads((place / "keys.toml").read_text())["clients"].values():
        for name, secret in client.items():
            if name.endswith("_key"):
                assert bytes.fromhex(secret) not in octets
                assert secret.encode() not in octets.lower()


def test_it_can_be_decoded_with_the_key_file_and_with_the_key_log(
    trace: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for keys in ("keys.toml", "used.keys"):
        assert decode(DecodeOptions(str(trace), keys=[place / keys])) == 0
        text = capsys.readouterr().out
        assert "tag verified, keys: management" in text
        assert "no key" not in text
    assert decode(DecodeOptions(str(trace))) == 0
    assert "protection: no key" in capsys.readouterr().out


def test_the_key_log_is_small_and_closed_to_others(trace: Path, place: Path) -> None:
    assert trace.exists()
    log = place / "used.keys"
    assert log.stat().st_mode & 0o777 == 0o600
    lines = log.read_text().splitlines()
    assert lines[0] == "# softmeter keylog"
    assert 2 <= len(lines) <= 4


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not here")
def test_tshark_reads_it(trace: Path) -> None:
    fields = ["frame.comment", "tcp.checksum.status", "ip.checksum.status", "frame.interface_name", "tcp.len"]
    command = [
        "tshark",
        "-r",
        str(trace),
        "-T",
        "json",
        "-o",
        "tcp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
    ]
    command += [word for field in fields for word in ("-e", field)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows = [packet["_source"]["layers"] for packet in json.loads(shown.stdout)]
    assert len(rows) == len(comments(trace.read_bytes()))
    assert {(*row["tcp.checksum.status"], *row["ip.checksum.status"]) for row in rows} == {("1", "1")}
    assert {row["frame.interface_name"][0] for row in rows} == {"smartset"}
    assert any("deciphered" in row["frame.comment"][0] for row in rows)


def test_the_keys_of_a_meter_are_those_of_now(meter: Meter) -> None:
    keys = MeterKeys(meter)
    assert [one.name for one in keys.sets] == ["management", "readout", "maintenance", "broadcast"]
    assert keys.titles == [meter.system_title]


def test_what_all_readers_get_is_a_packet_for_each(place: Path, meter: Meter) -> None:
    """A telegram to three readers of P1: three packets that say what is in it."""
    path = place / "p1.pcapng"
    tracing = Tracing(path, None, MeterKeys(meter))
    make_tap = tracing.port("p1", "P1 telegrams", broadcast=True)
    octets = telegram(meter.device, meter.identity)
    for port in (5001, 5002, 5003):
        tap = make_tap(("127.0.0.1", 4061), ("127.0.0.1", port))
        tap.sent(octets[:100])
        tap.sent(octets[100:])
        tap.closed()
    tracing.close()
    said = comments(path.read_bytes())
    assert len(said) == 3
    assert set(said) == {said[0]}
    assert "P1 telegram" in said[0]
    assert "1-0:1.8.1 active energy import, rate 1" in said[0]
    assert decode(DecodeOptions(str(path))) == 0
