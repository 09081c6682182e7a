"""The command line of `softmeter keys`."""

from pathlib import Path
from typing import Annotated

import typer

from softmeter.apps.keys.forms import Form
from softmeter.apps.smartset.key_commands import Kinds, Show, words

app = typer.Typer(
    help="Make, wrap and look at key files; no meter is asked.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A key file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def generate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Key file to write; must not be there.")],
    serial: Annotated[str, typer.Option("--serial-number", metavar="N", help="Of the meter they are for.")],
    *,
    show: Show = False,
    json: Json = False,
) -> None:
    """Write a key file with fresh secrets, readable by its owner only; softmeter run --keys takes it."""
    from softmeter.apps.smartset.key_making import generate as make
    from softmeter.apps.smartset.settings import Settings

    make(Settings(json=json), file, serial, show=show)


@app.command("list")
def list_(file: File, *, json: Json = False) -> None:
    """Print what a key file holds, without any secret."""
    from softmeter.apps.keys.command import list_keys

    list_keys(file, json=json)


@app.command()
def show(
    file: File,
    *,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Yes, print the secrets: without this nothing is.")
    ] = False,
) -> None:
    """Print a key file with its secrets, where that is asked for."""
    from softmeter.apps.keys.command import show_keys

    show_keys(file, secrets=secrets)


@app.command()
def wrap(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Key file that has the new keys.")],
    keys: Annotated[Path, typer.Option("--keys", metavar="FILE", help="Key file with the master key in force.")],
    client: Annotated[str, typer.Option(metavar="NAME", help="Whose keys; p1: those of telegrams.")] = "management",
    *,
    kinds: Kinds = None,
    json: Json = False,
) -> None:
    """Print new keys as they travel: wrapped in the master key."""
    from softmeter.apps.smartset.key_making import wrap as print_wrapped
    from softmeter.apps.smartset.settings import Settings

    print_wrapped(Settings(client=client, keys=keys, json=json), source, words(kinds))


@app.command("wrap-mbus")
def wrap_mbus(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Secondary address of the sub-meter: 16 digits.")],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="TOML with default_key, that of its factory, and user_key, the new one."),
    ],
    form: Annotated[Form, typer.Option(help="How the key travels.")] = Form.SMR5,
    counter: Annotated[
        int | None, typer.Option(min=0, max=0xFFFFFFFF, help="Above that of the key before [seconds since 2000].")
    ] = None,
) -> None:
    """Print a new key for an M-Bus sub-meter as method transfer_key of its channel takes it."""
    from softmeter.apps.keys.mbus import wrap_mbus as print_wrapped

    print_wrapped(address, file, form, counter)
