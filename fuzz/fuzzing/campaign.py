"""Many inputs for one target, in batches that a seed and a number bring back."""

import gc
import hashlib
import itertools
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fuzzing.mutation import Mutator
from fuzzing.seeds import EMPTY
from fuzzing.target import FaultError, Input, Target, check

BATCH = 500
MOST_FAULTS = 20
MOST_LEFT = 5_000
"""Pieces of memory that may be in use beyond those of the first batches: caches fill up."""
MOST_GROWN_KIB = 64 * 1024
"""How much larger the process may be; the allocator gives back late."""
_WARM_UP = 20
_STATM = Path("/proc/self/statm")


@dataclass(slots=True)
class Report:
    """What a campaign has seen."""

    target: str
    inputs: int = 0
    slowest_s: float = 0.0
    grown_kib: int = 0
    faults: list[str] = field(default_factory=list)


def campaign(target: Target, seed: int, *, inputs: int | None, seconds: float | None, keep: Path) -> Report:
    """Run batches until `inputs` were tried or `seconds` have passed; what went wrong is kept in the folder `keep`."""
    gc.collect()
    gc.freeze()  # what is there stays there: a collection must not be counted against an input
    try:
        return _campaign(target, seed, inputs, seconds, keep)
    finally:
        gc.unfreeze()


def _campaign(target: Target, seed: int, inputs: int | None, seconds: float | None, keep: Path) -> Report:
    report, draw, before = Report(target.name), inputs_of(target), (0, 0)
    ends = None if seconds is None else time.monotonic() + seconds
    for batch in itertools.count():
        left = BATCH if inputs is None else inputs - report.inputs
        if left <= 0 or len(report.faults) >= MOST_FAULTS or (ends is not None and time.monotonic() >= ends):
            break
        if batch == _WARM_UP:
            before = _memory()
        target = _batch(target, draw, Random(f"{seed}/{target.name}/{batch}"), min(left, BATCH), report, keep)
    if before != (0, 0):
        after = _memory()
        kept, report.grown_kib = after[0] - before[0], after[1] - before[1]
        if kept > MOST_LEFT or report.grown_kib > MOST_GROWN_KIB:
            report.faults.append(f"memory: {kept} pieces and {report.grown_kib} KiB more after {report.inputs} inputs")
    return report


def inputs_of(target: Target) -> Input:
    """How inputs for the target are drawn."""
    return target.draw if target.whole and target.draw else Mutator(target.seeds, target.draw, target.tokens)


def _batch(target: Target, draw: Input, random: Random, size: int, report: Report, keep: Path) -> Target:
    tried: list[bytes] = []
    try:
        for _ in range(size):
            tried.append(draw(random))
            report.slowest_s = max(report.slowest_s, check(target, tried[-1]))
        target.settle()
    except FaultError as fault:
        if not any(known.startswith(fault.kind) for known in report.faults):  # of each kind the first one
            path = kept_crash(keep, target.name, tried if target.remake else tried[-1:])
            report.faults.append(f'{fault}\n    again: make fuzz FUZZ="--target {target.name} --replay {path}"')
        target = target.remake() if target.remake else target
    report.inputs += len(tried)
    return target


def kept_crash(keep: Path, name: str, tried: Sequence[bytes]) -> Path:
    """Keep inputs, those that came before the last one too where they may have had a part in it."""
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"{name}-{hashlib.sha256(b'/'.join(tried)).hexdigest()[:12]}.hex"
    path.write_text("\n".join(octets.hex() or EMPTY for octets in tried) + "\n", "ascii")
    return path


def _memory() -> tuple[int, int]:
    """Pieces of memory in use, and KiB the process holds now, or held at most where the system does not tell."""
    gc.collect()
    if _STATM.exists():
        kib = int(_STATM.read_text("ascii").split()[1]) * resource.getpagesize() // 1024
    else:
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return sys.getallocatedblocks(), kib
