"""Pushes where network or power come and go."""

from pathlib import Path

import pytest

from meter.asking import call, cut, get, put
from meter.making import START
from meter.pushing import FIRST, PLAIN, destination, live, name, number, opened, pushing, values
from softmeter.bench.journal import Quantity
from softmeter.clock import DateTime
from softmeter.device.surroundings import Surrounded
from softmeter.dlms.apdu import decode_apdu
from softmeter.instant import SECOND, Instant
from softmeter.meter.push import outgoing
from softmeter.obis import Obis
from softmeter.wire.types import Tag
from softmeter.wire.wrapper import decode_datagram


def test_the_last_gasp_is_sent_as_the_power_goes_and_nothing_else_is() -> None:
    made = pushing(5)
    put(made, 40, name(1), 3, destination(b"127.0.0.1:5000"))
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 100 * SECOND))
    live(made, 99)
    call(made, 40, name(1), 1)
    live(made, 110)
    (sent,) = outgoing(made.meter)
    notification = opened(sent)
    assert values(notification)[0].value == Obis.parse(name(5)).octets
    assert DateTime.decode(notification.time).iso() == "2026-01-01T01:01:40+01:00"


def test_what_waits_outlives_a_power_cut_and_is_sent_with_the_values_of_then(tmp_path: Path) -> None:
    made = pushing(4, form=PLAIN)
    put(made, 40, name(4), 5, number(Tag.LONG_UNSIGNED, 60_000))
    call(made, 40, name(4), 1)
    assert outgoing(made.meter) == []
    until = Instant(START + 3600 * SECOND)
    again = cut(made, tmp_path, until)
    assert get(again, 40, name(4), 3) == get(made, 40, name(4), 3)
    assert again.meter.device.behaviours.pushes.due < FIRST + 3600 + 60_000
    again.meter.device.advance(Instant(START + 70_000 * SECOND))
    (sent,) = outgoing(again.meter)
    assert decode_apdu(decode_datagram(sent.datagrams[0]).apdu).long_invoke_id == 1


def test_what_waited_for_a_module_that_hung_goes_after_a_power_cut(tmp_path: Path) -> None:
    made = pushing(1, timeline={50: Surrounded(modem_hangs=1)})
    live(made, 60)
    call(made, 40, name(1), 1)
    assert outgoing(made.meter) == []
    again = cut(made, tmp_path, Instant(START + 70 * SECOND))
    live(again, 80)
    assert len(outgoing(again.meter)) == 1


def test_who_the_meter_is_is_told_with_each_connection_until_it_has_arrived_once() -> None:
    changes = {50 + 10 * step: Surrounded(network_up=step % 2) for step in range(6)}
    made = pushing(7, timeline=changes)
    put(made, 40, name(7), 6, number(Tag.UNSIGNED, 0))
    told = []
    for at in (61, 81, 101):
        live(made, at)
        sent = outgoing(made.meter)
        told.append(len(sent))
        for one in sent:
            made.meter.device.behaviours.pushes.settle(made.meter.device, one.number, arrived=at == 81)
    assert told == [1, 1, 0]


def test_what_was_handed_out_and_never_settled_is_sent_anew_after_a_cut(tmp_path: Path) -> None:
    made = pushing(4, form=PLAIN)
    call(made, 40, name(4), 1)
    (sent,) = outgoing(made.meter)
    again = cut(made, tmp_path, Instant(START + 3600 * SECOND))
    numbers = [one.number for one in outgoing(again.meter)]
    assert numbers == [sent.number + 1]


def test_without_a_network_a_push_waits_and_its_tries_are_kept() -> None:
    made = pushing(1, timeline={50: Surrounded(network_up=0), 5000: Surrounded()})
    live(made, 100)
    call(made, 40, name(1), 1)
    live(made, 4999)
    assert outgoing(made.meter) == []
    live(made, 5001)
    (sent,) = outgoing(made.meter)
    assert values(opened(sent))[0].value == Obis.parse(name(1)).octets


def test_connectivity_and_installation_are_told_once_the_network_is_there() -> None:
    made = pushing(
        0, timeline={50: Surrounded(network_up=0), 60: Surrounded(), 70: Surrounded(network_up=0), 80: Surrounded()}
    )
    put(made, 40, name(7), 3, destination(b"127.0.0.1:5000"))
    live(made, 61)
    first = outgoing(made.meter)
    assert [values(opened(one))[0].value[1] for one in first] == [7, 0]
    for one in first:
        made.meter.device.behaviours.pushes.settle(made.meter.device, one.number, arrived=True)
    live(made, 81)
    assert [values(opened(one))[0].value[1] for one in outgoing(made.meter)] == [0]


@pytest.mark.parametrize("arrived", [True, False])
def test_who_is_given_while_the_installation_is_told_to_another_one_is_told_next(arrived: bool) -> None:  # noqa: FBT001
    made = pushing(7)
    pushes = made.meter.device.behaviours.pushes
    (first,) = outgoing(made.meter)
    put(made, 40, name(7), 3, destination(b"127.0.0.1:5001"))
    assert outgoing(made.meter) == []
    pushes.settle(made.meter.device, first.number, arrived=arrived)
    (second,) = outgoing(made.meter)
    assert (first.port, second.port) == (5000, 5001)
    pushes.settle(made.meter.device, second.number, arrived=True)
    assert outgoing(made.meter) == []


@pytest.mark.parametrize("gone", [Surrounded(network_up=0), Surrounded(modem_hangs=1)])
def test_what_nobody_took_before_the_network_went_waits_for_it(gone: Surrounded) -> None:
    made = pushing(1, timeline={50: gone, 5000: Surrounded(modem_hangs=gone.modem_hangs)})
    call(made, 40, name(1), 1)
    live(made, 51)
    assert outgoing(made.meter) == []
    live(made, 5001)
    (sent,) = outgoing(made.meter)
    assert DateTime.decode(opened(sent).time).iso() > "2026-01-01T01:00:50+01:00"


def test_what_is_under_way_when_the_network_goes_is_sent_anew_and_costs_no_try() -> None:
    made = pushing(1, timeline={50: Surrounded(network_up=0), 5000: Surrounded()})
    put(made, 40, name(1), 6, number(Tag.UNSIGNED, 0))
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    live(made, 60)
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=False)
    live(made, 5001)
    (anew,) = outgoing(made.meter)
    assert anew.number == sent.number + 1


def test_who_the_meter_is_is_told_once_it_has_somebody_to_tell_even_if_it_is_online() -> None:
    made = pushing(7)
    (first,) = outgoing(made.meter)
    assert values(opened(first))[0].value == Obis.parse(name(7)).octets
    assert put(made, 40, name(7), 5, number(Tag.LONG_UNSIGNED, 0)) == 0
    assert put(made, 40, name(7), 3, destination(b"127.0.0.1:5000")) == 0
    assert outgoing(made.meter) == []  # on its way, and nothing new in it
    made.meter.device.behaviours.pushes.settle(made.meter.device, first.number, arrived=True)
    assert put(made, 40, name(7), 3, destination(b"127.0.0.1:6000")) == 0
    assert outgoing(made.meter) == []  # somebody knows


def test_another_setup_is_not_pushed_by_a_destination() -> None:
    assert outgoing(pushing(0).meter) == []
