"""The commands `scenario run`, `check`, `schema` and `list`."""

import json as form
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from softmeter.apps.checking import NOTHING, Problem, tell_problems
from softmeter.apps.scenario.reading import directory_of, library, parse, problems, schema, text_of
from softmeter.apps.scenario.report import (
    JUNIT_BEGINS,
    described,
    print_step,
    print_summary,
    told_to_anybody,
    write_junit,
)
from softmeter.apps.scenario.running import Report, run
from softmeter.apps.scenario.script import Script
from softmeter.apps.telling import tell
from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import check_kind, check_writable


@dataclass(frozen=True, slots=True)
class ScenarioOptions:
    """What a person asks of `run`."""

    names: Sequence[str]
    junit: Path | None = None
    seed: int | None = None
    digest: bool = False
    json: bool = False


def run_all(options: ScenarioOptions) -> int:
    """Run scenarios one after the other; the exit status says whether all expectations were met.

    Raises:
        ConfigurationError: a scenario cannot be read or done.
    """
    if options.junit is not None:
        check_writable(options.junit, "--junit")
        check_kind(options.junit, "JUnit report", JUNIT_BEGINS)
    console = told_to_anybody()
    console.quiet = options.json
    scripts = [(name, parse(text_of(name), name, directory_of(name))) for name in options.names]
    reports: list[tuple[str, Report]] = []
    for name, script in scripts:
        console.rule(script.title, align="left", style="dim")
        told = partial(print_step, console)
        try:
            with console.status("running"):
                report = run(script, directory_of(name), seed=options.seed, digest=options.digest, told=told)
        except ConfigurationError as error:
            raise ConfigurationError(str(error), name) from None
        reports.append((name, report))
        if options.json:
            tell(form.dumps(described(name, report), ensure_ascii=False))
        print_summary(console, report)
    if options.junit is not None:
        write_junit(options.junit, reports)
    return 0 if all(report.met for _, report in reports) else 1


def check_all(names: Sequence[str], *, json: bool) -> int:
    """Print every mistake in each file, or what it is; the exit status says whether there are mistakes.

    Raises:
        ConfigurationError: files cannot be read; says of all of them why, after what is wrong with the others.
    """
    checked: dict[str, list[Problem]] = {}
    sound: dict[str, str] = {}
    unread: list[str] = []
    for name in names:
        try:
            text = text_of(name)
        except ConfigurationError as error:
            unread.append(str(error))
            continue
        found = problems(text, directory_of(name))
        if isinstance(found, Script):
            sound[name] = f"{found.title}: {len(found.step)} steps, {NOTHING}"
        checked[name] = [] if isinstance(found, Script) else found
    status = tell_problems(checked, sound, json=json)
    if unread:
        raise ConfigurationError("\n".join(unread))
    return status


def print_schema() -> None:
    """The JSON Schema of scenario files."""
    tell(schema())


def print_library() -> None:
    """The scenarios that come with the package."""
    for name in library():
        tell(f"{name:32} {parse(text_of(name), name).title}")
