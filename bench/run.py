"""Measures the meter beside a floor and gurux-dlms in one run and prints ratios.

Server and load are separate processes on one and the same core, so that a rate is what both cost together; the column
"server" is the server's own processor time. The servers take turns, several times; every figure is a median. Processors
change speed within minutes, so only ratios of one run mean anything.
"""

# ruff: noqa: E402  (the raw client and the environments lie in tests/, which is put on the path first)

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import load
import rows_firmware
import rows_library
import rows_links
import rows_p1
import rows_process
import rows_waveform

from interop.environments import interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Row(NamedTuple):
    """One thing to measure on every server."""

    title: str
    unit: str
    measure: Callable[[load.Server, float], load.Sample]
    floor_goal: float | None = None
    """The ratio to the floor that the design asks for."""
    gurux_goal: float | None = None
    """The ratio to gurux-dlms that the design asks for."""

    def figure(self, sample: load.Sample) -> float:
        """A rate per second, or milliseconds per read."""
        return sample.count / sample.seconds if self.unit == "/s" else 1e3 * sample.seconds / sample.count


SERVED = (
    Row("GET plain, 16 under way", "/s", lambda server, time: load.get(server, "readout", time, 16), 0.4),
    Row("GET plain, one by one", "/s", lambda server, time: load.get(server, "readout", time, 1)),
    Row(
        "GET HLS5 ciphered, 16 under way", "/s", lambda server, time: load.get(server, "management", time, 16), 0.5, 60
    ),
    Row("GET HLS5 ciphered, one by one", "/s", lambda server, time: load.get(server, "management", time, 1)),
    Row("load profile 5,280 x 4, plain", "ms", lambda server, time: load.profile(server, "readout", time)),
    Row("load profile 5,280 x 4, ciphered", "ms", lambda server, time: load.profile(server, "management", time)),
    Row("HLS5 open and release, new TCP", "/s", load.associations, 0.6),
)


def servers(stack: ExitStack, names: list[str]) -> Iterator[load.Server]:
    for name in names:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"softmeter-bench-{name}-")))
        match name:
            case "meter":
                command = rows_process.full(state)
            case "floor":
                command = [sys.executable, str(HERE / "floor_server.py"), "--state", str(state)]
            case _:
                command = [str(interpreter("gurux")), str(HERE / "gurux_server.py"), "--state", str(state)]
        yield stack.enter_context(load.started(name, command))


def served(names: list[str], seconds: float, repetitions: int, wanted: str) -> list[dict[str, Any]]:
    """The rows that every server can do, servers interleaved."""
    rows = [row for row in SERVED if wanted in row.title]
    found: dict[tuple[str, str], list[load.Sample]] = {}
    if not rows:
        return []
    with ExitStack() as stack:
        running = list(servers(stack, names))
        for _ in range(repetitions):
            for row in rows:
                for server in running:
                    found.setdefault((row.title, server.name), []).append(row.measure(server, seconds))
    return [summary(row, names, found) for row in rows]


def summary(row: Row, names: list[str], found: dict[tuple[str, str], list[load.Sample]]) -> dict[str, Any]:
    told: dict[str, Any] = {"row": row.title, "unit": row.unit}
    for name in names:
        samples = found[row.title, name]
        told[name] = median(row.figure(sample) for sample in samples)
        told[f"{name}_server_us"] = median(1e6 * sample.server_seconds / sample.count for sample in samples)
    for other, goal in (("floor", row.floor_goal), ("gurux", row.gurux_goal)):
        if other in names and "meter" in names:
            pairs = zip(found[row.title, "meter"], found[row.title, other], strict=True)
            ratios = [row.figure(mine) / row.figure(its) for mine, its in pairs]
            told[f"to_{other}"] = median(ratios if row.unit == "/s" else [1 / ratio for ratio in ratios])
            told[f"to_{other}_goal"] = goal
    return told


def shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
    return str(value)


def table(title: str, heads: list[str], lines: list[list[Any]]) -> str:
    texts = [heads, *([shown(value) for value in line] for line in lines)]
    widths = [max(len(text[column]) for text in texts) for column in range(len(heads))]
    out = [title]
    for text in texts:
        first, *rest = zip(text, widths, strict=True)
        out.append("  ".join([first[0].ljust(first[1]), *(value.rjust(width) for value, width in rest)]))
    return "\n".join(out) + "\n"


def printed(results: dict[str, list[dict[str, Any]]], names: list[str]) -> str:
    parts = []
    if results["served"]:
        heads = ["served", *names, "unit", *(f"{name} us" for name in names), "x floor", "goal", "x gurux", "goal"]
        lines = [
            [row["row"], *(row[name] for name in names), row["unit"], *(row[f"{name}_server_us"] for name in names),
             row.get("to_floor"), row.get("to_floor_goal"), row.get("to_gurux"), row.get("to_gurux_goal")]
            for row in results["served"]
        ]  # fmt: skip
        note = "Columns 'us': the server's processor time per answer. Ratios above 1: the meter is faster.\n"
        parts.append(note + table("", heads, lines))
    if results["alone"]:
        lines = [[row["row"], row["meter"], row["unit"], row["beside"], row["goal"]] for row in results["alone"]]
        parts.append(table("", ["in one process", "meter", "unit", "beside it", "design for"], lines))
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--quick", action="store_true", help="a short look: one repetition, a month for the year")
    parser.add_argument("--without", choices=("meter", "gurux"), action="append", default=[], help="leave a server out")
    parser.add_argument("--rows", default="", help="only rows whose title contains this")
    arguments = parser.parse_args()
    names = [name for name in ("meter", "floor", "gurux") if name not in arguments.without]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])
    seconds, repetitions = (0.15, 1) if arguments.quick else (0.5, 5)
    results = {"served": served(names, seconds, repetitions, arguments.rows), "alone": []}
    if "meter" in names:
        for measure in (
            *rows_library.ROWS,
            *rows_process.ROWS,
            *rows_firmware.ROWS,
            *rows_links.ROWS,
            *rows_p1.ROWS,
            *rows_waveform.ROWS,
        ):
            if arguments.rows in measure.title:
                results["alone"].append(measure.row(quick=arguments.quick))
    results["machine"] = [{"cores": len(cores), "python": sys.version.split()[0]}]
    sys.stdout.write(json.dumps(results) + "\n" if arguments.json else printed(results, names))


if __name__ == "__main__":
    main()
