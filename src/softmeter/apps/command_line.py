"""The commands of a program, as its entrance takes them."""

import re
from typing import Any

import typer

LONGEST = 62
"""Characters of a line that says what a command does, in lists of commands 80 characters wide."""


def command_of(app: typer.Typer) -> Any:
    """The command of an app; lists of commands end each line with a whole clause."""
    command = typer.main.get_command(app)
    _shorten(command)
    return command


def _shorten(command: Any) -> None:
    for one in getattr(command, "commands", {}).values():
        one.short_help = one.short_help or clause(one.help or "")
        _shorten(one)


def clause(text: str) -> str:
    """The first sentence of `text`, or as many clauses of it as a line has room for."""
    sentence = text.partition("\n\n")[0].replace("\n", " ").partition(". ")[0].rstrip(".")
    if len(sentence) <= LONGEST:
        return f"{sentence}."
    ends = [found.start() for found in re.finditer(r"[;:,] ", sentence[: LONGEST + 2])]
    return f"{sentence[: ends[-1]]}." if ends else sentence
