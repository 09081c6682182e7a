"""The file of keys for images: whole, for its owner only, and silent about what is wrong in it."""

from pathlib import Path

import pytest

from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.runtime.image_keys import FILE_NAME, generate, read, write


def test_what_is_written_is_read(tmp_path: Path) -> None:
    keys, path = generate(SeededEntropy(1)), tmp_path / FILE_NAME
    write(path, keys)
    assert path.stat().st_mode & 0o777 == 0o600
    again = read(path)
    assert again.pair is not None
    assert keys.pair is not None
    assert (bytes(again.pair), again.public, again.image_key) == (bytes(keys.pair), keys.public, keys.image_key)
    shown = tmp_path / "public.toml"
    write(shown, keys._replace(pair=None))
    assert "signing_key" not in shown.read_text()
    assert read(shown).pair is None
    assert keys.image_key.hex() not in repr(again)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    write(path, generate(SeededEntropy(1)))
    before = path.read_text()
    with pytest.raises(ConfigurationError):
        write(path, generate(SeededEntropy(2)))
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[firmware]", "[keys]"),
        ("[firmware]", "more = 1\n[firmware]"),
        ('image_key = "', 'image_key = "00'),
        ('image_key = "', 'image_key = "xy'),
        ('image_key = "', 'other = "'),
        ('public_key = "', 'public_key = "00" #"'),
        ('signing_key = "', 'signing_key = "' + 64 * "0" + '" #"'),
        ('signing_key = "', 'signing_key = "' + 63 * "0" + '5" #"'),
        ("image_key", "image_key ="),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_without_telling_what_it_holds(tmp_path: Path, old: str, new: str) -> None:
    keys, path = generate(SeededEntropy(1)), tmp_path / FILE_NAME
    write(path, keys)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert keys.image_key.hex() not in str(caught.value)


def test_a_file_that_is_not_there_is_told_how_to_make(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="softmeter firmware keys"):
        read(tmp_path / FILE_NAME)
