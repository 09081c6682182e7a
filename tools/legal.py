"""Keeps the record of the legally relevant part: changed code gets a new version. With --check nothing is written.

A version that is committed keeps its checksum for ever. Between two commits the newest version may be recorded anew as
often as the code changes, so that a commit adds one version at most.
"""

import argparse
import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from softmeter.legal import checksum
from softmeter.legal_versions import VERSIONS
from softmeter.runtime.program_memory import legal_sources

ROOT = Path(__file__).parent.parent
RECORD = "src/softmeter/legal_versions.py"
FIRST = "1.05.00"


def successor(version: str) -> str:
    """1.05.00 → 1.05.01; 1.05.99 → 1.06.00."""
    major, minor, patch = map(int, version.split("."))
    number = major * 10_000 + minor * 100 + patch + 1
    return f"{number // 10_000}.{number // 100 % 100:02d}.{number % 100:02d}"


def recorded(committed: Mapping[str, str], found: str) -> dict[str, str]:
    """What the record must be when the code has the checksum `found`."""
    if not committed:
        return {FIRST: found}
    newest = list(committed)[-1]
    if committed[newest] == found:
        return dict(committed)
    return {**committed, successor(newest): found}


def committed_versions() -> dict[str, str]:
    """The record of the last commit; that of the working tree where there is no repository."""
    command = ["git", "-C", str(ROOT), "show", f"HEAD:{RECORD}"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return VERSIONS
    if shown.returncode:
        return {} if (ROOT / ".git").exists() else VERSIONS
    assignment = ast.parse(shown.stdout).body[-1]
    if not isinstance(assignment, ast.Assign):
        raise SystemExit(f"{RECORD} of the last commit is no record")
    versions: dict[str, str] = ast.literal_eval(assignment.value)
    return versions


def page(versions: Mapping[str, str]) -> str:
    """The record as a module."""
    head = (ROOT / RECORD).read_text(encoding="utf-8").partition("VERSIONS")[0]
    lines = "".join(f'    "{version}": "{found}",\n' for version, found in versions.items())
    return f"{head}VERSIONS = {{\n{lines}}}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; status 1 if the record is not current")
    check = parser.parse_args().check
    found = checksum(legal_sources())
    wanted = recorded(committed_versions(), found)
    newest = list(wanted)[-1]
    if list(VERSIONS.values())[-1] == found and (check or wanted == VERSIONS):
        print(f"legally relevant part: {newest}, {found}")
        return
    if check:
        sys.exit(f"the legally relevant part has changed ({found}): run make legal")
    (ROOT / RECORD).write_text(page(wanted), encoding="utf-8")
    print(f"legally relevant part: now {newest}, {found}")


if __name__ == "__main__":
    main()
