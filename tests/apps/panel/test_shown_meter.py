"""A whole meter behind the panel: what is done to it there is what it feels and shows."""

import asyncio

import pytest

from bench.hands import Hands
from meter.making import START, Made
from softmeter.apps.panel.controls import TimeChange
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.apps.panel.shown_meter import ShownMeter
from softmeter.bench.bench import Bench
from softmeter.device.events import Log
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.runtime.barrier import Barrier


def shown() -> tuple[Made, ShownMeter, Hands]:
    made = Made()
    hands = Hands(made)
    bench = Bench(made.meter, made.journal, hands)
    return made, ShownMeter(made.actor, bench, PulseWatch(), Barrier(lambda: False)), hands


def test_covers_and_faults_are_felt_and_told() -> None:
    made, panel, _ = shown()
    asyncio.run(panel.override({"terminal_cover_open": 1.0, "faults": 512.0}))
    asyncio.run(panel.retime(TimeChange(step_s=10)))
    panel.ticked()
    state = panel.state()
    assert (state.bench.terminal_cover_open, state.bench.faults, state.bench.meter_cover_open) == (True, ("ram",), None)
    assert made.meter.device.events.last_code(Log.FRAUD) == 40
    assert "T" in state.lcd.triangles


def test_a_press_scrolls_what_is_seen() -> None:
    _, panel, hands = shown()
    asyncio.run(panel.retime(TimeChange(step_s=10)))
    hands.link_s += 60
    before = panel.state()
    asyncio.run(panel.press(200))
    after = panel.state()
    assert after.version > before.version
    assert after.lcd.description != before.lcd.description


def test_time_is_turned_and_told() -> None:
    made, panel, _ = shown()
    asyncio.run(panel.retime(TimeChange(rate=60)))
    asyncio.run(panel.retime(TimeChange(jump_to="2026-01-01T01:00:00Z")))
    assert made.meter.device.now - START == 3600 * SECOND
    assert panel.state().time.rate == 60
    with pytest.raises(ConfigurationError, match="run back"):
        asyncio.run(panel.retime(TimeChange(jump_to="2025-01-01T00:00:00Z")))
