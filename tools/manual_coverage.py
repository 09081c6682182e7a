"""The statements of the meter's manual: which test proves each, and whether that test would notice if it were not so.

python tools/manual_coverage.py             write docs/manual-coverage.md
python tools/manual_coverage.py --check     only say whether statements, changes and markers fit together
python tools/manual_coverage.py --mutate 10 --seed 1
                                            make ten of the changes, one after the other in a copy of the tree: the
                                            tests that prove the statement must fail, and pass without the change
python tools/manual_coverage.py --only 10 11.1.programming
                                            the same for a whole section, and for one statement
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
STATEMENTS = TESTS / "manual_statements.toml"
SOURCES = Path("src/softmeter")
PAGE = ROOT / "docs" / "manual-coverage.md"
MARK = "manual"
COPIED = ("src", "tests", "tools", "fuzz", "crash", "configs", "examples", "docs", "pyproject.toml", "Makefile")
LONGEST_S = 120


class Change(NamedTuple):
    """One text of a source replaced by another, under which the statement is no longer true."""

    file: str
    old: str
    new: str


class Statement(NamedTuple):
    """What the manual says, in our own words; without a change it is not proven yet."""

    name: str
    says: str
    change: Change | None
    why: str

    @property
    def section(self) -> str:
        return self.name.rpartition(".")[0]


class Proof(NamedTuple):
    """A test that names a statement."""

    statement: str
    file: str
    test: str


class Table(NamedTuple):
    """The whole file of statements."""

    sections: dict[str, str]
    statements: tuple[Statement, ...]
    later: dict[str, str]


def table() -> Table:
    """The statements in their order."""
    read = tomllib.loads(STATEMENTS.read_text("utf-8"))
    statements = (
        Statement(
            one["name"],
            one["says"],
            Change(one["file"], one["old"], one["new"]) if "file" in one else None,
            one.get("why", ""),
        )
        for one in read["statement"]
    )
    return Table(read["sections"], tuple(statements), read["later"])


def proofs() -> Iterator[Proof]:
    """Every test that carries the marker, in the order of the files."""
    for path in sorted(TESTS.glob("**/test_*.py")):
        text = path.read_text("utf-8")
        if f"mark.{MARK}(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for name in _marks(node):
                    yield Proof(name, path.relative_to(ROOT).as_posix(), node.name)


def _marks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for one in function.decorator_list:
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == MARK:
            yield from (str(word.value) for word in one.args if isinstance(word, ast.Constant))


def gaps(known: Table, found: Sequence[Proof]) -> list[str]:
    """Where statements, changes and markers do not fit together."""
    names = [one.name for one in known.statements]
    proven = {one.statement for one in found}
    wrong = [f"{one.file}: {one.test} proves {one.statement!r}, which is no statement" for one in found
             if one.statement not in names]  # fmt: skip
    wrong += [f"statement {name} stands there twice" for name in sorted({one for one in names if names.count(one) > 1})]
    for one in known.statements:
        if one.section not in known.sections:
            wrong.append(f"statement {one.name} is of no known section")
        if one.change is None and one.name in proven:
            wrong.append(f"statement {one.name} has a test, but no change under which that fails")
        if one.change is not None and one.name not in proven:
            wrong.append(f"statement {one.name} has a change, but no test")
        if one.change is not None:
            times = (ROOT / SOURCES / one.change.file).read_text("utf-8").count(one.change.old)
            if times != 1:
                wrong.append(f"statement {one.name}: {one.change.file} has its old text {times} times, not once")
    return wrong


def page() -> str:
    """docs/manual-coverage.md."""
    known, found = table(), list(proofs())
    proven = {one.statement for one in found}
    lines = [
        "# Coverage of the manual",
        "",
        "Written by `make docs` from `tests/manual_statements.toml` and the markers in the tests; edits here are lost.",
        "",
        "Each statement of the meter's manual is in our own words, with the test that proves it and a change of the",
        "code under which that test fails; `make mutate` tries ten of them by chance. Statements without a test",
        "are listed as such.",
        "",
        f"{len(proven)} of {len(known.statements)} statements are proven.",
    ]
    for section, title in known.sections.items():
        lines += [
            "",
            f"## {section} {title}",
            "",
            "| statement | proven by | fails with a change in |",
            "|---|---|---|",
        ]
        for one in known.statements:
            if one.section == section:
                tests = "<br>".join(
                    f"[{proof.test}](../{proof.file})" for proof in found if proof.statement == one.name
                )
                where = f"`{one.change.file}`" if one.change else ""
                missing = f"not proven: {one.why}" if one.why else "not proven"
                lines.append(f"| {one.says} | {tests or missing} | {where} |")
    lines += ["", "## Other sections", "", "| section | |", "|---|---|"]
    lines += [f"| {section} | {why} |" for section, why in known.later.items()]
    return "\n".join(lines) + "\n"


def mutate(count: int, seed: int, only: Sequence[str] = ()) -> int:
    """Make some changes by chance, or those of `only`, and say which the tests noticed; 1 where one survived."""
    found = list(proofs())
    changes = [(one, one.change) for one in table().statements if one.change is not None]
    chosen = [change for change in changes if change[0].name in only or change[0].section in only]
    if not only:
        chosen = random.Random(seed).sample(changes, min(count, len(changes)))
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, tree / name)
        bad = sum(not _noticed(tree, one, change, found) for one, change in chosen)
    print(f"{len(chosen) - bad} of {len(chosen)} changes were noticed (seed {seed})")
    return 1 if bad else 0


def _noticed(tree: Path, one: Statement, change: Change, found: Sequence[Proof]) -> bool:
    """Whether every test of a statement passes without its change and fails with it."""
    path = tree / SOURCES / change.file
    sound = path.read_text("utf-8")
    tests = [f"{proof.file}::{proof.test}" for proof in found if proof.statement == one.name]
    unsound = [test for test in tests if not _passes(tree, test)]
    path.write_text(sound.replace(change.old, change.new), "utf-8")
    survived = [test for test in tests if _passes(tree, test)]
    path.write_text(sound, "utf-8")
    for test in unsound:
        print(f"  {test} fails without any change")
    for test in survived:
        print(f"  {test} passes in spite of it")
    verdict = "noticed" if not unsound and not survived else "NOT NOTICED"
    print(f"{verdict:<12} {one.name}: {change.file}: {change.old!r} -> {change.new!r}", flush=True)
    return not unsound and not survived


def _passes(tree: Path, test: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", test]
    try:
        run = subprocess.run(
            command,
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"},
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False  # what never ends does not pass either
    if run.returncode not in {0, 1}:
        raise SystemExit(f"{test} did not run: {run.stdout.decode()[-800:]}")
    return run.returncode == 0


def main() -> int:
    """The exit status says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say whether everything fits together")
    parser.add_argument("--mutate", type=int, metavar="N", help="try so many changes")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="try those of statements or sections")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    arguments = parser.parse_args()
    if arguments.mutate or arguments.only:
        return mutate(arguments.mutate or 0, arguments.seed, arguments.only)
    wrong = gaps(table(), list(proofs()))
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    if not arguments.check:
        PAGE.write_text(page(), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
