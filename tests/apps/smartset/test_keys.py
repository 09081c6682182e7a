"""`smartset keys` on a real meter: the file changes only with proof, and a change that breaks off can be settled."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apps.smartset.cutting import cutting
from apps.smartset.loopback import Smartset, new_meter, served
from softmeter.apps.decode.command import DecodeOptions, decode
from softmeter.apps.smartset.key_files import Entry, KeyFile, differences
from softmeter.errors import ConfigurationError
from softmeter.meter.clients import BROADCAST, CONSUMER
from softmeter.meter.meter import Meter
from softmeter.runtime.keyfile import Keys, P1Keys, read_keys
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import unwrap_key

pytestmark = pytest.mark.slow


class Bench:
    """A meter of its own, its key file, and smartset with both."""

    def __init__(self, smartset: Smartset, meter: Meter, path: Path, where: str) -> None:
        self.meter, self.path, self._smartset, self.where = meter, path, smartset, where
        self.pending = path.with_name("keys.toml.pending")

    def __call__(self, *arguments: str, client: str = "management", where: str = "") -> tuple[int, str, str]:
        return self._smartset("--keys", str(self.path), *arguments, client=client, meter=where or self.where)

    @property
    def file(self) -> Keys:
        return read_keys(self.path)

    def agree(self) -> bool:
        """Whether file and meter have the same secrets."""
        file = self.file
        return all(
            (one.unicast_encryption_key, one.authentication_key, one.lls_password, file.master_key)
            == (held.unicast_encryption, held.authentication, held.password, held.master)
            for one in file.clients.values()
            if one.unicast_encryption_key and (held := self.meter.keys(one.sap))
        )


@pytest.fixture
def bench(tmp_path: Path, smartset: Smartset) -> Iterator[Bench]:
    path = tmp_path / "keys.toml"
    meter = new_meter(path)
    with served(meter) as where:
        yield Bench(smartset, meter, path, where)


def secrets(keys: Keys) -> list[str]:
    found = [keys.master_key.hex()]
    for one in keys.clients.values():
        found += [one.unicast_encryption_key.hex(), one.authentication_key.hex(), one.lls_password.decode()]
    return [one for one in found if one]


def test_new_keys_are_in_the_meter_and_then_in_the_file(bench: Bench) -> None:
    before = bench.file
    status, out, err = bench("keys", "transfer")
    assert (status, err) == (0, "")
    assert out.startswith("clients.management.unicast_encryption_key: replaced\n")
    after = bench.file
    assert bench.agree()
    assert after.clients["management"].unicast_encryption_key != before.clients["management"].unicast_encryption_key
    assert after.clients["readout"] == before.clients["readout"]
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600
    assert not bench.pending.exists()
    assert not any(secret in out for secret in secrets(after))
    assert bench("get", "clock")[0] == 0
    assert bench("events", "fraud") == (0, "no events\n", "")


@pytest.mark.parametrize("client", ["readout", "maintenance"])
def test_keys_of_another_client(bench: Bench, client: str) -> None:
    status, out, err = bench("keys", "transfer", "--of", client, "--key", "encryption", "--show")
    assert (status, err) == (0, "")
    assert bench.agree()
    assert bench.file.clients[client].unicast_encryption_key.hex() in out
    assert bench("get", "clock", client=client)[0] == 0


def test_another_client_comes_in_by_its_own_way(bench: Bench) -> None:
    assert bench("--mechanism", "hls5", "keys", "transfer", "--of", "readout")[0] == 0
    assert bench("--mechanism", "hls5", "keys", "password", "--of", "readout")[0] == 0
    assert bench.agree()


def test_the_master_key_is_proved_by_wrapping_with_it(bench: Bench) -> None:
    before = bench.file.master_key
    told = json.loads(bench("--json", "keys", "transfer", "--key", "master")[1])
    assert told == {"file": str(bench.path), "replaced": ["meter.master_key"]}
    assert bench.agree()
    assert bench.file.master_key != before
    assert bench("keys", "transfer")[0] == 0


def test_the_key_of_messages_to_all_meters_and_those_of_p1_open_no_association(bench: Bench) -> None:
    before = bench.file
    status, out, err = bench("keys", "transfer", "--key", "broadcast")
    assert (status, err) == (0, "")
    assert out.startswith("clients.management.broadcast_encryption_key: replaced\nthe meter's answer proves it; ")
    fresh = bench.file.clients["management"].broadcast_encryption_key
    assert fresh != before.clients["management"].broadcast_encryption_key
    assert bench.meter.keys(BROADCAST).broadcast_encryption == fresh
    assert before.p1 is None
    assert bench("keys", "transfer", "--of", "p1")[0] == 0
    held = bench.meter.keys(CONSUMER)
    assert bench.file.p1 == P1Keys(held.unicast_encryption, held.authentication)
    assert bench.file == replace(before, clients=bench.file.clients, p1=bench.file.p1)
    assert "P1 has no broadcast key" in bench("keys", "transfer", "--of", "p1", "--key", "broadcast")[2]
    assert bench("keys", "transfer", "--of", "maintenance", "--key", "broadcast")[0] == 2
    assert not bench.pending.exists()


@pytest.mark.parametrize("delivered", [True, False])
def test_where_the_answer_is_lost_they_are_sent_once_more(bench: Bench, *, delivered: bool) -> None:
    with cutting(bench.where, connection=2, request=3, delivered=delivered) as where:
        status, _, err = bench("keys", "transfer", "--of", "p1", where=where)
    assert (status, err) == (0, "")
    held, file = bench.meter.keys(CONSUMER), bench.file.p1
    assert file is not None
    assert (held.unicast_encryption, held.authentication) == (file.encryption_key, file.authentication_key)
    assert not bench.pending.exists()


@pytest.mark.parametrize("client", ["management", "readout"])
def test_a_password(bench: Bench, client: str) -> None:
    before = bench.file.clients[client].lls_password
    status, out, err = bench("keys", "password", "--of", client)
    assert (status, out.splitlines()[0], err) == (0, f"clients.{client}.lls_password: replaced", "")
    assert bench.agree()
    assert bench.file.clients[client].lls_password != before


def test_what_the_meter_refuses_changes_nothing(bench: Bench) -> None:
    text = bench.path.read_text()
    status, out, err = bench("keys", "transfer", "--key", "master", client="maintenance")
    assert (status, out) == (2, "")
    assert "the meter refuses client maintenance method 2 (global_key_transfer)" in err
    assert bench.path.read_text() == text
    assert not bench.pending.exists()


@pytest.mark.parametrize("taken", [True, False])
def test_a_change_that_broke_off_is_settled_by_what_the_meter_has(bench: Bench, *, taken: bool) -> None:
    old = bench.path.read_text()
    bench("keys", "transfer", "--key", "authentication")
    new = bench.path.read_text()
    bench.path.write_text(old)
    bench.pending.write_text(new if taken else old.replace(old.split('"')[9], "00" * 16))
    if not taken:
        bench.path.write_text(new)
    assert "an earlier change did not end; run smartset … keys recover" in bench("keys", "transfer")[2]
    status, out, err = bench("keys", "recover")
    assert (status, err) == (0, "")
    assert out.startswith("the meter took the new" if taken else "the meter has the old")
    assert bench.agree()
    assert not bench.pending.exists()
    assert bench("keys", "recover") == (0, "nothing to recover: no change is open\n", "")


@pytest.mark.parametrize("delivered", [True, False])
def test_a_lost_answer_does_not_lose_the_keys(bench: Bench, *, delivered: bool) -> None:
    before = bench.path.read_text()
    with cutting(bench.where, connection=2, request=3, delivered=delivered) as where:
        status, _, err = bench("keys", "transfer", where=where)
    assert (status == 0) is delivered, err
    assert (bench.path.read_text() != before) is delivered
    assert bench.agree()
    assert not bench.pending.exists()
    assert "is as it was" in err or delivered


def test_both_files_are_kept_while_nobody_knows(bench: Bench) -> None:
    bench.pending.write_text(KeyFile.read(bench.path).changed({Entry(("meter",), "master_key"): "00" * 16}))
    old = bench.path.read_text()
    status, _, err = bench("keys", "recover", where="127.0.0.1:1")
    assert status == 2
    assert "are both kept, run smartset … keys recover" in err
    assert bench.path.read_text() == old
    assert bench.pending.exists()


def test_keys_are_generated_and_wrapped_without_a_meter(bench: Bench, tmp_path: Path, smartset: Smartset) -> None:
    path = tmp_path / "new.toml"
    status, out, _ = bench("keys", "generate", str(path))
    assert (status, out) == (0, f"{path}: fresh keys for meter KWQ1010412345678, readable by you only\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    new = read_keys(path)
    assert new.system_title == bench.file.system_title
    told = json.loads(bench("--json", "keys", "wrap", str(path), "--key", "encryption")[1])
    wrapped = bytes.fromhex(told["wrapped"]["encryption"])
    unwrapped = unwrap_key(Key(bench.file.master_key), wrapped, Suite.SUITE_0)
    assert bytes(unwrapped) == new.clients["management"].unicast_encryption_key
    assert "there is such a file" in bench("keys", "generate", str(path))[2]
    assert "for which meter?" in smartset("keys", "generate", str(tmp_path / "x"), client="public")[2]
    assert bench("keys", "transfer", "--from", str(path))[0] == 0
    assert bench.file.clients["management"].unicast_encryption_key == new.clients["management"].unicast_encryption_key


def test_the_text_of_a_key_file_changes_in_one_line_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('# mine\n[clients.reader]\nsap = 1 # one\nlls_password = "12345678" # secret\n')
    entry = Entry(("clients", "reader"), "lls_password")
    text = KeyFile.read(path).changed({entry: "87654321"})
    assert text == path.read_text().replace("12345678", "87654321")
    assert differences(path.read_text(), text) == {entry: "87654321"}
    path.write_text('clients = { reader = { name = "one", lls_password = "12345678" } }\n')
    with pytest.raises(ConfigurationError, match="in a form that cannot be changed line by line"):
        KeyFile.read(path).changed({entry: "87654321"})


def test_entries_that_were_not_there_come_first_in_their_table(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text('# mine\n[meter]\nmaster_key = "00"\n\n[clients.reader] # one\nsap = 1\nhls_secret = "old" # it\n')
    new = {
        Entry(("meter",), "security_suite"): "1",
        Entry(("clients", "reader"), "hls_secret"): "fresh",
        Entry(("clients", "reader"), "signing_key"): "0123",
    }
    file = KeyFile.read(path)
    file.rewrite(new)
    text = path.read_text()
    assert differences(file.text, text) == new
    assert text.splitlines()[1:3] == ["[meter]", 'security_suite = "1"']
    assert text.splitlines()[5:] == [
        "[clients.reader] # one",
        'signing_key = "0123"',
        "sap = 1",
        'hls_secret = "fresh" # it',
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", [["transfer"], ["password"], ["wrap", "keys.toml"]])
def test_who_has_no_keys_is_told_to_say_whose(bench: Bench, command: list[str]) -> None:
    told = [str(bench.path) if word == "keys.toml" else word for word in command]
    status, out, err = bench("keys", *told, client="public")
    assert (status, out) == (2, "")
    assert "client public has no keys; say whose with --client, as in --client management" in err


def test_keys_need_a_key_file(smartset: Smartset) -> None:
    assert "add --keys FILE" in smartset("keys", "transfer", client="public")[2]


def test_a_trace_has_all_that_a_change_of_keys_says(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace, keylog, old = tmp_path / "exchange.pcapng", tmp_path / "used.keys", tmp_path / "old.toml"
    old.write_bytes(bench.path.read_bytes())
    before = bench.file.clients["management"].unicast_encryption_key
    status, _, err = bench("--trace", str(trace), "--keylog", str(keylog), "keys", "transfer")
    assert (status, err) == (0, "")
    used = keylog.read_text("utf-8").lower()
    assert before.hex() in used
    assert bench.file.clients["management"].unicast_encryption_key.hex() in used
    assert decode(DecodeOptions(str(trace), keys=[old, bench.path])) == 0
    listing = capsys.readouterr().out
    assert ("action-response" in listing, listing.count("get-response") > 1) == (True, True)
