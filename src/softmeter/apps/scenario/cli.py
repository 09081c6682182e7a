"""The command line of `softmeter scenario`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Run stories of a meter in simulated time, and check what comes of them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Names = Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files, or names of the library.")]


@app.command()
def run(
    names: Names,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Instead of the seed in the file.")] = None,
    digest: Annotated[
        bool, typer.Option("--digest", help="Print the SHA-256 of all that the meter keeps at the end.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per scenario.")] = False,
) -> None:
    """Run scenarios; status 1 if an expectation is not met."""
    from softmeter.apps.scenario.command import ScenarioOptions, run_all

    raise typer.Exit(run_all(ScenarioOptions(names, junit, seed, digest, json)))


@app.command()
def check(names: Names, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print every mistake in scenario files, each with its line, without running them; status 1 if there is one."""
    from softmeter.apps.scenario.command import check_all

    raise typer.Exit(check_all(names, json=json))


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files."""
    from softmeter.apps.scenario.command import print_schema

    print_schema()


@app.command("list")
def list_library() -> None:
    """Print the scenarios that come with the package."""
    from softmeter.apps.scenario.command import print_library

    print_library()
