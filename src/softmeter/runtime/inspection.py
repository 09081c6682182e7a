"""Look at a state file before it is touched: on a private copy, so that a file that is refused stays as it is.

Opening a SQLite file for reading may already replay its journal into it; therefore the copy.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from softmeter.errors import StorageError
from softmeter.runtime.saved import read
from softmeter.runtime.schema import TABLES, check_version, migrate

JOURNALS = ("-wal", "-journal")
_MAGIC = b"SQLite format 3\0"


def inspect(path: Path) -> None:
    """Make sure that this program can go on with the state file at `path`, which stays untouched.

    Raises:
        ConfigurationError: it is somebody else's, or of a newer version.
        StorageError: it is damaged or cannot be read.
    """
    try:
        _check_head(path)
        with _private_copy(path) as copy, closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            check_version(connection, str(path))
            migrate(connection)
            _check_content(connection)
    except StorageError as error:
        message = f"{path}: {error}; it was left as it is: restore a copy of it or choose another directory"
        raise StorageError(message) from error
    except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
        message = f"{path}: damaged ({error}); it was left as it is: restore a copy of it or choose another directory"
        raise StorageError(message) from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error


def _check_head(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise StorageError("damaged: it does not begin like a database")


@contextmanager
def _private_copy(path: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="softmeter-") as directory:
        copy = Path(directory) / path.name
        shutil.copyfile(path, copy)
        for suffix in JOURNALS:
            journal = path.with_name(path.name + suffix)
            if journal.exists():
                shutil.copyfile(journal, copy.with_name(copy.name + suffix))
        yield copy


def _check_content(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StorageError(f"damaged: {' '.join(str(verdict).split())}")
    with closing(sqlite3.connect(":memory:")) as reference:
        reference.executescript(TABLES)
        expected, found = _columns(reference), _columns(connection)
    for table, columns in expected.items():
        if found.get(table) != columns:
            raise StorageError(f"damaged: table {table} has the columns {found.get(table)}, not {columns}")
    meters = dict(connection.execute("SELECT id, name FROM meters"))
    for name in meters.values():
        read(connection, name)
    for table in ("state", "rings", "rows"):
        owners = {meter for (meter,) in connection.execute(f"SELECT DISTINCT meter FROM {table}")}  # noqa: S608  ours
        if not owners <= meters.keys():
            raise StorageError(f"damaged: {table} of unknown meters {sorted(owners - meters.keys())}")


def _columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')] for table in tables}
