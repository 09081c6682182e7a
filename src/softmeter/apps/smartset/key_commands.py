"""The commands of `smartset keys` and their options."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from softmeter.apps.smartset import certificate_commands

app = typer.Typer(
    help="Make, wrap and replace keys, and change passwords.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(certificate_commands.app, name="certificate")


class Kind(Enum):
    """A key of a client, the one that wraps the keys of all, or that of messages to all meters."""

    ENCRYPTION = "encryption"
    AUTHENTICATION = "authentication"
    MASTER = "master"
    BROADCAST = "broadcast"


class Agreed(Enum):
    """A key that can be agreed on: where the answer is lost, the others still let the client in."""

    ENCRYPTION = "encryption"
    MASTER = "master"


Kinds = Annotated[list[Kind] | None, typer.Option("--key", help="Which, once or more [encryption and authentication].")]
Of = Annotated[
    str, typer.Option("--of", metavar="CLIENT", help="Of another client than the one that comes in; p1: of telegrams.")
]
Source = Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Take them from this key file.")]
Show = Annotated[bool, typer.Option("--show", help="Print the new secrets.")]


def words(kinds: list[Kind] | None) -> list[str]:
    """The names of the keys chosen."""
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

    print_wrapped(context.obj, source, words(kinds))


@app.command()
def transfer(
    context: typer.Context, *, kinds: Kinds = None, of: Of = "", source: Source = None, show: Show = False
) -> None:
    """Replace keys in the meter, prove the new ones, then put them in the key file."""
    from softmeter.apps.smartset.key_changes import Wish
    from softmeter.apps.smartset.key_changes import transfer as replace_keys

    replace_keys(context.obj, Wish(of, words(kinds), source, show))


@app.command()
def agree(
    context: typer.Context,
    *,
    kind: Annotated[Agreed, typer.Option("--key", help="Which.")] = Agreed.ENCRYPTION,
    show: Show = False,
) -> None:
    """Replace a key by one agreed on with the meter, in suite 1; both sides sign, and no key travels."""
    from softmeter.apps.smartset.key_agreement import agree as agree_on

    agree_on(context.obj, kind.value, show=show)


@app.command()
def password(context: typer.Context, *, of: Of = "", source: Source = None, show: Show = False) -> None:
    """Replace a password in the meter, prove the new one, then put it in the key file."""
    from softmeter.apps.smartset.key_changes import Wish, change_password

    change_password(context.obj, Wish(of, (), source, show))


@app.command()
def hls_secret(context: typer.Context, *, show: Show = False) -> None:
    """Replace this client's secret for HLS 6, prove the new one, then put it in the key file."""
    from softmeter.apps.smartset.hls_secrets import change

    change(context.obj, show=show)


@app.command()
def recover(context: typer.Context) -> None:
    """Settle a change that broke off: find out which secrets the meter has."""
    from softmeter.apps.smartset.key_agreement import recover as settle

    settle(context.obj)
