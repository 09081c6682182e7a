"""Each command has an example that it takes."""

from collections.abc import Iterator
from typing import Any

import pytest

from softmeter.apps.command_line import command_of
from softmeter.apps.smartset.call_examples import EXAMPLES, with_examples
from softmeter.apps.smartset.commands import app
from softmeter.apps.smartset.main import run

ROOT = with_examples(command_of(app))


def ends(command: Any, path: str = "") -> Iterator[str]:
    """The words of every command that does something."""
    for name, one in command.commands.items():
        words = f"{path} {name}".strip()
        if not hasattr(one, "commands") or one.invoke_without_command:
            yield words
        if hasattr(one, "commands"):
            yield from ends(one, words)


def test_every_command_has_one() -> None:
    assert set(ends(ROOT)) == set(EXAMPLES)


@pytest.mark.parametrize("words", EXAMPLES)
def test_what_is_shown_is_taken(words: str) -> None:
    for example in EXAMPLES[words]:
        given = [part for part in example.split() if part != "--sign"]
        command, context = ROOT, None
        for word in words.split():
            assert given.pop(0) == word
            command = command.commands[word]
        context = command.make_context(words, given)  # a wrong argument raises
        assert context is not None


def test_it_stands_below_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", "--help"]) == 0
    out = capsys.readouterr().out
    assert "Examples:\n    smartset … profile load --last 96 --csv\n" in out
