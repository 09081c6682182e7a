"""The write-ahead log read without SQLite, against SQLite."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from softmeter.runtime.journal import replay

FRAME = 24 + 512


def journaled(directory: Path) -> tuple[bytes, bytes]:
    """A database of small pages and its journal: grown, shrunk, begun anew over older frames."""
    path = directory / "live"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("PRAGMA page_size=512; PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=WAL;")
        connection.executescript("CREATE TABLE t (n INTEGER PRIMARY KEY, v BLOB);")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(number, bytes(200)) for number in range(40)])
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        for number in range(6):
            connection.execute("INSERT INTO t VALUES (?, ?)", (100 + number, bytes([number]) * 900))
        connection.execute("DELETE FROM t WHERE n BETWEEN 5 AND 30")
        return path.read_bytes(), (directory / "live-wal").read_bytes()


def by_sqlite(directory: Path, database: bytes, journal: bytes) -> list[str]:
    directory.mkdir()
    (directory / "x").write_bytes(database)
    (directory / "x-wal").write_bytes(journal)
    with closing(sqlite3.connect(directory / "x")) as connection:
        dump = list(connection.iterdump())
    shutil.rmtree(directory)
    return dump


def by_replay(database: bytes, journal: bytes) -> tuple[list[str], str]:
    replayed = replay(database, journal)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(replayed.content)
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return list(connection.iterdump()), replayed.damage


def test_a_journal_cut_anywhere_is_read_as_sqlite_reads_it(tmp_path: Path) -> None:
    database, journal = journaled(tmp_path)
    dumps = set()
    for cut in (0, 31, 32, *range(33, len(journal), FRAME * 3 - 7), len(journal)):
        found, damage = by_replay(database, journal[:cut])
        assert found == by_sqlite(tmp_path / "cut", database, journal[:cut])
        assert damage == ""
        dumps.add("".join(found))
    assert len(dumps) > 6


def test_a_flipped_bit_ends_the_journal_and_is_damage_before_whole_commits(tmp_path: Path) -> None:
    database, journal = journaled(tmp_path)
    damages = []
    for frame in range(0, (len(journal) - 32) // FRAME, 4):
        octets = bytearray(journal)
        octets[32 + frame * FRAME + (7 * frame) % FRAME] ^= 1
        found, damage = by_replay(database, bytes(octets))
        assert found == by_sqlite(tmp_path / "flip", database, bytes(octets))
        damages.append(bool(damage))
    assert damages[:4] == [True] * 4  # later ones are in the last commit, or in frames that are in the file already
    assert not damages[-1]


@pytest.mark.parametrize("place", [0, 3, 7, 9, 15, 17, 22, 25, 31])
def test_a_flipped_bit_in_the_head_is_damage(tmp_path: Path, place: int) -> None:
    database, journal = journaled(tmp_path)
    octets = bytearray(journal)
    octets[place] ^= 1
    assert "head" in replay(database, bytes(octets)).damage


def test_a_torn_head_over_frames_that_are_in_the_file_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "live"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("PRAGMA page_size=512; PRAGMA journal_mode=WAL; CREATE TABLE t (v BLOB);")
        for number in range(20):
            connection.execute("INSERT INTO t VALUES (?)", (bytes([number]) * 900,))
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        database, journal = path.read_bytes(), (tmp_path / "live-wal").read_bytes()
        connection.execute("INSERT INTO t VALUES ('new')")
        begun = (tmp_path / "live-wal").read_bytes()
    for cut in (13, 20, 27):  # the new head has reached the disk up to here, no frame behind it has
        torn = begun[:cut] + journal[cut:]
        found, damage = by_replay(database, torn)
        assert damage == ""
        assert found == by_sqlite(tmp_path / "torn", database, torn)


def test_the_size_of_an_older_frame_in_an_interrupted_commit_is_no_damage(tmp_path: Path) -> None:
    """A sector ends between size and salt of frame 41; of an older commit is what stands before, but not the rest."""
    with closing(sqlite3.connect(tmp_path / "live", isolation_level=None)) as connection:
        connection.executescript("PRAGMA page_size=512; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;")
        connection.executescript("CREATE TABLE t (v BLOB); INSERT INTO t VALUES (1); CREATE TABLE u (v BLOB);")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        for number in range(40):
            connection.execute("UPDATE t SET v = ?", (number,))
        connection.execute("INSERT INTO u VALUES (?)", (bytes(3000),))
        database, journal = (tmp_path / "live").read_bytes(), bytearray((tmp_path / "live-wal").read_bytes())
    torn, split = (32 + frame * FRAME for frame in (40, 41))
    assert (split + 8) % 512 == 0
    assert len(journal) > split + 4 * FRAME
    journal[torn + 100 : torn + FRAME] = bytes(FRAME - 100)
    journal[split : split + 8] = b"\0\0\0\2\0\0\0\3"
    found, damage = by_replay(database, bytes(journal))
    assert damage == ""
    assert found == by_sqlite(tmp_path / "torn", database, bytes(journal))


@pytest.mark.parametrize("journal", [b"", bytes(20), b"x" * 31, bytes(32), bytes(5000)])
def test_a_journal_that_never_reached_the_disk_is_no_damage(tmp_path: Path, journal: bytes) -> None:
    database, _ = journaled(tmp_path)
    replayed = replay(database, journal)
    assert replayed.damage == ""
    assert replayed.content[20:] == database[20:]


def test_sums_of_the_other_order_of_octets_are_understood(tmp_path: Path) -> None:
    database, journal = journaled(tmp_path)
    turned = _with_sums_of(journal, "big" if journal[3] & 1 == 0 else "little")
    assert by_replay(database, turned) == by_replay(database, journal)
    assert by_sqlite(tmp_path / "turned", database, turned) == by_replay(database, journal)[0]


def _with_sums_of(journal: bytes, order: Literal["big", "little"]) -> bytes:
    """The journal as a machine of the other order of octets writes it; the sums by the definition, word by word."""
    octets = bytearray(journal)
    octets[3] ^= 1

    def go_on(sums: tuple[int, int], content: bytes) -> tuple[int, int]:
        first, second = sums
        for offset in range(0, len(content), 8):
            first += second + int.from_bytes(content[offset : offset + 4], order)
            first &= 0xFFFF_FFFF
            second += first + int.from_bytes(content[offset + 4 : offset + 8], order)
            second &= 0xFFFF_FFFF
        return first, second

    def stored(sums: tuple[int, int]) -> bytes:
        return sums[0].to_bytes(4, "big") + sums[1].to_bytes(4, "big")

    sums = go_on((0, 0), bytes(octets[:24]))
    octets[24:32] = stored(sums)
    for begin in range(32, len(octets), FRAME):
        sums = go_on(sums, bytes(octets[begin : begin + 8] + octets[begin + 24 : begin + FRAME]))
        octets[begin + 16 : begin + 24] = stored(sums)
    return bytes(octets)
