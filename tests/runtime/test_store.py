"""The state file: round trips, many meters, one process, mistakes of ours, versions."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from runtime.states import EVENT, LOAD, REAL, M, Part, filled, load_row, reopened
from softmeter.clock import Stamp
from softmeter.errors import ConfigurationError, LocalProtocolError, StorageError
from softmeter.persistent import Changes, Memory, Ring
from softmeter.runtime.lock import LOCK_NAME, DirectoryLock
from softmeter.runtime.schema import TABLES, VERSION, migrate
from softmeter.runtime.store import FILE_NAME, Store


def test_a_new_state_is_empty_private_and_says_whose_it_is(tmp_path: Path) -> None:
    directory = tmp_path / "some" / "state"
    store = Store.open(directory)
    assert store.load(M) is None
    assert (directory / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(directory / FILE_NAME) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (0x536D_7472,)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()
    store.close()


def test_a_state_that_never_held_a_meter_leaves_nothing(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "new", tmp_path / "a" / "b"):
        for _ in range(2):
            Store.open(directory).close()
            assert list(tmp_path.iterdir()) == []
    filled(tmp_path)
    assert reopened(tmp_path) is not None


def test_a_state_whose_first_commit_failed_leaves_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "m")
    with pytest.raises(LocalProtocolError):
        store.commit(M, Changes({("device", "power"): 1.5}), REAL)  # type: ignore[dict-item]
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_refused_start_did_not_make_stays(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    (tmp_path / FILE_NAME).write_bytes(b"")
    with pytest.raises(StorageError):
        Store.open(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME, "note.txt"]


def test_who_waited_for_a_lock_that_was_abandoned_has_the_one_that_is_there(tmp_path: Path) -> None:
    first = DirectoryLock(tmp_path / "m")
    with pytest.raises(ConfigurationError, match="already in use"):
        DirectoryLock(tmp_path / "m")
    first.abandon()
    second = DirectoryLock(tmp_path / "m")
    with pytest.raises(ConfigurationError, match="already in use"):
        DirectoryLock(tmp_path / "m")
    second.release()
    assert [path.name for path in (tmp_path / "m").iterdir()] == [LOCK_NAME]


def test_a_directory_that_another_start_removes_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, opened, removed = tmp_path / "a" / "m", os.open, list[Path]()

    def raced(path: Path, flags: int, mode: int = 0o777) -> int:
        """Between the making of the directory and that of the lock the other process goes."""
        if path == directory / LOCK_NAME and not removed:
            removed.append(path)
            directory.rmdir()
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", raced)
    lock = DirectoryLock(directory)
    assert removed
    assert (directory / LOCK_NAME).exists()
    lock.abandon()
    assert not (tmp_path / "a").exists()


def test_a_lock_that_can_never_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).symlink_to("nowhere/lock")
    with pytest.raises(ConfigurationError, match="cannot be used as a state directory"):
        DirectoryLock(tmp_path)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigurationError, match="cannot be used as a state directory"):
        DirectoryLock(tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_changes_come_back_after_reopening(tmp_path: Path) -> None:
    expected = filled(tmp_path)
    saved = reopened(tmp_path)
    assert saved == expected
    assert saved is not None
    assert saved.values == {"device": {"now": REAL, "title": b"KWQ\x00\x01", "name": "Zähler"}}
    assert saved.real == REAL
    rows = saved.rings["load"].rows(LOAD)
    assert [tuple(row) for row in rows.tolist()] == [load_row(number) for number in range(40)]


def test_only_named_values_change_and_none_removes(tmp_path: Path) -> None:
    filled(tmp_path)
    store = Store.open(tmp_path)
    store.commit(M, Changes({("device", "name"): None, ("device", "now"): -(2**63), ("b", "flag"): True}), REAL + 5)
    saved = store.load(M)
    store.close()
    assert saved is not None
    assert saved.values == {"device": {"now": -(2**63), "title": b"KWQ\x00\x01"}, "b": {"flag": 1}}
    assert saved.real == REAL + 5


def test_a_person_can_read_it_with_any_sqlite_tool(tmp_path: Path) -> None:
    store, ring = Store.open(tmp_path), Ring("events", EVENT, 10)
    ring.append((4, Stamp.of(1_785_000_000, -120, 0x80), b"KWQ\x01", (1, 65535)))
    ring.append((5, Stamp.of(1_790_000_000, -60, 0), b"", (0, 0)))
    changes = Memory().changes([], [ring])
    changes.values["device", "title"] = b"\x4b\x57"
    changes.values["device", "energy_mj"] = 42
    store.commit(M, changes, REAL)
    store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        texts = connection.execute("SELECT name, text FROM state ORDER BY name").fetchall()
        rows = connection.execute("SELECT number, at, text FROM rows ORDER BY number").fetchall()
        meters = connection.execute("SELECT name, text FROM meters").fetchall()
    connection.close()
    assert texts == [("energy_mj", "42"), ("title", "4b57")]
    assert meters == [("meter", "2027-01-15T08:00:00Z")]
    assert [(number, at) for number, at, _ in rows] == [
        (0, "2026-07-25T19:20:00+02:00"),
        (1, "2026-09-21T15:13:20+01:00"),
    ]
    assert json.loads(rows[0][2]) == {
        "code": 4,
        "at": "2026-07-25T19:20:00+02:00",
        "title": "4b575101",
        "counts": [1, 65535],
    }


def test_a_description_of_ones_own_stands_beside_the_value(tmp_path: Path) -> None:
    store = Store.open(tmp_path, lambda part, name, value: f"{part}/{name}={value!r}")
    store.commit(M, Changes({("a", "b"): 1}), REAL)
    store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        assert connection.execute("SELECT text FROM state").fetchall() == [("a/b=1",)]
    connection.close()


def test_cleared_ring_keeps_its_numbers_and_takes_rows_of_another_form(tmp_path: Path) -> None:
    store, ring, memory = Store.open(tmp_path), Ring("load", LOAD, 8), Memory()
    for number in range(5):
        ring.append(load_row(number))
    store.commit(M, memory.changes([], [ring]), REAL)
    ring.clear()
    store.commit(M, memory.changes([], [ring]), REAL)
    saved = store.load(M)
    assert saved is not None
    assert (saved.rings["load"].first, saved.rings["load"].records) == (5, [])
    ring.reshape(EVENT, 4)
    ring.append((1, Stamp(0, 0), b"x", (1, 2)))
    store.commit(M, memory.changes([], [ring]), REAL)
    store.close()
    saved = reopened(tmp_path)
    assert saved is not None
    assert saved.rings["load"].first == 5
    assert saved.rings["load"].rows(EVENT)["code"].tolist() == [1]
    with pytest.raises(StorageError, match="fields"):
        saved.rings["load"].rows(LOAD)


def test_random_life_is_always_what_was_committed(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    store, memory, part = Store.open(tmp_path), Memory(), Part()
    rings = [Ring("load", LOAD, 7), Ring("second", LOAD, 1)]
    for round_ in range(60):
        for ring in rings:
            for _ in range((0, 1, 3, 20)[chance.integers(4)]):
                ring.append(load_row(ring.end))
            if chance.random() < 0.1:
                ring.clear()
        part.values = {f"v{key}": (None, -1, "t", b"o")[chance.integers(4)] for key in range(chance.integers(6))}
        store.commit(M, memory.changes([("p", part)], rings), REAL + round_, durable=chance.random() < 0.5)
        if chance.random() < 0.2:
            store.close()
            store = Store.open(tmp_path)
        saved = store.load(M)
        assert saved is not None
        assert saved.values.get("p", {}) == {name: value for name, value in part.values.items() if value is not None}
        for ring in rings:
            if ring.name in saved.rings:
                assert (saved.rings[ring.name].first, saved.rings[ring.name].end) == (ring.first, ring.end)
                if len(ring):
                    assert saved.rings[ring.name].rows(LOAD).tolist() == ring.rows().tolist()
    store.close()


def test_canonical_is_equal_for_equal_states_whatever_the_way(tmp_path: Path) -> None:
    whole = filled(tmp_path / "whole")
    store, ring, memory = Store.open(tmp_path / "pieces"), Ring("load", LOAD, 5280), Memory()
    for number in range(40):
        ring.append(load_row(number))
        store.commit(M, memory.changes([], [ring]), REAL - number)
    store.commit(M, Changes({("device", name): value for name, value in whole.values["device"].items()}), 1)
    pieces = store.load(M)
    store.close()
    assert pieces is not None
    assert list(pieces.canonical()) == list(whole.canonical())
    assert len(list(whole.canonical())) == 3 + 1 + 40


def test_many_meters_share_a_file(tmp_path: Path) -> None:
    store, ring = Store.open(tmp_path), Ring("load", LOAD, 9)
    ring.append(load_row(1))
    for number in range(5):
        changes = Memory().changes([], [ring])
        changes.values["p", "n"] = number
        store.commit(f"m{number}", changes, REAL + number)
    store.close()
    store = Store.open(tmp_path)
    for number in range(5):
        saved = store.load(f"m{number}")
        assert saved is not None
        assert (saved.values["p"]["n"], saved.real, saved.rings["load"].end) == (number, REAL + number, 1)
    assert store.load("m5") is None
    store.close()


def test_a_directory_is_used_by_one_at_a_time(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with pytest.raises(ConfigurationError, match=r"already in use by process \d+; stop it"):
        Store.open(tmp_path)
    store.close()
    Store.open(tmp_path).close()


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="choose another"):
        Store.open(tmp_path / "file")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (Changes({("p", "n"): 2**63}), "longer than 64 bits"),
        (Changes({("p", "n"): np.int64(3)}), "no scalar"),  # type: ignore[dict-item]
        (Changes({("p", "n"): 1.5}), "no scalar"),  # type: ignore[dict-item]
        (Changes(appended={"load": (39, np.zeros(1, LOAD))}), "from 39 on"),
        (Changes(appended={"load": (41, np.zeros(1, LOAD))}), "from 41 on"),
        (Changes(appended={"load": (40, np.zeros(1, EVENT))}), "other fields"),
    ],
)
def test_mistakes_of_ours_are_loud_and_store_nothing(tmp_path: Path, changes: Changes, reason: str) -> None:
    expected = filled(tmp_path)
    store = Store.open(tmp_path)
    changes.values["device", "now"] = 1
    with pytest.raises(LocalProtocolError, match=reason):
        store.commit(M, changes, REAL)
    store.close()
    assert reopened(tmp_path) == expected


def test_older_versions_are_migrated_step_by_step_or_not_at_all(tmp_path: Path) -> None:
    filled(tmp_path)
    connection = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)

    def second(to: sqlite3.Connection) -> None:
        to.execute("ALTER TABLE meters ADD COLUMN colour TEXT")

    def third(to: sqlite3.Connection) -> None:
        to.execute("UPDATE meters SET colour = 'grey'")

    with pytest.raises(StorageError, match="no way from version 3"):
        migrate(connection, {2: second}, target=4)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(meters)")]
    migrate(connection, {2: second, 3: third}, target=4)
    assert connection.execute("PRAGMA user_version").fetchone() == (4,)
    assert connection.execute("SELECT colour FROM meters").fetchall() == [("grey",)]
    connection.close()


def test_the_documentation_has_the_tables() -> None:
    assert TABLES in (Path(__file__).parents[2] / "docs" / "state-file.md").read_text("utf-8")


def test_a_tool_that_writes_for_long_is_waited_for_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("softmeter.runtime.store.BUSY_S", 0.01)
    filled(tmp_path)
    store = Store.open(tmp_path)
    tool = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None, check_same_thread=False)
    tool.execute("BEGIN IMMEDIATE")
    release = Timer(0.06, lambda: tool.execute("ROLLBACK"))
    release.start()
    store.commit(M, Changes({("p", "n"): 1}), REAL)
    release.join()
    tool.close()
    store.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / FILE_NAME}: another program is writing into it; waiting up to 60 s"
    ]


def test_a_tool_that_never_ends_its_writing_stops_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softmeter.runtime.store.BUSY_S", 0.01)
    monkeypatch.setattr("softmeter.runtime.store.PATIENCE_S", 0.03)
    expected = filled(tmp_path)
    store = Store.open(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as tool:
        tool.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match=r"locked for .* by another program"):
            store.commit(M, Changes({("p", "n"): 1}), REAL)
        store.close()
    assert reopened(tmp_path) == expected
