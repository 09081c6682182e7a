"""The commands around pushes, and their options; what they do is imported when they are called."""

from pathlib import Path
from typing import Annotated

import typer

push_app = typer.Typer(help="Take what meters send by themselves.", no_args_is_help=True, rich_markup_mode=None)


@push_app.callback()
def push() -> None:
    """Take what meters send by themselves."""


@push_app.command()
def listen(
    context: typer.Context,
    *,
    at: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to listen, on TCP and UDP.")] = "127.0.0.1:4059",
    store: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep each push: a line of JSON in .jsonl, a row in .sqlite.")
    ] = None,
    meter_keys: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The keys.toml of a further meter that pushes here; for each its own."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after so many.")] = None,
) -> None:
    """Receive pushes, open them with the keys of --keys, and print them, until Ctrl-C.

    What is not protected, or was sent before, is printed and says so. What does not open is named and left out.
    """
    from softmeter.apps.smartset.push import listen_for_pushes

    listen_for_pushes(context.obj, meter_keys or [], at, store, count)
