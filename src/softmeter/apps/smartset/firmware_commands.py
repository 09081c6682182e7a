"""The commands of `smartset firmware` and their options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Put a firmware image into the meter, have it verified and activated.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def upload(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="IMAGE", help="As softmeter firmware sign wrote it.")],
    restart: Annotated[bool, typer.Option("--restart", help="Forget the blocks that are there already.")] = False,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="Do not wait for answers to blocks; repair what was lost.")
    ] = False,
    ahead: Annotated[
        int, typer.Option(metavar="BLOCKS", min=1, max=15, help="So many unanswered at a time; above 1 over TCP only.")
    ] = 1,
    identifier: Annotated[str, typer.Option(metavar="TEXT", help="What to announce, if not what IMAGE says.")] = "",
    broadcast: Annotated[
        bool,
        typer.Option("--broadcast", help="Tell blocks to all meters, under the broadcast key; then repair."),
    ] = False,
) -> None:
    """Send the blocks that the meter does not have; what was interrupted goes on."""
    from softmeter.apps.smartset.firmware import Upload, upload_image

    upload_image(context.obj, Upload(file, restart, unconfirmed, ahead, identifier, broadcast))


@app.command()
def verify(context: typer.Context) -> None:
    """Have the meter verify the image."""
    from softmeter.apps.smartset.firmware import verify_image

    verify_image(context.obj)


@app.command()
def activate(
    context: typer.Context,
    *,
    at: Annotated[str, typer.Option("--at", metavar="ISO", help="Then, by the meter's local time, not now.")] = "",
    wait: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for the restart.")] = 30.0,
) -> None:
    """Have the meter restart with the verified image, now or at a time."""
    from softmeter.apps.smartset.firmware import activate_image

    activate_image(context.obj, at, wait)


@app.command()
def status(context: typer.Context) -> None:
    """Show what runs, and how far the next image is."""
    from softmeter.apps.smartset.firmware import show_status

    show_status(context.obj)
