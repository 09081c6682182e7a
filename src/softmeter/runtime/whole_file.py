"""Files written whole or not at all: neither a full disk nor an interruption leaves half of one."""

import os
from contextlib import suppress
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.runtime.lock import synchronise


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file in place of one that is there; what is no file, such as a pipe, is written as it is.

    A link stays one: what it names is written. A file that fewer may read than `mode` says stays so.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = Path(os.path.realpath(path))
    if path.exists():
        mode &= path.stat().st_mode
    fresh = path.with_name(fresh_name(path.name))
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    synchronise(path.parent)


def fresh_name(name: str) -> str:
    """In what the next content of a file is written, beside it."""
    return f"{name}.new"


def check_writable(path: Path, option: str, coming: Path | None = None, *, in_place: bool = False) -> None:
    """Find out whether a file can be written, before there is anything to write; `coming` is a directory not yet made.

    What is written whole needs room beside it; `in_place`: it is not.

    Raises:
        ConfigurationError: it cannot; says why.
    """
    directory = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory; give the name of a file", option)
    if path.exists():
        if not os.access(path, os.W_OK):
            raise ConfigurationError(f"{path} cannot be written; choose another file", option)
        if path.is_file() and not in_place:
            _check_directory(path, directory, option)
    elif not directory.is_dir():
        if coming is None or directory.resolve() != coming.resolve():
            raise ConfigurationError(f"{path} cannot be made: there is no directory {directory}", option)
    else:
        _check_directory(path, directory, option)


def _check_directory(path: Path, directory: Path, option: str) -> None:
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigurationError(f"{path} cannot be made: {directory} cannot be written", option)


def check_kind(path: Path, kind: str, begins: tuple[bytes, ...]) -> None:
    """Refuse to write over a file that does not begin as files of a kind do; an empty one may be anything.

    Raises:
        ConfigurationError: there is such a file, or one that cannot be read.
    """
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(max(map(len, begins)))
    except OSError as error:
        message = f"is there and cannot be read ({error.strerror}); name another file"
        raise ConfigurationError(message, str(path)) from None
    if head and not head.startswith(begins):
        raise ConfigurationError(f"is there and is no {kind}; name another file, or move it away first", str(path))
