"""A state file whose end is lost: its journal damaged, cut or gone, rows deleted, an older copy put back."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runtime.states import LOAD, MARK, REAL, WAL, M, filled, hashes, image, load_row, reopened
from softmeter.errors import StorageError
from softmeter.persistent import Changes
from softmeter.runtime.saved import Saved
from softmeter.runtime.store import FILE_NAME, Store

COMMITS = 12


def tick(number: int) -> Changes:
    changes = Changes({("p", f"n{key}"): number for key in range(5)})
    changes.appended["load"] = (number, np.array([load_row(number)], LOAD))
    return changes


def killed(directory: Path, commits: int = COMMITS) -> tuple[Path, list[Saved | None], list[int]]:
    """A killed process's state; what was stored before and by each commit; where that ends in the journal."""
    store = Store.open(directory / "live")
    store.commit(M, Changes(), REAL)  # the first one is taken into the file, and the journal begins anew
    states, ends = [store.load(M)], [0]
    for number in range(commits):
        store.commit(M, tick(number), REAL + number)
        states.append(store.load(M))
        ends.append((directory / "live" / WAL).stat().st_size)
    made = image(store, directory / "killed")
    store.close()
    return made, states, ends


def flip(path: Path, offset: int) -> None:
    octets = bytearray(path.read_bytes())
    octets[offset] ^= 0x10
    path.write_bytes(octets)


def refused(directory: Path, reason: str) -> None:
    before = hashes(directory)
    with pytest.raises(StorageError, match=reason) as caught:
        Store.open(directory)
    assert "\n" not in str(caught.value)
    assert str(directory) in str(caught.value)
    assert hashes(directory) == before


def test_a_killed_state_starts(tmp_path: Path) -> None:
    made, states, _ = killed(tmp_path)
    assert reopened(made) == states[-1]


@pytest.mark.parametrize("where", [5, 26, 0.1, 0.25, 0.5, 0.75, 0.999])
def test_a_flipped_bit_in_the_journal_is_refused(tmp_path: Path, where: float) -> None:
    made, _, _ = killed(tmp_path)
    size = (made / WAL).stat().st_size
    flip(made / WAL, int(where * size) if where < 1 else int(where))
    refused(made, "damaged|older state")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.33, 0.95])
def test_a_cut_journal_is_refused(tmp_path: Path, share: float) -> None:
    made, _, _ = killed(tmp_path)
    octets = (made / WAL).read_bytes()
    (made / WAL).write_bytes(octets[: int(share * len(octets))])
    refused(made, f"older state than was stored last, commit [0-9]+ of {COMMITS + 1}.*meter.mark")


def test_a_lost_journal_is_refused(tmp_path: Path) -> None:
    made, _, _ = killed(tmp_path)
    (made / WAL).unlink()
    refused(made, "older state")


@pytest.mark.parametrize("commits", [0, 1])
def test_a_young_meter_without_its_journal_is_not_taken_for_a_new_one(tmp_path: Path, commits: int) -> None:
    made, states, _ = killed(tmp_path, commits)
    flip(made / WAL, 5)
    if not commits:  # all that the journal has is in the file
        assert reopened(made) == states[0]
        return
    refused(made, "damaged|older state")
    (made / WAL).unlink()
    refused(made, "older state")


def test_a_state_in_use_without_journal_and_mark_is_refused(tmp_path: Path) -> None:
    made, _, _ = killed(tmp_path)
    (made / WAL).unlink()
    (made / MARK).unlink()
    refused(made, "meter.mark.* is missing")


def test_damage_before_whole_commits_is_seen_without_a_mark(tmp_path: Path) -> None:
    made, _, ends = killed(tmp_path)
    flip(made / WAL, ends[4] + 3000)
    (made / MARK).unlink()
    refused(made, "journal is damaged")


def test_a_lost_file_is_not_taken_for_a_new_state(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    refused(tmp_path, "is missing")


@pytest.mark.parametrize("content", [b"", b"rest", b"00000"])
def test_a_damaged_mark_is_refused(tmp_path: Path, content: bytes) -> None:
    filled(tmp_path)
    (tmp_path / MARK).write_bytes(content + (tmp_path / MARK).read_bytes()[len(content) + 2 :] if content else b"")
    refused(tmp_path, "meter.mark")


def test_an_older_copy_is_refused_until_it_is_accepted(tmp_path: Path) -> None:
    expected = filled(tmp_path / "state")
    shutil.copyfile(tmp_path / "state" / FILE_NAME, tmp_path / "copy")
    store = Store.open(tmp_path / "state")
    store.commit(M, Changes({("p", "n"): 1}), REAL)
    store.close()
    shutil.copyfile(tmp_path / "copy", tmp_path / "state" / FILE_NAME)
    refused(tmp_path / "state", "write 0 into meter.mark")
    (tmp_path / "state" / MARK).write_text("0\n")
    assert reopened(tmp_path / "state") == expected
    assert (tmp_path / "state" / MARK).read_text() != "0\n"
    assert reopened(tmp_path / "state") == expected


def test_a_damaged_journal_may_be_given_up(tmp_path: Path) -> None:
    made, states, ends = killed(tmp_path)
    flip(made / WAL, ends[4] + 3000)
    (made / MARK).write_text("0")
    assert reopened(made) == states[4]


def test_the_file_of_a_clean_end_is_enough(tmp_path: Path) -> None:
    expected = filled(tmp_path / "state")
    (tmp_path / "copy").mkdir()
    shutil.copyfile(tmp_path / "state" / FILE_NAME, tmp_path / "copy" / FILE_NAME)
    assert reopened(tmp_path / "copy") == expected


def test_a_tool_that_takes_in_the_journal_of_a_killed_process_does_no_harm(tmp_path: Path) -> None:
    made, states, _ = killed(tmp_path)
    connection = sqlite3.connect(made / FILE_NAME)
    connection.execute("SELECT * FROM state").fetchall()
    connection.close()
    assert not (made / WAL).exists()
    assert reopened(made) == states[-1]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM state WHERE name = 'title'",
        "DELETE FROM state",
        "DELETE FROM rings; DELETE FROM rows",
        "DELETE FROM meters; DELETE FROM state; DELETE FROM rings; DELETE FROM rows",
        "UPDATE meters SET closed = 0",
        "UPDATE meters SET commits = 2",
    ],
)
def test_deleted_rows_are_refused(tmp_path: Path, sql: str) -> None:
    filled(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.executescript(sql)
    connection.close()
    refused(tmp_path, "damaged|older state")


def torn(octets: bytes, ends: list[int], frame: int) -> bytes:
    """The journal with a page of its last transaction that never reached the disk."""
    size = 24 + 4096
    begin = ends[-2] + frame * size
    return octets[:begin] + bytes(size) + octets[begin + size :]


@pytest.mark.parametrize("tear", [lambda o, e: o[: e[-1] - 1], lambda o, e: torn(o, e, 0), lambda o, e: torn(o, e, 1)])
def test_a_power_cut_during_a_commit_leads_to_the_one_before(
    tmp_path: Path, tear: Callable[[bytes, list[int]], bytes]
) -> None:
    store = Store.open(tmp_path / "live")
    store.commit(M, Changes(), REAL)
    ends = [0]
    for number in range(4):
        store.commit(M, tick(number), REAL)
        ends.append((tmp_path / "live" / WAL).stat().st_size)
    expected = store.load(M)
    made = image(store, tmp_path / "cut")  # the mark of this commit, the journal of the next
    store.commit(M, tick(4), REAL)
    ends.append((tmp_path / "live" / WAL).stat().st_size)
    octets = (tmp_path / "live" / WAL).read_bytes()
    store.close()
    (made / WAL).write_bytes(tear(octets[: ends[-1]], ends))
    assert reopened(made) == expected


def test_a_power_cut_during_a_jump_leads_to_where_it_began_or_later(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "live")
    store.commit(M, Changes(), REAL)
    states, ends = [store.load(M)], [0]
    for number in range(8):
        store.commit(M, tick(number), REAL, durable=False)
        states.append(store.load(M))
        ends.append((tmp_path / "live" / WAL).stat().st_size)
    made = image(store, tmp_path / "cut")
    flip(made / WAL, ends[3] + 3000)
    shutil.copytree(made, tmp_path / "begin")
    (tmp_path / "begin" / WAL).write_bytes(b"")
    store.commit(M, tick(8), REAL)
    after = image(store, tmp_path / "after")
    store.close()
    assert reopened(made) == states[3]
    assert reopened(tmp_path / "begin") == states[0]
    flip(after / WAL, ends[3] + 3000)
    refused(after, "damaged|older state")


def test_inspection_needs_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, states, _ = killed(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert reopened(made) == states[-1]


def test_the_journal_of_an_interrupted_tool_is_named(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / (FILE_NAME + "-journal")).write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(504))
    refused(tmp_path, "interrupted")
