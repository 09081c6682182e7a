"""Progress of what takes longer than a moment, on a terminal only: octets of a long read, steps of many short ones."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

PATIENCE_S = 1.0
"""What takes longer shows its progress."""


@contextmanager
def octets(title: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """Tell of octets that have arrived, about `total` of them (0: nobody knows)."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import DownloadColumn, TransferSpeedColumn

    with _bar(title, total, DownloadColumn(), TransferSpeedColumn()) as tell:
        yield tell


@contextmanager
def steps(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Tell of steps that are done, `total` of them."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import MofNCompleteColumn

    with _bar(title, total, MofNCompleteColumn()) as tell:
        yield tell


@contextmanager
def _bar(title: str, total: int, *counters: "ProgressColumn") -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), *counters, TimeRemainingColumn()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=total or None)
    begun = time.monotonic()

    def tell(done: int) -> None:
        if time.monotonic() - begun > PATIENCE_S:
            bar.start()
        bar.update(task, completed=done, total=max(total, done) if total else None)

    try:
        yield tell
    finally:
        bar.stop()
