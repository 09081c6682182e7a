"""The key file: round trip, what is wrong is named, nothing is overwritten, nothing is shown."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import ClientKeys, Keys, generate, generate_p1, key_text, read_keys, write_keys

TITLE = bytes.fromhex("4b57516612345678")
NAME = "KWQ1020612345678"


@pytest.fixture
def keys() -> Keys:
    return generate(SeededEntropy(1), TITLE, NAME)


def test_a_generated_file_holds_the_contract(tmp_path: Path, keys: Keys) -> None:
    path = tmp_path / "keys.toml"
    write_keys(path, keys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path) == keys
    document = tomllib.loads(path.read_text())
    assert document["meter"]["system_title"] == TITLE.hex()
    assert document["meter"]["logical_device_name"] == NAME
    assert {name: client["sap"] for name, client in document["clients"].items()} == {
        "management": 1,
        "readout": 2,
        "maintenance": 6,
        "public": 16,
    }
    own = {"sap", "unicast_encryption_key", "authentication_key", "lls_password"}
    for name in ("readout", "maintenance"):
        assert set(document["clients"][name]) == own
    assert set(document["clients"]["management"]) == own | {"broadcast_encryption_key"}
    assert document["clients"]["public"] == {"sap": 16}
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.toml"]


@pytest.mark.manual("12.2.unique-keys")
def test_secrets_are_all_different_and_of_each_meter_its_own(keys: Keys) -> None:
    other = generate(SystemEntropy(), TITLE, NAME)
    secrets = [
        secret
        for one in (keys, other)
        for secret in (
            one.master_key,
            *(
                field
                for client in one.clients.values()
                for field in (client.unicast_encryption_key, client.authentication_key, client.lls_password)
                if field
            ),
        )
    ]
    assert len(set(secrets)) == len(secrets) == 20
    assert {len(secret) for secret in secrets} == {16}


def test_nothing_secret_is_in_a_repr(keys: Keys) -> None:
    shown = repr(keys)
    assert "management" in shown
    assert repr(keys.master_key) not in shown
    for client in keys.clients.values():
        for secret in (client.unicast_encryption_key, client.authentication_key, client.lls_password):
            assert not secret or repr(secret) not in shown


def test_a_strange_file_is_not_overwritten_silently(tmp_path: Path, keys: Keys) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("mine")
    with pytest.raises(ConfigurationError, match="other content"):
        write_keys(path, keys)
    assert path.read_text() == "mine"
    write_keys(path, keys, replace=True)
    write_keys(path, keys)
    assert read_keys(path) == keys
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_directory_that_is_not_there_is_named(tmp_path: Path, keys: Keys) -> None:
    with pytest.raises(ConfigurationError, match=r"none/keys\.toml: cannot be written"):
        write_keys(tmp_path / "none" / "keys.toml", keys)
    with pytest.raises(ConfigurationError, match=r"cannot be read .*keys\.toml"):
        read_keys(tmp_path / "keys.toml")


def test_a_password_that_is_no_text_is_refused(tmp_path: Path, keys: Keys) -> None:
    clients = {**keys.clients, "readout": ClientKeys(2, bytes(16), bytes(16), b'a"b')}
    odd = Keys(TITLE, NAME, bytes(16), clients)
    with pytest.raises(ConfigurationError, match=r"clients\.readout\.lls_password"):
        write_keys(tmp_path / "keys.toml", odd)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[meter]", "[meter", "is no TOML"),
        ('system_title = "4b', 'system_title = "', r"meter\.system_title must be 16 hex"),
        ('system_title = "4b', 'system_title = "xx', r"meter\.system_title must be 16 hex"),
        ("logical_device_name", "name", r"meter\.name is not known here; known are system_title"),
        ('logical_device_name = "KWQ1020612345678"\n', "", r"meter\.logical_device_name is missing"),
        ("KWQ1020612345678", "KWQ 1020", r"meter\.logical_device_name must be"),
        ('master_key = "', 'master_key = "0', r"meter\.master_key must be 32 hex"),
        ("[clients.readout]", "[clients.reader]", r"clients\.reader is not known here"),
        ("[clients.public]\nsap = 16\n", "", r"clients\.public is missing"),
        ("sap = 16", "sap = 16\nlls_password = 'x'", r"clients\.public\.lls_password is not known"),
        ("sap = 6", "sap = 0", r"clients\.maintenance\.sap is no client address"),
        ("sap = 2", "sap = true", r"clients\.readout\.sap is no client address"),
        ('lls_password = "', 'lls_password = "ü', r"clients\.management\.lls_password must be"),
        ("[meter]", '[meter]\nsecurity_suite = "2"', r"meter\.security_suite is"),
        ("[meter]", "[meter]\nsecurity_suite = [1]", r"meter\.security_suite is"),
        ("[meter]", '[meter]\nsigning_certificate = "30"', r"meter\.signing_certificate must be a certificate"),
        ("sap = 6", 'sap = 6\nsigning_key = "00"', r"clients\.maintenance\.signing_key must be 64 hex"),
        ("sap = 6", "sap = 6\nhls_secret = ''", r"clients\.maintenance\.hls_secret must be"),
        ("sap = 16", "sap = 16\nhls_secret = 'x'", r"clients\.public\.hls_secret is not known"),
        ("[meter]", "[more]\n[meter]", "more is not known here"),
        ("[clients.public]\nsap = 16", "[clients]\npublic = 16", "is no TOML|public is no table"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, keys: Keys, old: str, new: str, complaint: str) -> None:
    path = tmp_path / "keys.toml"
    text = key_text(keys)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        read_keys(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_keys_of_ciphered_telegrams_are_there_where_a_meter_has_them(tmp_path: Path, keys: Keys) -> None:
    path = tmp_path / "keys.toml"
    ciphering = replace(keys, p1=generate_p1(SeededEntropy(2)))
    write_keys(path, ciphering)
    assert read_keys(path) == ciphering != keys
    assert ciphering.p1 is not None
    assert ciphering.p1.encryption_key != ciphering.p1.authentication_key
    assert ciphering.p1.encryption_key.hex() not in repr(ciphering)
    path.write_text(path.read_text().replace("encryption_key = ", "encryption = ", 99))
    with pytest.raises(ConfigurationError):
        read_keys(path)


def test_a_file_without_the_key_of_messages_to_all_is_right_too(tmp_path: Path, keys: Keys) -> None:
    path = tmp_path / "keys.toml"
    write_keys(path, keys)
    text = path.read_text()
    line = next(line for line in text.splitlines(keepends=True) if line.startswith("broadcast"))
    path.write_text(text.replace(line, ""))
    without = read_keys(path).clients["management"]
    assert without == replace(keys.clients["management"], broadcast_encryption_key=b"")
    path.write_text(text.replace(line, "").replace("[clients.readout]\n", f"[clients.readout]\n{line}"))
    with pytest.raises(ConfigurationError, match=r"clients\.readout\.broadcast_encryption_key is not known here"):
        read_keys(path)
    path.write_text(text.replace(line, 'broadcast_encryption_key = "12"\n'))
    with pytest.raises(ConfigurationError, match="32 hexadecimal digits"):
        read_keys(path)


def test_what_suite_1_adds_comes_back(tmp_path: Path, keys: Keys) -> None:
    path, der = tmp_path / "keys.toml", bytes(range(200))
    management = replace(
        keys.clients["management"], hls_secret=b"of-HLS-6", signing_key=bytes(range(32)), signing_certificate=der
    )
    clients = {**keys.clients, "management": management}
    whole = replace(keys, clients=clients, security_suite=1, signing_certificate=der[::-1])
    write_keys(path, whole)
    read = read_keys(path)
    assert read == whole
    assert (read.security_suite, read.signing_certificate) == (1, der[::-1])
    again = read.clients["management"]
    assert (again.hls_secret, again.signing_key, again.signing_certificate) == (b"of-HLS-6", bytes(range(32)), der)
    assert key_text(read) == key_text(whole)
    assert again.held.hls_secret == b"of-HLS-6"
    assert bytes(range(32)).hex() not in repr(read)


@pytest.mark.parametrize(
    ("client", "name"), [("readout", "unicast_encryption_key"), ("management", "broadcast_encryption_key")]
)
def test_one_encryption_key_in_two_places_is_refused(tmp_path: Path, keys: Keys, client: str, name: str) -> None:
    one = keys.clients["maintenance"].unicast_encryption_key
    path = tmp_path / "keys.toml"
    path.write_text(key_text(keys).replace(getattr(keys.clients[client], name).hex(), one.hex().upper()))
    with pytest.raises(ConfigurationError, match="each needs a key of its own"):
        read_keys(path)
