"""States of a small meter for tests of the store: made, copied as after a power cut, opened again."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from softmeter.clock import STAMP, Stamp
from softmeter.persistent import Memory, Ring, Scalar
from softmeter.runtime.saved import Saved
from softmeter.runtime.store import FILE_NAME, Store

LOAD = np.dtype([("at", STAMP), ("status", "<u1"), ("energy_wh", "<u4")])
EVENT = np.dtype([("code", "<u1"), ("at", STAMP), ("title", "S8"), ("counts", "<u2", (2,))])
REAL = 1_800_000_000_000_000_000
M = "meter"
WAL = FILE_NAME + "-wal"
MARK = "meter.mark"


class Part:
    def __init__(self) -> None:
        self.values: dict[str, Scalar] = {}

    def saved(self) -> Mapping[str, Scalar]:
        return self.values

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.values = dict(saved)


def load_row(number: int) -> tuple[Stamp, int, int]:
    return Stamp.of(1_790_000_000 + 900 * number, -120, 0x80), number % 251, 7 * number


def hashes(directory: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.iterdir())
        if path.name != "meter.lock"
    }


def image(store: Store, to: Path) -> Path:
    """What the disk holds now, as after the process was killed."""
    to.mkdir()
    for name in (FILE_NAME, WAL, MARK):
        shutil.copyfile(store.directory / name, to / name)
    return to


def reopened(directory: Path) -> Saved | None:
    store = Store.open(directory)
    try:
        return store.load(M)
    finally:
        store.close()


def filled(directory: Path, rows: int = 40) -> Saved:
    store, ring, part, memory = Store.open(directory), Ring("load", LOAD, 5280), Part(), Memory()
    part.values = {"now": REAL, "title": b"KWQ\x00\x01", "name": "Zähler"}
    for number in range(rows):
        ring.append(load_row(number))
    store.commit(M, memory.changes([("device", part)], [ring]), REAL)
    saved = store.load(M)
    store.close()
    assert saved is not None
    return saved
