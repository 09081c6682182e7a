"""What `softmeter accuracy compare` does."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from softmeter import __version__
from softmeter.apps.accuracy.comparison import CHUNK_S, Compared, compared, measured
from softmeter.apps.accuracy.page import check_place, page, row, style, table, write
from softmeter.apps.accuracy.reference import references
from softmeter.apps.accuracy.report import verdict
from softmeter.errors import ConfigurationError
from softmeter.instant import parse_instant, whole_second
from softmeter.metrology.metering import metered
from softmeter.signal.played import Played
from softmeter.signal.recording import Recording
from softmeter.signal.samples import Measurements, Source, Waveform
from softmeter.signal.specification import parse_source

MAX_S = 366 * 86_400
_STAMP = re.compile(r"(1970-\d\d-\d\dT[\d:.]+Z)")
_OF_TIME = ("loop", "shift")
_HEADER = ("quantity", "seconds", "reference", "measured", "error", "limit", "result")


class CompareOptions(NamedTuple):
    """What a person asked for."""

    recording: str
    reference: Path | None
    values: tuple[str, ...]
    limit: float | None
    report: Path | None
    json: bool


def compare(options: CompareOptions) -> int:
    """Measure the recording, print and write what differs; 1 if an error exceeds its limit.

    Raises:
        ConfigurationError: a file or a value that cannot be, with its place.
    """
    if options.report is not None:
        check_place(options.report, "--report")
    path = options.recording.partition("?")[0]
    wanted = references(path, options.reference, options.values)
    given, seconds = _recording(options.recording)
    if len(seconds) > MAX_S:
        raise ConfigurationError(f"{len(seconds)} s are more than {MAX_S}", path)
    source = metered(given)
    chunks = _shown(measured(source, seconds), len(seconds))
    rows = compared(chunks, wanted, options.limit, sampled=isinstance(given, Waveform), where=path)
    findings = _counted(source.findings, seconds)
    about = {"program": f"softmeter {__version__}", "recording": path, "length": f"{len(seconds)} s"}
    if options.report is not None:
        write(options.report, page("Comparison", about, findings, _body(rows)))
    if options.json:
        print(json.dumps(_object(rows, about, findings)))
    else:
        _print(rows, findings, options.report)
    return 1 if any(each.passed is False for each in rows) else 0


def _recording(spec: str) -> tuple[Source | Waveform, range]:
    """The recording, its first sample at the begin of a second, and the seconds that it lasts.

    Options that move or repeat it in time are of no account here.
    """
    path, _, written = spec.partition("?")
    options = [option for option in written.split("&") if option and option.partition("=")[0] not in _OF_TIME]
    aligned, start = list[str](), 0
    plain = _read(path, aligned, start)
    if isinstance(plain, Played):
        aligned, start = ["shift=start"], plain.seconds.start
        plain = _read(path, aligned, start)
    if not isinstance(plain, Recording | Played):
        raise ConfigurationError("is no recording; give the path of a file", spec)
    return (_read(path, [*aligned, *options], start) if options else plain), plain.seconds


def _counted(findings: Iterable[str], seconds: range) -> list[str]:
    """What was noticed; of a recording without a date, which begins with second 0, in seconds."""
    if seconds.start:
        return list(findings)
    return [_STAMP.sub(lambda found: f"second {whole_second(parse_instant(found[1]))}", one) for one in findings]


def _read(path: str, options: list[str], start: int) -> Source | Waveform:
    spec = f"{path}?{'&'.join(options)}" if options else path
    return parse_source(spec, start_second=start, open_file=_open)


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _shown(chunks: Iterable[Measurements], seconds: int) -> Iterator[Measurements]:
    """The measurements as they come, counted on a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if console.is_terminal and seconds > CHUNK_S:
        chunks = track(chunks, "measuring", total=-(-seconds // CHUNK_S), console=console, transient=True)
    yield from chunks


def _cells(each: Compared) -> tuple[str, ...]:
    return (
        each.quantity,
        f"{each.begin} to {each.end}",
        f"{each.reference:.9g} {each.unit}".rstrip(),
        f"{each.measured:.9g} {each.unit}".rstrip(),
        "of zero" if each.error is None else f"{each.error:+.4g} %",
        "" if each.limit is None else f"±{each.limit:g} %",
    )


def _told(each: Compared) -> str:
    return "" if each.passed is None else verdict(each.passed)


def _body(rows: list[Compared]) -> Iterator[str]:
    yield table(_HEADER, (row(_cells(each), _told(each) or "not judged", style(each.passed)) for each in rows))
    yield (
        '<p class="dim">Energies are what the registers count in these seconds, the others are means of seconds. '
        "Error: measured less reference, in % of the reference.</p>"
    )


def _object(rows: list[Compared], about: Mapping[str, str], findings: Iterable[str]) -> dict[str, object]:
    judged = [each.passed for each in rows if each.passed is not None]
    return {
        "about": dict(about),
        "findings": list(findings),
        "passed": all(judged) if judged else None,
        "results": [each._asdict() for each in rows],
    }


def _print(rows: list[Compared], findings: Iterable[str], report: Path | None) -> None:
    for finding in findings:
        print(finding, file=sys.stderr)
    lines = [_HEADER, *((*_cells(each), _told(each)) for each in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, *cells in lines:
        told = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        print(f"{name:{widths[0]}}  {told}".rstrip())
    if report is not None:
        print(f"written: {report}")
