"""Whose images a meter takes: those of the maker whose keys lay beside it at its first start, or a fresh one's."""

from pathlib import Path

from apps.test_assembly import SUPPLY, started
from softmeter.device.images import ImageTrust
from softmeter.entropy import SeededEntropy
from softmeter.runtime import image_keys
from softmeter.runtime.image_keys import FILE_NAME


def test_a_first_start_makes_keys_and_a_later_one_needs_no_file(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with started(tmp_path, source=SUPPLY) as (made, _):
        trust = made.actor.meter.device.behaviours.firmware.trust
    keys = image_keys.read(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.pair is not None
    assert trust == ImageTrust(bytes(keys.public), bytes(keys.image_key))
    path.unlink()
    with started(tmp_path, source=SUPPLY) as (made, _):
        assert made.actor.meter.device.behaviours.firmware.trust == trust
    assert not path.exists()


def test_a_maker_whose_keys_lie_there_is_trusted_and_no_other_later(tmp_path: Path) -> None:
    path, keys = tmp_path / FILE_NAME, image_keys.generate(SeededEntropy(1))
    image_keys.write(path, keys._replace(pair=None))
    trust = ImageTrust(bytes(keys.public), bytes(keys.image_key))
    with started(tmp_path, source=SUPPLY) as (made, _):
        assert made.actor.meter.device.behaviours.firmware.trust == trust
    path.unlink()
    image_keys.write(path, image_keys.generate(SeededEntropy(2)))
    with started(tmp_path, source=SUPPLY) as (made, _):
        assert made.actor.meter.device.behaviours.firmware.trust == trust
