"""A file is written whole or not at all."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import check_writable, write_whole


@contextmanager
def room_for(octets: int) -> Iterator[None]:
    """A disk on which no file can be longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for content in (b"one", b"another"):
        write_whole(tmp_path / "file", content, 0o600)
        assert (tmp_path / "file").read_bytes() == content
        assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "old", b"old")
    with room_for(100):
        for name in ("old", "new"):
            with pytest.raises(OSError, match="File too large"):
                write_whole(tmp_path / name, bytes(101))
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("old", b"old")]


def test_what_is_no_file_is_written_as_it_is(tmp_path: Path) -> None:
    write_whole(Path(os.devnull), b"gone")
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"no")
    assert not Path(os.devnull).is_file()


def test_a_link_stays_one_and_what_it_names_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    for content in (b"new", b"newer"):
        write_whole(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "there" / "file").read_bytes() == content
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["file", "link", "there"]


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be written by root")
def test_what_will_be_written_whole_needs_a_directory_that_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    tmp_path.chmod(0o500)
    try:
        check_writable(tmp_path / "file", "--there", in_place=True)
        for name in ("file", "new"):
            with pytest.raises(ConfigurationError, match=f"^--there: .*{name} cannot be made: .* cannot be written"):
                check_writable(tmp_path / name, "--there")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_is_read_by_no_more_people_than_before(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for before, mode, after in ((0o600, 0o666, 0o600), (0o644, 0o600, 0o600), (0o640, 0o666, 0o640)):
        file.touch()
        file.chmod(before)
        write_whole(file, b"", mode)
        assert file.stat().st_mode & 0o777 == after
