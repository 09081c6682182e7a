"""`softmeter keys`: files made and looked at; secrets are seen only where that is asked for."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softmeter.apps.main import app
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import generate_p1, read_keys, write_keys
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import unwrap_key


def softmeter(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["keys", *arguments])
    if isinstance(result.exception, ConfigurationError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "keys.toml"
    softmeter("generate", str(made), "--serial-number", "42")
    return made


def secrets(path: Path) -> list[str]:
    keys = read_keys(path)
    found = [keys.master_key.hex()]
    for one in keys.clients.values():
        octets = (one.unicast_encryption_key, one.authentication_key, one.broadcast_encryption_key)
        found += [*(key.hex() for key in octets if key), *([one.lls_password.decode()] if one.lls_password else [])]
    return found


def test_a_file_is_made_for_its_owner_and_listed_without_a_secret(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(secrets(path)) == 11
    told = softmeter("list", str(path))
    assert told.startswith("meter KWQ1010400000042, system title 4b5751654000002a\n")
    assert "management   broadcast_encryption_key      16\n" in told
    assert "others may read it" not in told
    shown = softmeter("list", str(path), "--json")
    assert not any(secret in told + shown for secret in secrets(path))
    listed = json.loads(shown)
    assert (len(listed["secrets"]), listed["private"]) == (11, True)
    assert listed["secrets"][0] == {"of": "meter", "name": "master_key", "octets": 16}


def test_who_lets_others_read_it_is_told(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    assert softmeter("list", str(path)).endswith(f"others may read it: chmod 600 {path}\n")
    keys = read_keys(path)
    other = tmp_path / "p1.toml"
    write_keys(other, replace(keys, p1=generate_p1(SeededEntropy(1))))
    assert "p1           authentication_key            16\n" in softmeter("list", str(other))


def test_secrets_are_shown_to_who_says_so(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--secrets only"):
        softmeter("show", str(path))
    assert softmeter("show", str(path), "--secrets") == path.read_text()


def test_keys_are_wrapped_as_they_travel(path: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    softmeter("generate", str(new), "--serial-number", "42")
    told = json.loads(softmeter("wrap", str(new), "--keys", str(path), "--key", "broadcast", "--json"))
    wrapped = bytes.fromhex(told["wrapped"]["broadcast"])
    unwrapped = unwrap_key(Key(read_keys(path).master_key), wrapped, Suite.SUITE_0)
    assert bytes(unwrapped) == read_keys(new).clients["management"].broadcast_encryption_key
    with pytest.raises(ConfigurationError, match=r"has no p1\.encryption_key"):
        softmeter("wrap", str(new), "--keys", str(path), "--client", "p1")
