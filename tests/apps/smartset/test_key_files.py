"""Key files that change: two of them at once while it is open which is right, and no file of another kind."""

from pathlib import Path

import pytest

from apps.smartset.loopback import written_keys
from softmeter.apps.smartset.authorities import write_der
from softmeter.apps.smartset.key_files import MASTER, KeyFile, client_entry
from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import SIGNING_KEY, read_keys

SIGNING = client_entry("management", SIGNING_KEY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    written_keys(path)
    return path


@pytest.mark.parametrize("is_taken", [True, False])
def test_what_is_noted_while_a_change_is_open_stays_whichever_file_does(path: Path, *, is_taken: bool) -> None:
    file = KeyFile.read(path)
    file.put_pending(file.changed({MASTER: "11" * 16}))
    file.rewrite({SIGNING: "22" * 32})
    file.take_pending() if is_taken else file.drop_pending()
    kept = read_keys(path)
    assert kept.clients["management"].signing_key == b"\x22" * 32
    assert (kept.master_key == b"\x11" * 16) is is_taken


@pytest.mark.parametrize("value", ["a\\q", 'a"b', "a\nb", "\\g<1>"])
def test_what_cannot_be_written_is_said(path: Path, value: str) -> None:
    file = KeyFile.read(path)
    with pytest.raises(ConfigurationError, match="characters that a key file does not hold") as raised:
        file.changed({client_entry("management", "lls_password"): value})
    assert value not in str(raised.value)


def test_a_key_file_does_not_show_itself(path: Path) -> None:
    assert read_keys(path).master_key.hex() not in repr(KeyFile.read(path))


def test_a_certificate_takes_the_place_of_no_keys(path: Path, tmp_path: Path) -> None:
    held = path.read_bytes()
    with pytest.raises(ConfigurationError, match="give another name"):
        write_der(path, b"\x30\x00")
    assert path.read_bytes() == held
    write_der(tmp_path / "new.der", b"\x30\x00")
    write_der(tmp_path / "new.der", b"\x30\x01\x00")
    assert (tmp_path / "new.der").read_bytes() == b"\x30\x01\x00"


@pytest.mark.parametrize("name", ["unicast_encryption_key", "broadcast_encryption_key"])
def test_no_two_clients_get_one_key(path: Path, name: str) -> None:
    file = KeyFile.read(path)
    own = file.secret(client_entry("readout", "unicast_encryption_key"))
    with pytest.raises(ConfigurationError, match=f"management.{name}.* each needs a key of its own"):
        file.changed({client_entry("management", name): own.upper()})
    assert own in file.changed({client_entry("management", "authentication_key"): own})
