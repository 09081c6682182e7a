"""The command line of `softmeter accuracy`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(invoke_without_command=True, add_completion=False, rich_markup_mode=None)

Report = Annotated[Path | None, typer.Option("--report", metavar="FILE.html", help="Write a page.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def accuracy(
    context: typer.Context,
    limits: Annotated[str, typer.Option("--limits", metavar="A|B|C", help="Class whose limits are applied.")] = "B",
    front_end: Annotated[
        str, typer.Option("--front-end", metavar="SPEC", help="Its faults: bits=16,gain_u=0.1,lag=0.05,noise_i=0.002.")
    ] = "",
    rate: Annotated[int, typer.Option("--rate", metavar="N", help="Samples per second.")] = 4000,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Calibrate it first, against a reference.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Write a page with tables and error curves.")
    ] = None,
    curves: Annotated[
        Path | None, typer.Option("--curves", metavar="FILE.png|svg", help="Write the error curves as pictures.")
    ] = None,
    json: Json = False,
) -> None:
    """Run the tests of a type test on the metrology behind a front end; status 1 if one fails."""
    if context.invoked_subcommand is not None:
        return
    from softmeter.apps.accuracy.command import AccuracyOptions
    from softmeter.apps.accuracy.command import accuracy as run_tests

    raise typer.Exit(run_tests(AccuracyOptions(limits, front_end, rate, calibrate, report, curves, json)))


@app.command()
def compare(
    recording: Annotated[
        str, typer.Argument(metavar="FILE", help="A recording, of values or of waveforms, as for --source.")
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="FILE",
            help="Reference values: .toml, .json or .csv [FILE.reference.toml, .json or .csv beside the recording].",
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--value", metavar="NAME=NUMBER", help="A reference value, as active_import_wh=12.34."),
    ] = None,
    limit: Annotated[
        float | None, typer.Option("--limit", metavar="PERCENT", help="Error allowed where a value names none.")
    ] = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Set what the meter makes of a recording beside reference values; status 1 if an error exceeds its limit."""
    from softmeter.apps.accuracy.compare import CompareOptions
    from softmeter.apps.accuracy.compare import compare as run_comparison

    raise typer.Exit(run_comparison(CompareOptions(recording, reference, tuple(values or ()), limit, report, json)))
