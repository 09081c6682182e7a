"""The tables of the state file, its version, and the way from older versions to this one; see docs/state-file.md."""

import sqlite3
from collections.abc import Callable, Mapping

from softmeter.errors import ConfigurationError, StorageError
from softmeter.runtime.version_1 import sum_texts

APPLICATION_ID = 0x536D_7472
"""`Smtr`: says in the file's header whose it is."""
VERSION = 2

TABLES = """
CREATE TABLE meters (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  real INTEGER NOT NULL,
  text TEXT NOT NULL,
  commits INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  total INTEGER NOT NULL,
  closed INTEGER NOT NULL,
  crc INTEGER NOT NULL
);
CREATE TABLE state (
  meter INTEGER NOT NULL REFERENCES meters (id),
  part TEXT NOT NULL,
  name TEXT NOT NULL,
  value NOT NULL,
  text TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (meter, part, name)
) WITHOUT ROWID;
CREATE TABLE rings (
  meter INTEGER NOT NULL REFERENCES meters (id),
  ring TEXT NOT NULL,
  first INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  fields TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (meter, ring)
) WITHOUT ROWID;
CREATE TABLE rows (
  meter INTEGER NOT NULL REFERENCES meters (id),
  ring TEXT NOT NULL,
  number INTEGER NOT NULL,
  at TEXT,
  record BLOB NOT NULL,
  text TEXT NOT NULL,
  crc INTEGER NOT NULL,
  PRIMARY KEY (meter, ring, number)
) WITHOUT ROWID;
"""

Migration = Callable[[sqlite3.Connection], None]
MIGRATIONS: Mapping[int, Migration] = {1: sum_texts}
"""Version to the step that leads from it to the next one; runs inside one transaction with all the others."""


def create(connection: sqlite3.Connection) -> None:
    """Make an empty state file of this version out of an empty file."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(
        f"BEGIN; {TABLES} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; COMMIT;"
    )


def check_version(connection: sqlite3.Connection, where: str) -> int:
    """The file's version.

    Raises:
        ConfigurationError: the file is somebody else's, or of a newer version.
    """
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application != APPLICATION_ID or version < 1:
        raise ConfigurationError("is a database, but not the state of a meter; choose another directory", where)
    if version > VERSION:
        message = f"has version {version}, this program knows up to {VERSION}; use the newer program that wrote it"
        raise ConfigurationError(message, where)
    return version


def migrate(
    connection: sqlite3.Connection, migrations: Mapping[int, Migration] = MIGRATIONS, target: int = VERSION
) -> None:
    """Bring a file of an older version to version `target`, in one transaction.

    Raises:
        StorageError: there is no way from the file's version.
    """
    version = _pragma(connection, "user_version")
    if version == target:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version, target):
            if number not in migrations:
                raise StorageError(f"there is no way from version {number} of the state file to {number + 1}")
            migrations[number](connection)
        connection.execute(f"PRAGMA user_version={target}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
