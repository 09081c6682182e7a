"""The command line of `softmeter config`."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Show, check and describe configuration files.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="FILE", help="A TOML file, or factory, nl or be.")] = "factory",
    json: Json = False,
) -> None:
    """Print the configuration that comes of a file: what it says, and the default of what it does not say."""
    from softmeter.apps.config.command import show_configuration

    show_configuration(name, json=json)


@app.command()
def check(
    names: Annotated[list[str], typer.Argument(metavar="FILE", help="TOML files, or factory, nl or be.")],
    json: Json = False,
) -> None:
    """Print everything that is wrong in files, each with its line; status 1 if there is something."""
    from softmeter.apps.config.command import check_files

    raise typer.Exit(check_files(names, json=json))


@app.command()
def schema() -> None:
    """Print the JSON Schema of configuration files, for editors."""
    from softmeter.apps.config.command import schema_text
    from softmeter.apps.telling import tell

    tell(schema_text().rstrip())
