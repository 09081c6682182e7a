"""The option --version, the same for both programs."""

from typing import Annotated

import typer

from softmeter import __version__
from softmeter.legal import IDENTIFICATION


def _tell(wanted: bool) -> None:
    if wanted:
        typer.echo(f"softmeter {__version__}, legally relevant part {IDENTIFICATION}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_tell, is_eager=True, help="Print the version and leave.")]
