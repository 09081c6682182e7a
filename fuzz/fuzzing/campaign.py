"""Many inputs for one target, in batches that a seed and a number bring back."""

import gc
import hashlib
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
    """What campaigns on a target have seen; `spent_s` is their time, `slowest_s` CPU time of one input."""

    target: str
    inputs: int = 0
    spent_s: float = 0.0
    slowest_s: float = 0.0
    grown_kib: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> int:
        return round(self.inputs / self.spent_s) if self.spent_s else 0

    def add(self, other: "Report") -> None:
        """What another campaign on the same target has seen."""
        self.inputs += other.inputs
        self.spent_s += other.spent_s
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.grown_kib = max(self.grown_kib, other.grown_kib)
        self.faults += other.faults


def campaign(target: Target, seed: int, *, inputs: int | None, seconds: float | None, keep: Path) -> Report:
    """Run batches until `inputs` were tried or `seconds` have passed; what went wrong is kept in the folder `keep`."""
    going = Campaign(target, seed, keep)
    going.run(inputs=inputs, seconds=seconds)
    return going.report


class Campaign:
    """Batches for one target, a few now and more later; each is what the seed and its number make it."""

    def __init__(self, target: Target, seed: int, keep: Path) -> None:
        self.report = Report(target.name)
        self._target = target
        self._draw = inputs_of(target)
        self._seed = seed
        self._keep = keep
        self._batches = 0

    def run(self, *, inputs: int | None = None, seconds: float | None = None) -> None:
        """Batches until `inputs` were tried in all, or `seconds` have passed."""
        gc.collect()
        gc.freeze()  # what is there stays there: a collection must not be counted against an input
        began = time.monotonic()
        try:
            self._run(inputs, None if seconds is None else began + seconds)
        finally:
            gc.unfreeze()
            self.report.spent_s += time.monotonic() - began

    def _run(self, inputs: int | None, ends: float | None) -> None:
        report, before, warm = self.report, (0, 0), self._batches + _WARM_UP
        while len(report.faults) < MOST_FAULTS and (ends is None or time.monotonic() < ends):
            left = BATCH if inputs is None else inputs - report.inputs
            if left <= 0:
                break
            if self._batches == warm:
                before = memory()
            self._batch(min(left, BATCH))
        if before != (0, 0):
            after = memory()
            kept, grown_kib = after[0] - before[0], after[1] - before[1]
            report.grown_kib = max(report.grown_kib, grown_kib)
            if kept > MOST_LEFT or grown_kib > MOST_GROWN_KIB:
                report.faults.append(f"memory: {kept} pieces and {grown_kib} KiB more after {report.inputs} inputs")

    def _batch(self, size: int) -> None:
        target, report, draw = self._target, self.report, self._draw
        random = Random(f"{self._seed}/{target.name}/{self._batches}")
        tried: list[bytes] = []
        try:
            for _ in range(size):
                tried.append(draw(random))
                report.slowest_s = max(report.slowest_s, check(target, tried[-1]))
            target.settle()
        except FaultError as fault:
            noted(report, fault, target, tried, self._keep)
            self._target = target.remake() if target.remake else target
        report.inputs += len(tried)
        self._batches += 1


def noted(report: Report, fault: FaultError, target: Target, tried: Sequence[bytes], keep: Path) -> None:
    """Keep the inputs of a fault, of each kind those of the first one."""
    if not any(known.startswith(fault.kind) for known in report.faults):
        path = kept_crash(keep, target.name, tried if target.remake else tried[-1:])
        report.faults.append(f'{fault}\n    again: make fuzz FUZZ="--target {target.name} --replay {path}"')


def inputs_of(target: Target) -> Input:
    """How inputs for the target are drawn."""
    return target.draw if target.whole and target.draw else Mutator(target.seeds, target.draw, target.tokens)


def kept_crash(keep: Path, name: str, tried: Sequence[bytes]) -> Path:
    """Keep inputs, those that came before the last one too where they may have had a part in it."""
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"{name}-{hashlib.sha256(b'/'.join(tried)).hexdigest()[:12]}.hex"
    path.write_text("\n".join(octets.hex() or EMPTY for octets in tried) + "\n", "ascii")
    return path


def memory() -> tuple[int, int]:
    """Pieces of memory in use, and KiB the process holds now, or held at most where the system does not tell."""
    gc.collect()
    if _STATM.exists():
        kib = int(_STATM.read_text("ascii").split()[1]) * resource.getpagesize() // 1024
    else:
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return sys.getallocatedblocks(), kib
