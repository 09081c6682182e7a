"""Hears what SQLite does to its files: a file system for SQLite that is the usual one and tells of each write.

SQLite reaches files through a table of functions (https://www.sqlite.org/vfs.html). Here the table of the usual file
system is copied, and the few entries that change something are led past a `Hearer` first. So the very library that
Python's `sqlite3` uses is heard, and the code under test is the one that ships. It needs a Python whose `sqlite3` uses
a shared SQLite library, as those of Linux distributions do.
"""

import ctypes
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Protocol

_OK = 0
_CREATE = 0x4
_NAME = b"heard"


class UnheardError(Exception):
    """This Python's SQLite cannot be heard."""


class Hearer(Protocol):
    """Is told of what changes, before it does; paths are whole."""

    def created(self, path: str) -> None: ...
    def written(self, path: str, offset: int, data: bytes) -> None: ...
    def truncated(self, path: str, size: int) -> None: ...
    def synchronised(self, path: str) -> None: ...
    def deleted(self, path: str) -> None: ...


_Write = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)
_Open = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_Delete = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`; only what is led past the hearer has a type."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        *((f"other{number}", c_void_p) for number in range(13)),
    )


class _File(ctypes.Structure):
    """`sqlite3_file`: what begins every open file."""

    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`."""

    _fields_ = (
        ("version", c_int),
        ("size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("delete", _Delete),
        *((f"other{number}", c_void_p) for number in range(14)),
    )


class HeardSqlite:
    """Has all of SQLite in this process heard, from `begin` to `end`; no connection may outlive `end`."""

    def __init__(self, hearer: Hearer) -> None:
        self._hearer = hearer
        self._library = _library()
        self._paths: dict[int, str] = {}
        self._tables: dict[int, Any] = {}
        usual = self._library.sqlite3_vfs_find(None)
        self._usual = ctypes.cast(usual, POINTER(_Vfs))
        self._heard = _Vfs.from_buffer_copy(self._usual.contents)
        self._heard.name = _NAME
        self._heard.open = _Open(self._open)
        self._heard.delete = _Delete(self._delete)

    def begin(self) -> None:
        self._library.sqlite3_vfs_register(byref(self._heard), 1)

    def end(self) -> None:
        self._library.sqlite3_vfs_unregister(byref(self._heard))
        self._library.sqlite3_vfs_register(self._usual, 1)

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        path = ctypes.string_at(name).decode() if name else ""
        fresh = bool(path) and bool(flags & _CREATE) and not Path(path).exists()
        result: int = self._usual.contents.open(ctypes.addressof(self._usual.contents), name, file, flags, out)
        self._paths.pop(file, None)
        if result == _OK and path:
            self._paths[file] = path
            opened = _File.from_address(file)
            opened.methods = ctypes.pointer(self._table(opened.methods))
            if fresh:
                self._hearer.created(path)
        return result

    def _delete(self, _vfs: int, name: bytes, directory: int) -> int:
        if Path(os.fsdecode(name)).exists():
            self._hearer.deleted(os.fsdecode(name))
        result: int = self._usual.contents.delete(ctypes.addressof(self._usual.contents), name, directory)
        return result

    def _table(self, usual: Any) -> _Methods:
        """The functions of an open file with ours among them; one table for each kind of file."""
        address = ctypes.addressof(usual.contents)
        if address in self._tables:
            found: _Methods = self._tables[address]
            return found
        methods = usual.contents
        heard = _Methods.from_buffer_copy(methods)

        def write(file: int, data: int, size: int, offset: int) -> int:
            self._hearer.written(self._paths[file], offset, ctypes.string_at(data, size))
            result: int = methods.write(file, data, size, offset)
            return result

        def truncate(file: int, size: int) -> int:
            self._hearer.truncated(self._paths[file], size)
            result: int = methods.truncate(file, size)
            return result

        def synchronise(file: int, flags: int) -> int:
            result: int = methods.sync(file, flags)
            self._hearer.synchronised(self._paths[file])
            return result

        heard.write, heard.truncate, heard.sync = _Write(write), _Truncate(truncate), _Sync(synchronise)
        self._tables[address] = self._tables[ctypes.addressof(heard)] = heard
        return heard


@contextmanager
def heard(hearer: Hearer) -> Iterator[None]:
    """Tell `hearer` of everything that SQLite does to files."""
    sqlite = HeardSqlite(hearer)
    sqlite.begin()
    try:
        yield
    finally:
        sqlite.end()


def _library() -> ctypes.CDLL:
    """The SQLite that `sqlite3` of this Python uses.

    Raises:
        UnheardError: it is built in, out of reach.
    """
    maps = Path("/proc/self/maps")
    found = re.search(r"\s(/\S*libsqlite3\S*)$", maps.read_text() if maps.exists() else "", re.MULTILINE)
    if found is None:
        raise UnheardError("sqlite3 of this Python carries SQLite inside: take one that uses the shared libsqlite3")
    library = ctypes.CDLL(found[1])
    library.sqlite3_libversion.restype = c_char_p
    if library.sqlite3_libversion().decode() != sqlite3.sqlite_version:
        raise UnheardError("there are two SQLite libraries in this process")
    library.sqlite3_vfs_find.restype = c_void_p
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    library.sqlite3_vfs_unregister.argtypes = [c_void_p]
    return library
