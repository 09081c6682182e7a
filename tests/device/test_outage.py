"""Power cuts: what is logged, marked and supplemented."""

from dataclasses import replace

import pytest

from device.making import CATALOGUE, LOAD, SETTINGS, advance, device, dump, events, restored, rows
from softmeter.device.instantaneous import NOTHING
from softmeter.device.settings import DeviceSettings
from softmeter.instant import parse_instant
from softmeter.metrology.energy import Quantity


@pytest.mark.manual("5.3.power")
@pytest.mark.manual("8.2.power-down")
def test_a_cut_within_one_period_marks_its_row() -> None:
    meter = device("2026-01-05T14:00:00Z", ("2026-01-05T14:17:00Z", "2026-01-05T14:21:00Z"))
    advance(meter, "2026-01-05T14:50:00Z")
    assert rows(meter) == [
        ("2026-01-05T15:15:00+01:00", 0),
        ("2026-01-05T15:30:00+01:00", 0x80),
        ("2026-01-05T15:45:00+01:00", 0),
    ]
    assert events(meter) == [("2026-01-05T15:17:00+01:00", 1), ("2026-01-05T15:21:00+01:00", 2)]


@pytest.mark.manual("8.1.supplemented")
def test_a_cut_over_several_periods_is_supplemented_with_frozen_registers() -> None:
    meter = device("2026-07-05T23:00:00Z", ("2026-07-05T23:17:00Z", "2026-07-06T02:21:00Z"))
    advance(meter, "2026-07-06T02:20:00Z")
    assert not meter.powered
    assert meter.instantaneous == NOTHING
    assert len(rows(meter)) == 1  # nothing is written without power
    frozen = meter.registers.wh(Quantity.ACTIVE_IMPORT)
    advance(meter, "2026-07-06T02:46:00Z")
    assert meter.powered
    assert [status for _, status in rows(meter)] == [0x08] + [0x88] * 13 + [0x08]
    assert rows(meter)[1][0] == "2026-07-06T01:30:00+02:00"
    assert rows(meter)[-2][0] == "2026-07-06T04:30:00+02:00"
    assert set(meter.profile("load").ring.rows()["+A"][1:13].tolist()) == {frozen}


def test_a_cut_over_midnight_leaves_the_daily_row_at_midnight() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T22:50:00Z", "2026-01-06T05:00:30Z"))
    advance(meter, "2026-01-06T23:00:00Z")
    assert rows(meter, "daily") == [("2026-01-06T00:00:00+01:00", 0x80), ("2026-01-07T00:00:00+01:00", 0x80)]
    assert meter.profile("daily").ring.rows()["+A T1"][0] == 0  # from noon on rates 3 and 4 counted


def test_power_back_exactly_at_a_boundary_leaves_the_next_period_clean() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:10:00Z", "2026-01-05T12:30:00Z"))
    advance(meter, "2026-01-05T12:45:00Z")
    assert [status for _, status in rows(meter)] == [0x80, 0x80, 0]


def test_power_lost_exactly_at_a_boundary_leaves_its_row_clean() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:15:00Z", "2026-01-05T12:16:00Z"))
    advance(meter, "2026-01-05T12:30:00Z")
    assert [status for _, status in rows(meter)] == [0, 0x80]


@pytest.mark.slow
def test_summer_time_that_begins_without_power_is_not_logged() -> None:
    meter = device("2026-03-29T00:00:00Z", ("2026-03-29T00:50:00Z", "2026-03-29T01:20:00Z"))
    advance(meter, "2026-03-29T01:45:00Z")
    assert [code for _, code in events(meter)] == [1, 2]
    assert rows(meter)[3:5] == [("2026-03-29T03:00:00+02:00", 0x88), ("2026-03-29T03:15:00+02:00", 0x88)]
    advance(meter, "2026-10-25T01:00:00Z")
    assert events(meter)[-1] == ("2026-10-25T03:00:00+02:00", 3)


def test_a_killed_process_is_a_power_cut() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:07:00.6Z")
    counted = meter.registers.mj(Quantity.ACTIVE_IMPORT)
    meter = restored(meter)
    meter.resume(parse_instant("2026-01-05T12:52:10.3Z"))
    assert meter.powered
    assert meter.registers.mj(Quantity.ACTIVE_IMPORT) == counted
    assert [status for _, status in rows(meter)] == [0x80, 0x80, 0x80]
    assert events(meter) == [("2026-01-05T13:07:00+01:00", 1), ("2026-01-05T13:52:10+01:00", 2)]
    advance(meter, "2026-01-05T12:52:10.9Z")
    assert meter.registers.mj(Quantity.ACTIVE_IMPORT) == counted  # the second begun without power does not count
    advance(meter, "2026-01-05T12:53:00Z")
    assert meter.registers.mj(Quantity.ACTIVE_IMPORT) > counted


def test_power_back_within_the_second_before_a_boundary_captures_it_once() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:14:00Z")
    meter.resume(parse_instant("2026-01-05T12:14:59.4Z"))
    assert rows(meter) == []
    advance(meter, "2026-01-05T12:14:59.9Z")
    assert rows(meter) == []
    advance(meter, "2026-01-05T12:15:00Z")
    assert rows(meter) == [("2026-01-05T13:15:00+01:00", 0x80)]
    advance(meter, "2026-01-05T12:16:00Z")
    assert len(rows(meter)) == 1


def test_a_process_started_while_the_mains_are_off_waits_for_them() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:05:00Z", "2026-01-05T12:25:00Z"))
    advance(meter, "2026-01-05T12:06:00Z")
    meter = restored(meter)
    assert not meter.powered
    meter.resume(parse_instant("2026-01-05T12:20:00Z"))
    assert not meter.powered
    assert events(meter) == []
    advance(meter, "2026-01-05T12:31:00Z")
    assert [code for _, code in events(meter)] == [1, 2]
    assert rows(meter) == [("2026-01-05T13:15:00+01:00", 0x80), ("2026-01-05T13:30:00+01:00", 0x80)]


def test_a_stop_while_time_stands_still_is_logged_too() -> None:
    meter = device("2026-01-05T12:00:00Z")
    meter.resume(meter.now)
    assert [code for _, code in events(meter)] == [1, 2]
    assert meter.profile("load").latched == 0x80


@pytest.mark.manual("8.1.circular")
def test_supplemented_rows_are_at_most_the_capacity() -> None:
    small = DeviceSettings(CATALOGUE, (replace(LOAD, capacity=4),))
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:10:00Z", "2026-01-05T18:10:00Z"), settings=small)
    advance(meter, "2026-01-05T18:11:00Z")
    assert [time[11:16] for time, _ in rows(meter)] == ["18:15", "18:30", "18:45", "19:00"]
    assert meter.profile("load").ring.end == 24


@pytest.mark.slow
@pytest.mark.manual("2.3.reserve")
@pytest.mark.manual("6.goes-on-from-power-down")
def test_a_cut_beyond_the_reserve_leaves_the_clock_behind_and_invalid() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:10:00Z", "2026-01-11T12:00:00Z"))
    advance(meter, "2026-01-11T12:20:00Z")
    assert events(meter) == [("2026-01-05T13:10:00+01:00", code) for code in (1, 2, 6)]
    assert rows(meter) == [("2026-01-05T13:15:00+01:00", 0x86), ("2026-01-05T13:30:00+01:00", 0x06)]
    assert meter.tariff.rate == 1
    assert meter.clock.date_time(meter.now).status == 0x01


def test_no_power_is_no_event_while_it_lasts() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:10:00Z", "2026-01-05T18:10:00Z"))
    advance(meter, "2026-01-05T13:10:00.5Z")
    before = dump(meter)
    advance(meter, "2026-01-05T13:10:00.7Z")
    assert {key for key, value in dump(meter).items() if value != before[key]} == {"progress.now_ns"}
    assert SETTINGS.cut_mv == 230_000 * 45 // 100
