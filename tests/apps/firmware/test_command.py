"""`softmeter firmware`: from a declaration to an image that a meter takes."""

import json
from pathlib import Path

import pytest

from firmware.images import Loader
from softmeter.apps.firmware.command import build_image, inspect_image, make_keys, sign_image
from softmeter.device.images import ImageTrust
from softmeter.errors import ConfigurationError
from softmeter.legal import VERSION
from softmeter.runtime import image_keys

DECLARATION = """
kind = "application"
version = "1.05.02"
security_counter = 7
octets = 4096

[capabilities]
extra_services = 1

[display]
scroll_s = 9
automatic = ["3,1-0:1.8.0,2,Import"]

[[settings]]
object = "0-0:96.7.20"
class = 3
type = "long-unsigned"
value = "60"
"""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / image_keys.FILE_NAME
    make_keys(path, None)
    return path


def made(keys: Path, declaration: str = DECLARATION) -> Path:
    """A signed image of a declaration."""
    folder = keys.parent
    (folder / "image.toml").write_text(declaration)
    build_image(folder / "image.toml", folder / "unsigned", keys)
    sign_image(folder / "unsigned", folder / "signed", keys)
    return folder / "signed"


def test_an_image_that_was_built_and_signed_runs_in_a_meter(keys: Path) -> None:
    image = made(keys).read_bytes()
    assert len(image) == 4096
    loader = Loader()
    known = image_keys.read(keys)
    loader.made.meter.device.behaviours.firmware.trust = ImageTrust(bytes(known.public), known.image_key)
    assert loader.load(image) == 0


def test_a_legal_image_is_that_of_this_program(keys: Path) -> None:
    image = made(keys, 'kind = "legal"').read_bytes()
    loader = Loader()
    known = image_keys.read(keys)
    loader.made.meter.device.behaviours.firmware.trust = ImageTrust(bytes(known.public), known.image_key)
    assert loader.load(image, f"L{VERSION}") == 0


def test_no_two_images_are_encrypted_alike(keys: Path) -> None:
    assert made(keys).read_bytes()[96:200] != made(keys).read_bytes()[96:200]


def test_inspect_tells_what_is_wrong(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = made(keys)
    capsys.readouterr()
    assert inspect_image(image, keys, json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["identifier"], shown["octets"], shown["signed"], shown["good"]) == ("A1.05.02", 4096, True, True)
    assert json.loads(shown["declares"])["display"]["scroll_s"] == 9
    assert inspect_image(image, None, json=False) == 0
    assert "A1.05.02" in capsys.readouterr().out
    image.write_bytes(image.read_bytes()[:-1] + b"\0")
    assert inspect_image(image, keys, json=False) == 1
    assert "signature" in capsys.readouterr().out
    image.write_bytes(b"no image")
    with pytest.raises(ConfigurationError, match="is no image"):
        inspect_image(image, keys, json=False)


def test_no_key_is_printed(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inspect_image(made(keys), keys, json=False)
    shown = capsys.readouterr().out
    known = image_keys.read(keys)
    assert known.pair is not None
    assert known.image_key.hex() not in shown
    assert bytes(known.pair).hex() not in shown


def test_who_has_only_what_a_meter_has_cannot_sign(keys: Path, tmp_path: Path) -> None:
    image, shown = made(keys), tmp_path / "shown.toml"
    make_keys(shown, keys)
    assert inspect_image(image, shown, json=False) == 0
    with pytest.raises(ConfigurationError, match="signing_key"):
        sign_image(tmp_path / "unsigned", tmp_path / "other", shown)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kind = "application"', 'kind = "both"'),
        ('kind = "application"', 'kind = "legal"'),
        ('"1.05.02"', '"new"'),
        ("= 7", "= -1"),
        ("= 4096", "= 2000000"),
        ("extra_services = 1", "extra_services = 2"),
        ("extra_services = 1", "flying = 1"),
        ("scroll_s", "blinking_s"),
        ('"long-unsigned"', '"number"'),
        ('value = "60"', 'value = "sixty"'),
        ("class = 3", ""),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_its_place(keys: Path, old: str, new: str) -> None:
    assert old in DECLARATION
    with pytest.raises(ConfigurationError, match=r"image\.toml"):
        made(keys, DECLARATION.replace(old, new))
    assert not (keys.parent / "unsigned").exists()
