"""The commands of `smartset display` and their options."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Show and set what the display shows: the lists auto and button, their periods, decimals of energies.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_ITEM = "NAME|OBIS[:ATTRIBUTE[:INDEX]]"


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LIST", help="auto or button; both if it is left out.")] = "",
) -> None:
    """Print the lists with what they show now, the periods, and the decimals of energies."""
    from softmeter.apps.smartset.display import show_display

    show_display(context.obj, name)


@app.command("set")
def set_list(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="LIST", help="auto or button.")] = "auto",
    add: Annotated[list[str] | None, typer.Option(metavar=_ITEM, help="Show this too, once or more.")] = None,
    at: Annotated[int | None, typer.Option(min=1, metavar="N", help="Place of what is added [the end].")] = None,
    delete: Annotated[list[str] | None, typer.Option(metavar=_ITEM, help="Show this no more.")] = None,
    items: Annotated[str, typer.Option(metavar="ITEM,ITEM,…", help="Show these and nothing else, in this order.")] = "",
    period: Annotated[
        int | None, typer.Option(min=1, metavar="SECONDS", help="Of each item, or until the button list ends.")
    ] = None,
    decimals: Annotated[int | None, typer.Option(min=0, max=3, metavar="N", help="Of energies.")] = None,
) -> None:
    """Change a list, its period or the decimals, and print what it is then."""
    from softmeter.apps.smartset.display import Changes, set_display

    wanted = tuple(one.strip() for one in items.split(",") if one.strip())
    set_display(context.obj, name, Changes(wanted, tuple(add or ()), tuple(delete or ()), at, period, decimals))
