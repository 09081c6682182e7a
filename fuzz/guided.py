"""One target under the coverage-guided engine (atheris); started by `run.py --engine guided` in its own environment.

The engine is only there: this file is the only one that imports it.
"""

import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

with atheris.instrument_imports(include=["softmeter"], enable_loader_override=False):
    from fuzzing.all import make
    from fuzzing.campaign import BATCH, inputs_of
    from fuzzing.mutation import Mutator
    from fuzzing.target import FaultError, check

_SLOWED = 10  # by being watched; who starts this looks at slow inputs once more
_OWN, _CHANGED = 0.3, 0.65  # of the inputs: drawn by grammar, changed by the mutator; the engine changes the others


def main(name: str, flags: list[str]) -> None:
    """Give inputs to the target until the engine's flags end it; a fault ends it too."""
    target = make(name)
    target = replace(target, slowest_s=target.slowest_s * _SLOWED)
    draw, change = inputs_of(target), Mutator(target.seeds, target.draw, target.tokens).change
    tried = 0

    def one(octets: bytes) -> None:
        nonlocal tried
        check(target, octets)
        tried += 1
        if tried % BATCH == 0:
            target.settle()

    def mutate(octets: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        chance = random.random()
        if chance < _OWN:
            return draw(random)[:most]
        if chance < _CHANGED:
            return change(random, octets)[:most]
        return bytes(atheris.Mutate(octets, most))

    try:
        atheris.Setup([sys.argv[0], *flags], one, custom_mutator=mutate)
        atheris.Fuzz()
    except FaultError as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
