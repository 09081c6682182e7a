"""Month ends, demands and their maxima through their objects."""

from pathlib import Path

import pytest

from meter.asking import call, cut, get, put
from meter.making import Made, steady
from softmeter.clock import DateTime
from softmeter.device.adjustment import set_clock
from softmeter.instant import SECOND, parse_instant
from softmeter.meter.policies import Audience
from softmeter.wire.types import Data, Tag, decode_data, encode_data

PROFILE, ALIAS, DEMAND = (7, "1-0:98.1.0"), (7, "0-0:98.1.0"), (5, "1-0:1.4.0")
LAST, MAXIMUM = (4, "1-0:1.5.0"), (4, "1-0:1.6.0")
OTHER, TYPE = 250, 12


def value(made: Made, class_id: int, obis: str, attribute: int) -> object:
    return decode_data(get(made, class_id, obis, attribute)).value


def time(octets: object) -> str:
    assert isinstance(octets, bytes)
    return DateTime.decode(octets).iso()


def u16(number: int) -> bytes:
    return encode_data(Data(Tag.LONG_UNSIGNED, number))


def u32(number: int) -> bytes:
    return encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, number))


def rows(made: Made) -> list[list[object]]:
    """The rows of the billing profile: the time in text, then the registers."""
    found = decode_data(get(made, *PROFILE, 2)).value
    return [[time(row.value[0].value), *(one.value for one in row.value[1:])] for row in found]


def living(start: str, until: str) -> Made:
    made = Made(start=parse_instant(start))
    made.actor.jump(parse_instant(until))
    return made


@pytest.mark.manual("8.3.month-end")
def test_the_month_ends_at_local_midnight_with_the_registers_and_new_maxima() -> None:
    made = living("2026-01-31T22:00:00Z", "2026-01-31T22:59:59Z")
    assert rows(made) == []
    assert value(made, *MAXIMUM, 2) == 1150
    made.actor.jump(parse_instant("2026-01-31T23:10:00Z"))
    assert rows(made) == [["2026-02-01T00:00:00+01:00", 1150, 0, 0, 0, 0, 0]]
    assert get(made, *ALIAS, 2) == get(made, *PROFILE, 2)
    assert (value(made, *MAXIMUM, 2), time(value(made, *MAXIMUM, 5))) == (0, "2026-02-01T00:00:00+01:00")
    assert value(made, *LAST, 2) == 1150
    made.actor.jump(parse_instant("2026-01-31T23:15:00Z"))
    assert (value(made, *MAXIMUM, 2), time(value(made, *MAXIMUM, 5))) == (1150, "2026-02-01T00:15:00+01:00")


@pytest.mark.manual("2.4.demand")
def test_the_maximum_of_the_last_quarter_belongs_to_the_month_that_ends() -> None:
    made = living("2026-01-31T22:00:00Z", "2026-01-31T22:10:00Z")
    columns = bytes.fromhex("0102 0204 120008 09060000010000FF 0F02 120000 0204 120004 09060100010600FF 0F02 120000")
    assert put(made, *PROFILE, 3, columns) == 0
    assert get(made, *PROFILE, 3) == columns
    made.actor.jump(parse_instant("2026-01-31T23:00:00Z"))
    assert rows(made) == [["2026-02-01T00:00:00+01:00", 1150]]


def test_a_month_end_that_was_missed_in_the_dark_is_made_up_once(tmp_path: Path) -> None:
    made = living("2026-01-31T22:00:00Z", "2026-01-31T22:30:00Z")
    again = cut(made, tmp_path, parse_instant("2026-02-02T12:00:00Z"))
    again.actor.jump(parse_instant("2026-02-02T13:00:00Z"))
    assert rows(again) == [["2026-02-01T00:00:00+01:00", 575, 0, 0, 0, 0, 0]]


def test_a_script_that_is_made_up_changes_the_future_only(tmp_path: Path) -> None:
    made = living("2026-01-31T22:00:00Z", "2026-01-31T22:30:00Z")
    assert put(made, 22, "0-0:15.0.0", 2, bytes.fromhex("0202 0906 00000A006DFF 120001")) == 0  # forget load profile 1
    again = cut(made, tmp_path, parse_instant("2026-02-02T12:00:00Z"))
    again.actor.jump(parse_instant("2026-02-02T12:31:00Z"))
    times = [time(row.value[0].value) for row in decode_data(get(again, 7, "1-0:99.1.0", 2)).value]
    assert times == ["2026-02-02T13:15:00+01:00", "2026-02-02T13:30:00+01:00"]


def test_a_month_end_that_a_clock_set_forward_leaps_over_is_made_up_once() -> None:
    made = living("2026-01-31T22:00:00Z", "2026-01-31T22:59:50Z")
    set_clock(made.meter.device, made.actor.now, DateTime.of(made.actor.now // SECOND + 30, -60, 0))
    made.actor.jump(parse_instant("2026-01-31T23:30:00Z"))
    assert [row[:2] for row in rows(made)] == [["2026-02-01T00:00:00+01:00", 1146]]


def test_a_month_end_that_another_zone_leaps_over_is_made_up_once() -> None:
    """Half past eleven becomes half past twelve of the next month."""
    made = living("2026-01-31T22:00:00Z", "2026-01-31T22:30:00Z")
    assert put(made, 8, "0-0:1.0.0", 3, encode_data(Data(Tag.LONG, -120))) == 0
    assert rows(made) == [["2026-02-01T00:00:00+02:00", 575, 0, 0, 0, 0, 0]]
    made.actor.jump(parse_instant("2026-02-28T21:59:59Z"))
    assert len(rows(made)) == 1
    made.actor.jump(parse_instant("2026-02-28T22:00:00Z"))
    assert len(rows(made)) == 2


@pytest.mark.slow
def test_february_of_a_leap_year_ends_with_its_29th_day() -> None:
    made = living("2028-01-31T22:00:00Z", "2028-03-01T00:00:00Z")
    assert [row[0] for row in rows(made)] == ["2028-02-01T00:00:00+01:00", "2028-03-01T00:00:00+01:00"]
    assert rows(made)[1][1] == 1150 * (1 + 29 * 24)


@pytest.mark.manual("8.3.billing-13")
def test_thirteen_months_fit() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    for _ in range(14):
        assert call(made, *PROFILE, 2) == 0
    assert (value(made, *PROFILE, 7), value(made, *PROFILE, 8)) == (13, 13)


def test_the_script_ends_the_month_now() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    assert call(made, 9, "0-0:10.0.1", 1, u16(1)) == 0
    assert [row[0] for row in rows(made)] == ["2026-01-05T11:20:00+01:00"]
    assert value(made, *MAXIMUM, 2) == 0
    assert call(made, 9, "0-0:10.0.1", 1, u16(2)) == OTHER


def test_a_month_that_ends_again_has_a_second_row() -> None:
    made = living("2026-01-31T22:50:00Z", "2026-01-31T23:10:00Z")
    set_clock(made.meter.device, made.actor.now, DateTime.of(made.actor.now // SECOND - 1200, -60, 0))
    made.actor.jump(parse_instant("2026-01-31T23:30:00Z"))
    assert [row[0] for row in rows(made)] == ["2026-02-01T00:00:00+01:00"] * 2


def test_demand_shows_its_window() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    assert [value(made, *DEMAND, attribute) for attribute in (2, 3, 8, 9)] == [383, 1150, 900, 1]
    assert time(value(made, *DEMAND, 6)) == time(value(made, *DEMAND, 7)) == "2026-01-05T11:15:00+01:00"
    assert [value(made, *DEMAND, 5), value(made, *LAST, 4), value(made, *MAXIMUM, 4)] == [0, 0, 0]
    assert get(made, *DEMAND, 4) == get(made, *LAST, 3) == bytes.fromhex("02020F00161B")
    assert (value(made, *LAST, 2), time(value(made, *LAST, 5))) == (1150, "2026-01-05T11:15:00+01:00")
    assert value(made, 4, "1-0:1.6.2", 2) == 1150
    assert value(made, 4, "1-0:1.6.1", 2) == 0


@pytest.mark.parametrize(("attribute", "octets"), [(8, u32(300)), (9, u16(4))])
def test_a_window_that_is_set_is_that_of_all_demands_and_survives(
    tmp_path: Path, attribute: int, octets: bytes
) -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    assert put(made, *DEMAND, attribute, octets) == 0
    again = cut(made, tmp_path, parse_instant("2026-01-05T10:21:00Z"))
    for one in (made, again):
        for c in (1, 2, 3, 4):
            assert get(one, 5, f"1-0:{c}.4.0", attribute) == octets
    assert value(again, 3, "1-0:0.8.0", 2) == value(again, *DEMAND, 8)


@pytest.mark.parametrize(
    ("class_id", "obis", "attribute", "octets", "result"),
    [
        (*DEMAND, 8, u32(0), OTHER),
        (*DEMAND, 8, u32(59), OTHER),
        (*DEMAND, 8, u32(901), OTHER),
        (*DEMAND, 8, u32(86_400), OTHER),
        (*DEMAND, 8, u16(300), TYPE),
        (*DEMAND, 9, u16(0), OTHER),
        (*DEMAND, 9, u16(61), OTHER),
        (3, "1-0:0.8.0", 2, u16(7), OTHER),
        (3, "1-0:0.8.0", 2, u32(300), TYPE),
        (3, "1-0:0.8.4", 2, u16(7), OTHER),
        (3, "1-0:0.8.6", 2, u32(7), OTHER),
        (*PROFILE, 4, u32(7), OTHER),
        (*PROFILE, 8, u32(0), OTHER),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    class_id: int, obis: str, attribute: int, octets: bytes, result: int
) -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    before = [dict(part.saved()) for _, part in made.meter.device.parts()]
    assert put(made, class_id, obis, attribute, octets) == result
    assert [dict(part.saved()) for _, part in made.meter.device.parts()] == before


def test_the_measuring_period_is_that_of_the_demands_and_of_the_clock() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:16:00Z")
    assert put(made, 3, "1-0:0.8.0", 2, u16(1800)) == 0
    assert value(made, *DEMAND, 8) == 1800
    assert call(made, 8, "0-0:1.0.0", 2) == 0
    assert made.meter.device.clock.date_time(made.actor.now).iso() == "2026-01-05T11:30:00+01:00"


def test_recording_and_billing_periods_are_those_of_their_profiles() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    assert put(made, 3, "1-0:0.8.4", 2, u16(900)) == 0
    assert value(made, 7, "1-0:99.1.0", 7) == 1  # the same period: nothing is forgotten
    assert put(made, 3, "1-0:0.8.4", 2, u16(1800)) == 0
    assert (value(made, 7, "1-0:99.1.0", 4), value(made, 7, "1-0:99.1.0", 7)) == (1800, 0)
    assert put(made, 3, "1-0:0.8.6", 2, u32(3600)) == 0
    assert value(made, *PROFILE, 4) == 3600
    made.actor.jump(parse_instant("2026-01-05T11:00:00Z"))
    assert [row[0] for row in rows(made)] == ["2026-01-05T12:00:00+01:00"]
    assert put(made, *PROFILE, 4, u32(0)) == 0
    assert value(made, 3, "1-0:0.8.6", 2) == 0


def test_demands_and_maxima_are_reset_one_by_one() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:20:00Z")
    assert call(made, *DEMAND, 2) == 0
    assert time(value(made, *DEMAND, 7)) == "2026-01-05T11:20:00+01:00"
    assert value(made, *DEMAND, 3) == 1150
    assert call(made, *DEMAND, 1) == 0
    assert (value(made, *DEMAND, 3), value(made, *MAXIMUM, 2)) == (0, 1150)
    assert call(made, *MAXIMUM, 1) == 0
    assert (value(made, *MAXIMUM, 2), value(made, 4, "1-0:1.6.2", 2)) == (0, 1150)
    assert get(made, *MAXIMUM, 2, Audience.READOUT) == u32(0)


def test_average_powers_for_the_limiter_are_those_of_their_period() -> None:
    made = living("2026-01-05T10:00:00Z", "2026-01-05T10:15:00Z")
    for obis, sign in (("1-0:1.24.0", 1), ("1-0:15.24.0", 1), ("1-0:16.24.0", 1)):
        assert [value(made, 5, obis, attribute) for attribute in (2, 3, 8, 9)] == [sign * 575, sign * 1150, 600, 1]
        assert time(value(made, 5, obis, 6)) == time(value(made, 5, obis, 7)) == "2026-01-05T11:10:00+01:00"
    assert get(made, 5, "1-0:16.24.0", 2)[0] == Tag.DOUBLE_LONG
    columns = bytes.fromhex("0102 0204 120008 09060000010000FF 0F02 120000 0204 120005 09060100101800FF 0F03 120000")
    assert put(made, *PROFILE, 3, columns) == 0
    assert call(made, *PROFILE, 2) == 0
    assert rows(made) == [["2026-01-05T11:15:00+01:00", 1150]]


def test_exported_power_is_negative_net_power() -> None:
    made = Made(start=parse_instant("2026-01-05T10:00:00Z"), source=steady(i="-5"))
    made.actor.jump(parse_instant("2026-01-05T10:10:00Z"))
    assert [value(made, 5, f"1-0:{c}.24.0", 3) for c in (1, 15, 16)] == [0, 1150, -1150]
