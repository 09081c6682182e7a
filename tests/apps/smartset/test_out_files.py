"""What commands write never takes the place of something else."""

from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset
from softmeter.apps.smartset.out_files import replaces
from softmeter.errors import ConfigurationError

XML = (b"<?xml",)


def test_a_new_file_and_one_of_the_same_kind(tmp_path: Path) -> None:
    path = tmp_path / "meter.xml"
    assert not replaces(path, "backup", XML)
    path.write_bytes(b"<?xml version='1.0'?><meter-backup/>")
    assert replaces(path, "backup", XML)
    path.write_bytes(b"")
    assert replaces(path, "backup", XML)


def test_something_else_is_not_replaced(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text("[meter]\n")
    with pytest.raises(ConfigurationError, match="is there and is no backup; name another file"):
        replaces(keys, "backup", XML)
    with pytest.raises(ConfigurationError, match="is a directory; name a file in it"):
        replaces(tmp_path, "backup", XML)
    with pytest.raises(ConfigurationError, match=r"there is no directory .*nowhere; make it first"):
        replaces(tmp_path / "nowhere" / "meter.xml", "backup", XML)


def test_a_backup_says_where_it_cannot_be_before_a_meter_is_asked(smartset: Smartset, tmp_path: Path) -> None:
    status, out, said = smartset("backup", str(tmp_path))
    assert (status, out) == (2, "")
    assert said == f"smartset: {tmp_path}: is a directory; name a file in it\n"


def test_two_key_files_are_one_too_many(smartset: Smartset) -> None:
    said = "smartset: --keys is given twice, and a meter has one key file; leave one out\n"
    assert smartset("--keys", "a.toml", "--keys", "b.toml", "info") == (2, "", said)
    assert smartset("--json", "--keys=a.toml", "--keys", "a.toml", "info") == (2, "", said)
