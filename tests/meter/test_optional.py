"""The optional objects: fuse supervision, alarm register 3, the read-out list, switches of the ports."""

import pytest

from device.surrounded import Timeline
from meter.making import START, Made, steady, values_of
from meter.test_alarms import FIRST, get, live, place, put, u32, view, word
from softmeter.bench.journal import Quantity
from softmeter.device.breaker import State
from softmeter.device.events import Log
from softmeter.device.modem_parameters import ALL_INTERFACES, Interface
from softmeter.device.surroundings import Surrounded
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant
from softmeter.meter.p1 import P1Settings, Variant, telegram
from softmeter.meter.readout import readout
from softmeter.obis import Obis
from softmeter.wire.telegram import parse
from softmeter.wire.types import Bits, Data, Tag

FUSE = "1-0:31.4.0"
PERIOD_S = 600


def u16(number: int) -> Data:
    return Data(Tag.LONG_UNSIGNED, number)


def code(made: Made) -> list[int]:
    return [int(one) for one in made.meter.device.events.ring(Log.DISCONNECTOR).rows()["code"]]


def averages(made: Made) -> tuple[int, int]:
    """The running average and that of the last window, in hundredths of an ampere."""
    return get(made, 5, FUSE, 2).value, get(made, 5, FUSE, 3).value


@pytest.mark.parametrize("step", [7, 100_000])
def test_the_supervised_current_slides_over_three_measurement_periods(step: int) -> None:
    made = Made(source=steady(i="6"), has_breaker=True)
    live(made, 300, step)
    assert averages(made) == (100, 0)
    live(made, PERIOD_S, step)
    assert averages(made) == (200, 200)
    live(made, 3 * PERIOD_S, step)
    assert averages(made) == (400, 600)
    assert get(made, 5, FUSE, 6).value[4:8] == bytes((4, 1, 30, 0))  # Thursday, 01:30:00 local time
    assert (get(made, 5, FUSE, 8).value, get(made, 5, FUSE, 9).value) == (PERIOD_S, 3)
    saved = values_of(made.actor.changes())
    again = Made(has_breaker=True)
    again.actor.restore(saved, {})
    assert averages(again)[1] == 600


def test_periods_in_the_dark_count_as_periods_without_current() -> None:
    made = Made(source=steady(i="6"), has_breaker=True)
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 3 * PERIOD_S * SECOND))
    made.journal.give(Quantity.VOLTAGE_V, None, Instant(START + (5 * PERIOD_S + 60) * SECOND))
    live(made, 5 * PERIOD_S + 61)
    assert averages(made)[1] == 200


def test_too_much_current_opens_the_breaker_once_there_is_a_threshold() -> None:
    made = Made(source=steady(i="6"), has_breaker=True)
    live(made, 3 * PERIOD_S)
    assert code(made) == []
    put(made, 21, FUSE, 2, Data(Tag.ARRAY, (u16(500),)))
    live(made, 3 * PERIOD_S + 2)
    assert code(made) == []  # it is above already: only what crosses the threshold later counts
    made.journal.give(Quantity.ACTIVE_POWER_W, 0.0, Instant(START + 4 * PERIOD_S * SECOND))
    live(made, 6 * PERIOD_S + 2)
    assert code(made) == [71]
    made.journal.give(Quantity.ACTIVE_POWER_W, 4600.0, Instant(START + 6 * PERIOD_S * SECOND + 5 * SECOND))
    live(made, 8 * PERIOD_S + 2)
    assert code(made) == [71, 70, 64]
    assert made.meter.device.behaviours.breaker.state is State.READY
    live(made, 12 * PERIOD_S)
    assert code(made) == [71, 70, 64, 71]
    assert made.meter.device.behaviours.breaker.state is State.READY


def test_the_threshold_is_on_the_belgian_p1() -> None:
    made = Made(config="be", has_breaker=True)

    def shown() -> tuple[str, ...]:
        lines = parse(telegram(made.meter.device, made.meter.identity, P1Settings(Variant.BE))).lines
        return next(line.values for line in lines if line.code == FUSE)

    assert shown() == ("999*A",)
    put(made, 21, FUSE, 2, Data(Tag.ARRAY, (u16(4050),)))
    assert shown() == ("040*A",)


def test_only_the_threshold_of_the_supervision_can_be_set() -> None:
    made = Made(has_breaker=True)
    keys = {place(21, FUSE, number) for number in (2, 3, 4)}
    assert keys & view(made).writers.keys() == {place(21, FUSE, 2)}
    assert get(made, 21, FUSE, 3).value[1].value == Obis.parse(FUSE).octets
    assert not [key for key in Made().meter.view(view(made).audience).readers if key[2:8] == Obis.parse(FUSE).octets]


def test_the_end_of_a_fraud_is_an_alarm_of_register_3_until_it_is_cleared() -> None:
    made = Made()
    made.meter.device.surroundings = Timeline({FIRST: Surrounded(terminal_cover_open=1), FIRST + 50: Surrounded()})
    live(made, 40)
    assert word(made, "0-0:97.98.2") == 0
    live(made, 60)
    assert word(made, "0-0:97.98.2") == word(made, "0-0:97.98.22") == 1 << 14
    saved = values_of(made.actor.changes())
    again = Made()
    again.actor.restore(saved, {})
    assert word(again, "0-0:97.98.2") == 1 << 14
    for obis in ("0-0:97.98.2", "0-0:97.98.22"):
        put(made, 1, obis, 2, u32(0))
        assert word(made, obis) == 0


def test_the_filter_of_register_3_keeps_alarms_out() -> None:
    made = Made()
    put(made, 1, "0-0:97.98.12", 2, u32(0))
    made.meter.device.surroundings = Timeline({FIRST: Surrounded(meter_cover_open=1), FIRST + 50: Surrounded()})
    live(made, 60)
    assert word(made, "0-0:97.98.2") == 0


def test_the_read_out_says_what_its_list_names() -> None:
    made = Made(source=steady(i="20"))
    made.actor.jump(Instant(START + 3600 * SECOND))
    factory = get(made, 7, "0-0:21.0.0", 3)
    assert len(factory.value) == len(get(made, 7, "0-0:21.0.0").value[0].value) == len(readout(made.meter)) == 15
    chosen = [(3, "1-0:32.7.0"), (3, "1-0:1.7.0"), (8, "0-0:1.0.0"), (1, "0-0:97.98.0"), (3, "1-0:2.8.0")]
    objects = tuple(
        Data(
            Tag.STRUCTURE,
            (u16(kind), Data(Tag.OCTET_STRING, Obis.parse(obis).octets), Data(Tag.INTEGER, 2), u16(0)),
        )
        for kind, obis in chosen
    )
    put(made, 7, "0-0:21.0.0", 3, Data(Tag.ARRAY, objects))
    assert readout(made.meter) == (
        "32.7.0(230.0*V)",
        "1.7.0(4600*W)",
        "1.0.0(26-01-01 02:00:00)",
        "97.98.0(00000000)",
        "2.8.0(000000.000*kWh)",
    )
    again = Made()
    again.actor.restore(values_of(made.actor.changes()), {})
    assert [line.partition("(")[0] for line in readout(again.meter)] == [
        line.partition("(")[0] for line in readout(made.meter)
    ]


def test_the_configuration_object_closes_the_optical_port_and_nothing_else_can_be_set_there() -> None:
    made = Made()
    assert get(made, 1, "0-1:94.31.3").value == Bits(0b0001_0010_0100_0000, 16)
    put(made, 1, "0-1:94.31.3", 2, Data(Tag.BIT_STRING, Bits(0b0000_0010_0100_0000, 16)))
    assert get(made, 1, "0-1:94.31.128").value == ALL_INTERFACES & ~Interface.OPTICAL
    with pytest.raises(AccessError):
        put(made, 1, "0-1:94.31.3", 2, Data(Tag.BIT_STRING, Bits(0b0001_0000_0100_0000, 16)))
    put(made, 1, "0-1:94.31.128", 2, Data(Tag.UNSIGNED, ALL_INTERFACES))
    assert get(made, 1, "0-1:94.31.3").value == Bits(0b0001_0010_0100_0000, 16)


def test_power_failures_have_the_same_number_under_all_their_names() -> None:
    made = Made()
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 100 * SECOND))
    made.journal.give(Quantity.VOLTAGE_V, None, Instant(START + 400 * SECOND))
    live(made, 500)
    assert [get(made, 1, f"0-0:96.7.{e}").value for e in (0, 21, 5, 6, 9)] == [1] * 5
    assert [get(made, 3, f"0-0:96.7.{e}").value for e in (15, 16, 19)] == [300] * 3
