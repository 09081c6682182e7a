"""The mark beside the state file."""

from pathlib import Path

import pytest

from softmeter.errors import StorageError
from softmeter.runtime.mark import MARK_NAME, Mark, Reached, read_mark


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_mark(tmp_path) is None
    mark = Mark(tmp_path, 7)
    assert read_mark(tmp_path) == Reached(7, jumping=False)
    mark.write(10**18, jumping=True, synchronous=True)
    assert read_mark(tmp_path) == Reached(10**18, jumping=True)
    mark.write(10**18 + 1)
    assert read_mark(tmp_path) == Reached(10**18 + 1, jumping=False)
    mark.close()
    assert (tmp_path / MARK_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [MARK_NAME]


def test_one_of_a_person_is_accepted_and_replaced(tmp_path: Path) -> None:
    (tmp_path / MARK_NAME).write_text("0\n")
    (tmp_path / (MARK_NAME + ".new")).write_text("left over")
    assert read_mark(tmp_path) == Reached(0, jumping=True, accepted=True)
    Mark(tmp_path, 3).close()
    assert read_mark(tmp_path) == Reached(3, jumping=False)


def test_any_flipped_bit_is_damage(tmp_path: Path) -> None:
    Mark(tmp_path, 1234).close()
    octets = (tmp_path / MARK_NAME).read_bytes()
    for place in range(len(octets)):
        damaged = bytearray(octets)
        damaged[place] ^= 1
        (tmp_path / MARK_NAME).write_bytes(damaged)
        with pytest.raises(StorageError, match=MARK_NAME):
            read_mark(tmp_path)
    (tmp_path / MARK_NAME).write_bytes(b"")
    with pytest.raises(StorageError, match=MARK_NAME):
        read_mark(tmp_path)


def test_a_line_that_was_torn_leaves_the_one_before(tmp_path: Path) -> None:
    mark = Mark(tmp_path, 7)
    for commits in (8, 9, 10):
        before = (tmp_path / MARK_NAME).read_bytes()
        mark.write(commits)
        after = (tmp_path / MARK_NAME).read_bytes()
        for cut in range(len(after)):
            (tmp_path / "torn").mkdir(exist_ok=True)
            (tmp_path / "torn" / MARK_NAME).write_bytes(after[:cut] + before[cut:])
            reached = read_mark(tmp_path / "torn")
            assert reached is not None
            assert reached.commits in {commits - 1, commits}
    mark.close()


def test_of_two_lines_for_one_commit_the_jump_counts(tmp_path: Path) -> None:
    mark = Mark(tmp_path, 7)
    mark.write(7, jumping=True, synchronous=True)
    assert read_mark(tmp_path) == Reached(7, jumping=True)
    mark.close()
