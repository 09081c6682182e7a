"""Lists of commands: each line ends with a whole clause."""

import pytest
import typer

from softmeter.apps.command_line import LONGEST, clause, command_of
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
