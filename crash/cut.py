"""Cuts power at every write, damages files, kills processes, measures what is written; the exit status is the verdict.

python crash/cut.py --seconds 60 --seed 1
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from crashing.activation import activations  # noqa: E402 - the path is set first
from crashing.campaign import Report, Task, campaign  # noqa: E402
from crashing.corruption import Damaged, corruption  # noqa: E402
from crashing.growth import measured  # noqa: E402
from crashing.killing import kills  # noqa: E402

T = TypeVar("T")
HOUR_S, MINUTE_S = 3600.0, 60.0
MEMORY = Path("/dev/shm")
SHARES = {"images": 0.4, "activation": 0.05, "corruption": 0.2, "growth": 0.15, "kills": 0.2}
"""Of the time, where no number says how much there is to do."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="time for everything together (default 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--part", action="append", choices=list(SHARES), help="only this one; may be given several times"
    )
    parser.add_argument(
        "--number", type=int, help="so many images, damages or kills with each signal, instead of a time"
    )
    parser.add_argument("--life", type=float, help="seconds of bench time that a life takes which is cut")
    parser.add_argument("--workers", type=int, default=min(2, multiprocessing.cpu_count()))
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    told = arguments(given)
    parts = told.part or list(SHARES)
    whole = sum(SHARES[part] for part in parts)
    faults = 0
    with tempfile.TemporaryDirectory(prefix="softmeter-crash-", dir=MEMORY if MEMORY.is_dir() else None) as scratch:
        for part in parts:
            faults += DOINGS[part](Path(scratch) / part, told, told.seconds * SHARES[part] / whole)
    print(f"{faults} faults")
    return 1 if faults else 0


def images(scratch: Path, told: argparse.Namespace, seconds: float) -> int:
    begun, report = time.monotonic(), Report()
    length_s = told.life or (2 * HOUR_S / told.workers if told.number else min(HOUR_S, 5 * seconds))
    for part in _spread(campaign, tasks(scratch, told, seconds, length_s)):
        report.add(part)
    print(f"{report.images:,} distinct images of {report.tried:,} in {time.monotonic() - begun:,.0f} s")
    print(f"  {report.recoveries:,} starts recorded and cut again, {report.promises:,} meters held to what they told")
    show("cut in", report.writers)
    show("left", report.leavings)
    return tell(report.faults)


def damages(scratch: Path, told: argparse.Namespace, seconds: float) -> int:
    begun, report = time.monotonic(), Damaged()
    for part in _spread(corruption, tasks(scratch, told, seconds, MINUTE_S)):
        report.add(part)
    print(f"{report.tried:,} times damaged in {time.monotonic() - begun:,.0f} s")
    show("outcome:", report.outcomes)
    show("file:", report.files)
    show("damage:", report.ways)
    return tell(report.faults)


def activated(scratch: Path, told: argparse.Namespace, seconds: float) -> int:
    """Activations one after the other, until there are enough images or the time is over."""
    begun, seed, tried, outcomes, faults = time.monotonic(), told.seed, 0, Counter[str](), 0
    while tried < told.number if told.number else time.monotonic() - begun < seconds:
        report = activations(scratch / "activation", seed, 1.0)
        seed, tried = seed + 1, tried + report.images
        outcomes += report.outcomes
        faults += tell(report.faults)
    print(f"{tried:,} cuts of activations in {time.monotonic() - begun:,.0f} s")
    show("starts with", outcomes)
    return faults


def growth(scratch: Path, told: argparse.Namespace, seconds: float) -> int:
    for line in measured(scratch, told.seed, seconds):
        print(line, flush=True)
    return 0


def killed(scratch: Path, told: argparse.Namespace, seconds: float) -> int:
    faults = 0
    for report in kills(scratch, told.seed, told.number, seconds, told.workers):
        print(report.line, flush=True)
        faults += tell(report.faults)
    return faults


DOINGS = {"images": images, "activation": activated, "corruption": damages, "growth": growth, "kills": killed}


def tasks(scratch: Path, told: argparse.Namespace, seconds: float, length_s: float) -> list[Task]:
    until = None if told.number else time.monotonic() + seconds
    share = -(-(told.number or round(seconds * 1000)) // told.workers)
    return [
        Task(scratch / str(worker), 1000 * told.seed + worker, length_s, share, until) for worker in range(told.workers)
    ]


def _spread(work: Callable[[Task], T], given: list[Task]) -> list[T]:
    with ProcessPoolExecutor(len(given), multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(work, given))


def show(what: str, counted: Counter[str]) -> None:
    for name, count in sorted(counted.items()):
        print(f"  {what} {name:<40}{count:>10,}")


def tell(faults: Sequence[str]) -> int:
    for fault in faults:
        print(f"  FAULT {fault}")
    return len(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
