"""Records everything that changes the files of a state directory: by SQLite, and by the few system calls of our own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crashing.disk import Image, Kind, Op
from crashing.system import system_heard
from crashing.vfs import heard
from softmeter.apps.assembly import KEY_FILE
from softmeter.runtime.lock import LOCK_NAME
from softmeter.runtime.mark import MARK_NAME
from softmeter.runtime.store import FILE_NAME

UNRECORDED = (LOCK_NAME, FILE_NAME + "-shm", FILE_NAME + ".new-shm")
"""A cut leaves nothing of a lock, and SQLite makes its shared memory anew."""


def files_of(directory: Path) -> Image:
    """What is in a state directory now."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.name not in UNRECORDED}


def lay_out(image: Image, directory: Path) -> None:
    """Make the files of an image, and nothing else, in a directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name, content in image.items():
        (directory / name).write_bytes(content)


class Recording:
    """What happened in a directory since it was as in `before`."""

    def __init__(self, directory: Path) -> None:
        self.before: Image = files_of(directory) if directory.exists() else {}
        self.ops: list[Op] = []
        self.phase = "opening"
        """What the meter is about, for the count of writers."""
        self._directory = str(directory)
        self._files = {name: number for number, name in enumerate(sorted(self.before))}
        self._next = len(self._files)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Record while this lasts."""
        with system_heard(self), heard(self):
            yield

    def created(self, path: str) -> None:
        if name := self._name(path):
            self._files[name] = self._next
            self._next += 1
            self._note(Kind.CREATED, name)

    def written(self, path: str, offset: int, data: bytes) -> None:
        if name := self._name(path):
            self._note(Kind.WRITTEN, name, offset, data)

    def truncated(self, path: str, size: int) -> None:
        if name := self._name(path):
            self._note(Kind.TRUNCATED, name, size)

    def synchronised(self, path: str) -> None:
        if path == self._directory:
            self.ops.append(Op(Kind.LISTED, -1, "", writer=self.phase))
        elif name := self._name(path):
            self._note(Kind.SYNCHRONISED, name)

    def deleted(self, path: str) -> None:
        if name := self._name(path):
            self._note(Kind.DELETED, name)
            del self._files[name]

    def renamed(self, path: str, other: str) -> None:
        if name := self._name(path):
            self._note(Kind.RENAMED, name, other=Path(other).name)
            self._files[Path(other).name] = self._files.pop(name)

    def _name(self, path: str) -> str:
        """The name of a file of the directory that counts; empty for others."""
        folder, name = os.path.split(path)
        return name if folder == self._directory and name not in UNRECORDED else ""

    def _note(self, kind: Kind, name: str, offset: int = 0, data: bytes = b"", other: str = "") -> None:
        self.ops.append(Op(kind, self._files[name], name, offset, data, other, self._writer(name)))

    def _writer(self, name: str) -> str:
        if name.startswith(MARK_NAME):
            return "mark"
        if name.startswith(KEY_FILE):
            return "key file"
        return "checkpoint" if name == FILE_NAME and self.phase not in {"opening", "migration"} else self.phase
