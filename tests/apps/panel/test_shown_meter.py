"""A whole meter behind the panel: what is done to it there is what it feels and shows."""

import asyncio

import pytest

from bench.hands import Hands
from meter.asking import call, put
from meter.making import START, Made
from meter.pushing import destination
from softmeter.apps.panel.controls import TimeChange
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.apps.panel.shown_meter import ShownMeter
from softmeter.bench.bench import Bench
from softmeter.device.events import Log
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.runtime.barrier import Barrier

FIRST_SCRIPT, SECOND_SCRIPT = bytes.fromhex("12 0001"), bytes.fromhex("12 0002")


def shown(*, has_breaker: bool = False) -> tuple[Made, ShownMeter, Hands]:
    made = Made(has_breaker=has_breaker)
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


def test_the_module_is_shown_in_every_state_of_it_and_with_the_pushes_that_wait() -> None:
    made, panel, _ = shown()
    assert put(made, 40, "0-1:25.9.0", 3, destination(b"127.0.0.1:5000")) == 0
    seen = []
    for around in (
        {"access_refused": 1.0},
        {"access_refused": 0.0, "network_up": 0.0},
        {"network_up": 1.0, "roaming": 1.0},
    ):
        asyncio.run(panel.override(dict(around)))
        asyncio.run(panel.retime(TimeChange(step_s=200)))
        call(made, 40, "0-1:25.9.0", 1)
        panel.ticked()
        modem = panel.state().modem
        seen.append((modem.registration, modem.pushes_waiting))
    assert seen == [("denied", 1), ("searching", 1), ("roaming", 0)]


def test_a_technology_that_the_module_has_not_is_shown_as_the_one_it_uses() -> None:
    _, panel, _ = shown()
    asyncio.run(panel.override({"technology": 3.0}))
    asyncio.run(panel.retime(TimeChange(step_s=2)))
    panel.ticked()
    assert panel.state().modem.technology == "LTE Cat-M1"


def test_what_the_meter_is_set_to_beside_its_service_is_told() -> None:
    made, panel, _ = shown()
    assert panel.state().modes == ()
    assert call(made, 9, "0-0:10.0.101", 1, FIRST_SCRIPT) == 0
    assert panel.state().modes == ("certification",)
    assert call(made, 9, "0-0:10.0.104", 1, SECOND_SCRIPT) == 0
    asyncio.run(panel.press(300, "sealed"))
    asyncio.run(panel.retime(TimeChange(step_s=2)))
    panel.ticked()
    assert panel.state().modes == ("certification", "programming", "measuring periods")
    asyncio.run(panel.override({"voltage_v": 0.0}))
    asyncio.run(panel.retime(TimeChange(step_s=2)))
    asyncio.run(panel.override({"voltage_v": None}))
    asyncio.run(panel.retime(TimeChange(step_s=5)))
    panel.ticked()
    assert panel.state().modes == ()


def test_the_breaker_is_told_in_the_dark_as_well() -> None:
    made, panel, _ = shown(has_breaker=True)
    assert panel.state().breaker == "closed"
    assert call(made, 70, "0-0:96.3.10", 1) == 0
    asyncio.run(panel.retime(TimeChange(step_s=2)))
    asyncio.run(panel.override({"voltage_v": 0.0}))
    asyncio.run(panel.retime(TimeChange(step_s=2)))
    panel.ticked()
    state = panel.state()
    assert (state.powered, state.lcd.breaker, state.breaker) == (False, None, "open")
    assert shown()[1].state().breaker is None


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


class Later(Hands):
    """A keeper whose meter gets to the goal with its next tick only, as that of a running process."""

    goal = START

    def present(self) -> Instant:
        return max(self.goal, super().present())

    def move_to(self, instant: Instant) -> None:
        self.goal = instant


def test_a_step_is_over_when_all_of_it_is_visible() -> None:
    made = Made()
    hands = Later(made)
    panel = ShownMeter(made.actor, Bench(made.meter, made.journal, hands), PulseWatch(), Barrier(lambda: False))

    async def stepped() -> str:
        step = asyncio.create_task(panel.retime(TimeChange(step_s=900)))
        await asyncio.sleep(0)
        assert not step.done()
        Hands.move_to(hands, Instant(START + 450 * SECOND))
        panel.ticked()
        await asyncio.sleep(0)
        assert not step.done()
        Hands.move_to(hands, hands.goal)
        panel.ticked()
        await step
        return panel.state().time.instant

    assert asyncio.run(stepped()) == "2026-01-01T00:15:00Z"


def test_a_step_is_over_when_the_meter_ends() -> None:
    made = Made()
    panel = ShownMeter(made.actor, Bench(made.meter, made.journal, Later(made)), PulseWatch(), Barrier(lambda: False))

    async def ended() -> None:
        step = asyncio.create_task(panel.retime(TimeChange(step_s=900)))
        await asyncio.sleep(0)
        panel.end()
        await step

    asyncio.run(asyncio.wait_for(ended(), 60))
