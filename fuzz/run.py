"""Fuzzes readers and live associations with a seeded, grammar-aware mutator; the exit status says whether all was well.

python fuzz/run.py --seconds 60 --seed 1 --target apdu --target management
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]


from fuzzing import guided  # noqa: E402 - the path is set first
from fuzzing.all import NAMES, make  # noqa: E402
from fuzzing.campaign import BATCH, Campaign, Report  # noqa: E402
from fuzzing.seeds import read  # noqa: E402
from fuzzing.sharing import shares  # noqa: E402
from fuzzing.target import FaultError, check  # noqa: E402

_GUIDED = 0.4  # of the time, where both engines work: that one tries fewer inputs, and seeks new ones
CRASHES = HERE.parent / ".cache" / "fuzz-crashes"


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="time for all targets together (default 60)")
    parser.add_argument("--inputs", type=int, help="inputs for each target, instead of a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=NAMES, help="only this one; may be given several times")
    parser.add_argument("--engine", choices=("mutator", "guided", "both"), default="mutator")
    parser.add_argument("--condense", action="store_true", help="only keep in corpus/ what the engine has learned")
    parser.add_argument("--replay", type=Path, help="give the inputs in this file to the one target again")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    told = arguments(given)
    names = told.target or NAMES
    if told.replay:
        return replay(names[0], told.replay)
    if told.condense:
        print("\n".join(f"{name}: {guided.condense(name)} inputs kept" for name in names))
        return 0
    if told.engine != "mutator" and find_spec("atheris") is None:
        sys.exit("the guided engine is not installed here: run make fuzz, or --engine mutator")
    began = time.monotonic()
    reports = [guided_ones(names, told), mutated_ones(names, told)]
    total = Report("all", spent_s=time.monotonic() - began)
    for one in (one for found in reports for one in found):
        total.add(replace(one, spent_s=0.0))
    show(total)
    print(f"{total.inputs:,} inputs in {total.spent_s:,.0f} s, {len(total.faults)} faults")
    return 1 if total.faults else 0


def mutated_ones(names: Sequence[str], told: argparse.Namespace) -> list[Report]:
    """What the mutator finds; it tries a batch of each target first, to share the time by what they cost."""
    if told.engine == "guided":
        return []
    ends = time.monotonic() + told.seconds * (1.0 if told.engine == "mutator" else 1 - _GUIDED)
    campaigns = {name: Campaign(make(name), told.seed, CRASHES) for name in names}
    if not told.inputs:
        for one in campaigns.values():
            one.run(inputs=BATCH)
        costs_s = {name: one.report.spent_s / max(one.report.inputs, 1) for name, one in campaigns.items()}
        seconds = shares(costs_s, max(ends - time.monotonic(), 1.0))
    for name, one in campaigns.items():
        one.run(inputs=told.inputs, seconds=None if told.inputs else seconds[name])
        show(one.report)
    return [one.report for one in campaigns.values()]


def guided_ones(names: Sequence[str], told: argparse.Namespace) -> list[Report]:
    """What the engine finds that coverage guides: each target has the same time, its start included."""
    if told.engine == "mutator":
        return []
    share = told.seconds * (1.0 if told.engine == "guided" else _GUIDED) / len(names)
    reports = []
    for name in names:
        inputs, seconds = (told.inputs, None) if told.inputs else (None, share)
        reports.append(guided.campaign(name, told.seed, inputs=inputs, seconds=seconds, keep=CRASHES))
        show(reports[-1])
    return reports


def replay(name: str, path: Path) -> int:
    """The exit status says whether the inputs in a file are still a fault: of lines of digits, or of octets."""
    target = make(name)
    inputs = read(path) if path.suffix == ".hex" else (path.read_bytes(),)
    try:
        spent = max(check(target, octets) for octets in inputs)
        target.settle()
    except FaultError as fault:
        print(fault)
        return 1
    print(f"no fault; {spent * 1000:.2f} ms")
    return 0


def show(report: Report) -> None:
    told = f"{len(report.faults)} faults"
    print(
        f"{report.target:<19}{report.inputs:>12,} inputs {report.per_second:>8,}/s  "
        f"slowest {report.slowest_s * 1000:6.2f} ms of CPU  grown {report.grown_kib:>6} KiB  {told}",
        flush=True,
    )
    for fault in report.faults if report.target != "all" else ():
        print(f"    {fault}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
