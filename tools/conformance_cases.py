"""The public conformance test cases: which there are, which test is which, and whether they pass.

python tools/conformance_cases.py           run them, print name, purpose and verdict; fail where one fails or misses
python tools/conformance_cases.py --check   only say whether every name has a test that says what it is
"""

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "conformance"
MARK = "conformance"
ATTACKS = "test_attacks*.py"
PARTS = ("Purpose", "Stimulus", "Verdict")


def _names(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for name in names.split())


_SYMMETRIC = (
    "BasicCap_1 FraCount_1 FraCount_3 Key_Tx_P1 Key_Tx_P2 Key_Tx_P3 Key_Tx_N1 Key_Tx_N2 DedKey_N1 SecDataX_P1 "
    "SecDataX_N1 REL_N1 SecPol_1 SecPol_2 SecPol_3"
)
SUITES = {
    "HDLC": _names(
        "HDLC",
        "FRAME_P1 FRAME_P2 FRAME_P3 FRAME_N1 FRAME_N2 FRAME_N3 FRAME_N4 FRAME_N5 FRAME_N7 FRAME_N8 ADDRESS_P1 "
        "ADDRESS_N1 ADDRESS_N4 ADDRESS_N6 ADDRESS_N7 NDM2NRM_P1 NDM2NRM_P2 INFO_P1 INFO_N1 INFO_N2 INFO_N3 NDMOP_N1",
    ),
    "Application layer": _names(
        "APPL",
        "IDLE_N1 OPEN_1 OPEN_2 OPEN_3 OPEN_4 OPEN_5 OPEN_6 OPEN_7 OPEN_9 OPEN_11 OPEN_12 OPEN_13 OPEN_14 DATA_LN_N1 "
        "DATA_LN_N3 DATA_LN_N4 DATA_SN_N1 DATA_SN_N2 DATA_SN_N3 REL_P1",
    ),
    "COSEM objects": _names("COSEM", "WALK PROFILE_RANGE PROFILE_ENTRY MULTIPLE_REFERENCES MANDATORY"),
    "Symmetric security, suite 0": _names("SYMSEC_0", _SYMMETRIC),
    "The same under suite 1": _names("SYMSEC_1", _SYMMETRIC),
}
"""The public names in their order (DLMS UA 1001-1; ATS_DL, ATS_AL, SYMSEC_0 V1.3); suite 1 repeats those of suite 0."""
NAMES = tuple(name for names in SUITES.values() for name in names)


class Case(NamedTuple):
    """One test that stands for a public name."""

    name: str
    file: str
    function: str
    purpose: str
    stimulus: str
    verdict: str


def cases() -> Iterator[Case]:
    """Every test that carries the marker, in the order of the files."""
    for path in sorted(TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for name in _marks(node):
                    yield Case(name, path.name, node.name, *_told(ast.get_docstring(node) or ""))


def _marks(function: ast.FunctionDef) -> Iterator[str]:
    for one in function.decorator_list:
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == MARK:
            yield from (
                word.value for word in one.args if isinstance(word, ast.Constant) and isinstance(word.value, str)
            )


def _told(docstring: str) -> tuple[str, str, str]:
    """What stands behind `Purpose:`, `Stimulus:` and `Verdict:`, each up to the next of them."""
    told: dict[str, list[str]] = {part: [] for part in PARTS}
    part = ""
    for word in docstring.split():
        if word.removesuffix(":") in told and word.endswith(":"):
            part = word.removesuffix(":")
        elif part:
            told[part].append(word)
    purpose, stimulus, verdict = (" ".join(told[part]) for part in PARTS)
    return purpose, stimulus, verdict


def attacks() -> dict[str, list[str]]:
    """The tests of attacks by file."""
    trees = {path.name: ast.parse(path.read_text("utf-8")) for path in sorted(TESTS.glob(ATTACKS))}
    return {
        name: [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        for name, tree in trees.items()
    }


def gaps(found: Iterable[Case]) -> list[str]:
    """What is wrong with the tests themselves: names without a test, tests that do not say what they are."""
    there = list(found)
    missing = [f"{name} has no test" for name in NAMES if name not in {case.name for case in there}]
    silent = [
        f"{case.file}: {case.function} ({case.name}) does not say its {part.lower()}"
        for case in there
        for part, told in zip(PARTS, case[3:], strict=True)
        if not told
    ]
    return missing + silent


def page() -> str:
    """docs/conformance.md."""
    found = list(cases())
    lines = [
        "# Conformance",
        "",
        "Written by `make docs` from the tests in `tests/conformance`; edits here are lost. `make conformance` runs",
        "them and prints each name with its purpose and verdict.",
        "",
        "The names are those of the public abstract test suites (DLMS UA 1001-1). Purpose, stimulus and verdict are in",
        "our own words; passing is no certificate. The cases with short names are the refusals that a server with",
        "logical names owes. Test cases under other names go beyond the public list.",
    ]
    for title, names in (*SUITES.items(), ("Further cases", _further(found))):
        rows = [case for name in names for case in found if case.name == name]
        if not rows:
            continue
        lines += ["", f"## {title}", "", "| test case | purpose | stimulus | verdict | test |", "|---|---|---|---|---|"]
        for case in rows:
            told = (text.replace("|", "\\|") for text in case[3:])
            link = f"[{case.function}](../tests/conformance/{case.file})"
            lines.append(f"| `{case.name}` | {' | '.join(told)} | {link} |")
    lines += [
        "",
        "## Attacks",
        "",
        "Refused, reported, and nothing moves; each is a test, by what its name says.",
    ]
    for file, tests in attacks().items():
        lines += ["", f"[{file}](../tests/conformance/{file}):", "", *(f"- {_sentence(test)}" for test in tests)]
    return "\n".join(lines) + "\n"


def _further(found: Iterable[Case]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case.name for case in found if case.name not in NAMES))


def _sentence(function: str) -> str:
    return function.removeprefix("test_").replace("_", " ")


class _Verdicts:
    """Hears what became of each test; a name passes when all its tests do. A test without a name has its own."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}
        self.failed: dict[str, str] = {}
        self.passed: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self._names[item.nodeid] = _named(item) or [item.name.partition("[")[0]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name in self._names.get(report.nodeid, []):
            if report.failed:
                self.failed[name] = _reason(report.longreprtext)
            elif report.when == "call" and report.passed:
                self.passed.add(name)


def _named(item: pytest.Item) -> list[str]:
    """The names that an item stands for: of a test of several suites those of its own."""
    names = [str(word) for mark in item.iter_markers(MARK) for word in mark.args]
    callspec = getattr(item, "callspec", None)
    suite = None if callspec is None else callspec.params.get("suite")
    return names if suite is None else [name for name in names if name.startswith(f"SYMSEC_{int(suite)}_")]


def _reason(text: str) -> str:
    """The first line that pytest marks as the error, else the last line."""
    lines = text.strip().splitlines()
    return next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1])


def run() -> int:
    """Run the tests and print the list."""
    verdicts = _Verdicts()
    pytest.main(["-p", "no:terminal", str(TESTS)], plugins=[verdicts])
    found = list(cases())
    attacking = tuple(name for names in attacks().values() for name in names)
    purposes = {case.name: case.purpose for case in found} | {name: _sentence(name) for name in attacking}
    bad = 0
    for title, names in (*SUITES.items(), ("Further cases", _further(found)), ("Attacks", attacking)):
        if names:
            print(f"\n{title}")
        for name in names:
            failed = verdicts.failed.get(name)
            verdict = "FAIL" if failed else "pass" if name in verdicts.passed else "NO TEST"
            bad += verdict != "pass"
            print(f"  {'' if title == 'Attacks' else name:<26}{verdict:<8}{purposes.get(name, '')}")
            if failed:
                print(f"{'':36}{failed}")
    wrong = gaps(found)
    print("", *wrong, sep="\n")
    total = len(NAMES) + len(_further(found)) + len(attacking)
    print(f"{total - bad} of {total} test cases pass")
    return 1 if bad or wrong else 0


def main() -> int:
    """The exit status says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="run nothing; say whether every name has a test")
    if not parser.parse_args().check:
        return run()
    wrong = gaps(cases())
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
