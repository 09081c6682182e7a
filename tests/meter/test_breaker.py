"""Breaker and limiter: who may open and close what, in which mode, and what that does to the load."""

import contextlib

import pytest

from device.surrounded import Timeline
from meter.making import START, Made, values_of
from meter.test_alarms import FIRST, get, live, place, put, u32, view
from softmeter.bench.journal import Quantity
from softmeter.device.breaker import State
from softmeter.device.events import Log
from softmeter.device.surroundings import Surrounded
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant
from softmeter.metrology.energy import Quantity as Energy
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag

CONTROL = "0-0:96.3.10"
TRANSITIONS = {
    # mode: what a remote disconnection, a remote reconnection from there, a manual one from there,
    # a manual disconnection, a local disconnection and a local reconnection lead to
    0: (1, 1, 1, 1, 1, 1),
    1: (0, 2, 1, 2, 2, 2),
    2: (0, 1, 2, 1, 2, 2),
    3: (0, 2, 1, 1, 2, 2),
    4: (0, 1, 1, 1, 2, 2),
    5: (0, 2, 1, 2, 2, 1),
    6: (0, 2, 1, 1, 2, 1),
}


def fitted(**state: int) -> Made:
    made = Made(has_breaker=True)
    for name, value in state.items():
        setattr(made.meter.device.behaviours.breaker, name, value)
    return made


def call(made: Made, method: int) -> None:
    view(made).invokers[place(70, CONTROL, method)](made.meter, b"")


def tried(made: Made, method: int) -> int:
    with contextlib.suppress(AccessError):
        call(made, method)
    return int(made.meter.device.behaviours.breaker.state)


def energy(made: Made) -> int:
    return made.meter.device.registers.mj(Energy.ACTIVE_IMPORT)


@pytest.mark.parametrize(("mode", "expected"), TRANSITIONS.items())
def test_every_transition_of_every_mode(mode: int, expected: tuple[int, ...]) -> None:
    made = fitted()
    put(made, 70, CONTROL, 4, Data(Tag.ENUM, mode))
    device = made.meter.device
    breaker = device.behaviours.breaker
    found = [tried(made, 1), tried(made, 2)]
    breaker.press(device)
    found.append(int(breaker.state))
    breaker.press(device)
    found.append(int(breaker.state))
    breaker.state = State.CONNECTED
    for selector in (1, 2):
        script = made.meter.device.settings.limits.over._replace(selector=selector)
        breaker.execute_locally(device, script)
        found.append(int(breaker.state))
    assert tuple(found) == expected
    assert get(made, 70, CONTROL, 3).value == expected[-1]
    assert get(made, 70, CONTROL, 2).value is (expected[-1] == 1)


@pytest.mark.parametrize("step", [1, 77, 100_000])
def test_no_current_flows_while_the_breaker_is_open(step: int) -> None:
    made = fitted()
    live(made, 1000, step)
    call(made, 1)
    before = energy(made)
    live(made, 5000, step)
    assert energy(made) == before
    assert made.meter.device.instantaneous.current_ma == 0
    assert made.meter.device.instantaneous.voltage_mv == 230_000
    call(made, 2)
    live(made, 6000, step)
    assert energy(made) == before + 1000 * 1_150_000
    assert made.meter.device.events.ring(Log.DISCONNECTOR).rows()["code"].tolist() == [62, 63]


def test_a_schedule_disconnects_and_the_button_reconnects() -> None:
    made = fitted()
    made.meter.device.surroundings = Timeline({FIRST + 4000: Surrounded(long_presses=1)})
    put(made, 70, CONTROL, 4, Data(Tag.ENUM, 1))
    time, date = Data(Tag.OCTET_STRING, bytes.fromhex("011E0000")), Data(Tag.OCTET_STRING, bytes.fromhex("07EA0101FF"))
    put(made, 22, "0-0:15.0.1", 4, Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (time, date)),)))
    live(made, 1800)
    assert get(made, 70, CONTROL, 3).value == State.DISCONNECTED
    call(made, 2)
    assert get(made, 70, CONTROL, 3).value == State.READY
    live(made, 4000)
    assert get(made, 70, CONTROL, 3).value == State.CONNECTED
    assert made.meter.device.events.ring(Log.DISCONNECTOR).rows()["code"].tolist() == [62, 59, 61]


@pytest.mark.parametrize("step", [1, 11, 100_000])
def test_the_limiter_opens_after_its_time_and_closes_after_the_other(step: int) -> None:
    made = fitted(mode=5)
    made.journal.give(Quantity.ACTIVE_POWER_W, 7000.0, Instant(START + 1000 * SECOND))
    put(made, 71, "0-0:17.0.0", 4, u32(5000))
    put(made, 71, "0-0:17.0.0", 6, u32(30))
    put(made, 71, "0-0:17.0.0", 7, u32(60))
    live(made, 1029, step)
    assert made.meter.device.behaviours.breaker.closed
    live(made, 1030, step)
    assert not made.meter.device.behaviours.breaker.closed
    live(made, 1089, step)
    assert not made.meter.device.behaviours.breaker.closed
    live(made, 1090, step)
    assert made.meter.device.behaviours.breaker.closed
    codes = made.meter.device.events.ring(Log.DISCONNECTOR).rows()["code"].tolist()
    assert codes == [67, 65, 64, 66, 69]


def fitted_for_an_emergency() -> Made:
    """One whose emergency profile begins after 1,800 s and lasts 600 s."""
    made = fitted()
    put(made, 71, "0-0:17.0.0", 5, u32(1000))
    put(made, 71, "0-0:17.0.0", 6, u32(10))
    put(made, 71, "0-0:17.0.0", 9, Data(Tag.ARRAY, (Data(Tag.LONG_UNSIGNED, 7),)))
    start = Data(Tag.OCTET_STRING, bytes.fromhex("07EA0101FF011E0000FFC400"))  # 01:30 winter time
    put(made, 71, "0-0:17.0.0", 8, Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 7), start, u32(600))))
    return made


def test_in_an_emergency_the_other_threshold_holds() -> None:
    made = fitted_for_an_emergency()
    live(made, 1799)
    assert get(made, 71, "0-0:17.0.0", 10).value is False
    live(made, 1805)
    assert get(made, 71, "0-0:17.0.0", 3) == u32(1000)
    live(made, 1811)
    assert not made.meter.device.behaviours.breaker.closed
    live(made, 2400)
    assert get(made, 71, "0-0:17.0.0", 10).value is False


def test_an_emergency_that_began_in_the_dark_holds_from_power_up_on() -> None:
    made = fitted_for_an_emergency()
    live(made, 1700)
    made.meter.device.resume(Instant(START + 1900 * SECOND))
    assert get(made, 71, "0-0:17.0.0", 10).value is True
    live(made, 1910)
    assert not made.meter.device.behaviours.breaker.closed


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (4, Data(Tag.LONG_UNSIGNED, 1)),
        (2, Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 9), Data(Tag.OCTET_STRING, bytes(6)), Data(Tag.INTEGER, 2)))),
        (9, Data(Tag.ARRAY, (Data(Tag.LONG_UNSIGNED, 7),) * 17)),
        (3, u32(1)),
    ],
)
def test_a_limiter_that_cannot_be_is_refused(attribute: int, value: Data) -> None:
    made = fitted()
    before = made.meter.device.behaviours.limiter.saved()
    with pytest.raises((AccessError, KeyError)):
        put(made, 71, "0-0:17.0.0", attribute, value)
    assert made.meter.device.behaviours.limiter.saved() == before


def test_state_and_limits_outlive_a_power_cut() -> None:
    made = fitted(mode=6)
    put(made, 71, "0-0:17.0.0", 4, u32(5000))
    call(made, 1)
    saved = values_of(made.actor.changes())
    again = Made(has_breaker=True)
    again.actor.restore(saved, {})
    assert get(again, 70, CONTROL, 3).value == 0
    assert get(again, 70, CONTROL, 4).value == 6
    assert again.meter.device.behaviours.limiter.saved() == made.meter.device.behaviours.limiter.saved()


@pytest.mark.manual("3.2.disconnector")
def test_a_meter_without_a_breaker_has_none_of_its_objects() -> None:
    names = {row.name for row in Made().meter.dictionary.rows}
    assert not {Obis.parse(name) for name in (CONTROL, "0-0:17.0.0", "0-0:10.0.106", "0-0:99.98.2")} & names
