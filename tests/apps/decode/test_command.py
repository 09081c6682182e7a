"""The command as people call it."""

import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apps.decode.showing import AUTHENTICATION, ENCRYPTION, pushes
from softmeter.apps.decode.command import DecodeOptions, decode
from softmeter.apps.decode.reading import understood
from softmeter.apps.main import app
from softmeter.errors import ConfigurationError
from vectors.table import HERE, vector

GET = "C001C100080000010000FF0200"
FORMS = [
    GET,
    GET.lower(),
    "C0 01 C1 00 08 00 00 01 00 00 FF 02 00",
    "c0:01:c1:00:08:00:00:01:00:00:ff:02:00",
    "0xC0, 0x01, 0xC1, 0x00, 0x08, 0x00, 0x00, 0x01, 0x00, 0x00, 0xFF, 0x02, 0x00",
    "C001C100 08000001\n0000FF0200\n",
]


@pytest.mark.parametrize("text", FORMS)
def test_hexadecimal_in_any_spacing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert decode(DecodeOptions(text)) == 0
    assert "attribute: Clock 0-0:1.0.0 clock, attribute 2 time" in capsys.readouterr().out


@pytest.mark.parametrize("content", [bytes.fromhex(GET), GET.encode(), b"# a request\n" + FORMS[2].encode() + b"\n"])
def test_files_binary_and_written(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "octets"
    path.write_bytes(content)
    assert decode(DecodeOptions(str(path))) == 0
    assert "get-request-normal" in capsys.readouterr().out


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GET.encode())))
    assert decode(DecodeOptions("-")) == 0
    assert "get-request-normal" in capsys.readouterr().out


def test_keys_before_and_after_a_change_come_from_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    for path, key in ((old, "00" * 16), (new, ENCRYPTION)):
        path.write_text(
            f'system_title = "4D4D4D0000BC614E"\n[clients.management]\nunicast_encryption_key = "{key}"\n'
            f'authentication_key = "{AUTHENTICATION}"\n'
        )
    glo = vector("sec.glo-get.auth_enc").hex()
    assert decode(DecodeOptions(glo, keys=[old, new])) == 0
    assert "tag verified, keys: management (new.toml)" in capsys.readouterr().out
    assert decode(DecodeOptions(glo, keys=[old])) == 1


def test_a_telegram_is_not_taken_for_digits() -> None:
    telegram = (HERE / "be_emucs_single_phase.txt").read_bytes()
    assert understood(telegram) == telegram


def test_keys_and_title_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    glo = vector("sec.glo-get.auth_enc").hex()
    options = DecodeOptions(glo, key=[ENCRYPTION], auth_key=[AUTHENTICATION], title="4D4D4D0000BC614E")
    assert decode(options) == 0
    assert "tag verified, keys: --key" in capsys.readouterr().out


def test_several_keys_are_tried(capsys: pytest.CaptureFixture[str]) -> None:
    glo, title = vector("sec.glo-get.auth_enc").hex(), "4D4D4D0000BC614E"
    other = "00" * 16
    assert decode(DecodeOptions(glo, key=[other, ENCRYPTION], auth_key=[AUTHENTICATION], title=title)) == 0
    assert "tag verified, keys: --key 2" in capsys.readouterr().out
    assert decode(DecodeOptions(glo, key=[ENCRYPTION, other], auth_key=[AUTHENTICATION, other], title=title)) == 0
    with pytest.raises(ConfigurationError, match="one for all, or one for each"):
        decode(DecodeOptions(glo, key=[other], auth_key=[other, other]))


def test_json_says_the_same_in_parts(capsys: pytest.CaptureFixture[str]) -> None:
    assert decode(DecodeOptions(pushes()["aidon_6515"]["hex"], json=True)) == 0
    (frame,) = json.loads(capsys.readouterr().out)
    assert frame["name"] == "HDLC frame"
    assert frame["value"] == {"control": "UI P/F", "source": "4/65", "destination": "32"}
    (notification,) = [part for part in frame["parts"] if part["name"] == "data-notification"]
    body = notification["parts"][-1]
    voltage = body["parts"][-1]["parts"]
    assert voltage[0]["value"] == "0100200700FF"
    assert (voltage[1]["value"], voltage[1]["offset"], voltage[1]["octets"]) == (2500, 200, 3)


def test_what_is_broken_ends_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert decode(DecodeOptions(GET[:-4])) == 1
    assert "!! wrong" in capsys.readouterr().out


@pytest.mark.parametrize(("options", "message"), [
    (DecodeOptions("no such thing"), "is no file and no hexadecimal octets"),
    (DecodeOptions("ABC"), "is no file and no hexadecimal octets"),
    (DecodeOptions(GET, key=["00"]), "has 1 octets"),
    (DecodeOptions(GET, auth_key=["00"] * 16), "needs --key"),
    (DecodeOptions(GET, title="00"), "a system title has 8 octets"),
])  # fmt: skip
def test_what_a_person_got_wrong_is_one_line(options: DecodeOptions, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        decode(options)


def test_the_command() -> None:
    result = CliRunner().invoke(app, ["decode", GET])
    assert result.exit_code == 0
    assert "get-request-normal" in result.output
    assert CliRunner().invoke(app, ["decode", GET[:-4]]).exit_code == 1
