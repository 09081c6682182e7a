"""The device as a whole: time passes exactly, whatever the steps."""

import gc
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.making import CATALOGUE, SETTINGS, Recorder, Varying, advance, device, dump, events, restored, rows
from softmeter.device.adjustment import set_clock, shift_clock
from softmeter.device.device import Device
from softmeter.device.profile import ProfileSettings
from softmeter.device.pulses import active_pulse_count, reactive_pulse_count
from softmeter.device.registers import RATED
from softmeter.device.settings import DeviceSettings
from softmeter.instant import SECOND, Instant, at_second, parse_instant
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import integrate

START = parse_instant("2026-03-28T21:58:20Z")
SPAN_S = 4 * 3600  # over local midnight and into the night in which summer time begins
OUTAGES = [
    (Instant(START + 1000 * SECOND), Instant(START + 1001 * SECOND)),
    (Instant(START + 5000 * SECOND), Instant(START + 8200 * SECOND)),
    (Instant(START + 13_000 * SECOND), Instant(START + (SPAN_S + 9) * SECOND)),
]
CUT, BACK = Instant(START + 9_000_400_000_000), Instant(START + 11_700_100_000_000)


def life(cuts: list[int], *, each: bool = False) -> tuple[dict[str, object], Recorder]:
    """A night with outages, settings and a power cut at fixed instants, in steps that end at `cuts` (ns) too."""
    meter, recorder = Device(SETTINGS, Varying(OUTAGES), START), Recorder(wants_seconds=each)

    def forward(until: Instant) -> None:
        for cut in sorted(cuts):
            if meter.now < START + cut < until:
                meter.advance(Instant(START + cut), recorder)
        meter.advance(until, recorder)

    forward(Instant(START + 2_000_500_000_000))
    shift_clock(meter, meter.now, 5)
    forward(Instant(START + 3_000_700_000_000))
    shift_clock(meter, meter.now, -40)
    forward(CUT)
    meter = restored(meter)
    meter.resume(BACK)
    forward(Instant(START + (SPAN_S + 60) * SECOND))
    return dump(meter), recorder


WHOLE, SEEN = life([])
_, EACH = life([], each=True)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, (SPAN_S + 60) * SECOND), max_size=12), st.booleans())
def test_any_partition_of_a_span_gives_the_same_meter(cuts: list[int], each: bool) -> None:  # noqa: FBT001
    state, recorder = life(cuts, each=each)
    assert state == WHOLE
    assert (recorder.active, recorder.reactive) == (SEEN.active, SEEN.reactive)
    if each:
        assert recorder.seen == EACH.seen


@pytest.mark.slow
def test_every_second_on_its_own_gives_the_same_meter() -> None:
    state, recorder = life([second * SECOND for second in range(SPAN_S + 60)], each=True)
    assert state == WHOLE
    assert recorder.seen == EACH.seen
    assert recorder.active == SEEN.active


def test_each_second_with_power_is_told_after_its_pulses() -> None:
    meter, recorder = device("2026-01-05T00:00:00Z", ("2026-01-05T00:05:00Z", "2026-01-05T00:06:40Z")), Recorder()
    recorder.wants_seconds = True
    meter.advance(parse_instant("2026-01-05T00:20:00Z"), recorder)
    times = [told[1] if told[0] in {1, 2} else told[0] for told in recorder.seen]
    seconds = [told[0] for told in recorder.seen if len(told) == 3]
    assert len(seconds) == 1100
    last = parse_instant("2026-01-05T00:00:00Z")
    for told, time in zip(recorder.seen, times, strict=True):
        assert last < time <= last + 101 * SECOND
        last = Instant(time) if len(told) == 3 else last


@pytest.mark.manual("2.2.energy-to-pulses")
def test_pulses_are_in_order_and_agree_with_the_registers() -> None:
    meter, recorder = device("2026-01-05T00:00:00Z"), Recorder()
    meter.advance(parse_instant("2026-01-05T06:30:00.5Z"), recorder)
    assert len(recorder.active) == active_pulse_count(meter.registers) > 0
    assert len(recorder.reactive) == reactive_pulse_count(meter.registers) > 0
    assert all(first < second for first, second in pairwise(recorder.active))
    assert meter.now == parse_instant("2026-01-05T06:30:00.5Z")


def test_the_registers_hold_exactly_the_energy_of_the_source() -> None:
    meter = device("2026-01-05T00:00:00Z")
    advance(meter, "2026-01-06T00:00:00Z")
    first = parse_instant("2026-01-05T00:00:00Z") // SECOND
    expected = quantities(integrate(Varying().measurements(first, 86_400))).sum(axis=1)
    for quantity in Quantity:
        assert meter.registers.mj(quantity) == expected[quantity]
    for summed in RATED:
        of_rates = [meter.registers.mj(*summed, rate=rate) for rate in (1, 2, 3, 4)]
        assert sum(of_rates) == sum(expected[quantity] for quantity in summed)


def test_rates_switch_at_local_time() -> None:
    meter = device("2026-01-05T23:00:00Z")  # local midnight
    advance(meter, "2026-01-06T23:00:00Z")
    first = parse_instant("2026-01-05T23:00:00Z") // SECOND
    for rate in (1, 2, 3, 4):
        seconds = integrate(Varying().measurements(first + (rate - 1) * 21_600, 21_600))
        expected = quantities(seconds).sum(axis=1)[Quantity.ACTIVE_IMPORT]
        assert meter.registers.mj(Quantity.ACTIVE_IMPORT, rate=rate) == expected


@pytest.mark.manual("2.2.effective-values")
def test_instantaneous_values_are_those_of_the_last_second() -> None:
    meter = device("2026-01-05T00:00:00Z")
    assert meter.instantaneous.voltage_mv == 0
    advance(meter, "2026-01-05T00:20:00.9Z")
    last = integrate(Varying().measurements(parse_instant("2026-01-05T00:19:59Z") // SECOND, 1))
    assert meter.instantaneous.active_power_mw == last.active_mj[0]
    assert meter.instantaneous.voltage_mv == last.voltage_mv[0]


@pytest.mark.slow
def test_a_month_fills_both_profiles() -> None:
    meter = device("2026-01-31T23:00:00Z")
    advance(meter, "2026-02-28T23:00:00Z")
    load = rows(meter)
    assert len(load) == 28 * 96
    assert load[0] == ("2026-02-01T00:15:00+01:00", 0)
    assert load[-1] == ("2026-03-01T00:00:00+01:00", 0)
    assert [time for time, _ in rows(meter, "daily")][-2:] == ["2026-02-28T00:00:00+01:00", "2026-03-01T00:00:00+01:00"]
    last = meter.profile("load").ring.rows()[-1]
    assert last["+A"] == meter.registers.wh(Quantity.ACTIVE_IMPORT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begin", "end", "entries", "around", "change"),
    [
        (
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
            92,
            [("2026-03-29T01:45:00+01:00", 0), ("2026-03-29T03:00:00+02:00", 8)],
            "2026-03-29T02:00:00+01:00",
        ),
        (
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
            100,
            [("2026-10-25T02:45:00+02:00", 8), ("2026-10-25T02:00:00+01:00", 0)],
            "2026-10-25T03:00:00+02:00",
        ),
    ],
)
@pytest.mark.manual("8.2.daylight-saving")
def test_a_day_on_which_summer_time_changes(
    begin: str, end: str, entries: int, around: list[tuple[str, int]], change: str
) -> None:
    meter = device(begin)
    advance(meter, end)
    load = rows(meter)
    assert len(load) == entries
    index = load.index(around[0])
    assert load[index : index + 2] == around
    assert events(meter) == [(change, 3)]
    assert load[-1][0].endswith("T00:00:00+02:00" if entries == 92 else "T00:00:00+01:00")


def test_a_fork_goes_its_own_way() -> None:
    meter = device("2026-01-05T00:00:00Z")
    advance(meter, "2026-01-05T01:00:00Z")
    before = dump(meter)
    twin = meter.fork()
    advance(twin, "2026-01-05T03:10:00Z")
    set_clock(twin, twin.now, twin.clock.date_time(at_second(twin.now // SECOND + 5000)))
    assert dump(meter) == before
    advance(meter, "2026-01-05T03:10:00Z")
    assert rows(meter)[:12] == rows(twin)[:12]
    assert events(meter) == []


def test_what_was_saved_comes_back() -> None:
    meter = device("2026-01-05T00:00:00Z", ("2026-01-05T00:30:00Z", "2026-01-05T01:10:00Z"))
    advance(meter, "2026-01-05T00:40:00.25Z")
    assert dump(restored(meter)) == dump(meter)
    advance(meter, "2026-01-05T02:00:00Z")
    shift_clock(meter, meter.now, 6)
    assert dump(restored(meter)) == dump(meter)


def test_time_does_not_run_back() -> None:
    meter = device("2026-01-05T00:00:00Z")
    advance(meter, "2026-01-05T00:00:10Z")
    with pytest.raises(ValueError, match="does not run back"):
        advance(meter, "2026-01-05T00:00:09Z")
    with pytest.raises(ValueError, match="does not run back"):
        meter.resume(parse_instant("2026-01-05T00:00:09Z"))


def test_profiles_are_found_by_name() -> None:
    meter = device("2026-01-05T00:00:00Z")
    assert meter.profile("daily").settings.period_s == 86_400
    with pytest.raises(KeyError):
        meter.profile("weekly")


def test_a_profile_without_period_captures_on_command() -> None:
    made = DeviceSettings(CATALOGUE, (ProfileSettings("load", ("clock", "load status", "U"), 0, 3),))
    meter = device("2026-01-05T00:00:00Z", settings=made)
    advance(meter, "2026-01-05T01:00:07.5Z")
    assert rows(meter) == []
    meter.capture(meter.profile("load"))
    assert rows(meter) == [("2026-01-05T02:00:07+01:00", 0)]


@pytest.mark.slow
def test_a_further_meter_costs_less_than_90_kib() -> None:
    made = [device("2026-01-01T00:00:00Z")]
    advance(made[0], "2026-02-28T00:00:00Z")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    made.append(device("2026-01-01T00:00:00Z"))
    advance(made[1], "2026-02-28T00:00:00Z")
    gc.collect()  # else what Python keeps for tuples to come counts too
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(made[1].profile("load").ring) == 5280
    assert after - before < 90 * 1024
