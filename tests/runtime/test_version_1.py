"""A state file of version 1, as the first programs wrote it, is taken over whole or refused."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runtime.states import LOAD, M, hashes, load_row
from softmeter.errors import StorageError
from softmeter.runtime.checksum import checksum
from softmeter.runtime.schema import VERSION
from softmeter.runtime.store import FILE_NAME, Store

OLD = Path(__file__).with_name("version_1.sqlite")


def laid_out(directory: Path, sql: str = "") -> Path:
    shutil.copyfile(OLD, directory / FILE_NAME)
    with closing(sqlite3.connect(directory / FILE_NAME, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        connection.executescript(sql)
    return directory


def test_it_is_taken_over_with_all_it_holds(tmp_path: Path) -> None:
    store = Store.open(laid_out(tmp_path))
    saved, other = store.load(M), store.load("other")
    store.close()
    assert saved is not None
    assert other is not None
    assert other.values == {"p": {"n": -1}}
    assert saved.values["counters"] == {"own.1": 257, "title.1": b"KWQ\0"}
    assert saved.values["device"]["name"] == "Zähler"
    assert saved.rings["load"].first == 5
    assert [tuple(row) for row in saved.rings["load"].rows(LOAD).tolist()] == [load_row(n) for n in range(5, 40)]
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        for *content, crc in connection.execute("SELECT meter, part, name, value, text, crc FROM state"):
            assert crc == checksum(*content)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE state SET value = 258 WHERE name = 'own.1'",
        "UPDATE rows SET record = zeroblob(length(record)) WHERE number = 7",
        "UPDATE meters SET real = real + 1 WHERE name = 'other'",
        "DELETE FROM state WHERE name = 'own.1'",
        "DELETE FROM rows WHERE number = 7",
    ],
)
def test_damage_is_not_given_a_new_check_sum(tmp_path: Path, damage: str) -> None:
    before = hashes(laid_out(tmp_path, damage))
    with pytest.raises(StorageError, match="damaged"):
        Store.open(tmp_path)
    assert hashes(tmp_path) == before
