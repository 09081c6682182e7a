"""The hands of a clock: slewing and drift as integers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.making import SETTINGS, advance, device, dump, restored, rows
from device.surrounded import Timeline
from softmeter.device.adjustment import shift_clock
from softmeter.device.device import Device
from softmeter.device.hands import DAY, Crystal, Hands
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant, at_second, parse_instant

START = parse_instant("2026-01-05T12:00:00Z")
HANDS = st.builds(
    Hands,
    st.integers(-10 * SECOND, 10 * SECOND),
    st.just(START),
    st.integers(-9 * SECOND, 9 * SECOND),
    st.integers(START - DAY, START).map(Instant),
    st.integers(-60 * SECOND, 60 * SECOND),
)


@given(HANDS, st.integers(0, 400 * 86_400))
def test_first_second_is_the_inverse_of_time(hands: Hands, ahead: int) -> None:
    second = START // SECOND + ahead
    first = hands.first_second(second)
    assert hands.time(at_second(first)) >= second * SECOND > hands.time(at_second(first - 1))


@given(HANDS, st.integers(0, DAY), st.integers(-SECOND, SECOND))
def test_changing_the_drift_moves_no_hand(hands: Hands, after: int, drift_ns: int) -> None:
    at = Instant(START + after)
    changed = hands.drifting(at, drift_ns)
    assert changed.time(at) == hands.time(at)
    assert changed.pending(at) == hands.pending(at)
    assert hands.turned(at, 5).time(at) == hands.time(at) + 5
    assert hands.slewed(at, 5).time(at) == hands.time(at)


@pytest.mark.parametrize("drift_s", [-0.5, 0.5])
def test_a_clock_gains_what_its_crystal_says(drift_s: float) -> None:
    crystal = Crystal(round(drift_s * SECOND))
    meter = device("2026-01-05T12:00:00Z", settings=replace(SETTINGS, crystal=crystal))
    advance(meter, "2026-01-06T12:00:00Z")
    assert meter.clock.time(meter.now) - meter.now == crystal.drift_ns
    assert len(rows(meter)) == (96 if drift_s > 0 else 95)
    shift_clock(meter, meter.now, 3)
    assert meter.clock.hands.drift_ns == crystal.drift_ns


@pytest.mark.manual("6.drift")
def test_drift_follows_temperature_also_in_the_dark_and_survives() -> None:
    settings = replace(SETTINGS, crystal=Crystal(SECOND // 10, -SECOND // 10))
    warm = Timeline({START // SECOND + 43_200: Surrounded(temperature=28)})
    source = device("2026-01-05T12:00:00Z", ("2026-01-05T20:00:00Z", "2026-01-06T06:00:00Z")).source
    meter = Device(settings, source, START, warm)
    advance(meter, "2026-01-06T00:00:00Z")
    assert meter.clock.time(meter.now) - meter.now == SECOND // 20
    advance(meter, "2026-01-06T12:00:00Z")
    assert meter.clock.time(meter.now) - meter.now == SECOND // 20 - SECOND // 5
    twin = restored(meter)
    assert twin.clock.time(twin.now) == meter.clock.time(meter.now)
    stepped = Device(settings, source, START, warm)
    for second in range(0, 86_400, 1237):
        stepped.advance(Instant(START + second * SECOND + 17))
    advance(stepped, "2026-01-06T12:00:00Z")
    assert dump(stepped) == dump(meter)
