"""One process per state directory: an advisory lock on a file in it; and its entries on the disk.

The kernel gives it back however the process ends.
"""

import fcntl
import os
from pathlib import Path

from softmeter.errors import ConfigurationError

LOCK_NAME = "meter.lock"


class DirectoryLock:
    """The right to use a state directory, held until `release`."""

    def __init__(self, directory: Path) -> None:
        """Take the lock, making the directory where there is none.

        Raises:
            ConfigurationError: another process has it, or the directory cannot be made or written.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            message = f"cannot be used as a state directory ({error.strerror}); choose another one"
            raise ConfigurationError(message, str(directory)) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                message = f"its file system gives no locks ({error.strerror}); choose a local directory"
                raise ConfigurationError(message, str(directory)) from error
            message = f"already in use by process {holder or 'unknown'}; stop it or choose another directory"
            raise ConfigurationError(message, str(directory)) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Let others use the directory; the lock file stays, empty."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def synchronise(path: Path) -> None:
    """Have a file's content, or a directory's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
