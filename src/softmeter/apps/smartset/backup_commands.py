"""The commands `backup`, `restore` and `diff` and their options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]


@app.command()
def backup(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.xml")],
    buffers: Annotated[bool, typer.Option("--buffers", help="The rows of profiles and logs too.")] = False,
) -> None:
    """Write every attribute that this client may read to an XML file; no secrets."""
    from softmeter.apps.smartset.backups import backup as make

    make(context.obj, file, buffers=buffers)


@app.command()
def restore(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.xml")],
    dry_run: DryRun = False,
    other_meter: Annotated[
        bool, typer.Option("--other-meter", help="Though it is of another meter, whose identifiers are in it.")
    ] = False,
) -> None:
    """Set what differs from a backup and may be set; status 1 if the meter refuses some."""
    from softmeter.apps.smartset.restoring import restore as put_back

    raise typer.Exit(put_back(context.obj, file, dry_run=dry_run, other_meter=other_meter))


@app.command()
def diff(
    context: typer.Context,
    *,
    first: Annotated[Path, typer.Argument(metavar="A.xml")],
    second: Annotated[Path | None, typer.Argument(metavar="B.xml", help="The meter if it is left out.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Readings too, not only settings.")] = False,
) -> None:
    """Compare the settings in two backups, or in a backup and the meter; status 1 if they differ."""
    from softmeter.apps.smartset.backups import compare

    raise typer.Exit(compare(context.obj, first, second, everything=everything))
