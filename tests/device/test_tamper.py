"""Covers, magnets, faults and reversed current: what is logged when, with and without power, whatever the steps."""

from collections.abc import Mapping

import numpy as np
import pytest

from device.making import SETTINGS, dump, restored
from device.surrounded import Timeline
from softmeter.device.device import Device
from softmeter.device.events import Event, Log
from softmeter.device.profile import Status
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant, parse_instant, whole_second
from softmeter.signal.samples import Measurements

START = parse_instant("2026-01-01T00:00:00Z")
FIRST = whole_second(START)


class Mains:
    """230 V and 500 W, dark and reversed in given spans of seconds after the start."""

    findings = ()

    def __init__(self, dark: tuple[int, int] = (0, 0), back: tuple[int, int] = (0, 0)) -> None:
        self.dark, self.back = dark, back

    def measurements(self, first_second: int, count: int) -> Measurements:
        after = np.arange(first_second, first_second + count) - FIRST
        dark = (after >= self.dark[0]) & (after < self.dark[1])
        back = (after >= self.back[0]) & (after < self.back[1])
        power = np.where(dark, 0.0, np.where(back, -500.0, 500.0))
        return Measurements(
            first_second, np.where(dark, 0.0, 230.0), np.abs(power) / 230, power, np.zeros(count), np.full(count, 50.0)
        )


def surrounded(changes: Mapping[int, Surrounded], mains: Mains | None = None) -> Device:
    """A device whose surroundings change so many seconds after its start."""
    return Device(SETTINGS, mains or Mains(), START, Timeline({FIRST + at: state for at, state in changes.items()}))


def live(device: Device, seconds: int, step: int = 10_000_000) -> Device:
    end = Instant(START + seconds * SECOND)
    while device.now < end:
        device.advance(Instant(min(end, device.now + step * SECOND)))
    return device


def log(device: Device, which: Log = Log.FRAUD) -> list[tuple[int, int]]:
    """Seconds after the start, and code, of each line of a log."""
    rows = device.events.ring(which).rows()
    return [(int(row["clock"]["second"]) - FIRST, int(row["code"])) for row in rows]


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.manual("5.3.covers")
def test_covers_are_logged_at_their_second(step: int) -> None:
    changes = {
        100: Surrounded(terminal_cover_open=1),
        130: Surrounded(terminal_cover_open=1, meter_cover_open=1),
        150: Surrounded(),
    }
    device = live(surrounded(changes), 1000, step)
    assert log(device) == [(100, 40), (130, 44), (150, 41), (150, 45)]
    assert device.behaviours.alarms.words[0].register == 1 << 13


@pytest.mark.manual("2.4.covers-in-the-dark")
def test_covers_opened_in_the_dark_are_logged_when_power_is_back_with_their_time() -> None:
    changes = {200: Surrounded(meter_cover_open=1), 300: Surrounded()}
    device = live(surrounded(changes, Mains(dark=(100, 400))), 399)
    assert log(device) == []
    assert log(live(device, 401)) == [(200, 44), (300, 45)]


@pytest.mark.manual("12.1.covers-survive")
def test_what_waits_in_the_dark_outlives_the_process() -> None:
    device = live(surrounded({200: Surrounded(meter_cover_open=1)}, Mains(dark=(100, 400))), 300)
    again = restored(device)
    again.surroundings, again.source = device.surroundings, device.source
    assert log(live(again, 401)) == [(200, 44)]


def test_an_empty_capacitor_sees_nothing_but_finds_the_cover_open() -> None:
    days = 86_400
    changes = {5 * days + 200: Surrounded(meter_cover_open=1)}
    device = live(surrounded(changes, Mains(dark=(100, 6 * days))), 6 * days + 10)
    assert [code for _, code in log(device)] == [44]
    assert log(device)[0][0] == 100  # the clock goes on from where power went


@pytest.mark.parametrize("step", [1, 2, 100_000])
@pytest.mark.parametrize(("lasts", "expected"), [(2, []), (4, [(103, 42), (104, 43)]), (90, [(103, 42), (190, 43)])])
@pytest.mark.manual("2.4.field")
@pytest.mark.manual("5.3.field-after-3-s")
def test_a_field_counts_after_three_seconds(lasts: int, expected: list[tuple[int, int]], step: int) -> None:
    changes = {100: Surrounded(strong_field=1), 100 + lasts: Surrounded()}
    assert log(live(surrounded(changes), 1000, step)) == expected


@pytest.mark.manual("12.1.field-changes-nothing")
def test_a_field_changes_nothing_that_is_measured() -> None:
    calm, attacked = live(surrounded({}), 5000), live(surrounded({100: Surrounded(strong_field=1)}), 5000)
    assert calm.registers.saved() == attacked.registers.saved()


@pytest.mark.parametrize("step", [1, 59, 61, 100_000])
@pytest.mark.manual("2.4.reversal")
def test_current_that_runs_backwards_for_a_minute_is_logged_once(step: int) -> None:
    device = live(surrounded({}, Mains(back=(1000, 5000))), 8000, step)
    assert log(device) == [(1060, 91)]
    assert device.behaviours.alarms.words[1].register & 1 << 10
    assert not device.behaviours.tamper.reversed


def test_a_short_reversal_is_nothing() -> None:
    assert log(live(surrounded({}, Mains(back=(1000, 1059))), 3000)) == []


@pytest.mark.manual("2.4.diagnosis-at-power-on")
def test_a_fault_is_found_within_the_hour_logged_once_and_marks_the_rows() -> None:
    device = live(surrounded({1000: Surrounded(faults=1 << 9)}), 20_000)
    assert log(device, Log.STANDARD) == [(3600, Event.RAM_ERROR.code)]
    assert device.behaviours.alarms.error == 1 << 9
    doubtful = Status.CRITICAL_ERROR | Status.DATA_NOT_VALID
    assert Status(device.status("load")) & doubtful == doubtful


def test_a_cleared_error_that_is_still_there_comes_back_without_another_event() -> None:
    device = live(surrounded({1000: Surrounded(faults=1 << 9)}), 4000)
    device.behaviours.alarms.clear_error(device, 0)
    assert device.behaviours.alarms.error == 1 << 9
    assert [code for _, code in log(device, Log.STANDARD)] == [13, 10]


@pytest.mark.manual("5.2.errors")
def test_a_mended_fault_can_be_cleared_and_is_logged_when_it_comes_again() -> None:
    changes = {1000: Surrounded(faults=1 << 10), 5000: Surrounded(), 9000: Surrounded(faults=1 << 10)}
    device = live(surrounded(changes), 8000)
    device.behaviours.alarms.clear_error(device, 0)
    assert device.behaviours.alarms.error == 0
    assert [code for _, code in log(live(device, 12_000), Log.STANDARD)] == [14, 10, 14]


@pytest.mark.manual("5.2.critical")
def test_a_watchdog_is_seen_at_once_and_rows_stay_valid() -> None:
    device = live(surrounded({1234: Surrounded(faults=1 << 12)}), 2000)
    assert log(device, Log.STANDARD) == [(1234, 15)]
    assert not Status(device.status("load")) & Status.CRITICAL_ERROR


@pytest.mark.manual("5.1.filter")
def test_the_cover_is_an_alarm_only_while_the_filter_lets_it() -> None:
    device = surrounded({100: Surrounded(terminal_cover_open=1)})
    device.behaviours.alarms.allow(0, ~(1 << 13) & 0xFFFF_FFFF)
    live(device, 200)
    assert device.behaviours.alarms.words[0].register == 0
    assert log(device) == [(100, 40)]


def test_an_alarm_that_is_cleared_rises_again_at_the_next_event_only() -> None:
    changes = {100: Surrounded(terminal_cover_open=1), 300: Surrounded(), 500: Surrounded(terminal_cover_open=1)}
    device = live(surrounded(changes), 200)
    alarms = device.behaviours.alarms
    alarms.clear_alarms(device, 0, 0)
    alarms.acknowledge(device, 0, 0)
    assert live(device, 400).behaviours.alarms.words[0].register == 0
    words = live(device, 600).behaviours.alarms.words[0]
    assert (words.register, words.descriptor) == (1 << 13, 1 << 13)
    assert log(device, Log.STANDARD) == [(200, 11)]


def test_failures_are_counted_and_long_ones_logged() -> None:
    device = live(surrounded({}, Mains(dark=(100, 150))), 200)
    failures = device.behaviours.power_failures
    assert (failures.count, failures.long_count, len(failures.ring)) == (1, 0, 0)
    device = live(surrounded({}, Mains(dark=(100, 281))), 300)
    failures = device.behaviours.power_failures
    assert (failures.count, failures.long_count, failures.last_long_s) == (1, 1, 181)
    assert [(int(row["clock"]["second"]) - FIRST, int(row["duration_s"])) for row in failures.ring.rows()] == [
        (281, 181)
    ]


def test_everything_survives_a_restart() -> None:
    changes = {100: Surrounded(terminal_cover_open=1), 200: Surrounded(terminal_cover_open=1, faults=1 << 9)}
    device = live(surrounded(changes, Mains(dark=(1000, 1500), back=(2000, 3000))), 5000)
    assert dump(restored(device)) == dump(device)
