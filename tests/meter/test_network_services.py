"""What the network gives a meter: addresses and the time."""

from pathlib import Path

import pytest

from device.surrounded import Timeline
from meter.asking import cut, get, put
from meter.cellular import FIRST, around, live, octets, value
from meter.making import START, Made
from softmeter.device.events import Log
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant
from softmeter.wire.types import Data, Tag, encode_data

V4, V6 = (42, "0-0:25.1.0"), (48, "0-0:25.7.0")


def test_the_network_gives_addresses_of_both_families_while_the_meter_is_in_it() -> None:
    made = around({10: Surrounded(network_up=0), 20: Surrounded()})
    given = [value(made, *V4, one) for one in (3, 6, 7, 9, 10)]
    assert [int(str(one)) >> 24 for one in given] == [10, 255, 10, 10, 10]
    unicast = value(made, *V6, 4)
    assert isinstance(unicast, tuple)
    title = made.meter.system_title
    assert [one.value for one in unicast] == [bytes.fromhex("fe80000000000000") + title, unicast[1].value[:8] + title]
    gateways, resolvers = value(made, *V6, 6), [value(made, *V6, one) for one in (7, 8)]
    assert isinstance(gateways, tuple)
    assert [one.value[:2].hex() for one in gateways] == ["fe80"]
    assert [len(str(one)) > 16 for one in resolvers] == [True, True]
    live(made, 11)
    assert [value(made, *V4, one) for one in (3, 6, 7, 9, 10)] == [0] * 5
    assert [value(made, *V6, one) for one in (4, 6, 7, 8)] == [(), (), b"", b""]
    live(made, 21)
    assert [value(made, *V4, one) for one in (3, 6, 7, 9, 10)] == given
    assert value(made, *V6, 4) == unicast


def test_addresses_that_a_client_sets_hold_where_the_network_gives_none(tmp_path: Path) -> None:
    made = Made()
    mine = bytes.fromhex("20010db8000000000000000000000007")
    addresses = encode_data(Data(Tag.ARRAY, (Data(Tag.OCTET_STRING, mine),)))
    assert put(made, *V6, 4, addresses) == put(made, *V6, 7, octets(mine)) == 0
    assert get(made, *V6, 4) != addresses
    assert put(made, *V6, 3, encode_data(Data(Tag.ENUM, 2))) == 0
    assert put(made, *V4, 8, encode_data(Data(Tag.BOOLEAN, value=False))) == 0
    for attribute in (3, 6, 7, 9, 10):
        assert put(made, *V4, attribute, encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, attribute))) == 0
    again = cut(made, tmp_path, Instant(START + 60 * SECOND))
    for each in (made, again):
        assert get(each, *V6, 4) == addresses
        assert [value(each, *V6, one) for one in (6, 7, 8)] == [(), mine, b""]
        assert [value(each, *V4, one) for one in (3, 6, 7, 9, 10)] == [3, 6, 7, 9, 10]


def following(drift_s_per_day: float) -> Made:
    made = Made()
    device = made.meter.device
    device.clock.hands = device.clock.hands.drifting(device.now, round(drift_s_per_day * SECOND))
    return made


def off_s(made: Made) -> float:
    device = made.meter.device
    return (device.clock.time(device.now) - device.now) / SECOND


@pytest.mark.parametrize("step", [613, 100_000])
def test_time_from_the_network_keeps_a_clock_right_while_the_network_is_there(step: int) -> None:
    made = following(20.0)
    made.meter.device.surroundings = Timeline({FIRST + 3 * 86_400 - 50: Surrounded(network_up=0)})
    live(made, 86_400, step)
    assert off_s(made) == pytest.approx(20.0)
    assert put(made, 100, "0-0:25.10.0", 2, encode_data(Data(Tag.BOOLEAN, value=True))) == 0
    live(made, 86_401, step)
    assert abs(off_s(made)) < 0.1
    rows = made.meter.device.events.ring(Log.STANDARD).rows()
    assert rows["code"].tolist()[-2:] == [4, 5]
    live(made, 3 * 86_400 - 60, step)
    assert 19 < off_s(made) < 21
    live(made, 5 * 86_400, step)
    assert 50 < off_s(made) < 61  # nobody tells the time any more


def test_the_server_is_shown_and_the_keys_are_not(tmp_path: Path) -> None:
    made = Made()
    assert value(made, 100, "0-0:25.10.0") is False
    assert [value(made, 100, "0-0:25.10.0", one) for one in (3, 4, 5)] == [b"time.network.example", 123, 0]
    with pytest.raises(KeyError):
        get(made, 100, "0-0:25.10.0", 7)
    assert put(made, 100, "0-0:25.10.0", 2, encode_data(Data(Tag.BOOLEAN, value=True))) == 0
    again = cut(made, tmp_path, Instant(START + 60 * SECOND))
    assert value(again, 100, "0-0:25.10.0") is True
    assert put(again, 100, "0-0:25.10.0", 2, encode_data(Data(Tag.BOOLEAN, value=False))) == 0
    assert again.meter.device.behaviours.network_time.saved() == {}
