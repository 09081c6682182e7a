"""What `softmeter accuracy` does."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from softmeter import __version__
from softmeter.apps.accuracy.report import as_object, as_page, passed, verdict
from softmeter.errors import ConfigurationError
from softmeter.metrology.type_test import Result, count, run
from softmeter.metrology.type_test_points import AccuracyClass
from softmeter.signal.grid_specification import parse_front_end
from softmeter.signal.samples import RATES_HZ

LEAST_RATE_HZ = 4_000
"""The harmonics of the tested shapes need as much."""


class AccuracyOptions(NamedTuple):
    """What a person asked for."""

    limits: str
    front_end: str
    rate_hz: int
    report: Path | None
    json: bool


def accuracy(options: AccuracyOptions) -> int:
    """Run the test, print and write its results; 1 if something failed.

    Raises:
        ConfigurationError: an option that cannot be, or a file that cannot be written.
    """
    if options.limits not in set(AccuracyClass):
        raise ConfigurationError(f"{options.limits!r} is no class; there are {', '.join(AccuracyClass)}", "--limits")
    if options.rate_hz not in RATES_HZ or options.rate_hz < LEAST_RATE_HZ:
        possible = f"{LEAST_RATE_HZ} to {RATES_HZ.stop - 1}, and a multiple of {RATES_HZ.step}"
        reason = f"{options.rate_hz} samples per second: must be {possible}"
        raise ConfigurationError(reason, "--rate")
    settings = dict(_setting(part) for part in options.front_end.split(",") if part)
    front_end = parse_front_end(settings, "--front-end")
    about = {
        "program": f"softmeter {__version__}",
        "class": f"{options.limits} (active), 2 (reactive)",
        "front end": options.front_end or "24 bits, otherwise ideal",
        "samples": f"{options.rate_hz} per second",
    }
    results = list(_shown(run(front_end, options.rate_hz, AccuracyClass(options.limits))))
    if options.report is not None:
        _write(options.report, as_page(results, about))
    if options.json:
        print(json.dumps(as_object(results, about)))
    else:
        _print(results, options.report)
    return 0 if passed(results) else 1


def _setting(part: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals:
        raise ConfigurationError(f"{part!r} says no value; write it like bits=16,noise_i=0.002", "--front-end")
    return key.strip(), value.strip()


def _shown(results: Iterable[Result]) -> Iterator[Result]:
    """The results as they come, counted on a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if console.is_terminal:
        results = track(results, "testing", total=count(), console=console, transient=True)
    yield from results


def _print(results: list[Result], report: Path | None) -> None:
    for clause, group in groupby(results, key=lambda result: result.clause):
        members = list(group)
        judged = [result for result in members if result.passed is not None]
        worst = max(members, key=lambda result: abs(result.error) / (result.limit or 1))
        figure = f"{worst.error:.6g} {worst.unit}" + (f" of {worst.limit:g}" if worst.limit is not None else "")
        fine = sum(result.passed is True for result in judged)
        print(f"{clause:28} {fine}/{len(judged)} passed; worst: {figure}, {worst.condition}")
    for result in results:
        if result.passed is False:
            measured = f"{result.error:.6g} {result.unit}, limit {result.limit:g}"
            print(f"{verdict(result.passed)}: {result.condition}: {measured}")
    if report is not None:
        print(f"report: {report}")
    else:
        print("a page with tables and curves: --report FILE.html", file=sys.stderr)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror or error}", str(path)) from None
