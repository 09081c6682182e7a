"""Demand: block and sliding windows, maxima with their time, what clocks and power cuts do to them."""

from dataclasses import replace
from itertools import pairwise

import pytest

from device.making import SETTINGS, Varying, advance, device, dump, restored
from device.test_adjustment import local
from softmeter.clock import Stamp
from softmeter.device.activation import DEMANDS
from softmeter.device.adjustment import set_clock, shift_clock
from softmeter.device.demand import (
    MAXIMA,
    Demand,
    DemandSettings,
    configure_demand,
    current_average,
    next_period,
    reset_demand,
    reset_maximum,
)
from softmeter.device.device import Device
from softmeter.device.registers import directed
from softmeter.errors import ConfigurationError, StorageError
from softmeter.instant import SECOND, parse_instant
from softmeter.metrology.energy import quantities
from softmeter.metrology.engine import integrate


def counted(begin: str, end: str) -> list[int]:
    """The energies of the source between two instants, +A, -A, +R and -R in mJ, summed by hand."""
    first, last = (parse_instant(text) // SECOND for text in (begin, end))
    of = quantities(integrate(Varying().measurements(first, last - first))).sum(axis=1).tolist()
    return [of[0], of[1], of[2] + of[3], of[4] + of[5]]


def means(begin: str, end: str, length_s: int) -> list[int]:
    return [(energy + 500 * length_s) // (1000 * length_s) for energy in counted(begin, end)]


def demand(meter: Device) -> Demand:
    return meter.behaviours.demand


def last(meter: Device) -> list[int]:
    return [window.last for window in demand(meter).windows()]


def time(stamp: Stamp) -> str:
    return stamp.date_time.iso()[:19]


def test_block_demand_is_the_mean_of_each_quarter() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:20:00Z")
    assert last(meter) == means("2026-01-05T12:00:00Z", "2026-01-05T12:15:00Z", 900)
    assert [current_average(meter, one) for one in range(DEMANDS)] == means(
        "2026-01-05T12:15:00Z", "2026-01-05T12:20:00Z", 900
    )
    window = demand(meter).windows()[0]
    assert time(window.captured) == time(window.started) == "2026-01-05T13:15:00"
    assert min(last(meter)) > 0


def test_a_window_slides_over_its_periods() -> None:
    meter = device("2026-01-05T12:00:00Z", settings=replace(SETTINGS, demand=DemandSettings(300, 3)))
    advance(meter, "2026-01-05T12:05:00Z")
    assert last(meter) == means("2026-01-05T12:00:00Z", "2026-01-05T12:05:00Z", 900)  # not full yet
    advance(meter, "2026-01-05T12:27:00Z")
    assert last(meter) == means("2026-01-05T12:10:00Z", "2026-01-05T12:25:00Z", 900)
    assert current_average(meter, 0) == means("2026-01-05T12:15:00Z", "2026-01-05T12:27:00Z", 900)[0]


def test_a_maximum_is_the_highest_quarter_with_its_time_and_of_its_rate() -> None:
    meter = device("2026-01-05T16:00:00Z")  # 17:00 local; rate 3 until 18:00, then rate 4
    advance(meter, "2026-01-05T20:00:00Z")
    quarters = [f"2026-01-05T{16 + number // 4:02d}:{15 * (number % 4):02d}:00Z" for number in range(17)]
    for one in range(DEMANDS):
        found = [means(*pair, 900)[one] for pair in pairwise(quarters)]
        for rate, first, end in ((0, 0, 16), (3, 0, 4), (4, 4, 16)):
            maximum = demand(meter).maximum(rate * DEMANDS + one)
            assert maximum.value == max(found[first:end])
            ending = quarters[found.index(maximum.value, first) + 1]
            assert maximum.captured.second == parse_instant(ending) // SECOND
        assert {demand(meter).maximum(rate * DEMANDS + one).value for rate in (1, 2)} == {0}


def test_a_maximum_begins_anew_by_itself() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:50:00Z")
    before = [demand(meter).maximum(place) for place in range(MAXIMA)]
    reset_maximum(meter, 1)
    after = [demand(meter).maximum(place) for place in range(MAXIMA)]
    assert (after[1].value, time(after[1].captured)) == (0, "2026-01-05T13:50:00")
    assert after[:1] + after[2:] == before[:1] + before[2:]
    advance(meter, "2026-01-05T13:00:00Z")
    assert demand(meter).maximum(1).value == last(meter)[1]


def test_a_period_can_be_ended_before_its_time() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:20:00Z")
    others = demand(meter).windows()[1:]
    next_period(meter, 0)
    next_period(meter, 0)  # nothing has passed since
    window = demand(meter).windows()[0]
    assert window.last == means("2026-01-05T12:15:00Z", "2026-01-05T12:20:00Z", 300)[0]
    assert time(window.captured) == time(window.started) == "2026-01-05T13:20:00"
    assert demand(meter).windows()[1:] == others
    advance(meter, "2026-01-05T12:30:00Z")
    assert last(meter)[0] == means("2026-01-05T12:20:00Z", "2026-01-05T12:30:00Z", 900)[0]


def test_resetting_a_demand_forgets_its_averages_and_not_its_maximum() -> None:
    meter = device("2026-01-05T12:00:00Z", settings=replace(SETTINGS, demand=DemandSettings(300, 2)))
    advance(meter, "2026-01-05T12:12:00Z")
    reset_demand(meter, 2)
    assert (last(meter)[2], current_average(meter, 2)) == (0, 0)
    assert demand(meter).maximum(2).value > 0
    assert last(meter)[3] > 0


def test_a_clock_that_is_set_begins_a_period_anew_and_a_slewed_one_does_not() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:10:00Z")
    shift_clock(meter, meter.now, 5)
    assert demand(meter).windows()[0].energies == (0,)
    set_clock(meter, meter.now, local("2026-01-05T14:25:00Z"))
    assert demand(meter).windows()[0].energies == (directed(meter.registers)[0],)
    advance(meter, "2026-01-05T12:15:00Z")
    window = demand(meter).windows()[0]
    assert time(window.captured) == "2026-01-05T14:30:00"
    assert window.last == means("2026-01-05T12:10:00Z", "2026-01-05T12:15:00Z", 900)[0]


def test_periods_that_end_in_the_dark_end_when_power_is_back_with_the_rate_of_their_energy() -> None:
    meter = device("2026-01-05T16:50:00Z", ("2026-01-05T16:55:00Z", "2026-01-05T18:07:00Z"))
    advance(meter, "2026-01-05T18:10:00Z")
    whole = means("2026-01-05T16:50:00Z", "2026-01-05T16:55:00Z", 900)
    assert last(meter) == [0, 0, 0, 0]
    for one in range(DEMANDS):
        for rate in (0, 3):
            maximum = demand(meter).maximum(rate * DEMANDS + one)
            assert (maximum.value, time(maximum.captured)) == (whole[one], "2026-01-05T18:00:00")
        assert demand(meter).maximum(4 * DEMANDS + one).value == 0
    advance(meter, "2026-01-05T18:15:00Z")
    assert last(meter) == means("2026-01-05T18:07:00Z", "2026-01-05T18:15:00Z", 900)


@pytest.mark.parametrize("settings", [DemandSettings(59), DemandSettings(700), DemandSettings(7200)])
@pytest.mark.parametrize("periods", [1, 0, 61])
def test_windows_that_cannot_be_are_refused(settings: DemandSettings, periods: int) -> None:
    meter = device("2026-01-05T12:00:00Z")
    before = dump(meter)
    with pytest.raises(ConfigurationError, match="period"):
        configure_demand(meter, settings._replace(periods=periods))
    assert dump(meter) == before


def test_another_window_begins_now_and_survives() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:20:00Z")
    configure_demand(meter, DemandSettings(600, 4))
    assert last(meter) == means("2026-01-05T12:00:00Z", "2026-01-05T12:15:00Z", 900)
    twin = restored(meter)
    for one in (meter, twin):
        advance(one, "2026-01-05T13:05:00Z")
    assert dump(twin) == dump(meter)
    assert last(twin) == means("2026-01-05T12:20:00Z", "2026-01-05T13:00:00Z", 2400)


def test_a_stored_window_of_another_length_is_said_to_be_damaged() -> None:
    meter = device("2026-01-05T12:00:00Z")
    with pytest.raises(StorageError, match="damaged"):
        demand(meter).restore({**demand(meter).saved(), "periods": 2})
