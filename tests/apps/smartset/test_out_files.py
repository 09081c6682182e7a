"""What commands write never takes the place of something else."""

import os
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset
from softmeter.apps.smartset.backup_file import BEGINNINGS, Backup, Place, Saved, read_backup, write_backup
from softmeter.apps.smartset.out_files import replaces
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag

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


def test_a_link_and_a_pipe_stay_what_they_are(tmp_path: Path) -> None:
    backup = Backup({}, {Place(1, Obis(0, 0, 96, 1, 2), 2): Saved(Data(Tag.UNSIGNED, 5), settable=True)})
    link, pipe = tmp_path / "meter.xml", tmp_path / "pipe"
    link.symlink_to(tmp_path / "other.xml")
    assert not replaces(link, "backup", BEGINNINGS)
    write_backup(link, backup)
    assert link.is_symlink()
    assert replaces(link, "backup", BEGINNINGS)
    assert read_backup(tmp_path / "other.xml") == backup
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR)
    try:
        assert not replaces(pipe, "backup", BEGINNINGS)
        write_backup(pipe, backup)
        assert pipe.is_fifo()
        assert os.read(end, 1 << 16) == link.read_bytes()
    finally:
        os.close(end)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["meter.xml", "other.xml", "pipe"]


def test_a_backup_says_where_it_cannot_be_before_a_meter_is_asked(smartset: Smartset, tmp_path: Path) -> None:
    status, out, said = smartset("backup", str(tmp_path))
    assert (status, out) == (2, "")
    assert said == f"smartset: {tmp_path}: is a directory; name a file in it\n"


def test_two_key_files_are_one_too_many(smartset: Smartset) -> None:
    said = "smartset: --keys is given twice, and a meter has one key file; leave one out\n"
    assert smartset("--keys", "a.toml", "--keys", "b.toml", "info") == (2, "", said)
    assert smartset("--json", "--keys=a.toml", "--keys", "a.toml", "info") == (2, "", said)
