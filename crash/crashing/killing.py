"""Ends the process of a meter under load by signals, again and again; what its clients saw must hold."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from interop.lives import Witness, lived, shown

BATCH = 50
"""Lives of one meter; then it shows what became of them, while its logs still hold it."""
_LONGEST_START_S = 2.0
"""Every third life ends so long after the start of its process at most, perhaps before the meter is up."""
_LONGEST_S = 1.5
"""The others end so long after the meter is up at most."""
_LIFE_S = 2.5
"""What a life takes with all around it, for the size of a batch when time is short."""


@dataclass
class Batch:
    """Lives of one meter."""

    number: signal.Signals
    lives: int = 0
    witness: Witness = field(default_factory=Witness)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        witness = self.witness
        return (
            f"{self.lives} times {self.number.name} in {self.seconds:.0f} s: up {witness.lives} times, "
            f"{sum(witness.counters.values()):,} counters, {witness.acknowledged:,} values set, "
            f"{len(witness.rows):,} rows and {witness.telegrams:,} telegrams read, {len(self.faults)} faults"
        )


def kills(scratch: Path, seed: int, count: int | None, seconds: float, workers: int) -> Iterator[Batch]:
    """Batches of lives, ended by SIGKILL and by SIGTERM in turn: `count` with each, or as many as there is time for."""
    size, batches = BATCH, 2 if count is None else 2 * -(-count // BATCH)
    if count is None:
        size = max(2, min(BATCH, round(seconds / _LIFE_S)))
    scratch.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(
            lambda number: _batch(
                scratch / str(number), (signal.SIGKILL, signal.SIGTERM)[number % 2], Random(seed * 1000 + number), size
            ),
            range(batches),
        )


def _batch(state: Path, number: signal.Signals, random: Random, size: int) -> Batch:
    batch, begun = Batch(number), time.monotonic()
    try:
        for life in range(size):
            from_up = life % 3 != 2
            length_s = random.uniform(0.0, _LONGEST_S if from_up else _LONGEST_START_S)
            lived(state, batch.witness, length_s, number, from_up=from_up)
            batch.lives += 1
            if batch.witness.faults:
                break
        shown(state, batch.witness)
    except (AssertionError, OSError) as error:
        batch.faults.append(f"{type(error).__name__}: {(str(error).splitlines() or [''])[-1]}")
    batch.faults += batch.witness.faults
    batch.seconds = time.monotonic() - begun
    return batch
