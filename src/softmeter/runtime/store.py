"""The memory that survives: one SQLite file in the state directory, one transaction per commit, only what changed.

Write-ahead log with `synchronous=FULL`: a commit that returned is on the disk, one that did not is not there at all.
How far it has come stands in the mark beside it, so that no lost or damaged end passes for the end.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softmeter.errors import ConfigurationError, StorageError
from softmeter.persistent import Changes, Scalar
from softmeter.runtime.inspection import JOURNALS, Inspected, inspect
from softmeter.runtime.lock import DirectoryLock, synchronise
from softmeter.runtime.mark import MARK_NAME, Mark, read_mark
from softmeter.runtime.saved import Saved, read
from softmeter.runtime.schema import create, migrate
from softmeter.runtime.writing import Describe, MeterWriter

FILE_NAME = "meter.sqlite"
BUSY_S = 5.0
"""How long somebody else's SQLite tool may write without a word about it."""
PATIENCE_S = 60.0
"""How long it may write at most before the store gives up."""

log = logging.getLogger("softmeter.store")


def plain_text(_part: str, _name: str, value: Scalar) -> str:
    """A value as it is, octets in hex."""
    return value.hex() if isinstance(value, bytes) else str(value)


class Store:
    """An open state file; use it from one thread at a time."""

    def __init__(
        self,
        directory: Path,
        lock: DirectoryLock,
        connection: sqlite3.Connection,
        mark: Mark,
        describe: Describe,
        found: Inspected,
    ) -> None:
        """Use `open`."""
        self.directory = directory
        self.accepted = found.accepted
        """A person had it go on, though its end was damaged or lost."""
        self._lock = lock
        self._connection = connection
        self._mark = mark
        self._describe = describe
        self._path = directory / FILE_NAME
        self._writers: dict[str, MeterWriter] = {}
        (self._commits,) = connection.execute("SELECT coalesce(sum(commits), 0) FROM meters").fetchone()
        self._durable = True
        self._checkpoint_due = True
        self._broken = False

    @classmethod
    def open(cls, directory: Path, describe: Describe = plain_text) -> "Store":
        """Open the state in `directory`, or begin one there.

        Raises:
            ConfigurationError: the directory is in use or cannot be used; the file is somebody else's or a newer one.
            StorageError: the file is damaged, older than what was stored, or cannot be read; it is left as it is.
        """
        lock = DirectoryLock(directory)
        try:
            path, found = directory / FILE_NAME, Inspected(0, accepted=False)
            if path.exists():
                found = inspect(path)
            else:
                _begin(path)
            connection = _connect(path)
            try:
                return cls(directory, lock, connection, _marked(path, found.commits), describe, found)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.abandon()
            raise

    def load(self, meter: str) -> Saved | None:
        """What is stored of `meter`; None where nothing is.

        Raises:
            StorageError: the file became unreadable.
        """
        try:
            return read(self._connection, meter)
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: cannot be read ({error})") from error

    def commit(self, meter: str, changes: Changes, real: int, *, durable: bool = True) -> None:
        """Store `changes` of `meter` in one transaction; `real`: wall clock at this state, nanoseconds since 1970 UTC.

        Without `durable` the commit is whole but may, with those after it, be lost when the machine (not the
        process) dies; the next durable one makes it durable too.

        Raises:
            StorageError: it could not be stored. Nothing of it is, and the store takes no more: stop, do not answer.
        """
        if self._broken:
            raise StorageError(f"{self._path}: an earlier commit failed")
        self._broken = True
        try:
            if durable != self._durable:
                self._change_durability(durable=durable)
            with self._transaction(PATIENCE_S):
                if meter not in self._writers:
                    self._writers[meter] = MeterWriter(self._connection, meter, self._describe)
                self._writers[meter].write(changes, real)
            self._commits += 1
            if durable:
                self._mark.write(self._commits)
                self._checkpoint()
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{self._path}: could not be written ({error})") from error
        self._broken = False

    def close(self) -> None:
        """Close the file and let others use the directory, of which nothing is left if nothing was ever stored."""
        with suppress(
            sqlite3.Error, OSError, StorageError
        ):  # what was committed stays committed, in the journal if need be
            if self._writers and not self._broken:
                self._connection.execute("PRAGMA synchronous=FULL")
                with self._transaction(BUSY_S):
                    for writer in self._writers.values():
                        writer.finish()
                self._mark.write(self._commits)
        with suppress(sqlite3.Error):
            self._connection.close()
        self._mark.close()
        if self._commits:
            self._lock.release()
        else:
            _remove(self._path)
            self._lock.abandon()

    def _change_durability(self, *, durable: bool) -> None:
        if not durable:  # from here on the journal may be torn anywhere; that must be known before it can be
            self._mark.write(self._commits, jumping=True, synchronous=True)
        self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        self._durable = durable
        self._checkpoint_due = True

    def _checkpoint(self) -> None:
        """Take the journal into the file once per run and after each jump, so that little hangs on the journal."""
        if self._checkpoint_due:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._checkpoint_due = False

    @contextmanager
    def _transaction(self, patience_s: float) -> Iterator[None]:
        self._begin_writing(patience_s)
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):  # closing the file does the same
                    self._connection.execute("ROLLBACK")

    def _begin_writing(self, patience_s: float) -> None:
        """Begin a transaction, waiting while an SQLite tool of somebody else's is in one.

        Raises:
            StorageError: it is for longer than `patience_s`.
        """
        waited_s = 0.0
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                waited_s += BUSY_S
                if waited_s >= patience_s:
                    message = (
                        f"{self._path}: locked for {waited_s:g} s by another program; end it, and open it read-only"
                    )
                    raise StorageError(message) from error
                if waited_s == BUSY_S:
                    log.warning("%s: another program is writing into it; waiting up to %g s", self._path, patience_s)
            else:
                return


def _begin(path: Path) -> None:
    """Make an empty state file: whole or not at all, readable by its owner only."""
    left_over = [path.with_name(path.name + suffix) for suffix in JOURNALS]
    if any(file.exists() for file in left_over) or _had_commits(path.parent):
        message = f"{path}: is missing, though its journal or mark is there; restore it or choose another directory"
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
        _remove(fresh)
        raise StorageError(f"{path}: cannot be made ({error})") from error


def _remove(path: Path) -> None:
    """Leave nothing of a state that never held a meter: the mark last, which alone is none."""
    beside = [path.with_name(path.name + suffix) for suffix in ("-shm", *JOURNALS)]
    with suppress(OSError):
        for left in (*beside, path, path.with_name(MARK_NAME)):
            left.unlink(missing_ok=True)


def _had_commits(directory: Path) -> bool:
    try:
        reached = read_mark(directory)
    except (StorageError, OSError):
        return True
    return reached is not None and reached.commits > 0


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        migrate(connection)
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise ConfigurationError("its file system takes no write-ahead log; choose a local directory", str(path))
        connection.execute("PRAGMA synchronous=FULL")
        # Nothing of an earlier run stays in the journal, unless somebody is reading it.
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute(f"PRAGMA busy_timeout={round(BUSY_S * 1000)}")
    except sqlite3.Error as error:
        raise StorageError(f"{path}: cannot be opened ({error})") from error
    return connection


def _marked(path: Path, commits: int) -> Mark:
    """The mark of the file, telling of what is on the disk now."""
    try:
        journal = path.with_name(path.name + "-wal")
        if journal.exists():
            synchronise(journal)
        return Mark(path.parent, commits)
    except OSError as error:
        raise StorageError(f"{path}: {MARK_NAME} beside it cannot be made ({error.strerror})") from error
