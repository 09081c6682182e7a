"""Campaigns by the coverage-guided engine, each in a process of its own; `make fuzz` sets up where the engine is."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fuzzing.all import make
from fuzzing.campaign import Report, noted
from fuzzing.seeds import CORPUS, HERE, ROOT, inputs_in
from fuzzing.target import FaultError, check

LEARNED = ROOT / ".cache" / "fuzz-corpus"
"""What the engine has found worth keeping, over all runs on this machine."""
LARGEST_CORPUS = 2500
"""Octets of what is kept in the repository for a target."""
_SEED = "seed-"
_MARK = "# Found by coverage; one input a line."
_ARTIFACT = re.compile(r"Test unit written to (\S+)")


def campaign(name: str, seed: int, *, inputs: int | None, seconds: float | None, keep: Path) -> Report:
    """Let the engine work on a target until `inputs` were tried or `seconds` have passed, its start included."""
    corpus, told, began = LEARNED / name, LEARNED / f"{name}.json", time.monotonic()
    keep.mkdir(parents=True, exist_ok=True)
    told.unlink(missing_ok=True)
    limit = [] if seconds is not None else [f"-runs={inputs}"]
    flags = [*limit, f"-seed={seed}", f"-artifact_prefix={keep}/{name}-", "-max_len=4096"]
    flags += ["-timeout=10", "-rss_limit_mb=1024", "-close_fd_mask=1"]
    ended = _engine([name, str(corpus), str(keep), str(told), str(seconds or 0), *flags])
    seen: dict[str, Any] = {"report": {"target": name}, "slow": []}
    if told.exists():
        seen = json.loads(told.read_text("ascii"))
    report = Report(**seen["report"])
    report.spent_s = time.monotonic() - began
    if ended.returncode and not report.faults:
        artifact = _ARTIFACT.search(ended.stderr)
        report.faults.append(
            _again(name, Path(artifact[1])) if artifact else f"the engine ended: {ended.stderr[-300:]}"
        )
    _try_slow_ones(report, [bytes.fromhex(one) for one in seen["slow"]], keep)
    return report


def _try_slow_ones(report: Report, slow: Sequence[bytes], keep: Path) -> None:
    """Inputs that took long while they were watched, once more as they are."""
    if not slow:
        return
    target = make(report.target)
    for octets in slow:
        try:
            report.slowest_s = max(report.slowest_s, check(target, octets))
        except FaultError as fault:
            noted(report, fault, target, [octets], keep)


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


def _engine(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / "guided.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")


def planted(folder: Path, seeds: Iterable[bytes]) -> None:
    """Put the seeds of a target where the engine begins."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(seeds):
        (folder / f"{_SEED}{number:03d}").write_bytes(octets)
