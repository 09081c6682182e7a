"""The recording hears everything, and the model of a disk leaves what a disk leaves."""

from pathlib import Path
from random import Random

import pytest

from crashing.cuts import Leaving, left
from crashing.disk import Disk, Kind, Op
from crashing.life import Plan, Recorded
from crashing.recording import files_of


@pytest.mark.slow
def test_the_files_of_lives_follow_from_what_was_heard(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "state")
    for seed, plan in enumerate((Plan(8.0), Plan(2.0, jump_s=7200), Plan(0.5, busy=False))):
        recorded.live(plan, seed)
        disk = Disk(recorded.recording.before)
        for op in recorded.recording.ops:
            disk.take(op)
        assert disk.image(disk.pending) == files_of(recorded.directory)
    kinds = {op.kind for op in recorded.recording.ops}
    assert kinds == set(Kind)
    writers = {writer for op in recorded.recording.ops for writer in op.writer.split("+")}
    assert {"measured values", "attributes", "counters", "rows of profiles", "key file", "clean end"} <= writers
    assert {"mark", "checkpoint"} <= writers


def _disk() -> Disk:
    disk = Disk({"a": b"old old old"})
    disk.take(Op(Kind.WRITTEN, 0, "a", 4, b"new"))
    return disk


def test_what_is_synchronised_stays_and_what_is_not_may_be_gone() -> None:
    disk = _disk()
    assert disk.image([]) == {"a": b"old old old"}
    assert disk.image(disk.pending) == {"a": b"old new old"}
    disk.take(Op(Kind.SYNCHRONISED, 0, "a"))
    assert disk.pending == []
    assert disk.image([]) == {"a": b"old new old"}


def test_a_name_needs_its_directory() -> None:
    disk = _disk()
    disk.take(Op(Kind.CREATED, 1, "b.new"))
    disk.take(Op(Kind.WRITTEN, 1, "b.new", 0, b"content"))
    disk.take(Op(Kind.SYNCHRONISED, 1, "b.new"))
    disk.take(Op(Kind.RENAMED, 1, "b.new", other="b"))
    assert disk.image([])["b.new"] == b"content"
    assert "b" not in disk.image([])
    disk.take(Op(Kind.LISTED, -1, ""))
    assert disk.image([])["b"] == b"content"
    disk.take(Op(Kind.DELETED, 1, "b"))
    assert "b" in disk.image([])
    assert "b" not in disk.image(disk.pending)


def test_a_file_may_be_longer_than_what_reached_it() -> None:
    disk = Disk({"a": b""})
    disk.take(Op(Kind.WRITTEN, 0, "a", 0, b"one"))
    disk.take(Op(Kind.WRITTEN, 0, "a", 3, b"two"))
    assert disk.image(disk.pending[1:]) == {"a": b"\0\0\0two"}
    disk.take(Op(Kind.TRUNCATED, 0, "a", 2))
    assert disk.image(disk.pending) == {"a": b"on"}


@pytest.mark.parametrize("leaving", Leaving)
def test_a_cut_leaves_nothing_that_was_not_written(leaving: Leaving) -> None:
    random = Random(1)  # noqa: S311  (places of cuts, no secrets)
    pending = [Op(Kind.WRITTEN, 0, "a", 4096 * page + 24, bytes([page + 1]) * 4096) for page in range(4)]
    images = set()
    for _ in range(50):
        disk = Disk({"a": bytes(5 * 4096)})
        content = disk.image(left(pending, leaving, random))["a"]
        assert len(content) == 5 * 4096
        for at in range(0, len(content), 8):
            whose = {0, (at - 24) // 4096 + 1} if at >= 24 else {0}
            assert set(content[at : at + 8]) <= whose
        images.add(content)
    assert len(images) == {Leaving.KEPT: 1, Leaving.DROPPED: 1, Leaving.SHORTENED: 5}.get(leaving, len(images))
    assert len(images) > 10 or leaving in {Leaving.KEPT, Leaving.DROPPED, Leaving.SHORTENED}


def test_a_name_that_is_given_again_is_not_lost_with_the_file_before() -> None:
    disk = Disk({"a": b"first"})
    disk.take(Op(Kind.DELETED, 0, "a"))
    disk.take(Op(Kind.CREATED, 1, "a"))
    disk.take(Op(Kind.WRITTEN, 1, "a", 0, b"second"))
    disk.take(Op(Kind.SYNCHRONISED, 1, "a"))
    assert disk.image([])["a"] == b"second"
    assert disk.image(disk.pending)["a"] == b"second"
