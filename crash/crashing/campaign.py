"""Cuts the power at every write of recorded lives, and again while the meter recovers; counts distinct images."""

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from crashing.cuts import Leaving, left
from crashing.disk import Disk, Image
from crashing.judging import Judge
from crashing.ledger import Ledger
from crashing.life import Plan, Recorded, migrated
from crashing.recording import lay_out

MOST_FAULTS = 20
OLD = Path(__file__).parents[2] / "tests" / "runtime" / "version_1.sqlite"
_EACH_MIGRATING = 20.0
_JUMP_S, _JUMPED_S = 10_800, 20.0
"""A life begins with a jump, and goes on for some seconds before the long one."""
RECOVERING = "recovery: "
"""Before the writers of a start after a cut."""
_SECOND_SHARE = 0.01
"""Of so many images the start is recorded and cut again."""
_EACH_AGAIN = 3.0
"""How often such a start is cut after each operation."""
_PER_CUT = 6
"""About so many images come of a cut, with those of the starts that are cut again."""
_PROMISE_SHARE = 0.02
"""Of so many images the meter is put together, and held to what it told."""


@dataclass
class Report:
    """What was tried."""

    images: int = 0
    """With octets that no other one has."""
    tried: int = 0
    hashes: set[bytes] = field(default_factory=set)
    writers: Counter[str] = field(default_factory=Counter)
    """Of the operation before the cut; a commit counts for each kind of thing that it writes."""
    leavings: Counter[str] = field(default_factory=Counter)
    promises: int = 0
    """How many meters were held to what they had told."""
    recoveries: int = 0
    """How many starts were recorded, to be cut again."""
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Take in what was tried elsewhere."""
        self.hashes |= other.hashes
        self.images = len(self.hashes)
        self.tried += other.tried
        self.writers += other.writers
        self.leavings += other.leavings
        self.promises += other.promises
        self.recoveries += other.recoveries
        self.faults += other.faults

    def is_new(self, image: Image) -> bool:
        """Whether no image had these octets."""
        self.tried += 1
        digest = hashlib.sha1(usedforsecurity=False)
        for name in sorted(image):
            digest.update(b"%s %d\n" % (name.encode(), len(image[name])))
            digest.update(image[name])
        before = len(self.hashes)
        self.hashes.add(digest.digest()[:12])
        return len(self.hashes) > before


class Campaign:
    """Cuts recorded lives until told to end."""

    def __init__(self, directory: Path, seed: int, report: Report, enough: Callable[[Report], bool]) -> None:
        self.report = report
        self._directory = directory
        self._random = Random(seed)
        self._enough = enough
        self._judge = Judge(directory / "image")

    def run(self, recorded: Recorded, each: float, *, again: bool = True, prefix: str = "") -> None:
        """Cut after every operation of `recorded`, on average `each` times in different ways; and `again`."""
        for moment, disk, writer in moments(recorded):
            times = int(each) + (self._random.random() < each % 1)
            for leaving in self._random.choices(list(Leaving), k=times):
                if self._enough(self.report):
                    return
                image = disk.image(left(disk.pending, leaving, self._random))
                if self.report.is_new(image):
                    self._try(image, recorded.ledger, moment, f"{prefix}{writer}", leaving)
                    if again and self._random.random() < _SECOND_SHARE:
                        self._cut_again(image, recorded.ledger, moment)

    def _try(self, image: Image, ledger: Ledger, moment: int, writer: str, leaving: Leaving) -> None:
        report = self.report
        report.images += 1
        report.leavings[leaving.value] += 1
        before, again, names = writer.rpartition(RECOVERING)
        report.writers.update(f"{before}{again}{name}" for name in names.split("+"))
        fault = self._judge.fault(image, ledger, ledger.promised(moment))
        if not fault and self._random.random() < _PROMISE_SHARE:
            report.promises += 1
            fault = self._judge.broken_promise(ledger)
        if fault:
            report.faults.append(f"cut after operation {moment} ({writer}), {leaving.value}: {fault}")

    def _cut_again(self, image: Image, ledger: Ledger, moment: int) -> None:
        """Record the start from an image with some seconds of life, and cut that."""
        self.report.recoveries += 1
        if self._judge.fault(image, ledger, ledger.promised(moment)):
            return
        directory = self._directory / "again"
        lay_out(image, directory)
        known = ledger.digests[self._judge.found or 0]
        recorded = Recorded(directory, Ledger([known]))
        recorded.live(Plan(3.0, busy=self._random.random() < 0.5), self._random.getrandbits(32))
        self.run(recorded, _EACH_AGAIN, again=False, prefix=RECOVERING)


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does: lives of `seconds` simulated seconds, cut until there is enough."""

    directory: Path
    seed: int
    seconds: float
    images: int
    until: float | None
    """The moment of the monotonic clock at which to end."""


def campaign(task: Task) -> Report:
    """Record and cut, again with other lives as long as there is not enough."""
    random, report = Random(task.seed), Report()

    def enough(current: Report) -> bool:
        late = task.until is not None and time.monotonic() >= task.until
        return late or current.images >= task.images or len(current.faults) >= MOST_FAULTS

    one = Campaign(task.directory, random.getrandbits(32), report, enough)
    while not enough(report):
        one.run(migrated(task.directory / "old", OLD.read_bytes()), _EACH_MIGRATING, again=False)
        recorded = Recorded(task.directory / "life")
        for plan in (Plan(min(_JUMPED_S, task.seconds), jump_s=_JUMP_S), Plan(task.seconds)):
            recorded.live(plan, random.getrandbits(32))
        wanted = max(1, task.images - report.images)
        one.run(recorded, min(6.0, max(0.3, wanted / len(recorded.recording.ops) / _PER_CUT)))
        shutil.rmtree(recorded.directory)
    return report


def moments(recorded: Recorded) -> Iterator[tuple[int, Disk, str]]:
    """After each operation: how many there were, what is on the disk, and whose it was."""
    disk = Disk(recorded.recording.before)
    for moment, op in enumerate(recorded.recording.ops, 1):
        disk.take(op)
        yield moment, disk, op.writer
