"""Statements of the manual about the whole meter that no other test proves."""

import pytest

from meter.asking import get, put
from meter.making import START, Made, steady
from softmeter.cosem.capture import CaptureObject
from softmeter.device.alarms import FIRST, SECOND
from softmeter.device.calendar import Day, Season, Switch
from softmeter.device.events import Event, Log
from softmeter.instant import SECOND as SECOND_NS
from softmeter.instant import Instant, parse_instant
from softmeter.meter.model.shown import indicators
from softmeter.wire.types import array_of, struct, u8, u16, u32

LISTS = ("0-0:21.0.1", "0-0:21.0.2")
LOGS = ("0-0:99.98.0", "0-0:99.98.1", "0-0:99.98.4")


@pytest.mark.manual("4.4.sort")
@pytest.mark.parametrize("name", LISTS)
def test_a_display_list_is_not_sorted(name: str) -> None:
    made = Made()
    assert get(made, 7, name, 5) == b"\x16\x01"
    assert get(made, 7, name, 6) == bytes.fromhex("0204 120000 0906000000000000 0f00 120000")


@pytest.mark.manual("5.3.unsorted")
@pytest.mark.parametrize("name", LOGS)
def test_an_event_log_has_a_time_and_a_code_and_is_not_sorted(name: str) -> None:
    made = Made()
    columns = get(made, 7, name, 3)
    log = int(name[-1])
    assert columns == bytes.fromhex(f"0102 0204 120008 0906 0000010000ff 0f02 120000"
                                    f"0204 120001 0906 0000600b{log:02x}ff 0f02 120000")  # fmt: skip
    assert get(made, 7, name, 5) == b"\x16\x01"
    assert get(made, 7, name, 8) == bytes.fromhex("0600000064")


@pytest.mark.manual("5.3.codes")
def test_the_codes_are_those_of_the_tables() -> None:
    codes = {log: {event.code for event in Event if event.log is log} for log in Log}
    assert {1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 255} <= codes[Log.STANDARD]
    assert {40, 41, 42, 44, 45, 46, 255} <= codes[Log.FRAUD]
    assert {76, 79, 82, 85, 255} <= codes[Log.POWER_QUALITY]


@pytest.mark.manual("II.no-special-days")
def test_the_factory_knows_no_special_days() -> None:
    assert get(Made(), 11, "0-0:11.0.0", 2) == b"\x01\x00"


@pytest.mark.manual("II.one-season")
def test_the_factory_has_one_season_of_one_week_of_one_day() -> None:
    table = Made().meter.device.tariff.table
    ((name, start, week),) = table.seasons
    assert (name, start.month, start.day, week) == (b"S01", 1, 1, b"W0")
    assert table.weeks == ((b"W0", (0,) * 7),)
    assert table.days == (Day(0, tuple(Switch(rate * 21_600, rate + 1) for rate in range(4))),)
    assert isinstance(table.seasons[0], Season)


@pytest.mark.manual("2.2.import-and-export")
def test_import_and_export_have_their_own_registers() -> None:
    until = Instant(parse_instant("2026-01-01T00:00:00Z") + 3600 * SECOND_NS)
    made = Made()
    made.meter.device.advance(until)
    assert get(made, 3, "1-0:1.8.0", 2) == bytes.fromhex("060000047e")
    assert get(made, 3, "1-0:2.8.0", 2) == bytes.fromhex("0600000000")


CLOCK = "8,0-0:1.0.0"
COLUMNS = {
    "1-0:99.1.0": (900, 5280, (CLOCK, "1,0-0:96.10.1", "3,1-0:1.8.0", "3,1-0:2.8.0")),
    "1-0:99.2.0": (
        86400, 31,
        (CLOCK, "1,0-0:96.10.2", "3,1-0:1.8.1", "3,1-0:1.8.2", "3,1-0:2.8.1", "3,1-0:2.8.2"),
    ),
    "1-0:98.1.0": (
        0, 13,
        (CLOCK, "3,1-0:1.8.0", "3,1-0:2.8.0", *(f"3,1-0:{quadrant}.8.0" for quadrant in range(5, 9))),
    ),
    "1-0:99.14.0": (
        600, 2160,
        (CLOCK, "1,0-0:96.10.3", *(f"3,1-0:{code}.0" for code in
         ("1.27", "2.27", "3.27", "4.27", "32.25", "31.25", "13.25", "33.25"))),
    ),
}  # fmt: skip


@pytest.mark.manual("8.3.columns")
@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.manual("8.3.capacities")
def test_a_profile_has_the_columns_of_the_table(name: str) -> None:
    made = Made()
    period_s, capacity, columns = COLUMNS[name]
    captured = array_of(struct(CaptureObject)).decode(get(made, 7, name, 3))
    assert tuple(f"{one.class_id},{one.name.short}" for one in captured) == columns
    assert {(one.attribute, one.data_index) for one in captured} == {(2, 0)}
    assert u32.decode(get(made, 7, name, 4)) == period_s
    assert u32.decode(get(made, 7, name, 8)) == capacity


FIRST_BITS = {6: 0, 12: 8, 13: 9, 14: 10, 16: 11, 15: 12, 40: 13, 42: 13, 44: 13, 46: 13, 49: 13, 50: 13}
SECOND_BITS = {1: 0, 2: 1, 82: 2, 85: 5, 91: 10, 48: 13}


@pytest.mark.manual("5.2.first-register")
def test_the_bits_of_error_register_and_alarm_register_1_are_those_of_the_table() -> None:
    assert {event.code: bit for event, bit in FIRST.items() if event.log is not Log.M_BUS} == FIRST_BITS


@pytest.mark.manual("5.2.second-register")
def test_the_bits_of_alarm_register_2_are_those_of_the_table() -> None:
    bits = {event.code: bit for event, bit in SECOND.items()}
    assert {code: bits.get(code) for code in SECOND_BITS} == SECOND_BITS


@pytest.mark.manual("5.2.cleared-by-writing")
def test_an_error_is_raised_by_its_cause_and_cleared_by_writing() -> None:
    made = Made()
    device = made.meter.device
    device.record(Event.RAM_ERROR)
    assert u32.decode(get(made, 1, "0-0:97.97.0", 2)) == 1 << 9
    assert put(made, 1, "0-0:97.97.0", 2, u32.encode(0)) == 0
    assert u32.decode(get(made, 1, "0-0:97.97.0", 2)) == 0
    assert get(made, 1, "0-0:96.11.0", 2) == u8.encode(Event.ERROR_REGISTER_CLEARED.code)


@pytest.mark.manual("9.2.factory-limits")
def test_the_limits_of_the_factory_are_those_of_the_manual() -> None:
    made = Made()
    limits = {"1-0:12.31.0": 207, "1-0:12.43.0": 60, "1-0:12.35.0": 253, "1-0:12.44.0": 60}
    assert {name: u16.decode(get(made, 3, name, 2)) for name in limits} == limits


@pytest.mark.manual("4.3.arrows")
@pytest.mark.parametrize(
    ("current_a", "power_factor", "arrows"),
    [("2", "0.5", (1, 1)), ("-2", "0.5", (-1, 1)), ("2", "-0.5", (1, -1)), ("0", "1", (0, 0))],
)
def test_arrows_show_which_way_energy_flows(current_a: str, power_factor: str, arrows: tuple[int, int]) -> None:
    made = Made(source=steady(i=current_a, pf=power_factor))
    made.actor.jump(Instant(START + 60 * SECOND_NS))
    shown = indicators(made.meter)
    assert (shown.active_direction, shown.reactive_direction) == arrows


@pytest.mark.manual("6.factory-limit")
def test_the_limit_of_synchronisation_is_seven_seconds() -> None:
    assert u16.decode(get(Made(), 3, "1-0:0.9.11", 2)) == 7
