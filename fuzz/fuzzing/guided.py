"""Campaigns by the coverage-guided engine, each in a process of its own; `make fuzz` sets up where the engine is."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from fuzzing.all import make
from fuzzing.campaign import Report
from fuzzing.seeds import CORPUS, HERE, ROOT, inputs_in
from fuzzing.target import FaultError, check

LEARNED = ROOT / ".cache" / "fuzz-corpus"
"""What the engine has found worth keeping, over all runs on this machine."""
LARGEST_CORPUS = 2500
"""Octets of what is kept in the repository for a target."""
_SEED = "seed-"
_MARK = "# Found by coverage; one input a line."
_UNITS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_ARTIFACT = re.compile(r"Test unit written to (\S+)")


def campaign(name: str, seed: int, *, inputs: int | None, seconds: float | None, keep: Path) -> Report:
    """Let the engine work on a target until `inputs` were tried or `seconds` have passed, or it finds a fault."""
    corpus = LEARNED / name
    _write(corpus, make(name).seeds)
    keep.mkdir(parents=True, exist_ok=True)
    limit = f"-runs={inputs}" if seconds is None else f"-max_total_time={max(1, int(seconds))}"
    flags = [limit, f"-seed={seed}", f"-artifact_prefix={keep}/{name}-", "-max_len=4096", "-print_final_stats=1"]
    told = _engine(name, [str(corpus), *flags, "-timeout=10", "-rss_limit_mb=1024", "-close_fd_mask=1"])
    units = _UNITS.search(told.stderr)
    report = Report(name, int(units[1]) if units else 0)
    if told.returncode:
        artifact = _ARTIFACT.search(told.stderr)
        report.faults.append(_again(name, Path(artifact[1])) if artifact else f"the engine ended: {told.stderr[-300:]}")
    return report


def _again(name: str, artifact: Path) -> str:
    """What an input that ended the engine does, and how to see it again."""
    fault = "a fault that one input alone does not show"
    try:
        check(make(name), artifact.read_bytes())
    except FaultError as error:
        fault = str(error)
    return f'{fault}\n    again: make fuzz FUZZ="--target {name} --replay {artifact}"'


def condense(name: str) -> int:
    """Keep in the repository the smallest of what has been learned, each of which reached something new.

    What stands above in the file, inputs that were faults once, stays. Returns how many inputs there are.
    """
    learned, path = LEARNED / name, CORPUS / f"{name}.hex"
    files = learned.iterdir() if learned.is_dir() else ()
    before, _, kept = path.read_text("ascii").partition(_MARK) if path.exists() else ("", "", "")
    found = {file.read_bytes() for file in files if not file.name.startswith(_SEED)} | set(inputs_in(kept))
    lines, size = [_MARK], 0
    for octets in sorted(found, key=lambda octets: (len(octets), octets)):
        size += len(octets)
        if octets and size <= LARGEST_CORPUS:
            lines.append(octets.hex())
    if lines[1:]:
        path.write_text(before + "\n".join(lines) + "\n", "ascii")
    return len(lines) - 1


def _engine(name: str, flags: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / "guided.py"), name, *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")


def _write(folder: Path, seeds: Iterable[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(seeds):
        (folder / f"{_SEED}{number:03d}").write_bytes(octets)
