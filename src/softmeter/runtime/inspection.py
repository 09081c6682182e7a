"""Look at a state file before it is touched: in memory, so that a file that is refused stays as it is.

Opening a SQLite file for reading may already replay its journal into it, and in silence leaves out what is damaged of
it; therefore the journal is read here.
"""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple

from softmeter.errors import StorageError
from softmeter.runtime.journal import Replayed, replay
from softmeter.runtime.mark import MARK_NAME, Reached, read_mark
from softmeter.runtime.saved import read
from softmeter.runtime.schema import TABLES, check_version, migrate

JOURNALS = ("-wal", "-journal")
_MAGIC = b"SQLite format 3\0"
_HEADER_SIZE = 100
_ROLLBACK_MAGIC = bytes.fromhex("d9d505f920a163d7")
_ATTEMPTS = 5
_LONGEST_LINE = 300
_ADVICE = "it was left as it is: restore a copy of it or choose another directory"
_GO_ON = f"(to go on from what is there all the same, with older counters, write 0 into {MARK_NAME})"


class Inspected(NamedTuple):
    """What is known of a state file with which this program can go on."""

    commits: int
    accepted: bool
    """A person has it go on, though it may be older than what was stored last."""


def inspect(path: Path) -> Inspected:
    """Make sure that this program can go on with the state file at `path`, which stays untouched.

    Raises:
        ConfigurationError: it is somebody else's, or of a newer version.
        StorageError: it is damaged, older than what was stored, or cannot be read.
    """
    try:
        reached = read_mark(path.parent)
        replayed = replay(*_contents(path))
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.deserialize(replayed.content)
            check_version(connection, str(path))
            _check_journal(replayed, reached)
            migrate(connection)
            _check_content(connection)
            return Inspected(_check_reached(connection, reached), reached is not None and reached.accepted)
    except StorageError as error:
        raise StorageError(f"{path}: {_line(error)}; {_ADVICE}") from error
    except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
        raise StorageError(f"{path}: damaged ({_line(error)}); {_ADVICE}") from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error


def _line(error: Exception) -> str:
    """An error that may quote what is damaged, in one line that a terminal can show."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(error))
    return text if len(text) <= _LONGEST_LINE else text[:_LONGEST_LINE] + "…"


def _contents(path: Path) -> tuple[bytes, bytes]:
    """The file and its journal as they are at one instant, though an SQLite tool may be about to close them."""
    for _ in range(_ATTEMPTS):
        before = _stamps(path)
        database, journal, rollback = _octets(path), _octets(_beside(path, "-wal")), _octets(_beside(path, "-journal"))
        if _stamps(path) == before:
            break
    if len(database) < _HEADER_SIZE or not database.startswith(_MAGIC):
        raise StorageError("damaged: it does not begin like a database")
    if rollback.startswith(_ROLLBACK_MAGIC):
        raise StorageError("the journal of an interrupted SQLite tool lies beside it; open it once with that tool")
    return database, journal


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _stamps(path: Path) -> list[tuple[int, int] | None]:
    stamps: list[tuple[int, int] | None] = []
    for file in (path, *(_beside(path, suffix) for suffix in JOURNALS)):
        try:
            status = file.stat()
        except FileNotFoundError:
            stamps.append(None)
        else:
            stamps.append((status.st_mtime_ns, status.st_size))
    return stamps


def _check_journal(replayed: Replayed, reached: Reached | None) -> None:
    if replayed.damage and not (reached and reached.jumping):
        raise StorageError(f"damaged: {replayed.damage} {_GO_ON}")


def _check_content(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StorageError(f"damaged: {' '.join(str(verdict).split())}")
    found = _columns(connection)
    for table, columns in _expected().items():
        if found.get(table) != columns:
            raise StorageError(f"damaged: table {table} has the columns {found.get(table)}, not {columns}")
    meters = dict(connection.execute("SELECT id, name FROM meters"))
    for name in meters.values():
        read(connection, name)
    for table in ("state", "rings", "rows"):
        owners = {meter for (meter,) in connection.execute(f"SELECT DISTINCT meter FROM {table}")}  # noqa: S608  ours
        if not owners <= meters.keys():
            raise StorageError(f"damaged: {table} of unknown meters {sorted(owners - meters.keys())}")


@cache
def _expected() -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as reference:
        reference.executescript(TABLES)
        return _columns(reference)


def _columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')] for table in tables}


def _check_reached(connection: sqlite3.Connection, reached: Reached | None) -> int:
    query = "SELECT coalesce(sum(commits), 0), coalesce(min(closed), 1) FROM meters"
    commits, closed = connection.execute(query).fetchone()
    if reached is None and not closed:
        raise StorageError(f"{MARK_NAME}, which tells how far it had come, is missing {_GO_ON}")
    if reached is not None and commits < reached.commits:
        message = (
            f"an older state than was stored last, commit {commits} of {reached.commits}: the end of its journal is"
        )
        raise StorageError(f"{message} damaged or lost, or an older copy was put back {_GO_ON}")
    return int(commits)
