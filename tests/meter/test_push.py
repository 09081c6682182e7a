"""Pushes as a head-end sees them: set through the objects, sent when triggered, collected at sending time."""

from pathlib import Path

import pytest

from meter.asking import call, cut, get, put
from meter.making import START, Made
from meter.pushing import (
    CIPHERING,
    FIRST,
    PLAIN,
    destination,
    listed,
    live,
    name,
    number,
    opened,
    pushing,
    refused,
    values,
)
from softmeter.clock import DateTime
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant
from softmeter.meter.push import outgoing
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data, encode_data


def test_a_client_pushes_at_once_and_under_its_keys() -> None:
    made = pushing(1)
    live(made, 100)
    assert call(made, 40, name(1), 1) == 0
    (sent,) = outgoing(made.meter)
    assert (sent.service, sent.host, sent.port) == (0, "127.0.0.1", 5000)
    assert sent.datagrams[0][8] == 0xDB
    notification = opened(sent)
    assert DateTime.decode(notification.time).iso() == "2026-01-01T01:01:40+01:00"
    found = values(notification)
    assert found[0] == Data(Tag.OCTET_STRING, Obis.parse(name(1)).octets)
    assert found[3] == decode_data(get(made, 3, "1-0:1.8.0", 2))
    assert outgoing(made.meter) == []


@pytest.mark.manual("5.1.notification")
@pytest.mark.manual("11.3.push")
def test_an_alarm_goes_through_descriptor_monitor_and_script_to_the_head_end() -> None:
    made = pushing(4, timeline={100: Surrounded(meter_cover_open=1)})
    live(made, 99)
    assert outgoing(made.meter) == []
    live(made, 101)
    (sent,) = outgoing(made.meter)
    found = values(opened(sent))
    assert found[0].value == Obis.parse(name(4)).octets
    assert found[2] == Data(Tag.DOUBLE_LONG_UNSIGNED, 1 << 13)


@pytest.mark.parametrize("step", [7, 100_000])
def test_values_are_those_of_the_moment_of_sending(step: int) -> None:
    made = pushing(2)
    assert put(made, 40, name(2), 5, number(Tag.LONG_UNSIGNED, 600)) == 0
    live(made, 100)
    call(made, 40, name(2), 1)
    device = made.meter.device
    due = device.behaviours.pushes.due
    assert FIRST + 100 < due <= FIRST + 700
    while device.now < START + 800 * SECOND:
        device.advance(Instant(min(device.now + step * SECOND, START + 800 * SECOND)))
    (sent,) = outgoing(made.meter)
    notification = opened(sent)
    again = Made()
    live(again, due - FIRST)
    assert values(notification)[3] == decode_data(get(again, 3, "1-0:1.8.0", 2))
    assert notification.time == again.meter.device.clock.date_time(again.meter.device.now).encode()


def test_what_failed_is_tried_again_until_its_tries_are_used_up() -> None:
    made = pushing(1)
    put(made, 40, name(1), 6, number(Tag.UNSIGNED, 2))
    put(made, 40, name(1), 7, number(Tag.LONG_UNSIGNED, 30))
    call(made, 40, name(1), 1)
    for at in (0, 30, 60):
        live(made, at + 1)
        (sent,) = outgoing(made.meter)
        made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=False)
        live(made, at + 29)
        assert outgoing(made.meter) == []
    live(made, 1000)
    assert outgoing(made.meter) == []
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=True)
    live(made, 2000)
    assert outgoing(made.meter) == []


def test_a_trigger_while_a_refused_push_waits_has_it_go_at_once_with_all_its_tries() -> None:
    made = pushing(1)
    put(made, 40, name(1), 6, number(Tag.UNSIGNED, 1))
    put(made, 40, name(1), 7, number(Tag.LONG_UNSIGNED, 3600))
    call(made, 40, name(1), 1)
    refused(made)
    live(made, 10)
    assert call(made, 40, name(1), 1) == 0
    refused(made)
    live(made, 3609)
    assert outgoing(made.meter) == []
    live(made, 3610)
    refused(made)  # the one try again that it has
    live(made, 10_000)
    assert outgoing(made.meter) == []


def test_a_trigger_during_a_try_that_fails_begins_a_push_with_all_its_tries() -> None:
    made = pushing(1)
    put(made, 40, name(1), 6, number(Tag.UNSIGNED, 1))
    put(made, 40, name(1), 7, number(Tag.LONG_UNSIGNED, 3600))
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    assert call(made, 40, name(1), 1) == 0
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=False)
    refused(made)
    live(made, 3599)
    assert outgoing(made.meter) == []
    live(made, 3600)
    refused(made)
    live(made, 10_000)
    assert outgoing(made.meter) == []


def test_triggers_never_put_off_a_refused_push_that_waits(tmp_path: Path) -> None:
    made = pushing(1)
    put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 50_000))
    put(made, 40, name(1), 7, number(Tag.LONG_UNSIGNED, 100))
    call(made, 40, name(1), 1)
    live(made, 50_000)
    refused(made)
    again = cut(made, tmp_path, Instant(START + 50_010 * SECOND))
    for second in range(50_020, 50_100, 10):
        live(again, second)
        assert call(again, 40, name(1), 1) == 0
    live(again, 50_100)
    assert len(outgoing(again.meter)) == 1


def test_a_push_that_waits_goes_by_what_its_setup_says_now() -> None:
    made = pushing(1)
    put(made, 40, name(1), 7, number(Tag.LONG_UNSIGNED, 50_000))
    call(made, 40, name(1), 1)
    refused(made)
    put(made, 40, name(1), 7, number(Tag.LONG_UNSIGNED, 30))
    live(made, 29)
    assert outgoing(made.meter) == []
    live(made, 30)
    refused(made)
    assert put(made, 40, name(1), 3, destination(b"127.0.0.1:5001")) == 0
    live(made, 31)
    (sent,) = outgoing(made.meter)
    assert sent.port == 5001


@pytest.mark.parametrize(("place", "ports"), [(b"127.0.0.1:5001", [5001]), (b"", [])])
def test_what_nobody_took_yet_goes_where_the_setup_says_now(place: bytes, ports: list[int]) -> None:
    made = pushing(1)
    assert call(made, 40, name(1), 1) == 0
    assert put(made, 40, name(1), 3, destination(place)) == 0
    assert [sent.port for sent in outgoing(made.meter)] == ports


def test_to_push_without_a_destination_is_refused_and_a_script_passes_over_it() -> None:
    made = Made()
    assert call(made, 40, name(1), 1) == 250
    assert call(made, 9, "0-0:10.0.108", 1, b"\x12\x00\x02") == 0
    assert outgoing(made.meter) == []


def test_triggers_during_a_push_are_sent_once_more_and_the_newest_values_go() -> None:
    made = pushing(1)
    call(made, 40, name(1), 1)
    live(made, 900)
    call(made, 40, name(1), 1)  # nobody took the first yet
    (sent,) = outgoing(made.meter)
    assert values(opened(sent))[3] == decode_data(get(made, 3, "1-0:1.8.0", 2))
    call(made, 40, name(1), 1)
    call(made, 40, name(1), 1)
    assert outgoing(made.meter) == []
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=True)
    (more,) = outgoing(made.meter)
    assert more.number == sent.number + 1
    made.meter.device.behaviours.pushes.settle(made.meter.device, more.number, arrived=True)
    assert outgoing(made.meter) == []


def test_a_long_push_goes_in_blocks_of_one_segment_each() -> None:
    made = pushing(1, service=1)
    live(made, 3600)
    assert put(made, 40, name(1), 2, listed((15, "0-0:40.0.1", 2, 0), (1, "0-0:42.0.0", 2, 0))) == 0
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    assert len(sent.datagrams) > 20
    assert max(len(one) for one in sent.datagrams) <= 576
    assert values(opened(sent))[0] == decode_data(get(made, 15, "0-0:40.0.1", 2))
    assert put(made, 41, "0-0:25.0.0", 4, number(Tag.LONG_UNSIGNED, 1500)) == 0
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=True)
    call(made, 40, name(1), 1)
    (wider,) = outgoing(made.meter)
    assert len(wider.datagrams) < len(sent.datagrams) / 2


@pytest.mark.parametrize(("service", "most"), [(0, 65_535), (1, 65_507)])
def test_a_segment_is_never_more_than_its_transport_carries(service: int, most: int) -> None:
    made = pushing(1, service=service, form=PLAIN)
    assert put(made, 41, "0-0:25.0.0", 4, number(Tag.LONG_UNSIGNED, 0xFFFF)) == 0
    assert put(made, 1, "0-0:96.13.0", 2, encode_data(Data(Tag.OCTET_STRING, bytes(1019)))) == 0
    assert put(made, 40, name(1), 2, listed(*[(1, "0-0:96.13.0", 2, 0)] * 63, (1, "0-0:96.13.0", 0, 0))) == 0
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    assert len(sent.datagrams) == service + 1
    assert 65_000 < len(sent.datagrams[0]) <= most
    assert len(values(opened(sent))) == 64


@pytest.mark.parametrize(("form", "tag"), [(0, 0xDB), (PLAIN, 0x0F), (CIPHERING, 0xDD)])
def test_a_push_is_protected_as_its_setup_says(form: int, tag: int) -> None:
    made = pushing(1, form=form)
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    assert sent.datagrams[0][8] == tag
    assert len(values(opened(sent))) == 5


@pytest.mark.parametrize("place", [b"nowhere", b"host:0", b"host:70000", b"::1:5000", b"\xff:1", b"a b:1"])
def test_a_destination_that_is_none_is_refused(place: bytes) -> None:
    made = Made()
    before = get(made, 40, name(1), 3)
    assert put(made, 40, name(1), 3, destination(place)) != 0
    assert put(made, 40, name(1), 3, destination(b"127.0.0.1:1", service=4)) != 0
    assert get(made, 40, name(1), 3) == before


@pytest.mark.parametrize("place", [b"[::1]:5000", b"head-end.example:4059", b"192.0.2.1:1"])
def test_a_destination_may_be_of_any_family(place: bytes) -> None:
    made = Made()
    assert put(made, 40, name(1), 3, destination(place)) == 0
