"""The commands of `smartset keys certificate` and their options."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Key pairs and certificates of suite 1, of the meter and of this client.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class For(Enum):
    """What a key pair is for."""

    SIGNATURE = "signature"
    AGREEMENT = "agreement"
    TLS = "tls"


Purpose = Annotated[For, typer.Option("--for", help="What the key pair is for.")]
Authority = Annotated[Path, typer.Option("--authority", metavar="FILE", help="The PEM file of the authority.")]
Number = Annotated[int, typer.Argument(min=1, metavar="N", help="As list numbers them.")]


@app.command()
def authority(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PEM file to write; must not be there.")],
    name: Annotated[str, typer.Option(help="Its common name.")] = "Laboratory",
    years: Annotated[int, typer.Option(min=1, max=100, help="How long it is valid.")] = 25,
) -> None:
    """Make an authority for a laboratory: a key and its certificate; asks no meter."""
    from softmeter.apps.smartset.authorities import make

    make(context.obj, file, name, years)


@app.command()
def own(context: typer.Context, authority: Authority) -> None:
    """Give this client a key to sign with, and a certificate for --title, in its key file; asks no meter."""
    from softmeter.apps.smartset.authorities import own as give

    give(context.obj, authority)


@app.command()
def issue(
    context: typer.Context,
    *,
    request_file: Annotated[Path, typer.Argument(metavar="REQUEST", help="As request wrote it.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the certificate, DER.")],
    authority: Authority,
    purpose: Purpose = For.SIGNATURE,
) -> None:
    """Issue the certificate that a request asks for; asks no meter."""
    from softmeter.apps.smartset.authorities import issue as answer
    from softmeter.security.identity import Purpose as Known

    answer(context.obj, request_file, file, authority, Known[purpose.name])


@app.command()
def pair(context: typer.Context, purpose: Purpose = For.SIGNATURE) -> None:
    """Have the meter make a key pair; the one in use stays so until the new one has a certificate."""
    from softmeter.apps.smartset.certificates import draw_pair
    from softmeter.security.identity import Purpose as Known

    draw_pair(context.obj, Known[purpose.name])


@app.command()
def request(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, PKCS #10 in DER.")],
    purpose: Purpose = For.SIGNATURE,
) -> None:
    """Fetch the certificate request of the meter's newest pair."""
    from softmeter.apps.smartset.certificates import request as fetch
    from softmeter.security.identity import Purpose as Known

    fetch(context.obj, file, Known[purpose.name])


@app.command("import")
def import_certificate(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A certificate, DER or PEM; this client's if not given.")
    ] = None,
) -> None:
    """Give the meter a certificate: its own, a client's, or that of an authority below one it trusts."""
    from softmeter.apps.smartset.certificates import take

    take(context.obj, file)


@app.command("list")
def list_certificates(context: typer.Context) -> None:
    """List the certificates that the meter keeps."""
    from softmeter.apps.smartset.certificates import show

    show(context.obj)


@app.command()
def export(
    context: typer.Context,
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, DER.")],
) -> None:
    """Fetch a certificate that the meter keeps."""
    from softmeter.apps.smartset.certificates import export as fetch

    fetch(context.obj, number, file)


@app.command()
def remove(context: typer.Context, number: Number) -> None:
    """Have the meter forget a certificate; needs --sign."""
    from softmeter.apps.smartset.certificates import remove as forget

    forget(context.obj, number)
