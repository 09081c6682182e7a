"""The command line of `softmeter firmware`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Make, sign and inspect firmware images, and the keys for them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Keys = Annotated[Path, typer.Option("--keys", metavar="FILE", help="The firmware-keys.toml of the maker.")]
Image = Annotated[Path, typer.Argument(metavar="IMAGE")]


@app.command()
def build(
    declaration: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What the image declares.")],
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="Where to write it, without a signature.")],
    keys: Keys,
) -> None:
    """Make an encrypted image of a declaration; it still has to be signed."""
    from softmeter.apps.firmware.command import build_image

    build_image(declaration, image, keys)


@app.command()
def sign(
    unsigned: Annotated[Path, typer.Argument(metavar="IMAGE", help="As build wrote it.")],
    image: Annotated[Path, typer.Argument(metavar="SIGNED", help="Where to write it with its signature.")],
    keys: Keys,
) -> None:
    """Sign an image: whoever trusts the maker takes it from then on."""
    from softmeter.apps.firmware.command import sign_image

    sign_image(unsigned, image, keys)


@app.command()
def inspect(
    image: Image,
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="FILE", help="Checks the signature and opens the payload.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what an image says of itself; status 1 if it is not good."""
    from softmeter.apps.firmware.command import inspect_image

    raise typer.Exit(inspect_image(image, keys, json=json))


@app.command()
def keys(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write them, readable by its owner only.")],
    public_of: Annotated[
        Path | None,
        typer.Option("--public-of", metavar="FILE", help="No fresh keys, but these without the one that signs."),
    ] = None,
) -> None:
    """Make the keys of a maker of images, or the file that only lets a meter take his images."""
    from softmeter.apps.firmware.command import make_keys

    make_keys(file, public_of)
