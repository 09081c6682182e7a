"""Telling what came of scenarios: to people while they run, to machines as JSON and JUnit XML."""

import re
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.text import Text

from softmeter.apps.scenario.running import Report, StepReport
from softmeter.errors import ConfigurationError
from softmeter.instant import iso
from softmeter.runtime.whole_file import write_whole

JUNIT_BEGINS = (b"<?xml",)
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def told_to_anybody() -> Console:
    """Standard output, whatever characters it can show."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False)


def _mark(console: Console, *, met: bool) -> Text:
    signs = ("✓", "✗") if console.encoding.startswith("utf") else ("+", "X")
    return Text(signs[0], "green") if met else Text(signs[1], "bold red")


def print_step(console: Console, step: StepReport) -> None:
    """A step: when, what, and each thing that was expected."""
    head = Text.assemble((f"{iso(step.at):<24}", "dim"), "  ", (step.note or f"step {step.number}", "bold"))
    console.print(head, soft_wrap=True)
    for outcome in step.outcomes:
        line = Text("  ").append_text(_mark(console, met=outcome.met)).append(f" {outcome.what}")
        if not outcome.met:
            line.append(f"\n      expected  {outcome.expected}", "green").append(
                f"\n      seen      {outcome.seen}", "red"
            )
        elif outcome.seen != outcome.expected:
            line.append(f": {outcome.seen}").append(f"  (expected {outcome.expected})", "dim")
        elif outcome.seen != "success":
            line.append(f": {outcome.seen}")
        console.print(line, soft_wrap=True)


def print_summary(console: Console, report: Report) -> None:
    """How many expectations were met."""
    outcomes = [outcome for step in report.steps for outcome in step.outcomes]
    missed = sum(not outcome.met for outcome in outcomes)
    verdict = Text(f"{missed} of {len(outcomes)} not met", "bold red") if missed else Text("all met", "bold green")
    console.print(Text(f"{len(report.steps)} steps, {len(outcomes)} checks: ").append_text(verdict), soft_wrap=True)
    if report.digest:
        console.print(Text(f"sha256 {report.digest}"), soft_wrap=True)


def described(name: str, report: Report) -> dict[str, Any]:
    """A report in JSON."""
    steps = [
        {
            "step": step.number,
            "at": iso(step.at),
            "note": step.note,
            "checks": [
                {"what": one.what, "expected": one.expected, "seen": one.seen, "met": one.met} for one in step.outcomes
            ],
        }
        for step in report.steps
    ]
    digest = {"sha256": report.digest} if report.digest else {}
    return {"scenario": name, "title": report.title, "met": report.met, **digest, "steps": steps}


def write_junit(path: Path, reports: Sequence[tuple[str, Report]]) -> None:
    """JUnit XML: a test suite per scenario, a test case per step.

    Raises:
        ConfigurationError: it cannot be written.
    """
    root = ET.Element("testsuites")
    for name, report in reports:
        failures = str(sum(not step.met for step in report.steps))
        suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(report.steps)), failures=failures)
        for step in report.steps:
            title = _xml(f"{step.number} {iso(step.at)} {step.note}".strip())
            case = ET.SubElement(suite, "testcase", classname=name, name=title)
            for outcome in step.outcomes:
                if not outcome.met:
                    text = _xml(f"{outcome.what}: expected {outcome.expected}, seen {outcome.seen}")
                    ET.SubElement(case, "failure", message=text)
    try:
        write_whole(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None


def _xml(text: str) -> str:
    """Text without what XML has no way to write."""
    return _NO_XML.sub("?", text)
