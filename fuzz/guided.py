"""One target under the coverage-guided engine (atheris); started by `run.py --engine guided` in its own environment.

The engine is only there: this file is the only one that imports it. What was seen is written to a file after each
batch, because the engine ends the process by itself.
"""

import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

BEGAN = time.monotonic()

import atheris  # noqa: E402 - its loading counts as time of the run

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

with atheris.instrument_imports(include=["softmeter"], enable_loader_override=False):
    from fuzzing.all import make
    from fuzzing.campaign import BATCH, MOST_FAULTS, Report, inputs_of, memory, noted
    from fuzzing.guided import planted
    from fuzzing.mutation import Mutator
    from fuzzing.target import FaultError, Target, check

_OWN, _CHANGED = 0.3, 0.65  # of the inputs: drawn by grammar, changed by the mutator; the engine changes the others
_LOOKS = 40 * BATCH  # between looks at the memory, which take their time
_MOST_SLOW = 50


class Watched:
    """A target while the engine works on it."""

    def __init__(self, target: Target, keep: Path, told: Path) -> None:
        self._target = replace(target, slowest_s=float("inf"))  # who started this tries slow inputs again, unwatched
        self._limit_s = target.slowest_s
        self._keep = keep
        self._told = told
        self._batch: list[bytes] = []
        self._before = 0
        self.report = Report(target.name)
        self.slow: dict[bytes, float] = {}

    def one(self, octets: bytes) -> None:
        """What the engine calls."""
        self._batch.append(octets)
        self.report.inputs += 1
        try:
            spent = check(self._target, octets)
            if len(self._batch) == BATCH:
                self._target.settle()
        except FaultError as fault:
            self._fault(fault)
        else:
            if spent > self._limit_s and len(self.slow) < _MOST_SLOW:
                self.slow[octets] = spent
        if len(self._batch) >= BATCH:
            self._batch.clear()
            self._look()

    def _fault(self, fault: FaultError) -> None:
        noted(self.report, fault, self._target, self._batch, self._keep)
        if self._target.remake:
            self._target = replace(self._target.remake(), slowest_s=float("inf"))
        self._batch.clear()
        self.write()
        if len(self.report.faults) >= MOST_FAULTS:
            sys.exit("too many faults")

    def _look(self) -> None:
        if self.report.inputs % _LOOKS == 0:
            kib = memory()[1]
            self._before = self._before or kib
            self.report.grown_kib = kib - self._before
        self.write()

    def write(self) -> None:
        slow = [octets.hex() for octets in self.slow]
        self._told.write_text(json.dumps({"report": asdict(self.report), "slow": slow}), "ascii")


def main(name: str, corpus: Path, keep: Path, told: Path, seconds: float, flags: list[str]) -> None:
    """Give inputs to the target until the time is over, or, with 0 seconds, until the engine's flags end it."""
    target = make(name)
    planted(corpus, target.seeds)
    watched = Watched(target, keep, told)
    draw, change = inputs_of(target), Mutator(target.seeds, target.draw, target.tokens).change

    def mutate(octets: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        chance = random.random()
        if chance < _OWN:
            return draw(random)[:most]
        if chance < _CHANGED:
            return change(random, octets)[:most]
        return bytes(atheris.Mutate(octets, most))

    limit = [f"-max_total_time={max(1, int(seconds - (time.monotonic() - BEGAN)))}"] if seconds else []
    watched.write()
    atheris.Setup([sys.argv[0], str(corpus), *flags, *limit], watched.one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    _, NAME, CORPUS, KEEP, TOLD, SECONDS, *FLAGS = sys.argv
    main(NAME, Path(CORPUS), Path(KEEP), Path(TOLD), float(SECONDS), FLAGS)
