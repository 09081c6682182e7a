"""What `softmeter accuracy` does."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from softmeter import __version__
from softmeter.apps.accuracy.curves import panels
from softmeter.apps.accuracy.page import check_place, write
from softmeter.apps.accuracy.pictures import check_pictures, write_pictures
from softmeter.apps.accuracy.report import as_object, as_page, figure, limit, passed, summaries, verdict
from softmeter.bench.type_test import Result, System, count, run
from softmeter.bench.type_test_limits import AccuracyClass
from softmeter.errors import ConfigurationError
from softmeter.legal import IDENTIFICATION
from softmeter.metrology.calibration import NEUTRAL, ONE
from softmeter.signal.grid_specification import parse_front_end
from softmeter.signal.samples import RATES_HZ

LEAST_RATE_HZ = 4_000
"""The harmonics of the tested shapes need as much."""


class AccuracyOptions(NamedTuple):
    """What a person asked for."""

    limits: str
    front_end: str
    rate_hz: int
    calibrate: bool
    report: Path | None
    curves: Path | None
    json: bool


def accuracy(options: AccuracyOptions) -> int:
    """Run the test, print and write its results; 1 if something failed.

    Raises:
        ConfigurationError: an option that cannot be, or a file that cannot be written.
    """
    if options.limits not in set(AccuracyClass):
        raise ConfigurationError(f"{options.limits!r} is no class; there are {', '.join(AccuracyClass)}", "--limits")
    if options.report is not None:
        check_place(options.report, "--report")
    if options.curves is not None:
        check_pictures(options.curves)
    system = measurement_system(options.front_end, options.rate_hz, calibrate=options.calibrate)
    about = described(options.front_end, system, options.limits)
    results = list(_shown(run(system, AccuracyClass(options.limits))))
    files = []
    if options.report is not None:
        write(options.report, as_page(results, about))
        files.append(options.report)
    if options.curves is not None:
        files += write_pictures(options.curves, [panel for _, panel in panels(results)], about["front end"])
    if options.json:
        print(json.dumps(as_object(results, about)))
    else:
        _print(results, about, files)
    return 0 if passed(results) else 1


def described(front_end: str, system: System, limits: str) -> dict[str, str]:
    """What a report says of itself."""
    voltage, current, lag = system.calibration
    constants = f"voltage x {voltage / ONE:.7f}, current x {current / ONE:.7f}, current {lag} ns late"
    return {
        "program": f"softmeter {__version__}, metrology {IDENTIFICATION}",
        "class": f"{limits} (active), 2 (reactive)",
        "front end": front_end or "24 bits for ±512 V and ±128 A, otherwise ideal (the default)",
        "calibration": "none" if system.calibration == NEUTRAL else constants,
        "samples": f"{system.rate_hz} per second",
    }


def measurement_system(front_end: str, rate_hz: int, *, calibrate: bool) -> System:
    """The system behind a front end that is given in words.

    Raises:
        ConfigurationError: something cannot be, at the option that says it.
    """
    if rate_hz not in RATES_HZ or rate_hz < LEAST_RATE_HZ:
        possible = f"{LEAST_RATE_HZ} to {RATES_HZ.stop - 1}, and a multiple of {RATES_HZ.step}"
        raise ConfigurationError(f"{rate_hz} samples per second: must be {possible}", "--rate")
    settings = dict(_setting(part) for part in front_end.split(",") if part)
    system = System(parse_front_end(settings, "--front-end"), rate_hz)
    return system.calibrated() if calibrate else system


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


def _print(results: list[Result], about: dict[str, str], files: list[Path]) -> None:
    for key, value in about.items():
        print(f"{key}: {value}")
    found = summaries(results)
    width = max(len(each.clause) for each in found)
    for each in found:
        told = f"{each.fine}/{each.judged} passed" if each.judged else verdict(None)
        of = f" of {limit(each.worst)}" if each.worst.limit is not None else ""
        print(f"{each.clause:{width}}  {told:14}  worst: {figure(each.worst)}{of}; {each.worst.condition}")
    for result in results:
        if result.passed is False:
            print(f"{verdict(result.passed)}: {result.condition}: {result.error:.6g} {result.unit}, {limit(result)}")
    for path in files:
        print(f"written: {path}")
    if not files:
        print("a page with tables and curves: --report FILE.html", file=sys.stderr)
