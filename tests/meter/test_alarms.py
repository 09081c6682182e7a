"""Events, alarms and monitors as a head-end has them: what is written into them acts, and outlives a power cut."""

import pytest

from device.surrounded import Timeline
from meter.making import START, Made, steady, values_of
from softmeter.bench.journal import Quantity
from softmeter.cosem.dictionary import View
from softmeter.device.adjustment import set_right
from softmeter.device.events import Event, Log
from softmeter.device.surroundings import Surrounded
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data, encode_data

FIRST = whole_second(START)
RESET_LOAD_PROFILE = Data(
    Tag.STRUCTURE,
    (Data(Tag.OCTET_STRING, Obis.parse("0-0:10.0.109").octets), Data(Tag.LONG_UNSIGNED, 1)),
)
NOTHING = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, bytes(6)), Data(Tag.LONG_UNSIGNED, 0)))


def view(made: Made) -> View:
    return made.meter.view(Audience.MANAGEMENT)


def place(class_id: int, obis: str, number: int) -> bytes:
    return class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((number,))


def get(made: Made, class_id: int, obis: str, attribute: int = 2) -> Data:
    return decode_data(view(made).readers[place(class_id, obis, attribute)](made.meter))


def put(made: Made, class_id: int, obis: str, attribute: int, value: Data) -> None:
    view(made).writers[place(class_id, obis, attribute)](made.meter, encode_data(value))


def word(made: Made, obis: str) -> int:
    return int(get(made, 1, obis).value)


def u32(number: int) -> Data:
    return Data(Tag.DOUBLE_LONG_UNSIGNED, number)


def live(made: Made, seconds: int, step: int = 100_000) -> None:
    end = Instant(START + seconds * SECOND)
    while made.meter.device.now < end:
        made.meter.device.advance(Instant(min(end, made.meter.device.now + step * SECOND)))


def surrounded(changes: dict[int, Surrounded]) -> Made:
    made = Made()
    made.meter.device.surroundings = Timeline({FIRST + at: state for at, state in changes.items()})
    return made


def restarted(made: Made) -> Made:
    saved = values_of(made.actor.changes())
    again = Made()
    again.actor.restore(saved, {})
    return again


def entries(made: Made) -> int:
    return len(made.meter.device.profile("load").ring)


@pytest.mark.manual("5.1.until-cleared")
def test_an_alarm_is_set_read_cleared_and_logged() -> None:
    made = surrounded({100: Surrounded(meter_cover_open=1)})
    live(made, 200)
    assert word(made, "0-0:97.98.0") == word(made, "0-0:97.98.20") == word(made, "0-0:97.97.0") == 1 << 13
    put(made, 1, "0-0:97.98.20", 2, u32(0))
    put(made, 1, "0-0:97.98.0", 2, u32(0))
    put(made, 1, "0-0:97.97.0", 2, u32(0))
    assert [word(made, obis) for obis in ("0-0:97.98.0", "0-0:97.98.20", "0-0:97.97.0")] == [0, 0, 0]
    assert made.meter.device.events.ring(Log.STANDARD).rows()["code"].tolist() == [11, 10]
    put(made, 1, "0-0:97.98.0", 2, u32(0xFFFF_FFFF))
    assert word(made, "0-0:97.98.0") == 0  # a client never sets an alarm


@pytest.mark.manual("5.1.survives")
def test_alarm_words_and_filters_outlive_a_power_cut() -> None:
    made = surrounded({100: Surrounded(meter_cover_open=1)})
    put(made, 1, "0-0:97.98.11", 2, u32(3))
    live(made, 200)
    again = restarted(made)
    for obis in ("0-0:97.98.0", "0-0:97.98.10", "0-0:97.98.11", "0-0:97.98.20", "0-0:97.97.0"):
        assert word(again, obis) == word(made, obis)
    assert word(again, "0-0:97.98.11") == 3


@pytest.mark.parametrize("step", [1, 50, 100_000])
def test_the_alarm_monitor_executes_its_script_once_until_the_descriptor_is_cleared(step: int) -> None:
    changes = {
        1000: Surrounded(terminal_cover_open=1),
        2000: Surrounded(),
        3000: Surrounded(terminal_cover_open=1),
    }
    made = surrounded(changes)
    put(made, 21, "0-0:16.1.0", 4, Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (RESET_LOAD_PROFILE, NOTHING)),)))
    live(made, 999, step)
    assert entries(made) == 1
    live(made, 1000, step)
    assert entries(made) == 0
    live(made, 3500, step)
    assert entries(made) == 2  # the register still has the bit: nothing rose
    put(made, 1, "0-0:97.98.20", 2, u32(0))
    put(made, 1, "0-0:97.98.0", 2, u32(0))
    made.meter.device.record(Event.LOGIN_FAILED)
    assert entries(made) == 0


@pytest.mark.parametrize("watched", ["0-0:97.98.0", "0-0:97.97.0"])
def test_a_monitor_of_a_register_is_armed_again_when_that_is_cleared(watched: str) -> None:
    """Of the alarm register itself, or of the error register, instead of the descriptor."""
    made = Made()
    name = (Data(Tag.LONG_UNSIGNED, 1), Data(Tag.OCTET_STRING, Obis.parse(watched).octets), Data(Tag.INTEGER, 2))
    put(made, 21, "0-0:16.1.0", 3, Data(Tag.STRUCTURE, name))
    put(made, 21, "0-0:16.1.0", 4, Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (RESET_LOAD_PROFILE, NOTHING)),)))
    for seconds in (1000, 2000):
        live(made, seconds)
        assert entries(made) == 1
        made.meter.device.record(Event.LOGIN_FAILED)
        assert entries(made) == 0
        put(made, 1, watched, 2, u32(0))


@pytest.mark.parametrize("step", [1, 3, 100_000])
def test_a_monitor_on_a_measured_value_acts_in_the_second_it_crosses(step: int) -> None:
    made = Made(steady(i="5"))
    made.journal.give(Quantity.ACTIVE_POWER_W, 6000.0, Instant(START + 1000 * SECOND))
    made.journal.give(Quantity.ACTIVE_POWER_W, None, Instant(START + 1100 * SECOND))
    watched = (Data(Tag.LONG_UNSIGNED, 3), Data(Tag.OCTET_STRING, Obis.parse("1-0:1.7.0").octets), Data(Tag.INTEGER, 2))
    put(made, 21, "0-0:16.1.1", 3, Data(Tag.STRUCTURE, watched))
    put(made, 21, "0-0:16.1.1", 2, Data(Tag.ARRAY, (Data(Tag.DOUBLE_LONG_UNSIGNED, 5000),)))
    put(made, 21, "0-0:16.1.1", 4, Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (RESET_LOAD_PROFILE, NOTHING)),)))
    live(made, 1000, step)
    assert entries(made) == 1
    live(made, 1001, step)
    assert entries(made) == 0
    live(made, 1900, step)
    assert entries(made) == 1
    assert restarted(made).meter.device.behaviours.monitors.saved() == made.meter.device.behaviours.monitors.saved()


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (2, Data(Tag.ARRAY, (Data(Tag.OCTET_STRING, b"x"),))),
        (2, Data(Tag.ARRAY, (u32(1),) * 9)),
        (3, Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 3), Data(Tag.OCTET_STRING, bytes(6)), Data(Tag.INTEGER, 2)))),
        (4, Data(Tag.ARRAY, (RESET_LOAD_PROFILE,))),
    ],
)
def test_a_monitor_that_cannot_be_is_refused_and_changes_nothing(attribute: int, value: Data) -> None:
    made = Made()
    before = [get(made, 21, "0-0:16.1.0", number) for number in (2, 3, 4)]
    with pytest.raises(AccessError):
        put(made, 21, "0-0:16.1.0", attribute, value)
    assert [get(made, 21, "0-0:16.1.0", number) for number in (2, 3, 4)] == before


def test_what_is_no_number_is_not_monitored() -> None:
    made = Made()
    put(made, 21, "0-0:16.1.0", 2, Data(Tag.ARRAY, ()))  # no threshold that a time could not be compared with
    clock = Data(Tag.OCTET_STRING, Obis.parse("0-0:1.0.0").octets)
    with pytest.raises(AccessError):
        put(made, 21, "0-0:16.1.0", 3, Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 8), clock, Data(Tag.INTEGER, 2))))


def test_the_error_of_an_invalid_clock_comes_back_until_the_clock_is_set() -> None:
    made = Made()
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 60 * SECOND))
    made.journal.give(Quantity.VOLTAGE_V, None, Instant(START + 6 * 86_400 * SECOND))
    live(made, 6 * 86_400 + 60)
    assert word(made, "0-0:97.97.0") == 1
    put(made, 1, "0-0:97.97.0", 2, u32(0))
    assert word(made, "0-0:97.97.0") == 1  # the clock is still invalid
    set_right(made.meter.device, made.meter.device.now)
    assert word(made, "0-0:97.97.0") == 1  # a flag stays until it is cleared
    put(made, 1, "0-0:97.97.0", 2, u32(0))
    assert word(made, "0-0:97.97.0") == 0
    codes = made.meter.device.events.ring(Log.STANDARD).rows()["code"].tolist()
    assert codes == [1, 2, 6, 10, 4, 5, 10]


@pytest.mark.parametrize("log", list(Log))
def test_every_log_is_read_and_cleared(log: Log) -> None:
    made = Made(has_breaker=True)
    event = next(event for event in Event if event.log is log)
    made.meter.device.record(event)
    obis = log.profile
    assert [row.value[1].value for row in get(made, 7, obis).value] == [event.code]
    assert int(get(made, 1, log.code_object).value) == event.code
    view(made).invokers[place(7, obis, 1)](made.meter, b"")
    assert [row.value[1].value for row in get(made, 7, obis).value] == [255]


def test_long_failures_are_read_with_the_time_of_their_end() -> None:
    made = Made()
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 100 * SECOND))
    made.journal.give(Quantity.VOLTAGE_V, None, Instant(START + 800 * SECOND))
    live(made, 900)
    (row,) = get(made, 7, "1-0:99.97.0").value
    assert row.value[1] == u32(700)
    assert row.value[0].value.hex().upper() == "07EA010104010D1400FFC400"
    assert [int(get(made, 1, obis).value) for obis in ("0-0:96.7.21", "0-0:96.7.9")] == [1, 1]
    assert get(made, 3, "0-0:96.7.19") == u32(700)


@pytest.mark.parametrize(("seconds", "expected"), [(59, 180), (60, 60), (3600, 3600), (3601, 180)])
def test_the_threshold_of_long_failures_has_limits(seconds: int, expected: int) -> None:
    made = Made()
    value = Data(Tag.LONG_UNSIGNED, seconds)
    if expected == seconds:
        put(made, 3, "0-0:96.7.20", 2, value)
    else:
        with pytest.raises(AccessError):
            put(made, 3, "0-0:96.7.20", 2, value)
    assert int(get(restarted(made), 3, "0-0:96.7.20").value) == expected
