"""Every scenario of the library: it is met, it can fail, and it gives the same bytes again."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from softmeter.apps.scenario.reading import directory_of, library, parse, text_of
from softmeter.apps.scenario.running import Report, run

pytestmark = pytest.mark.slow

OTHER = {"disconnected": "connected", "connected": "ready", "ready": "disconnected"}
FLIPPED: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"\bvalue = (-?[\d.]+)", lambda found: f"value = {float(found) + 1000}"),
    (r"\b(?:tariff) = (\d)", lambda found: f"tariff = {int(found) % 4 + 1}"),
    (r"\bcodes = \[(.*?)\]", lambda found: f"codes = [{found + ', ' if found else ''}200]"),
    (r"\bbits = \[(.*?)\]", lambda found: f"bits = [{found + ', ' if found else ''}31]"),
    (r"\brows = (\d+)", lambda found: f"rows = {int(found) + 1}"),
    (r"\bpowered = (\w+)", lambda found: f"powered = {'false' if found == 'true' else 'true'}"),
    (r"\bbreaker = \"(disconnected|connected|ready)\"", lambda found: f'breaker = "{OTHER[found]}"'),
    (r"\banswered = (false)", lambda _: "answered = true"),
    (r"\btimes = (\d+)", lambda found: f"times = {int(found) + 1}"),
    (r"\bdark = (true)", lambda _: 'numeric = "1"'),
    (r"\bresult = \"([\w-]+)\"", lambda _: 'result = "hardware-fault"'),
    (r"\btelegram = \".*?\", value = \"(.+?)\"", lambda _: 'telegram = "0-0:96.13.0", value = "wrong"'),
    (r"\bhas = \"(new|old)\"", lambda found: f'has = "{"old" if found == "new" else "new"}"'),
    (r"\bspacing = \"(\w+)\"", lambda _: 'spacing = "7m"'),
)
"""What an expectation may say, and how to make it wrong."""


def told(name: str, text: str | None = None, *, digest: bool = False) -> Report:
    return run(parse(text or text_of(name), name), directory_of(name), digest=digest)


def missed(report: Report) -> list[str]:
    return [
        f"step {step.number}, {one.what}: expected {one.expected}, seen {one.seen}"
        for step in report.steps
        for one in step.outcomes
        if not one.met
    ]


@pytest.mark.parametrize("name", library())
def test_every_story_comes_true_twice_with_the_same_bytes(name: str) -> None:
    report = told(name, digest=True)
    assert missed(report) == []
    assert sum(len(step.outcomes) for step in report.steps) >= 2
    assert told(name, digest=True).digest == report.digest


def test_the_story_that_the_page_tells_comes_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")
    (story,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert missed(told("the page", story)) == []


@pytest.mark.parametrize("name", library())
def test_every_story_can_fail(name: str) -> None:
    """Each number, code, row and state that is expected is made wrong in turn, one of a kind."""
    lines = text_of(name).split("\n")
    tried = 0
    for pattern, wrong in FLIPPED:
        found = next(((at, one) for at in expectations(lines) if (one := re.search(pattern, lines[at]))), None)
        if found is None:
            continue
        at, one = found
        changed = lines[at][: one.start()] + wrong(one[1]) + lines[at][one.end() :]
        assert missed(told(name, "\n".join([*lines[:at], changed, *lines[at + 1 :]]))), changed
        tried += 1
    assert tried


def expectations(lines: list[str]) -> Iterator[int]:
    """The numbers of the lines that say what is expected."""
    key = ""
    for number, line in enumerate(lines):
        begun = re.match(r"(\w+) = ", line)
        key = begun[1] if begun else key
        if key == "expect":
            yield number
