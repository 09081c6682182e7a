"""The state file after power cuts, damage, a full disk, and in the hands of strangers."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.states import LOAD, MARK, REAL, WAL, M, Part, filled, hashes, image, load_row, reopened
from softmeter.errors import ConfigurationError, StorageError
from softmeter.persistent import Changes, Memory, Ring
from softmeter.runtime.checksum import checksum
from softmeter.runtime.inspection import inspect
from softmeter.runtime.mark import Mark
from softmeter.runtime.schema import VERSION
from softmeter.runtime.store import FILE_NAME, Store


@pytest.mark.slow
def test_power_cut_after_any_commit_loses_nothing(tmp_path: Path) -> None:
    store, ring, memory, part = Store.open(tmp_path / "live"), Ring("load", LOAD, 12), Memory(), Part()
    for number in range(30):
        ring.append(load_row(number))
        part.values = {"register_mj": number, f"counter{number % 3}": number}
        store.commit(M, memory.changes([("p", part)], [ring]), REAL + number)
        expected = store.load(M)
        assert reopened(image(store, tmp_path / f"image{number}")) == expected
    store.close()


@pytest.mark.slow
def test_torn_journal_leads_to_an_earlier_commit_never_to_a_mixture(tmp_path: Path) -> None:
    store, wal = Store.open(tmp_path / "live"), tmp_path / "live" / WAL
    store.commit(M, Changes(), REAL)
    states = [store.load(M)]
    ends = [0]
    for number in range(12):
        changes = Changes({("p", f"n{key}"): number for key in range(5)})
        changes.appended["load"] = (number, np.array([load_row(number)], LOAD))
        store.commit(M, changes, REAL + number)
        states.append(store.load(M))
        ends.append(wal.stat().st_size)
    source = image(store, tmp_path / "image")
    store.close()
    octets = (source / WAL).read_bytes()
    for cut in (*ends, *range(0, len(octets), 1777)):
        torn = tmp_path / f"torn{cut}"
        torn.mkdir(exist_ok=True)
        shutil.copyfile(source / FILE_NAME, torn / FILE_NAME)
        (torn / WAL).write_bytes(octets[:cut])
        whole = max(number for number, end in enumerate(ends) if end <= cut)
        Mark(torn, whole + 1).close()
        assert reopened(torn) == states[whole]
        shutil.rmtree(torn)


@pytest.mark.slow
def test_damage_is_refused_and_left_alone_or_does_not_matter(tmp_path: Path) -> None:
    expected = filled(tmp_path / "good", rows=200)
    octets = (tmp_path / "good" / FILE_NAME).read_bytes()
    chance, refused = np.random.default_rng(11), 0
    for number in range(300):
        bad = tmp_path / f"bad{number}"
        bad.mkdir()
        damaged = bytearray(octets)
        where = int(chance.integers(len(octets)))
        if number % 3:
            damaged[where] ^= 1 << int(chance.integers(8))
        else:
            damaged[where : where + 512] = bytes(len(damaged[where : where + 512]))
        (bad / FILE_NAME).write_bytes(damaged)
        before = hashes(bad)
        complaint = ""
        try:
            assert reopened(bad) == expected
        except (StorageError, ConfigurationError) as error:
            complaint = str(error)
            refused += 1
        if complaint:
            assert "\n" not in complaint
            assert str(bad) in complaint
            assert hashes(bad) == before
        shutil.rmtree(bad)
    assert refused > 60


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE state SET value = 1 WHERE name = 'now'",
        "UPDATE state SET value = 1.5 WHERE name = 'now'",
        "INSERT INTO state VALUES (9, 'p', 'n', 1, '1', 1)",
        "UPDATE rows SET record = x'00' WHERE number = 7",
        "DELETE FROM rows WHERE number = 7",
        "DELETE FROM rows WHERE number = 39",
        "ALTER TABLE rows ADD COLUMN more",
        "DROP TABLE rows",
        "UPDATE rings SET fields = '7'",
        "DELETE FROM rings",
        "UPDATE meters SET real = 7",
        "UPDATE meters SET text = 'later'",
        "UPDATE state SET text = '43' WHERE name = 'now'",
        "UPDATE rows SET text = '{}' WHERE number = 7",
        "UPDATE rows SET at = '2026-01-01T00:00:00Z' WHERE number = 7",
        "DELETE FROM meters",
    ],
)
def test_a_file_that_contradicts_itself_is_refused_untouched(tmp_path: Path, sql: str) -> None:
    filled(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute(sql)
    connection.close()
    before = hashes(tmp_path)
    with pytest.raises(StorageError, match=r"damaged.*left as it is"):
        Store.open(tmp_path)
    assert hashes(tmp_path) == before


def test_wrong_layout_with_a_right_check_sum_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        crc = checksum(1, "load", 0, 40, "[]")
        connection.execute("UPDATE rings SET fields = '[]', crc = ?", (crc,))
        entries, total = connection.execute(
            "SELECT count(*), sum(crc) FROM (SELECT crc FROM state UNION ALL SELECT crc FROM rings)"
        ).fetchone()
        crc = checksum(1, M, REAL, "2027-01-15T08:00:00Z", 1, entries, total, 1)
        connection.execute("UPDATE meters SET total = ?, crc = ?", (total, crc))
    connection.close()
    with pytest.raises(StorageError, match="wrong length"):
        Store.open(tmp_path)


def test_a_newer_state_is_refused_untouched_with_its_journal(tmp_path: Path) -> None:
    filled(tmp_path / "live")
    connection = sqlite3.connect(tmp_path / "live" / FILE_NAME)
    connection.execute(f"PRAGMA user_version={VERSION + 1}")
    connection.commit()
    newer = tmp_path / "newer"
    newer.mkdir()
    for name in (FILE_NAME, WAL):
        shutil.copyfile(tmp_path / "live" / name, newer / name)
    connection.close()
    before = hashes(newer)
    with pytest.raises(ConfigurationError, match=f"has version {VERSION + 1}, this program knows up to {VERSION}"):
        Store.open(newer)
    assert hashes(newer) == before


@pytest.mark.parametrize("content", [b"", b"my diary", b"SQLite format 3\0" + bytes(200), None])
def test_a_strangers_file_is_refused_untouched(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / FILE_NAME
    if content is None:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE diary (text)")
        connection.close()
    else:
        path.write_bytes(content)
    before = hashes(tmp_path)
    with pytest.raises((StorageError, ConfigurationError), match="another directory"):
        Store.open(tmp_path)
    assert hashes(tmp_path) == before


def test_a_journal_without_its_file_is_not_taken_for_a_new_state(tmp_path: Path) -> None:
    (tmp_path / WAL).write_bytes(b"rest")
    with pytest.raises(StorageError, match="is missing"):
        Store.open(tmp_path)


def test_a_half_made_file_of_an_interrupted_first_start_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / (FILE_NAME + ".new")).write_bytes(b"SQLi")
    assert reopened(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir() if ".new" in path.name] == []


def test_full_disk_stops_the_store_and_keeps_the_last_commit(tmp_path: Path) -> None:
    expected = filled(tmp_path)
    store = Store.open(tmp_path)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageError, match="full"):
        store.commit(M, Changes({("p", "big"): bytes(100_000), ("device", "now"): 0}), REAL)
    with pytest.raises(StorageError, match="earlier"):
        store.commit(M, Changes(), REAL)
    store.close()
    assert reopened(tmp_path) == expected


def test_inspection_leaves_a_good_file_alone_too(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "live")
    store.commit(M, Changes({("p", "n"): 1}), REAL)
    cut = image(store, tmp_path / "cut")
    store.close()
    before = hashes(cut)
    inspect(cut / FILE_NAME)
    assert hashes(cut) == before
    assert set(before) == {FILE_NAME, WAL, MARK}


WRITER = """
import sys
from pathlib import Path
import numpy as np
from softmeter.persistent import Changes
from softmeter.runtime.store import Store
store = Store.open(Path(sys.argv[1]))
saved = store.load("meter")
number = saved.values["p"]["n"] + 1 if saved else 0
while True:
    rows = np.array([(number,)], [("n", "<u4")])
    store.commit("meter", Changes({("p", "n"): number}, {"r": (number, rows)}, {"r": max(0, number - 20)}), number)
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_a_killed_process_has_stored_all_that_it_told(tmp_path: Path) -> None:
    told = -1
    for lines in (1, 3, 40, 7):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(lines):
                told = int(process.stdout.readline())
            process.kill()
        saved = reopened(tmp_path)
        assert saved is not None
        number = int(saved.values["p"]["n"] or 0)
        assert number >= told
        ring = saved.rings["r"]
        assert (ring.first, ring.end) == (max(0, number - 20), number + 1)
        assert ring.rows(np.dtype([("n", "<u4")]))["n"].tolist() == list(range(ring.first, ring.end))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE state SET name = 'a' || char(10) || char(27) || '[31m' WHERE name = 'now'",
        "UPDATE state SET text = CAST(x'ff0a1b' AS TEXT) WHERE name = 'now'",
        "UPDATE rings SET ring = replace(hex(zeroblob(4000)), '0', char(10))",
    ],
)
def test_what_is_damaged_is_told_in_one_short_line(tmp_path: Path, sql: str) -> None:
    filled(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute(sql)
    connection.close()
    with pytest.raises(StorageError, match="damaged") as caught:
        Store.open(tmp_path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600
