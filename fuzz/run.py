"""Fuzzes readers and live associations with a seeded, grammar-aware mutator; the exit status says whether all was well.

python fuzz/run.py --seconds 60 --seed 1 --target apdu --target management
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]


from fuzzing import guided  # noqa: E402 - the path is set first
from fuzzing.all import NAMES, make  # noqa: E402
from fuzzing.campaign import Report, campaign  # noqa: E402
from fuzzing.seeds import read  # noqa: E402
from fuzzing.target import FaultError, check  # noqa: E402

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
    share = None if told.inputs else told.seconds / len(names) / (2 if told.engine == "both" else 1)
    reports: list[Report] = []
    if told.engine in {"guided", "both"}:
        for name in names:
            reports.append(guided.campaign(name, told.seed, inputs=told.inputs, seconds=share, keep=CRASHES))
            show(reports[-1])
    if told.engine in {"mutator", "both"}:
        for name in names:
            reports.append(campaign(make(name), told.seed, inputs=told.inputs, seconds=share, keep=CRASHES))
            show(reports[-1])
    faults = sum(len(report.faults) for report in reports)
    print(f"{sum(report.inputs for report in reports):,} inputs, {faults} faults")
    return 1 if faults else 0


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
    print(
        f"{report.target:<16}{report.inputs:>12,} inputs  slowest {report.slowest_s * 1000:6.2f} ms  "
        f"grown {report.grown_kib:>6} KiB  {len(report.faults)} faults",
        flush=True,
    )
    for fault in report.faults:
        print(f"    {fault}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
