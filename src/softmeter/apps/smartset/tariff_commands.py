"""The commands of `smartset tariff` and their options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Show and load the activity calendar and the special days, as TOML.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def show(
    context: typer.Context,
    *,
    passive: Annotated[bool, typer.Option("--passive", help="The calendar that waits, not the one in force.")] = False,
) -> None:
    """Print the calendar and the special days, in the form that load and configuration files take."""
    from softmeter.apps.smartset.tariff import show_tariff

    show_tariff(context.obj, passive=passive)


@app.command()
def load(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML with a table [tariff].")],
    activate_at: Annotated[str, typer.Option(metavar="ISO", help="Activate it then; local if without an offset.")] = "",
    now: Annotated[bool, typer.Option("--now", help="Activate it now.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
) -> None:
    """Write the passive calendar, and the special days if the file has some, which hold at once."""
    from softmeter.apps.smartset.tariff import Loading, load_tariff

    load_tariff(context.obj, file, Loading(activate_at, now, dry_run))
