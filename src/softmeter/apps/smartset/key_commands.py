"""The commands of `smartset keys` and their options."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Make, wrap and replace keys, and change passwords.", no_args_is_help=True, rich_markup_mode=None
)


class Kind(Enum):
    """A key of a client, or the one that wraps the keys of all."""

    ENCRYPTION = "encryption"
    AUTHENTICATION = "authentication"
    MASTER = "master"


Kinds = Annotated[list[Kind] | None, typer.Option("--key", help="Which, once or more [encryption and authentication].")]
Of = Annotated[str, typer.Option("--of", metavar="CLIENT", help="Of another client than the one that comes in.")]
Source = Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Take them from this key file.")]
Show = Annotated[bool, typer.Option("--show", help="Print the new secrets.")]


def _words(kinds: list[Kind] | None) -> list[str]:
    return [kind.value for kind in kinds or ()]


@app.command()
def generate(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Key file to write; must not be there.")],
    serial: Annotated[
        str, typer.Option("--serial-number", metavar="N", help="Of the meter, instead of that of --keys.")
    ] = "",
    show: Show = False,
) -> None:
    """Write a key file with fresh secrets; asks no meter."""
    from softmeter.apps.smartset.key_making import generate as make

    make(context.obj, file, serial, show=show)


@app.command()
def wrap(
    context: typer.Context,
    *,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Key file that has the new keys.")],
    kinds: Kinds = None,
) -> None:
    """Print new keys wrapped in the master key of --keys; asks no meter."""
    from softmeter.apps.smartset.key_making import wrap as print_wrapped

    print_wrapped(context.obj, source, _words(kinds))


@app.command()
def transfer(
    context: typer.Context, *, kinds: Kinds = None, of: Of = "", source: Source = None, show: Show = False
) -> None:
    """Replace keys in the meter, prove the new ones, then put them in the key file."""
    from softmeter.apps.smartset.key_changes import Wish
    from softmeter.apps.smartset.key_changes import transfer as replace_keys

    replace_keys(context.obj, Wish(of, _words(kinds), source, show))


@app.command()
def password(context: typer.Context, *, of: Of = "", source: Source = None, show: Show = False) -> None:
    """Replace a password in the meter, prove the new one, then put it in the key file."""
    from softmeter.apps.smartset.key_changes import Wish, change_password

    change_password(context.obj, Wish(of, (), source, show))


@app.command()
def recover(context: typer.Context) -> None:
    """Settle a change that broke off: find out which secrets the meter has."""
    from softmeter.apps.smartset.key_changes import recover as settle

    settle(context.obj)
