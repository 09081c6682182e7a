from pathlib import Path

import pytest

from apps.decode.showing import AUTHENTICATION, ENCRYPTION
from apps.smartset.loopback import written_keys
from softmeter.apps.decode.keyring import KEYLOG, octets, read_keyring
from softmeter.errors import ConfigurationError


def test_a_key_file_of_a_meter(tmp_path: Path) -> None:
    keys = written_keys(tmp_path / "keys.toml")
    ring = read_keyring(tmp_path / "keys.toml")
    names = [one.name for one in ring.sets]
    assert names == ["management", "clients.management broadcast_encryption_key", "readout", "maintenance"]
    management = keys.clients["management"]
    assert ring.sets[0].encryption == management.unicast_encryption_key
    assert ring.sets[0].authentication == management.authentication_key
    assert ring.titles == [keys.system_title]
    assert management.authentication_key.hex() not in repr(ring)


def test_a_key_log(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    path.write_text(
        f"{KEYLOG}\ntime=1 kind=global name=management title=4d4d4d0000bc614e encryption={ENCRYPTION} "
        f"authentication={AUTHENTICATION}\n"
    )
    ring = read_keyring(path)
    assert [(one.name, one.encryption.hex().upper()) for one in ring.sets] == [("management", ENCRYPTION)]
    assert ring.titles == [bytes.fromhex("4D4D4D0000BC614E")]


@pytest.mark.parametrize(("content", "message"), [
    ("[meter]\n", "holds no encryption key"),
    ("[meter\n", "is no TOML"),
    ('[a]\nunicast_encryption_key = "00"\n', "has 1 octets; suites take 16 or 32"),
    ('[a]\nunicast_encryption_key = "xy"\n', "are no hexadecimal octets"),
])  # fmt: skip
def test_a_file_that_is_wrong_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        read_keyring(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_keyring(tmp_path / "other")


def test_keys_in_any_spacing() -> None:
    assert octets("00 11:22-33,44", "--key") == bytes.fromhex("0011223344")
    with pytest.raises(ConfigurationError, match="--key"):
        octets("001", "--key")
