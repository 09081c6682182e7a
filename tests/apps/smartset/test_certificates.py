"""The rehearsal of the upgrade to suite 1, command by command, against a whole meter behind a socket."""

import json
import stat
from pathlib import Path

import pytest

from apps.smartset.cutting import cutting
from apps.smartset.loopback import Smartset, living, served
from firmware.images import HARDWARE, IMAGE_KEY, MAKER, TRUST
from softmeter.apps.firmware.command import build_image, sign_image
from softmeter.apps.smartset import certificates
from softmeter.apps.smartset.key_files import KeyFile
from softmeter.meter.meter import Meter
from softmeter.runtime import image_keys
from softmeter.runtime.keyfile import read_keys
from softmeter.security.certificates import Certificate
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite

Own = tuple[Smartset, Meter]
DECLARATION = f"""\
kind = "application"
version = "2.00.00"
hardware = "{HARDWARE}"
security_counter = 8
authorities = ["authority.pem"]

[capabilities]
security_suite = 1
"""
POLICY = ("call", "0-0:43.0.0", "security_activate", "124", "--type", "enum")


class Rehearsal:
    """smartset with a meter that lives on only when told to, and files in a directory."""

    def __init__(self, own: Own, directory: Path) -> None:
        self._smartset, self.meter = own
        self.meter.device.behaviours.firmware.trust = TRUST
        self._directory = directory
        self.keys = directory / "keys.toml"

    def path(self, name: str) -> Path:
        return self._directory / name

    def done(self, *arguments: str) -> str:
        status, out, err = self._smartset(*self._in_place(arguments))
        assert (status, err) == (0, "")
        return out

    def refused(self, *arguments: str) -> str:
        status, out, err = self._smartset(*self._in_place(arguments))
        assert (status, out) == (2, "")
        return err

    def _in_place(self, arguments: tuple[str, ...]) -> list[str]:
        return [str(self.path(word)) if word.endswith((".pem", ".der", ".img")) else word for word in arguments]


@pytest.mark.slow
def test_the_rehearsal(own: Own, tmp_path: Path) -> None:
    rehearsal = Rehearsal(own, tmp_path)
    upgrade(rehearsal)
    provision(rehearsal)
    prove(rehearsal)
    agree(rehearsal)
    sign(rehearsal)


def upgrade(at: Rehearsal) -> None:
    """An authority, an image that brings it, and the restart with that."""
    assert "CN=Laboratory" in at.done("keys", "certificate", "authority", "authority.pem")
    assert stat.S_IMODE(at.path("authority.pem").stat().st_mode) == 0o600
    assert "give another name" in at.refused("keys", "certificate", "authority", "authority.pem")
    maker = at.path("maker.toml")
    image_keys.write(maker, image_keys.ImageKeys(MAKER, MAKER.public, IMAGE_KEY))
    at.path("image.toml").write_text(DECLARATION)
    build_image(at.path("image.toml"), at.path("unsigned"), maker)
    sign_image(at.path("unsigned"), at.path("suite-1.img"), maker)
    at.done("firmware", "upload", "suite-1.img")
    at.done("firmware", "verify")
    with living(at.meter):
        assert "application 2.00.00" in at.done("firmware", "activate")
    assert at.meter.suite is Suite.SUITE_1
    assert read_keys(at.keys).security_suite == 1


def provision(at: Rehearsal) -> None:
    """The meter's pair and its certificate; the client's, shown before it is imported."""
    assert "HLS_ECDSA needs signing_key" in at.refused("--mechanism", "hls7", "info")
    at.done("keys", "certificate", "pair")
    at.done("keys", "certificate", "request", "request.der")
    at.done("keys", "certificate", "issue", "request.der", "meter.der", "--authority", "authority.pem")
    at.done("keys", "certificate", "import", "meter.der")
    at.done("keys", "certificate", "own", "--authority", "authority.pem")
    held = read_keys(at.keys)
    assert Certificate.read(held.signing_certificate) == at.meter.trust.certificate(Purpose.SIGNATURE)
    client = held.clients["management"]
    shown = at.done("--mechanism", "hls7", "info")
    assert client.signing_key.hex() not in shown
    assert "security suite        1\n" in shown
    at.refused("--sign", "keys", "certificate", "list")
    at.done("keys", "certificate", "import")


def prove(at: Rehearsal) -> None:
    """Every mechanism; what the meter keeps, listed and fetched."""
    at.done("keys", "hls-secret")
    for mechanism in ("hls5", "hls6", "hls7"):
        assert at.done("--mechanism", mechanism, "get", "1-0:1.8.0")
    rows = json.loads(at.done("--json", "keys", "certificate", "list"))
    assert [(row["entity"], row["purpose"]) for row in rows] == [
        ("authority", "other"),
        ("server", "signature"),
        ("client", "signature"),
    ]
    assert rows[0]["subject"] == rows[2]["issuer"] == "Laboratory"
    at.done("keys", "certificate", "export", "3", "out.der")
    assert at.path("out.der").read_bytes() == read_keys(at.keys).clients["management"].signing_certificate


def agree(at: Rehearsal) -> None:
    """Keys that never travel; where the answer is lost, none that nobody knows stays in force."""
    before = read_keys(at.keys)
    out = at.done("keys", "agree")
    after = read_keys(at.keys)
    assert out.startswith("clients.management.unicast_encryption_key: replaced\n")
    key = after.clients["management"].unicast_encryption_key
    assert key == at.meter.keys(1).unicast_encryption != before.clients["management"].unicast_encryption_key
    assert key.hex() not in out
    at.done("keys", "agree", "--key", "master")
    assert read_keys(at.keys).master_key == at.meter.key_ring.master != after.master_key
    for delivered in (True, False):
        known = read_keys(at.keys).clients["management"].unicast_encryption_key
        with served(at.meter) as whole, cutting(whole, connection=2, request=4, delivered=delivered) as where:
            (at.done if delivered else at.refused)("--meter", where, "keys", "agree")
        held = at.meter.keys(1).unicast_encryption
        assert held == read_keys(at.keys).clients["management"].unicast_encryption_key
        assert (held != known) is delivered
        assert not at.path("keys.toml.pending").exists()
    assert at.done("get", "1-0:1.8.0")
    renew(at)
    rescue(at)


def rescue(at: Rehearsal) -> None:
    """The answer was lost, and then the way to the meter: nobody knows the key, and yet there is a way back."""
    file = KeyFile.read(at.keys)
    with served(at.meter) as whole, cutting(whole, connection=2, request=4, delivered=True, last=True) as where:
        at.refused("--meter", where, "keys", "agree")
    assert at.keys.read_text() == file.text
    assert "run smartset … keys recover" in at.refused("keys", "agree")
    assert "the meter took the new secrets" in at.done("keys", "recover")
    held = at.meter.keys(1).unicast_encryption
    assert held == read_keys(at.keys).clients["management"].unicast_encryption_key
    assert (held.hex() in file.text, file.pending.exists()) == (False, False)


def renew(at: Rehearsal) -> None:
    """The meter got a certificate that the key file has not noted: no key is agreed on that it alone would know."""
    noted, held = at.keys.read_text(), at.meter.keys(1).unicast_encryption
    at.done("keys", "certificate", "pair")
    at.done("keys", "certificate", "request", "request.der")
    at.done("keys", "certificate", "issue", "request.der", "meter.der", "--authority", "authority.pem")
    at.done("keys", "certificate", "import", "meter.der")
    at.keys.write_text(noted)
    assert "keys certificate export 3 FILE" in at.refused("keys", "agree")
    assert at.meter.keys(1).unicast_encryption == held
    assert "give another name" in at.refused("keys", "certificate", "export", "3", "authority.pem")
    at.done("keys", "certificate", "export", "3", "out.der")
    at.done("keys", "agree")
    assert (
        at.meter.keys(1).unicast_encryption == read_keys(at.keys).clients["management"].unicast_encryption_key != held
    )


def sign(at: Rehearsal) -> None:
    """What only a signed request may do, and a policy under which all of them are signed."""
    assert "read-write-denied" in at.refused(*POLICY)
    at.done("--sign", *POLICY)
    assert "it demands signed requests: try --sign" in at.refused("get", "1-0:1.8.0")
    assert at.meter.keys(1).policy == 0x7C
    at.refused("get", "1-0:1.8.0")
    assert at.done("--sign", "get", "1-0:1.8.0")
    at.done("--sign", "keys", "transfer")
    at.done("--sign", "keys", "transfer", "--of", "maintenance")
    at.done("--sign", "keys", "password", "--of", "readout")
    assert at.done("--sign", "get", "1-0:1.8.0")
    assert "other-reason" in at.refused("--sign", "keys", "certificate", "remove", "3")
    assert "there are 3 certificates" in at.refused("--sign", "keys", "certificate", "remove", "4")


def test_what_is_no_authority_is_said_to_be_none(smartset: Smartset, tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", b"\x30\x00"):
        path.write_bytes(content)
        status, _, err = smartset("keys", "certificate", "issue", str(path), str(path), "--authority", str(path))
        assert (status, "is no authority" in err) == (2, True)
        status, _, err = smartset("keys", "certificate", "import", str(path))
        assert (status, "holds no certificate that can be used" in err) == (2, True)


def test_a_name_commands_no_terminal() -> None:
    assert certificates._name(b"\x30\x09\x31\x07\x30\x05\x0c\x03A\x1bB") == r"A\x1bB"
