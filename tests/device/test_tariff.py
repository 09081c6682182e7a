"""The rate that counts: by the calendar, the default, and what a client activates."""

from dataclasses import replace

import pytest

from device.making import advance, device, dump, events, restored
from device.test_calendar import DAY_AND_NIGHT
from softmeter.clock import DateTime
from softmeter.device.activation import Family, Mask
from softmeter.device.adjustment import set_clock
from softmeter.device.calendar import FACTORY_CALENDAR, Calendar, Day, Switch
from softmeter.device.clock import Clock
from softmeter.device.device import Device
from softmeter.device.programming import (
    activate_mask,
    activate_passive,
    program_passive,
    set_activation_time,
    set_default_rate,
    set_masks,
    set_special_days,
)
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import NO_SPECIAL_DAYS, SpecialDay, SpecialDays
from softmeter.device.tariff import NEVER, Tariff
from softmeter.device.zone import AMSTERDAM
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, parse_instant
from softmeter.metrology.energy import Quantity


def test_switches_follow_local_time_on_the_day_summer_time_begins() -> None:
    begin = parse_instant("2026-03-28T23:00:00Z")
    clock, tariff = Clock(AMSTERDAM, 7, begin), Tariff(FACTORY_CALENDAR, 1)
    seen = []
    second = begin // SECOND
    while second < begin // SECOND + 23 * 3600:
        tariff.evaluate(clock, second)
        seen.append((clock.stamp_of(second).date_time.iso()[11:16], tariff.name))
        second = tariff.due
    assert seen == [("00:00", "0001"), ("03:00", "0001"), ("06:00", "0002"), ("12:00", "0003"), ("18:00", "0004")]


@pytest.mark.manual("6.default-tariff")
def test_the_default_rate_counts_while_the_clock_is_invalid_or_the_table_empty() -> None:
    begin = parse_instant("2026-01-05T12:00:00Z")
    clock, tariff = Clock(AMSTERDAM, 7, begin), Tariff(FACTORY_CALENDAR, 2)
    clock.invalid = True
    tariff.evaluate(clock, begin // SECOND)
    assert tariff.rate == 2
    clock.invalid = False
    empty = Tariff(replace(DAY_AND_NIGHT, days=(Day(1, ()), Day(2, ()))), 1)
    empty.evaluate(clock, begin // SECOND)
    assert empty.rate == 1


FIRST_ONLY = replace(DAY_AND_NIGHT, name=b"one", days=(Day(1, (Switch(0, 1),)), Day(2, (Switch(0, 1),))))


def at(text: str) -> DateTime:
    """A local time as clients write it: no deviation, no status."""
    return replace(DateTime.of(parse_instant(text) // SECOND, 0, 0), deviation_min=-0x8000, status=0xFF)


def programmed(start: str, calendar: Calendar = FIRST_ONLY, *outages: tuple[str, str]) -> Device:
    """A device of the factory's calendar with another one waiting."""
    meter = device(start, *outages)
    program_passive(meter, calendar)
    return meter


@pytest.mark.manual("7.activated-at-its-time")
def test_a_passive_calendar_is_activated_at_its_time_and_stays() -> None:
    meter = programmed("2026-01-05T16:00:00Z")
    set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    advance(meter, "2026-01-05T17:29:59Z")
    assert (meter.tariff.rate, meter.tariff.table.name) == (4, b"factory")
    advance(meter, "2026-01-05T17:30:00Z")
    assert (meter.tariff.rate, meter.tariff.table.name, meter.tariff.passive.name) == (1, b"one", b"one")
    assert events(meter) == [
        ("2026-01-05T17:00:00+01:00", 19),
        ("2026-01-05T17:00:00+01:00", 19),
        ("2026-01-05T18:30:00+01:00", 9),
    ]
    advance(meter, "2026-01-06T18:30:00Z")
    assert [code for _, code in events(meter)] == [19, 19, 9]


def test_an_activation_time_that_has_passed_activates_at_once() -> None:
    meter = programmed("2026-01-05T16:00:00Z")
    set_activation_time(meter, at("2026-01-05T16:59:59Z"))
    assert meter.tariff.table.name == b"one"
    assert meter.tariff.activation_time == at("2026-01-05T16:59:59Z")


@pytest.mark.parametrize("never", [NEVER, replace(NEVER, deviation_min=-1)])
def test_an_activation_time_is_taken_back_by_one_that_is_not_given(never: DateTime) -> None:
    meter = programmed("2026-01-05T16:00:00Z")
    set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    set_activation_time(meter, never)
    advance(meter, "2026-01-05T19:00:00Z")
    assert (meter.tariff.table.name, meter.tariff.activation_time) == (b"factory", never)


@pytest.mark.parametrize(
    "moment",
    [
        replace(at("2026-01-06T00:00:00Z"), deviation_min=-60),
        replace(at("2026-01-06T00:00:00Z"), status=0),
        replace(at("2026-01-06T00:00:00Z"), day_of_week=1),
        replace(at("2026-01-06T00:00:00Z"), year=0xFFFF),
        replace(at("2026-01-06T00:00:00Z"), hour=0xFF),
    ],
)
@pytest.mark.manual("7.activation-is-local")
def test_an_activation_time_must_be_local_and_whole(moment: DateTime) -> None:
    meter = programmed("2026-01-05T16:00:00Z")
    before = dump(meter)
    with pytest.raises(ConfigurationError):
        set_activation_time(meter, moment)
    assert dump(meter) == before


def test_a_calendar_that_does_not_fit_together_is_not_activated() -> None:
    broken = replace(FIRST_ONLY, weeks=())
    meter = programmed("2026-01-05T16:00:00Z", broken)
    before = dump(meter)
    with pytest.raises(ConfigurationError, match="does not exist"):
        activate_passive(meter)
    with pytest.raises(ConfigurationError, match="does not exist"):
        set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    assert dump(meter) == before
    program_passive(meter, FIRST_ONLY)
    set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    program_passive(meter, broken)
    advance(meter, "2026-01-05T18:00:00Z")
    assert (meter.tariff.table.name, meter.tariff.pending) == (b"factory", False)
    assert 9 not in [code for _, code in events(meter)]


def test_an_activation_missed_in_the_dark_is_made_up_when_power_is_back() -> None:
    meter = programmed("2026-01-05T16:00:00Z", FIRST_ONLY, ("2026-01-05T17:00:00Z", "2026-01-05T20:00:07Z"))
    set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    advance(meter, "2026-01-05T20:00:07Z")
    assert meter.tariff.table.name == b"factory"
    advance(meter, "2026-01-05T20:00:08Z")
    assert (meter.tariff.table.name, meter.tariff.rate) == (b"one", 1)
    assert events(meter)[2:] == [
        ("2026-01-05T18:00:00+01:00", 1),
        ("2026-01-05T21:00:07+01:00", 2),
        ("2026-01-05T21:00:07+01:00", 9),
    ]


def test_a_clock_set_over_the_activation_time_activates() -> None:
    meter = programmed("2026-01-05T16:00:00Z")
    set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    set_clock(meter, meter.now, at("2026-01-05T18:31:00Z"))
    assert meter.tariff.table.name == b"one"
    set_clock(meter, meter.now, at("2026-01-05T18:00:00Z"))
    advance(meter, "2026-01-05T18:00:00Z")
    assert [code for _, code in events(meter)].count(9) == 1


def test_an_invalid_clock_activates_nothing_until_it_is_set() -> None:
    meter = programmed("2026-01-05T16:00:00Z", FIRST_ONLY)
    set_activation_time(meter, at("2026-01-05T18:30:00Z"))
    meter.clock.invalid = True
    advance(meter, "2026-01-05T18:00:00Z")
    assert (meter.tariff.table.name, meter.tariff.rate) == (b"factory", 1)
    set_clock(meter, meter.now, at("2026-01-05T19:00:00Z"))
    assert meter.tariff.table.name == b"one"


@pytest.mark.manual("7.special-days-at-once")
def test_special_days_act_at_once() -> None:
    meter = device("2026-01-05T16:00:00Z")
    program_passive(meter, replace(FACTORY_CALENDAR, days=(*FACTORY_CALENDAR.days, Day(5, (Switch(0, 2),)))))
    activate_passive(meter)
    assert meter.tariff.rate == 3
    set_special_days(meter, SpecialDays.of([SpecialDay(1, Date(2026, 1, 5), 5), SpecialDay(2, Date(2026, 1, 6), 6)]))
    assert meter.tariff.rate == 2
    advance(meter, "2026-01-05T23:00:00Z")
    assert meter.tariff.rate == 1
    set_special_days(meter, NO_SPECIAL_DAYS)
    advance(meter, "2026-01-06T05:00:00Z")
    assert meter.tariff.rate == 2


@pytest.mark.manual("7.default-script")
def test_the_default_rate_can_be_chosen() -> None:
    meter = device("2026-01-05T16:00:00Z")
    for rate in (0, 5):
        with pytest.raises(ConfigurationError, match=f"rate {rate}"):
            set_default_rate(meter, rate)
    set_default_rate(meter, 2)
    assert meter.tariff.rate == 3
    meter.clock.invalid = True
    set_default_rate(meter, 4)
    assert meter.tariff.rate == 4


def test_a_mask_that_a_client_activates_holds_until_the_next_switch() -> None:
    meter = device("2026-01-05T16:00:00Z")
    activate_mask(meter, Family.ENERGY, b"0001")
    assert (meter.tariff.rate, meter.tariff.activations[Family.MAXIMUM].rate) == (1, 3)
    advance(meter, "2026-01-05T16:59:59Z")
    before = [meter.registers.mj(Quantity.ACTIVE_IMPORT, rate=rate) for rate in (1, 3)]
    assert before[0] > 0 == before[1]
    advance(meter, "2026-01-05T17:00:00Z")
    assert meter.tariff.rate == 4
    with pytest.raises(ConfigurationError, match="no mask 3939"):
        activate_mask(meter, Family.ENERGY, b"99")


def test_a_mask_that_a_client_activates_outlives_a_midnight_without_a_switch() -> None:
    meter = programmed("2026-01-05T22:30:00Z", DAY_AND_NIGHT)
    activate_passive(meter)
    activate_mask(meter, Family.ENERGY, b"0004")
    advance(meter, "2026-01-06T05:59:59Z")
    assert meter.tariff.rate == 4
    advance(meter, "2026-01-06T06:00:00Z")
    assert meter.tariff.rate == 2


def test_without_an_active_mask_only_the_total_counts() -> None:
    meter = device("2026-01-05T16:00:00Z")
    activate_mask(meter, Family.ENERGY, b"")
    advance(meter, "2026-01-05T16:30:00Z")
    assert meter.registers.mj(Quantity.ACTIVE_IMPORT) > 0
    assert {meter.registers.mj(Quantity.ACTIVE_IMPORT, rate=rate) for rate in (1, 2, 3, 4)} == {0}
    assert (meter.tariff.rate, meter.tariff.name) == (0, "0000")


def test_what_clients_set_survives_and_what_the_factory_gave_is_not_stored() -> None:
    meter = device("2026-01-05T16:00:00Z")
    assert set(meter.tariff.saved()) == {"due", "switched", "energy_mask", "maximum_mask"}
    program_passive(meter, DAY_AND_NIGHT)
    activate_passive(meter)
    program_passive(meter, FIRST_ONLY)
    set_activation_time(meter, at("2026-01-07T18:30:00Z"))
    set_special_days(meter, SpecialDays.of([SpecialDay(1, Date(2026, 1, 6), 2)]))
    set_default_rate(meter, 2)
    masks = meter.tariff.activations[Family.ENERGY].masks
    set_masks(meter, Family.ENERGY, replace(masks, masks=(Mask(b"0001", (1,)), Mask(b"0002", (9, 10)))))
    twin = restored(meter)
    assert dump(twin) == dump(meter)
    for one in (meter, twin):
        advance(one, "2026-01-08T16:00:00Z")
    assert dump(twin) == dump(meter)
    assert twin.tariff.table.name == b"one"
