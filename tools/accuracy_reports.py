"""Writes `docs/accuracy/`: reports of `softmeter accuracy` for some front ends, and a page that sums them up.

Not part of `make check`: the last digits depend on the machine.
"""

from collections.abc import Iterator
from pathlib import Path

from make_docs import table
from softmeter.apps.accuracy.command import LEAST_RATE_HZ, described, measurement_system
from softmeter.apps.accuracy.curves import panels
from softmeter.apps.accuracy.pictures import write_pictures
from softmeter.apps.accuracy.report import NOTICE, as_page, figure, limit, summaries, verdict
from softmeter.bench.type_test import Result, run
from softmeter.bench.type_test_limits import AccuracyClass

FOLDER = Path(__file__).parent.parent / "docs" / "accuracy"
CALIBRATED = "calibrated"
FRONT_ENDS = {
    "default": ("The default front end", ""),
    CALIBRATED: (
        "24 bits with faults, calibrated",
        "bits=24,gain_u=0.8,gain_i=-1.2,lag=0.3,noise_u=0.02,noise_i=0.0003,drift_u=10,drift_i=25",
    ),
    "bits16": ("16 bits in one range", "bits=16"),
}
"""Title and settings by file name. The second is an example, no product's."""


def section(name: str, title: str, results: list[Result], about: dict[str, str]) -> Iterator[str]:
    """A front end's part of the page."""
    yield from (f"## {title}", "")
    yield from (f"- {key}: {value}" for key, value in about.items())
    yield from (f"- every figure: [{name}.html]({name}.html)", "")
    rows = []
    for each in summaries(results):
        told = "not judged" if each.passed is None else f"{each.fine}/{each.judged} {verdict(each.passed)}"
        rows.append((each.clause, each.worst.condition, figure(each.worst), limit(each.worst), told))
    yield from (*table(("clause", "worst at", "measured", "limit", "result"), rows), "")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    lines = ["# Reports", "", "Written by `make accuracy`; edits here are lost.", "", NOTICE, ""]
    for name, (title, spec) in FRONT_ENDS.items():
        system = measurement_system(spec, LEAST_RATE_HZ, calibrate=name == CALIBRATED)
        results = list(run(system, AccuracyClass.B))
        about = described(spec, system, AccuracyClass.B)
        (FOLDER / f"{name}.html").write_text(as_page(results, about), encoding="utf-8")
        shown = [panel for _, panel in panels(results)]
        pictures = write_pictures(FOLDER / f"{name}.svg", shown, about["front end"])
        lines += section(name, title, results, about)
        lines += [f"![{panel.title}]({path.name})" for panel, path in zip(shown, pictures, strict=True)]
        lines += [""]
    (FOLDER / "reports.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"wrote {FOLDER}")


if __name__ == "__main__":
    main()
