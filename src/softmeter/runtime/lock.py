"""One process per state directory, or file of state: an advisory lock on a file in it; and its entries on the disk.

The kernel gives it back however the process ends.
"""

import contextlib
import fcntl
import os
from pathlib import Path

from softmeter.errors import ConfigurationError

LOCK_NAME = "meter.lock"
SUFFIX = ".lock"
"""What the name of a file of state is followed by in that of its lock."""
MOST_ATTEMPTS = 100


class DirectoryLock:
    """The right to use a state directory, or one `file` in it, held until `release` or `abandon`."""

    def __init__(self, directory: Path, file: str = "") -> None:
        """Take the lock, making the directory where there is none.

        Raises:
            ConfigurationError: another process has it, or the directory cannot be made or written.
        """
        self._path = directory / (f"{file}{SUFFIX}" if file else LOCK_NAME)
        self._guarded = directory / file
        self._what = "file" if file else "directory"
        self._made: list[Path] = []
        """Directories that were not there before, the innermost first."""
        try:
            self._descriptor = self._take(directory)
        except OSError as error:
            self._remove_made()
            raise self._unusable(error) from error
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, b"%d\n" % os.getpid())
        except OSError as error:
            self.abandon()
            raise self._unusable(error) from error

    def release(self) -> None:
        """Let others use the directory; the lock file stays, empty."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def abandon(self) -> None:
        """Let others use the directory, in which nothing was kept: the lock file goes, and what was made for it."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.release()
        self._remove_made()

    def _take(self, directory: Path) -> int:
        """The lock file, locked: that which is there then, as who had it before may have abandoned it."""
        while True:
            descriptor = self._opened(directory)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    return descriptor
                os.close(descriptor)
            except FileNotFoundError:
                os.close(descriptor)
            except OSError as error:
                holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise self._taken(error, holder) from error

    def _opened(self, directory: Path) -> int:
        """The lock file. Another start, which had made the directory and comes to nothing, may remove it meanwhile."""
        attempts = 0
        while True:
            attempts += 1
            try:
                self._make(directory)
                return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                if attempts == MOST_ATTEMPTS:
                    raise

    def _make(self, directory: Path) -> None:
        missing = [one for one in (directory, *directory.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700 if one == directory else 0o777, exist_ok=True)
            self._made.insert(0, one)
        if not missing:
            directory.mkdir(exist_ok=True)  # says so where it is no directory

    def _remove_made(self) -> None:
        for directory in self._made:
            with contextlib.suppress(OSError):  # somebody has put something there, or has removed it
                directory.rmdir()

    def _unusable(self, error: OSError) -> ConfigurationError:
        message = f"cannot be used as a state {self._what} ({error.strerror}); choose another one"
        return ConfigurationError(message, str(self._guarded))

    def _taken(self, error: OSError, holder: str) -> ConfigurationError:
        if not isinstance(error, BlockingIOError):
            message = f"its file system gives no locks ({error.strerror}); choose a local directory"
        else:
            message = f"already in use by process {holder or 'unknown'}; stop it or choose another {self._what}"
        return ConfigurationError(message, str(self._guarded))


def synchronise(path: Path) -> None:
    """Have a file's content, or a directory's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
