"""What is printed of a step, on any terminal."""

from io import BytesIO, TextIOWrapper

import pytest
from rich.console import Console

from softmeter.apps.scenario.doing import Outcome
from softmeter.apps.scenario.report import print_step
from softmeter.apps.scenario.running import StepReport
from softmeter.instant import parse_instant

STEP = StepReport(
    3,
    parse_instant("2026-01-01T12:00:00Z"),
    "Noon",
    (
        Outcome("tariff", "0002", "0002"),
        Outcome("voltage", "230 V", "231 V", within=True),
        Outcome("log", "[1]", "[2]"),
    ),
)


@pytest.mark.parametrize(("encoding", "met", "missed"), [("utf-8", "✓", "✗"), ("ascii", "+", "X")])
def test_a_step_is_printed_in_the_characters_that_there_are(encoding: str, met: str, missed: str) -> None:
    octets = BytesIO()
    stream = TextIOWrapper(octets, encoding)
    print_step(Console(file=stream, width=80), STEP)
    stream.flush()
    assert octets.getvalue().decode(encoding).splitlines() == [
        "2026-01-01T12:00:00Z      Noon",
        f"  {met} tariff: 0002",
        f"  {met} voltage: 231 V  (expected 230 V)",
        f"  {missed} log",
        "      expected  [1]",
        "      seen      [2]",
    ]
