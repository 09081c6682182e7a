"""Rows measured inside this process, on softmeter's Python interface, with what other libraries need beside it."""

from __future__ import annotations

import gc
import json
import subprocess
import time
import tracemalloc
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from meters import ROWS as PROFILE_ROWS
from meters import Fleet
from rows import Alone, Figure

from interop.environments import interpreter
from softmeter.cosem.buffer import encode_rows
from softmeter.dlms.buffers import decode_rows, decode_times
from softmeter.meter.model.capture import LOAD, travelling

if TYPE_CHECKING:
    from collections.abc import Callable

    from softmeter.meter.actor import Actor

HERE = Path(__file__).resolve().parent


def per_second(work: Callable[[], object], seconds: float) -> float:
    """How often `work` can be done in a second of processor time: the median of five turns."""
    work()
    start = time.process_time()
    work()
    count = max(1, int(seconds / 5 / (time.process_time() - start)))
    rates = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(count):
            work()
        rates.append(count / (time.process_time() - start))
    return median(rates)


def profile() -> tuple[Any, Any]:
    """The rows of a full load profile 1, and how its columns travel."""
    part = Fleet().full().meter.device.profile(LOAD)
    rows = part.ring.rows()
    if len(rows) != PROFILE_ROWS:
        raise SystemExit(f"the profile holds {len(rows)} rows")
    return rows, tuple(travelling(column) for column in part.settings.columns)


def gurux(*, quick: bool) -> dict[str, float]:
    command = [str(interpreter("gurux")), str(HERE / "gurux_rows.py"), "1" if quick else "5"]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


def encoded(*, quick: bool) -> Figure:
    rows, columns = profile()
    rate = len(rows) * per_second(lambda: encode_rows(rows, columns), 0.2 if quick else 1.0)
    return Figure(rate / 1e6, "M rows/s", f"gurux-dlms {gurux(quick=quick)['encoded'] / 1e6:.3f}")


def decoded(*, quick: bool) -> Figure:
    octets = encode_rows(*profile())

    def typed() -> int:
        """Typed columns: the times as local time and deviation, the rest as numbers."""
        stamps, *numbers = decode_rows(octets)
        return len(decode_times(stamps.values)) + len(numbers)

    rate = PROFILE_ROWS * per_second(typed, 0.2 if quick else 1.0)
    return Figure(rate / 1e6, "M rows/s", f"gurux-dlms {gurux(quick=quick)['decoded'] / 1e6:.3f}")


def one_more(*, quick: bool) -> Figure:
    """What a further meter allocates after 55 days, nobody connected; the power quality profile empty, and full."""
    fleet, count = Fleet(), 10 if quick else 40
    without, full = (_allocated(fleet, count, quality=quality) for quality in (False, True))
    return Figure(without, "KiB", f"with the power quality profile full {full:.0f}")


def _allocated(fleet: Fleet, count: int, *, quality: bool) -> float:
    """KiB of each of so many further meters."""
    kept = [fleet.full(quality=quality)]
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept += [fleet.full(quality=quality) for _ in range(count)]
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if len(kept[-1].meter.device.profile(LOAD).ring) != PROFILE_ROWS:
        raise SystemExit("the profile is not full")
    return (after - before) / count / 1024


def resident() -> int:
    """Octets of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def thousand(*, quick: bool) -> Figure:
    """A thousand of them in this process, as the operating system counts it."""
    fleet, count = Fleet(), 200 if quick else 1000
    kept: list[Actor] = [fleet.full() for _ in range(20)]
    gc.collect()
    before = resident()
    kept += [fleet.full() for _ in range(count)]
    gc.collect()
    each = (resident() - before) / count / 1024
    shared = len({id(actor.meter.dictionary) for actor in kept})
    return Figure(each, "KiB", f"{len(kept):,} meters, {shared} model")


ROWS = (
    Alone("profile encoded", ">= 5 M rows/s", encoded),
    Alone("profile decoded to typed columns", ">= 1.4 M rows/s", decoded),
    Alone("memory of one more meter, load profile 1 full", "<= 90 KiB", one_more),
    Alone("resident memory per meter, a thousand in one process", "<= 90 KiB", thousand),
)
