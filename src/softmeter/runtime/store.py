"""The memory that survives: one SQLite file in the state directory, one transaction per commit, only what changed.

Write-ahead log with `synchronous=FULL`: a commit that returned is on the disk, one that did not is not there at all.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from softmeter.errors import ConfigurationError, LocalProtocolError, StorageError
from softmeter.instant import Instant, iso
from softmeter.persistent import Changes, Rows, Scalar
from softmeter.runtime.inspection import JOURNALS, inspect
from softmeter.runtime.lock import DirectoryLock
from softmeter.runtime.row_text import fields, texts
from softmeter.runtime.saved import Saved, read
from softmeter.runtime.schema import checksum, create, migrate

FILE_NAME = "meter.sqlite"
BUSY_S = 5.0
"""How long to wait while somebody else's SQLite tool writes."""

Describe = Callable[[str, str, Scalar], str]
"""Part, name and value to the text that stands beside the value."""


def plain_text(_part: str, _name: str, value: Scalar) -> str:
    """A value as it is, octets in hex."""
    return value.hex() if isinstance(value, bytes) else str(value)


@dataclass(slots=True)
class _Extent:
    """Which rows of a ring are stored, and their layout."""

    first: int = 0
    end: int = 0
    fields: str = "[]"


class Store:
    """An open state file; use it from one thread at a time."""

    def __init__(
        self, directory: Path, lock: DirectoryLock, connection: sqlite3.Connection, describe: Describe
    ) -> None:
        """Use `open`."""
        self.directory = directory
        self._lock = lock
        self._connection = connection
        self._describe = describe
        self._durable = True
        self._broken = False
        self._extents: dict[int, dict[str, _Extent]] = {}

    @classmethod
    def open(cls, directory: Path, describe: Describe = plain_text) -> "Store":
        """Open the state in `directory`, or begin one there.

        Raises:
            ConfigurationError: the directory is in use or cannot be used; the file is somebody else's or a newer one.
            StorageError: the file is damaged or cannot be read; it is left as it is.
        """
        lock = DirectoryLock(directory)
        try:
            path = directory / FILE_NAME
            if path.exists():
                inspect(path)
            else:
                _begin(path)
            return cls(directory, lock, _connect(path), describe)
        except BaseException:
            lock.release()
            raise

    def load(self, meter: str) -> Saved | None:
        """What is stored of `meter`; None where nothing is.

        Raises:
            StorageError: the file became unreadable.
        """
        try:
            return read(self._connection, meter)
        except sqlite3.Error as error:
            raise StorageError(f"{self.directory / FILE_NAME}: cannot be read ({error})") from error

    def commit(self, meter: str, changes: Changes, real: int, *, durable: bool = True) -> None:
        """Store `changes` of `meter` in one transaction; `real`: wall clock at this state, nanoseconds since 1970 UTC.

        Without `durable` the commit is whole but may, with those after it, be lost when the machine (not the
        process) dies; the next durable one makes it durable too.

        Raises:
            StorageError: it could not be stored. Nothing of it is, and the store takes no more: stop, do not answer.
        """
        if self._broken:
            raise StorageError(f"{self.directory / FILE_NAME}: an earlier commit failed")
        self._broken = True
        try:
            if durable != self._durable:
                self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with self._transaction():
                identity = self._meter(meter, real)
                self._write_values(identity, changes)
                self._write_rows(identity, changes)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{self.directory / FILE_NAME}: could not be written ({error})") from error
        self._broken = False

    def close(self) -> None:
        """Close the file and let others use the directory."""
        with suppress(sqlite3.Error):  # what was committed stays committed, in the journal if need be
            self._connection.close()
        self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):  # closing the file does the same
                    self._connection.execute("ROLLBACK")

    def _meter(self, name: str, real: int) -> int:
        execute = self._connection.execute
        row = execute("SELECT id FROM meters WHERE name = ?", (name,)).fetchone()
        if row is None:
            (identity,) = execute("SELECT coalesce(max(id), 0) + 1 FROM meters").fetchone()
            execute("INSERT INTO meters VALUES (?, ?, 0, '', 0)", (identity, name))
        else:
            (identity,) = row
        crc = checksum(identity, name, real)
        execute("UPDATE meters SET real = ?, text = ?, crc = ? WHERE id = ?", (real, iso(Instant(real)), crc, identity))
        return int(identity)

    def _write_values(self, meter: int, changes: Changes) -> None:
        removed = [(meter, part, name) for (part, name), value in changes.values.items() if value is None]
        written = [
            (meter, part, name, _storable(value, part, name), self._describe(part, name, value))
            for (part, name), value in changes.values.items()
            if value is not None
        ]
        if removed:
            self._connection.executemany("DELETE FROM state WHERE meter = ? AND part = ? AND name = ?", removed)
        self._connection.executemany(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?)", [(*row, checksum(*row[:4])) for row in written]
        )

    def _write_rows(self, meter: int, changes: Changes) -> None:
        for ring in sorted(changes.appended.keys() | changes.dropped.keys()):
            extent = self._extent(meter, ring)
            if ring in changes.dropped:
                extent.first = changes.dropped[ring]
                extent.end = max(extent.end, extent.first)
                self._connection.execute(
                    "DELETE FROM rows WHERE meter = ? AND ring = ? AND number < ?", (meter, ring, extent.first)
                )
            if ring in changes.appended:
                self._append(meter, ring, extent, *changes.appended[ring])
            row = (meter, ring, extent.first, extent.end, extent.fields)
            self._connection.execute("INSERT OR REPLACE INTO rings VALUES (?, ?, ?, ?, ?, ?)", (*row, checksum(*row)))

    def _append(self, meter: int, ring: str, extent: _Extent, begin: int, rows: Rows) -> None:
        described = fields(rows.dtype)
        if begin != extent.end:
            raise LocalProtocolError(f"rows of {ring} from {begin} on, but those before {extent.end} are stored")
        if described != extent.fields and extent.first < extent.end:
            raise LocalProtocolError(f"rows of {ring} with other fields than those stored")
        extent.fields = described
        written = [
            (meter, ring, number, at, record, text, checksum(meter, ring, number, record))
            for number, record, (at, text) in zip(
                range(begin, begin + len(rows)), _records(rows), texts(rows), strict=True
            )
        ]
        self._connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", written)
        extent.end = begin + len(rows)

    def _extent(self, meter: int, ring: str) -> _Extent:
        if meter not in self._extents:
            query = 'SELECT ring, first, "end", fields FROM rings WHERE meter = ?'
            self._extents[meter] = {name: _Extent(*rest) for name, *rest in self._connection.execute(query, (meter,))}
        return self._extents[meter].setdefault(ring, _Extent())


def _begin(path: Path) -> None:
    """Make an empty state file: whole or not at all, readable by its owner only."""
    if any(path.with_name(path.name + suffix).exists() for suffix in JOURNALS):
        message = f"{path}: is missing, though its journal is there; restore it or choose another directory"
        raise StorageError(message)
    fresh = path.with_name(path.name + ".new")
    try:
        for left in (fresh, *(fresh.with_name(fresh.name + suffix) for suffix in (*JOURNALS, "-shm"))):
            left.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            create(connection)
        finally:
            connection.close()
        fresh.replace(path)
        synchronise(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{path}: cannot be made ({error})") from error


def synchronise(directory: Path) -> None:
    """Have a directory's entries on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        migrate(connection)
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise ConfigurationError("its file system takes no write-ahead log; choose a local directory", str(path))
        connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as error:
        raise StorageError(f"{path}: cannot be opened ({error})") from error
    return connection


def _records(rows: Rows) -> list[bytes]:
    octets, size = rows.tobytes(), rows.dtype.itemsize
    return [octets[offset : offset + size] for offset in range(0, len(octets), size)]


def _storable(value: Scalar, part: str, name: str) -> Scalar:
    # SQLite would take a NumPy number for octets, and a longer integer not at all.
    if type(value) not in {int, bool, str, bytes}:
        raise LocalProtocolError(f"{part} saves {name} as {type(value).__name__}, which is no scalar")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise LocalProtocolError(f"{part} saves {name} = {value}, which is longer than 64 bits")
    return value
