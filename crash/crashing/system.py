"""Hears the system calls by which Python code changes files: those of `os` that the runtime uses."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

Descriptor = int
_WRITING = os.O_WRONLY | os.O_RDWR


class Hearer(Protocol):
    """Is told of what changes; paths are whole."""

    def created(self, path: str) -> None: ...
    def written(self, path: str, offset: int, data: bytes) -> None: ...
    def synchronised(self, path: str) -> None: ...
    def deleted(self, path: str) -> None: ...
    def renamed(self, path: str, other: str) -> None: ...


class _HeardSystem:
    """Stands in for functions of `os`; each does what the usual one does, and tells."""

    def __init__(self, hearer: Hearer) -> None:
        self._hearer = hearer
        self._usual: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in CALLS}
        self._paths: dict[Descriptor, str] = {}
        self._silent: set[Descriptor] = set()
        """Open for writing, and nothing written by a call that is heard: a file object writes by itself."""

    def open(self, path: Any, flags: int, *rest: Any, **named: Any) -> Descriptor:
        fresh = bool(flags & os.O_CREAT) and not Path(path).exists()
        descriptor: Descriptor = self._usual["open"](path, flags, *rest, **named)
        self._paths[descriptor] = os.fspath(path)
        self._silent.discard(descriptor)  # a file object closes without telling
        if flags & _WRITING:
            self._silent.add(descriptor)
        if fresh:
            self._hearer.created(os.fspath(path))
        return descriptor

    def close(self, descriptor: Descriptor) -> None:
        self._paths.pop(descriptor, None)
        self._silent.discard(descriptor)
        self._usual["close"](descriptor)

    def pwrite(self, descriptor: Descriptor, data: bytes, offset: int) -> int:
        self._silent.discard(descriptor)
        if descriptor in self._paths:
            self._hearer.written(self._paths[descriptor], offset, bytes(data))
        written: int = self._usual["pwrite"](descriptor, data, offset)
        return written

    def fsync(self, descriptor: Descriptor) -> None:
        path = self._paths.get(descriptor)
        if path is not None and descriptor in self._silent:
            self._hearer.written(path, 0, Path(path).read_bytes())
        self._usual["fsync"](descriptor)
        if path is not None:
            self._hearer.synchronised(path)

    def replace(self, path: Any, other: Any, **named: Any) -> None:
        self._hearer.renamed(os.fspath(path), os.fspath(other))
        self._usual["replace"](path, other, **named)
        for descriptor, opened in self._paths.items():
            if opened == os.fspath(path):
                self._paths[descriptor] = os.fspath(other)

    def unlink(self, path: Any, **named: Any) -> None:
        if Path(path).exists():
            self._hearer.deleted(os.fspath(path))
        self._usual["unlink"](path, **named)


CALLS = ("open", "close", "pwrite", "fsync", "replace", "unlink")


@contextmanager
def system_heard(hearer: Hearer) -> Iterator[None]:
    """Tell `hearer` of what Python code in this process does to files by itself."""
    stand_in = _HeardSystem(hearer)
    usual = {name: getattr(os, name) for name in CALLS}
    try:
        for name in CALLS:
            setattr(os, name, getattr(stand_in, name))
        yield
    finally:
        for name, function in usual.items():
            setattr(os, name, function)
