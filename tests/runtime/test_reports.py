"""Lines about connections: a moment late, and in their order."""

import asyncio
import logging
from dataclasses import dataclass

import pytest

from runtime.virtual_time import VirtualTime
from softmeter.runtime.reports import LATE_S, Reports


@dataclass(frozen=True)
class ItRained:
    litres: int


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for record in caplog.records for line in record.getMessage().split("\n")]


def test_lines_are_written_together_a_moment_later(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story() -> None:
        reports = Reports(logging.getLogger("softmeter.rain"))
        for day in range(3):
            reports.note(f"day {day}", [ItRained(day), ItRained(day + 1)])
        await asyncio.sleep(LATE_S / 2)
        assert lines(caplog) == []
        await asyncio.sleep(LATE_S)
        assert lines(caplog) == [
            f"day {day} it rained litres={litres}" for day in range(3) for litres in (day, day + 1)
        ]
        reports.note("day 3", [ItRained(9)])
        await asyncio.sleep(2 * LATE_S)
        assert lines(caplog)[-1] == "day 3 it rained litres=9"

    VirtualTime().run(story())


def test_what_is_said_at_once_comes_after_what_was_noted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story() -> None:
        reports = Reports(logging.getLogger("softmeter.rain"))
        reports.note("today", [ItRained(1)])
        reports.say(logging.WARNING, "%s: %d litres are too many", "today", 9)
        assert lines(caplog) == ["today it rained litres=1", "today: 9 litres are too many"]
        await asyncio.sleep(2 * LATE_S)
        assert len(lines(caplog)) == 2

    VirtualTime().run(story())
