"""The bench: what it does to a meter, what it refuses, and time in the hands of its keeper."""

from collections.abc import Callable

import pytest

from bench.hands import Hands
from meter.making import START, Made, steady
from softmeter.bench.bench import CONTROLS, LONG_PRESS_S, SHORT_PRESS_S, Bench, Button, Fault, checked, faults
from softmeter.bench.journal import Circumstance, LinkFault, Quantity
from softmeter.device.events import Log
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter.model.shown import screen

FIRST = whole_second(START)


def benched(*, has_breaker: bool = False) -> tuple[Made, Bench]:
    made = Made(source=steady(), has_breaker=has_breaker)
    return made, Bench(made.meter, made.journal, Hands(made))


def events(made: Made, log: Log) -> list[tuple[int, int]]:
    rows = made.meter.device.events.ring(log).rows()
    return [(int(row["clock"]["second"]) - FIRST, int(row["code"])) for row in rows]


def test_what_is_imposed_acts_from_the_next_second_and_is_told() -> None:
    made, bench = benched()
    bench.jump(Instant(START + 10 * SECOND + 1))
    bench.impose({"terminal_cover_open": 1, "voltage_v": 240, "temperature": -5})
    bench.jump(Instant(START + 20 * SECOND))
    assert events(made, Log.FRAUD) == [(11, 40)]
    assert made.meter.device.instantaneous.voltage_mv == 240_000
    told = bench.imposed()
    assert (told["terminal_cover_open"], told["voltage_v"], told["temperature"], told["strong_field"]) == (
        1,
        240,
        -5,
        None,
    )
    bench.impose({"voltage_v": None})
    bench.step()
    assert bench.imposed()["voltage_v"] is None
    assert made.meter.device.instantaneous.voltage_mv == 230_000


@pytest.mark.parametrize(
    "changes",
    [{"voltage_v": 240, "temperature": 200}, {"voltage_v": 240, "nose": 1}, {"voltage_v": 240, "display_button": 1}],
)
def test_what_cannot_be_is_refused_with_all_that_comes_with_it(changes: dict[str, float]) -> None:
    made, bench = benched()
    with pytest.raises(ConfigurationError):
        bench.impose(changes)
    assert len(made.journal) == 0


def test_nobody_gets_at_the_calibration_while_its_seal_is_whole() -> None:
    made, bench = benched()
    with pytest.raises(ConfigurationError, match="voltage_gain_ppm: the calibration seal is whole"):
        bench.impose({"voltage_gain_ppm": 100, "temperature": 20})
    assert len(made.journal) == 0
    bench.impose({"calibration_seal_broken": 1})
    bench.step()
    bench.impose({"voltage_gain_ppm": 100})
    bench.step()
    assert made.meter.device.behaviours.calibration.seal_broken
    with pytest.raises(ConfigurationError, match="seal is whole"):
        bench.impose({"calibration_seal_broken": None, "current_lag_ns": 1})


def test_everything_but_buttons_is_a_control() -> None:
    pressed = {Circumstance.SEALED_BUTTON, Circumstance.DISPLAY_BUTTON, Circumstance.LONG_PRESSES}
    assert set(CONTROLS.values()) == {*Quantity, *Circumstance, *LinkFault} - pressed


def test_a_short_press_scrolls_the_display_once() -> None:
    made, bench = benched()
    hands = bench.time
    assert isinstance(hands, Hands)
    bench.step(10)
    hands.link_s += 60

    def title() -> str:
        return screen(made.meter, hands.link_now()).title

    items = [item.title for item in made.meter.device.behaviours.display.settings.manual]
    title()  # somebody has looked before
    bench.press(Button.DISPLAY)
    assert title() == items[0]
    bench.step(2)  # now the device has felt it too
    assert title() == items[0]
    bench.press(Button.DISPLAY, SHORT_PRESS_S)
    bench.step(2)
    assert title() == items[0]
    bench.press(Button.DISPLAY)
    assert title() == items[1]
    bench.step(2)
    assert title() == items[1]
    assert made.meter.device.feeling.state.display_button == 2


@pytest.mark.parametrize(("held_s", "closed"), [(LONG_PRESS_S, False), (LONG_PRESS_S - 0.1, True)])
def test_holding_the_button_works_the_breaker(held_s: float, *, closed: bool) -> None:
    made, bench = benched(has_breaker=True)
    made.meter.device.behaviours.breaker.mode = 1
    bench.step(5)
    bench.press(Button.DISPLAY, held_s)
    bench.step(2)
    assert made.meter.device.behaviours.breaker.closed is closed


def test_the_sealed_button_is_felt() -> None:
    made, bench = benched()
    bench.press(Button.SEALED)
    bench.step(2)
    assert made.meter.device.feeling.state.sealed_button == 1


def test_time_is_paused_and_goes_on_as_fast_as_before() -> None:
    _, bench = benched()
    bench.run(60)
    bench.pause()
    assert bench.time.rate == 0
    bench.run()
    assert bench.time.rate == 60


def test_steps_end_on_whole_seconds_and_time_never_runs_back() -> None:
    made, bench = benched()
    for act, after_ns in steps(bench):
        act()
        assert made.meter.device.now - START == after_ns
    with pytest.raises(ConfigurationError, match="run back"):
        bench.jump(START)


def steps(bench: Bench) -> list[tuple[Callable[[], None], int]]:
    return [
        (lambda: bench.jump(Instant(START + 5 * SECOND + 7)), 5 * SECOND + 7),
        (bench.step, 6 * SECOND),
        (lambda: bench.step(4), 10 * SECOND),
    ]


def test_faults_have_names() -> None:
    assert faults(["ram", "watchdog"]) == Fault.RAM | Fault.WATCHDOG
    assert [fault.value.bit_length() - 1 for fault in Fault] == [8, 9, 10, 11, 12]
    with pytest.raises(ConfigurationError, match="there are program_memory, ram"):
        faults(["nose"])


@pytest.mark.parametrize("name", ["technology", "terminal_cover_open", "modem_hangs", "temperature"])
def test_what_comes_in_whole_numbers_takes_no_fraction(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: 0\\.5 (is no whole number|lies outside)"):
        checked({name: 0.5})
    with pytest.raises(ConfigurationError, match=f"^{name}: 1\\.5 "):
        checked({name: 1.5})
    assert checked({name: 1.0, "voltage_v": 1.5, "wan_drop": 0.5})
    with pytest.raises(ConfigurationError, match="lies outside"):
        checked({name: float("nan")})
