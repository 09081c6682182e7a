"""Load profiles through their objects: periods, and changes that come long after the last tick."""

import pytest

from meter.asking import call, get, put
from meter.making import START, Made
from softmeter.bench.journal import Quantity
from softmeter.clock import DateTime
from softmeter.device.events import Event
from softmeter.instant import SECOND, Instant
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data, u16, u32

OTHER = 250
LOAD, DAILY, QUALITY = "1-0:99.1.0", "1-0:99.2.0", "1-0:99.14.0"


def behind(ticked_s: int, present_s: int) -> Made:
    """A meter that ticked last at one second, of which a client asks something at a later one."""
    made = Made()
    made.actor.jump(Instant(START + ticked_s * SECOND))
    made.actor.present = lambda: Instant(START + present_s * SECOND + 500_000_000)
    return made


def times(made: Made, profile: str) -> list[str]:
    rows: list[Data] = decode_data(get(made, 7, profile, 2)).value
    return [DateTime.decode(row.value[0].value).iso()[11:19] for row in rows]


@pytest.mark.parametrize(
    ("profile", "possible"), [(LOAD, (1800, 3600, 900)), (DAILY, (900, 1800, 3600, 86_400))], ids=["load", "daily"]
)
def test_a_client_may_choose_the_periods_of_the_manual_and_no_others(profile: str, possible: tuple[int, ...]) -> None:
    made = Made()
    for period_s in possible:
        assert put(made, 7, profile, 4, u32.encode(period_s)) == 0
        for other_s in (0, 60, 300, 600, 1200, 7200, 43_200):
            assert put(made, 7, profile, 4, u32.encode(other_s)) == OTHER
        assert decode_data(get(made, 7, profile, 4)) == Data(Tag.DOUBLE_LONG_UNSIGNED, period_s)


def test_the_recording_interval_has_the_periods_of_its_profile() -> None:
    made = Made()
    assert [put(made, 3, "1-0:0.8.4", 2, u16.encode(period_s)) for period_s in (600, 3600, 0)] == [OTHER, 0, OTHER]
    assert decode_data(get(made, 7, LOAD, 4)).value == 3600


def test_rows_before_a_reset_are_gone_though_no_tick_has_seen_them() -> None:
    """At a high rate a client's order comes long after the last tick."""
    made = behind(1000, 3000)
    assert call(made, 7, LOAD, 1) == 0
    made.actor.jump(Instant(START + 5000 * SECOND))
    assert times(made, LOAD) == ["02:00:00", "02:15:00"]


def test_a_captured_row_bears_the_time_of_the_order() -> None:
    made = behind(1000, 3000)
    assert call(made, 7, LOAD, 2) == 0
    assert times(made, LOAD) == ["01:15:00", "01:30:00", "01:45:00", "01:50:00"]


def test_what_is_cleared_is_logged_with_the_time_of_the_order() -> None:
    made = behind(1000, 3000)
    made.meter.device.record(Event.RAM_ERROR)
    assert [put(made, 1, word, 2, u32.encode(0)) for word in ("0-0:97.97.0", "0-0:97.98.0")] == [0, 0]
    assert times(made, "0-0:99.98.0") == ["01:16:40", "01:50:00", "01:50:00"]
    made = behind(1000, 3000)
    assert call(made, 7, "0-0:99.98.0", 1) == 0
    assert times(made, "0-0:99.98.0") == ["01:50:00"]


def test_a_schedule_and_a_monitor_act_from_the_order_on() -> None:
    """What they would have done between the last tick and the order they do not do."""
    made = behind(1000, 3000)
    execution = bytes.fromhex("0101 0202 0904011E0000 0905FFFFFFFFFF")  # 01:30:00 each day
    assert put(made, 22, "0-0:15.0.0", 4, execution) == 0
    made.actor.jump(Instant(START + 3600 * SECOND))
    assert times(made, "1-0:98.1.0") == []
    made = behind(1000, 3000)
    end_of_billing, nothing = (
        bytes.fromhex("0202 090600000A0001FF 120001"),
        bytes.fromhex("0202 0906000000000000 120000"),
    )
    for attribute, octets in (
        (3, bytes.fromhex("0203 120003 09060100010800FF 0F02")),
        (4, bytes.fromhex("0101 0202") + end_of_billing + nothing),
        (2, bytes.fromhex("0101 06") + (400).to_bytes(4, "big")),
    ):
        assert put(made, 21, "0-0:16.1.0", attribute, octets) == 0
    made.actor.jump(Instant(START + 3600 * SECOND))
    assert times(made, "1-0:98.1.0") == []


def test_a_failure_before_the_order_is_long_by_what_was_set_then() -> None:
    made = behind(1000, 3000)
    for second, volts in ((1100, 0.0), (1200, None)):
        made.journal.give(Quantity.VOLTAGE_V, volts, Instant(START + second * SECOND))
    assert put(made, 3, "0-0:96.7.20", 2, u16.encode(60)) == 0
    made.actor.jump(Instant(START + 3600 * SECOND))
    assert decode_data(get(made, 1, "0-0:96.7.9", 2)).value == 0


def test_counters_of_disturbances_can_be_captured() -> None:
    made = Made()
    counters = ("1-0:32.32.0", "1-0:32.36.0", "0-0:96.7.21", "0-0:96.7.9")
    names = [
        bytes.fromhex("0204 120001 0906") + Obis.parse(obis).octets + bytes.fromhex("0F02 120000") for obis in counters
    ]
    clock = bytes.fromhex("0204 120008 0906 0000010000FF 0F02 120000")
    assert put(made, 7, LOAD, 3, bytes.fromhex("0105") + clock + b"".join(names)) == 0
    for second, volts in ((10, 200.0), (100, 260.0), (200, 0.0), (203, None), (210, 0.0), (500, None)):
        made.journal.give(Quantity.VOLTAGE_V, volts, Instant(START + second * SECOND))
    made.actor.jump(Instant(START + 900 * SECOND))
    (row,) = decode_data(get(made, 7, LOAD, 2)).value
    assert [(one.type, one.value) for one in row.value[1:]] == [(Tag.LONG_UNSIGNED, count) for count in (1, 1, 2, 1)]
