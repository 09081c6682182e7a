"""`smartset trace`: the command runs as ever, and what passes is printed, deciphered, on standard error."""

import json
from pathlib import Path

from apps.smartset.loopback import Smartset
from softmeter.runtime.keyfile import read_keys


def test_what_passes_is_printed_as_it_passes(smartset: Smartset, key_file: Path) -> None:
    status, out, err = smartset("trace", "get", "serial")
    assert (status, out) == (0, "12345678\n")
    heads = [line for line in err.splitlines() if " octets" in line and line.startswith("20")]
    assert "connection 1  sent" in heads[0]
    assert "connection 1  received" in heads[1]
    assert any("connection 2  sent" in head for head in heads)
    assert "tag verified, keys: management" in err
    assert "get-response" in err.lower()
    keys = read_keys(key_file)
    for client in keys.clients.values():
        for secret in (client.unicast_encryption_key, client.authentication_key):
            assert not secret or secret.hex() not in err


def test_json_has_a_line_for_each_unit(smartset: Smartset) -> None:
    status, out, err = smartset("--json", "trace", "get", "clock", client="public")
    assert status == 0
    assert json.loads(out)["object"] == "0-0:1.0.0"
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["direction"] for line in lines] == ["sent", "received"] * (len(lines) // 2)
    assert lines[0]["decoded"][0]["name"]
    assert bytes.fromhex(lines[0]["octets"])[:2] == b"\x00\x01"


def test_options_of_the_command_are_its_own(smartset: Smartset) -> None:
    assert smartset("trace", "events", "fraud", "--last", "3", "--nonsense")[0] == 2
    status, out, _ = smartset("trace", "profile", "load", "--last", "1", "--csv")
    assert status == 0
    assert len(out.splitlines()) == 2


def test_what_is_no_command_is_not_traced(smartset: Smartset) -> None:
    assert "'gossip' is no command to trace" in smartset("trace", "gossip")[2]
    assert smartset("trace", "trace", "info")[0] == 2
    assert smartset("trace")[0] == 2


def test_a_trace_file_may_be_written_at_the_same_time(smartset: Smartset, tmp_path: Path) -> None:
    path = tmp_path / "exchange.pcapng"
    status, out, err = smartset("--trace", str(path), "trace", "get", "serial")
    assert (status, out) == (0, "12345678\n")
    assert path.read_bytes().startswith(bytes.fromhex("0a0d0d0a"))
    assert path.read_bytes().count(b"get-response-normal") == err.count("get-response-normal") > 0


def test_an_older_trace_is_replaced_and_that_is_told(smartset: Smartset, tmp_path: Path) -> None:
    path = tmp_path / "exchange.pcapng"
    assert smartset("--trace", str(path), "get", "serial") == (0, "12345678\n", "")
    assert smartset("--trace", str(path), "get", "serial") == (
        0,
        "12345678\n",
        f"{path}: the file that was there is replaced\n",
    )
