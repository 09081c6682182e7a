"""Lists of commands: each line ends with a whole clause."""

import pytest
import typer
from typer.exceptions import TyperException

from softmeter.apps.command_line import LONGEST, clause, command_of, wrong_argument
from softmeter.apps.main import app as softmeter
from softmeter.apps.smartset.commands import app as smartset


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Print the version.", "Print the version."),
        ("Read a profile as rows. And more.\n\nOf it.", "Read a profile as rows."),
        (
            "Run a meter; the first start makes it, every later one goes on after\na cut.",
            "Run a meter; the first start makes it.",
        ),
    ],
)
def test_as_many_clauses_as_there_is_room_for(text: str, line: str) -> None:
    assert clause(text) == line


@pytest.mark.parametrize("app", [softmeter, smartset])
def test_no_command_of_ours_is_cut(app: typer.Typer) -> None:
    lines = {name: one.short_help for name, one in command_of(app).commands.items()}
    assert {name: line for name, line in lines.items() if not line or len(line) > LONGEST + 1} == {}


@pytest.mark.parametrize(
    ("app", "arguments", "line"),
    [
        (smartset, ["--suite", "5", "info"], "--suite: '5' is not 0 or 1"),
        (smartset, ["--timeout", "0", "info"], "--timeout: '0' is not a number from 0.1 to 86400"),
        (smartset, ["get", "x", "--class", "x"], "--class: 'x' is not a whole number from 0 to 65535"),
        (
            smartset,
            ["--mechanism", "hls9", "info"],
            "--mechanism: 'hls9' is not one of 'lowest', 'lls', 'hls5', 'hls6', 'hls7'; did you mean hls7?",
        ),
        (softmeter, ["run", "--rate", "fast"], "--rate: 'fast' is not a number"),
        (softmeter, ["run", "--bogus"], "No such option: --bogus (Possible options: --mbus)"),
        (softmeter, ["decode"], "Missing argument 'HEX|FILE|-'"),
    ],
)
def test_a_wrong_argument_is_told_with_its_option_and_the_choices(
    app: typer.Typer, arguments: list[str], line: str
) -> None:
    with pytest.raises(TyperException) as wrong:
        command_of(app).main(arguments, standalone_mode=False)
    assert wrong_argument(wrong.value) == line
