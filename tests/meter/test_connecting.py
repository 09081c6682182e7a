"""Who connects and who is answered, when and how often: auto connect, auto answer, TCP-UDP setup."""

from pathlib import Path

import pytest

from meter.asking import call, cut, put
from meter.cellular import around, live, octets, value
from meter.making import START, Made
from softmeter.clock import DateTime
from softmeter.device.adjustment import set_clock
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface
from softmeter.device.saved import saved_int
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant
from softmeter.meter.parts_network import idle_s, most_connections, wan_port
from softmeter.wire.types import Data, Tag, encode_data

LOCKED = 2


@pytest.mark.parametrize("step", [31, 100_000])
def test_auto_connect_keeps_the_module_off_the_network_outside_its_windows(step: int) -> None:
    made = Made()
    begin, end = DateTime(hour=2, minute=0, second=0), DateTime(hour=2, minute=30, second=0)
    window = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, begin.encode()), Data(Tag.OCTET_STRING, end.encode())))
    assert put(made, 29, "0-0:2.1.0", 5, encode_data(Data(Tag.ARRAY, (window,)))) == 0
    assert is_reachable(made.meter.device, Interface.WAN)
    assert put(made, 29, "0-0:2.1.0", 2, encode_data(Data(Tag.ENUM, 102))) == 0
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert value(made, 28, "0-0:2.2.0", 4) == 0
    live(made, 3600, step)
    assert is_reachable(made.meter.device, Interface.WAN)
    assert value(made, 28, "0-0:2.2.0", 4) == 1
    live(made, 5400, step)
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert put(made, 29, "0-0:2.1.0", 2, encode_data(Data(Tag.ENUM, 104))) == 0
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    assert is_reachable(made.meter.device, Interface.WAN)
    assert put(made, 29, "0-0:2.1.0", 2, encode_data(Data(Tag.ENUM, 1))) != 0


def set_connect(made: Made, **wanted: int) -> None:
    places = {
        "mode": (2, Tag.ENUM),
        "repetitions": (3, Tag.UNSIGNED),
        "delay_s": (4, Tag.LONG_UNSIGNED),
    }
    for what, number in wanted.items():
        attribute, tag = places[what]
        assert put(made, 29, "0-0:2.1.0", attribute, encode_data(Data(tag, number))) == 0


def refusals_at(made: Made, *seconds: int) -> list[int]:
    """How many times the network had refused the module, at some seconds."""
    counted = []
    for second in seconds:
        live(made, second)
        counted.append(saved_int(made.meter.device.behaviours.modem.saved(), "attempts", 0))
    return counted


@pytest.mark.parametrize(("delay_s", "beats"), [(0, (59, 60, 179, 180)), (300, (299, 300, 899, 900))])
def test_who_is_refused_tries_again_after_the_delay_of_auto_connect(delay_s: int, beats: tuple[int, ...]) -> None:
    made = Made()
    set_connect(made, delay_s=delay_s, repetitions=0)
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere")) == 0
    assert refusals_at(made, *beats) == [1, 2, 2, 3]
    first, second = refusals_at(made, 100_000, 100_000 + 3600)
    assert second == first + 1  # who shall be there never gives up


def test_a_delay_of_more_than_an_hour_is_kept_to_and_does_not_grow(tmp_path: Path) -> None:
    made = Made()
    set_connect(made, delay_s=7200)
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere")) == 0
    assert refusals_at(made, 7199, 7200, 14_399, 14_400) == [1, 2, 2, 3]
    again = cut(made, tmp_path, Instant(START + 14_500 * SECOND))
    assert value(again, 29, "0-0:2.1.0", 4) == 7200


@pytest.mark.parametrize("step", [31, 100_000])
def test_an_invoked_connection_is_given_up_after_its_repetitions_until_somebody_invokes_it_again(step: int) -> None:
    made = around({10: Surrounded(access_refused=1), 50_000: Surrounded()})
    set_connect(made, mode=104, repetitions=2, delay_s=100)
    live(made, 11)
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    live(made, 40_000, step)
    modem = made.meter.device.behaviours.modem
    assert (modem.attached, modem.saved()["attempts"]) == (False, 3)  # at once, and twice again
    live(made, 60_000, step)
    assert not modem.attached
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    assert modem.attached


def answering(made: Made, mode: int, calls: int, *window: DateTime) -> None:
    windows = (Data(Tag.STRUCTURE, tuple(Data(Tag.OCTET_STRING, one.encode()) for one in window)),) if window else ()
    assert put(made, 28, "0-0:2.2.0", 2, encode_data(Data(Tag.ENUM, mode))) == 0
    assert put(made, 28, "0-0:2.2.0", 3, encode_data(Data(Tag.ARRAY, windows))) == 0
    assert put(made, 28, "0-0:2.2.0", 5, encode_data(Data(Tag.UNSIGNED, calls))) == 0


def test_calls_are_answered_inside_the_listening_windows_while_the_module_stays_online(tmp_path: Path) -> None:
    made = Made()
    answering(made, 0, 0, DateTime(hour=2, minute=0, second=0), DateTime(hour=2, minute=30, second=0))
    for second, is_open in ((3599, False), (3600, True), (5399, True), (5400, False)):
        live(made, second)
        modem = made.meter.device.behaviours.modem
        assert (modem.answers(made.meter.device), modem.online) == (is_open, True)
        assert value(made, 28, "0-0:2.2.0", 4) == int(is_open)
    again = cut(made, tmp_path, Instant(START + 25 * 3600 * SECOND + 1))
    assert again.meter.device.behaviours.modem.answers(again.meter.device)


def test_so_many_calls_are_answered_in_each_window() -> None:
    made = Made()
    answering(made, 1, 3, DateTime(minute=0, second=0), DateTime(minute=50, second=0))
    modem, device = made.meter.device.behaviours.modem, made.meter.device
    live(made, 10)
    modem.called(device, 2)
    assert (modem.answers(device), modem.calls_left(device)) == (True, 1)
    modem.called(device, 1)
    assert not modem.answers(device)
    assert value(made, 28, "0-0:2.2.0", 4) == LOCKED
    live(made, 3600)
    assert modem.answers(device)
    modem.called(device, 1)
    assert value(made, 28, "0-0:2.2.0", 4) == 1
    answering(made, 3, 0)
    assert not modem.answers(device)


def test_a_limit_of_calls_without_windows_locks_nobody_out_for_good() -> None:
    made = Made()
    answering(made, 1, 1)
    modem, device = made.meter.device.behaviours.modem, made.meter.device
    modem.called(device, 1)
    assert (modem.answers(device), modem.calls_left(device)) == (True, None)


def test_calls_count_no_longer_than_the_windows_that_were_set_last_and_the_time_say() -> None:
    made = Made()
    answering(made, 1, 1, DateTime(minute=0, second=0), DateTime(minute=50, second=0))
    modem, device = made.meter.device.behaviours.modem, made.meter.device
    live(made, 10)
    modem.called(device, 1)
    assert not modem.answers(device)
    answering(made, 1, 1, DateTime(minute=0, second=0), DateTime(minute=40, second=0))
    assert modem.answers(device)
    modem.called(device, 1)
    set_clock(device, device.now, DateTime.of(device.now // SECOND - 30 * 24 * 3600, -60, 0))
    live(made, 3610)
    assert modem.answers(device)


def test_what_the_tcp_udp_setup_says_holds_once_a_client_has_said_it() -> None:
    made = Made()
    assert (wan_port(made.meter), most_connections(made.meter), idle_s(made.meter)) == (None, None, 180)
    for attribute, tag, wanted in ((2, Tag.LONG_UNSIGNED, 4100), (5, Tag.UNSIGNED, 2), (6, Tag.LONG_UNSIGNED, 30)):
        assert put(made, 41, "0-0:25.0.0", attribute, encode_data(Data(tag, wanted))) == 0
    assert (wan_port(made.meter), most_connections(made.meter), idle_s(made.meter)) == (4100, 2, 30)
    assert put(made, 41, "0-0:25.0.0", 6, encode_data(Data(Tag.LONG_UNSIGNED, 0))) == 0
    assert idle_s(made.meter) == 0
    assert put(made, 41, "0-0:25.0.0", 2, encode_data(Data(Tag.LONG_UNSIGNED, 0))) != 0
    assert put(made, 41, "0-0:25.0.0", 2, encode_data(Data(Tag.LONG_UNSIGNED, 4059))) == 0
    assert wan_port(made.meter) is None
