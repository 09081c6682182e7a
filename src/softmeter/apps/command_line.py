"""The commands of a program, as its entrance takes them."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import typer
from typer.exceptions import TyperException

LONGEST = 62
"""Characters of a line that says what a command does, in lists of commands 80 characters wide."""
_QUOTED = re.compile(r"'([^']+)'")


def examples(*commands: str) -> str:
    """What stands below the help of a program; each line is kept as it is."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


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


def wrong_argument(error: TyperException) -> str:
    """What is wrong with the arguments of a program; where it is the value of an option, in our words."""
    option: Any = getattr(error, "param", None)
    found: list[Mapping[str, Any]] = getattr(error.__cause__, "errors", list)()
    if option is None or not error.message:
        return error.format_message().removesuffix(".")
    name = option.opts[0] if option.opts[0].startswith("-") else option.metavar or option.opts[0]
    return f"{name}: {_wrong_value(option, found[0]) if found else error.message.removesuffix('.')}"


def _wrong_value(option: Any, found: Mapping[str, Any]) -> str:
    given, said = found["input"], str(found["msg"]).removeprefix("Value error, ").removesuffix(".")
    annotation = getattr(getattr(option, "type_descriptor", None), "annotation", None)
    if annotation in {int, float}:
        kind = "whole number" if annotation is int else "number"
        return f"{given!r} is not {_span(kind, option.min, option.max)}"
    close = get_close_matches(str(given), _QUOTED.findall(said.partition(" is not one of ")[2]), n=1)
    return f"{said}; did you mean {close[0]}?" if close else said


def _span(kind: str, low: float | None, high: float | None) -> str:
    """Numbers from `low` to `high`, in words."""
    if low is None or high is None:
        return f"a {kind}" if low is None else f"a {kind} of {low} or more"
    return f"{low} or {high}" if kind == "whole number" and high - low == 1 else f"a {kind} from {low} to {high}"
