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


def fault_of(image: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What inspect finds wrong."""
    capsys.readouterr()
    assert inspect_image(image, keys, json=True) == 1
    return str(json.loads(capsys.readouterr().out)["fault"])


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
    assert "signed with other keys, or changed since" in fault_of(image, keys, capsys)
    image.write_bytes(made(keys).read_bytes()[:-1])
    assert "size: 4095 octets, but the header says 4096; it was cut" in fault_of(image, keys, capsys)
    assert "it is not signed yet; sign it with" in fault_of(keys.parent / "unsigned", keys, capsys)
    one, other = keys.read_text().splitlines(), keys.with_name("other.toml")
    other.write_text("\n".join([*one[:3], f'image_key = "{bytes(16).hex()}"']))
    assert f"the image_key of {other} is not the one" in fault_of(made(keys), other, capsys)
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


def test_an_image_replaces_an_image_and_nothing_else(keys: Path) -> None:
    folder, kept = keys.parent, keys.read_bytes()
    made(keys)
    made(keys)
    for sent in (keys, folder / "image.toml", folder):
        with pytest.raises(ConfigurationError, match=r"is no image|is a directory"):
            sign_image(folder / "unsigned", sent, keys)
        with pytest.raises(ConfigurationError, match=r"is no image|is a directory"):
            build_image(folder / "image.toml", sent, keys)
    assert keys.read_bytes() == kept


def test_every_mistake_of_a_declaration_is_told_with_its_line_and_near_names(keys: Path) -> None:
    wrong = DECLARATION.replace("security_counter", "securty_counter").replace("extra_services", "extra_servces")
    wrong = wrong.replace("scroll_s = 9", 'scrol_s = "9"').replace("class = 3", "class = 0")
    with pytest.raises(ConfigurationError) as told:
        made(keys, 'authorities = ["none.pem"]\n' + wrong)
    folder = keys.parent
    assert [line.removeprefix(f"{folder}/image.toml: ") for line in str(told.value).splitlines()] == [
        f"line 1, authorities.0: {folder}/none.pem: cannot be read (No such file or directory)",
        "line 5, securty_counter: is not known here; did you mean security_counter?",
        "line 9, capabilities.extra_servces: is not known here; did you mean extra_services? (found 'extra_servces')",
        "line 12, display.scrol_s: is not known here; did you mean scroll_s?",
        "line 17, settings.0.class: must be 1 or more (found 0)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("1.05.02", "1.x", "line 3, version: '1.x' is not two to four numbers with points, like 1.05.02"),
        ("extra_services = 1", "extra_services = 2", "extra_services: 2 is no number from 0 to 1"),
        ("scroll_s = 9", "scroll_s = 900", "scroll_s: 900 is no number from 0 to 300"),
        ('"60"', '"sixty"', "line 14, settings.0: 'sixty' is no number"),
        ('"application"', '"legal"', "line 1: a legal image declares nothing but itself"),
        ('"application"', '"aplication"', "line 2, kind: must be 'legal' or 'application'; did you mean application?"),
        ("[display]", "[display", "line 10: is no TOML"),
        ("version", "version = 1\nversion", "is no TOML"),
    ],
)
def test_what_no_meter_would_take_is_told_by_the_declaration(keys: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        made(keys, DECLARATION.replace(old, new, 1))
    assert says in str(told.value)


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
