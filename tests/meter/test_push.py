"""Pushes as a head-end sees them: set through the objects, sent when triggered, collected at sending time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.surrounded import Timeline
from meter.asking import call, cut, get, put
from meter.making import KEYS, START, Made
from softmeter.bench.journal import Quantity
from softmeter.clock import DateTime
from softmeter.device.adjustment import set_clock, shift_clock
from softmeter.device.push_setting import CONSUMER
from softmeter.device.surroundings import Surrounded
from softmeter.device.zone import FOREVER
from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.dialect import STANDARD
from softmeter.dlms.messages import DataNotification
from softmeter.dlms.notifications import PushReceiver
from softmeter.dlms.sealing import KeySet, Sealer
from softmeter.entropy import SeededEntropy
from softmeter.errors import RemoteProtocolError
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter.push import Outgoing, outgoing
from softmeter.meter.pushed_values import MOST_OCTETS
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Data, Tag, decode_data, encode_data
from softmeter.wire.wrapper import decode_datagram

FIRST = whole_second(START)
PLAIN, CIPHERING = 128, 129


def name(setup: int) -> str:
    return f"0-{setup}:25.9.0"


def destination(place: bytes, *, service: int = 0, form: int = 0) -> bytes:
    parts = (Data(Tag.ENUM, service), Data(Tag.OCTET_STRING, place), Data(Tag.ENUM, form))
    return encode_data(Data(Tag.STRUCTURE, parts))


def listed(*objects: tuple[int, str, int, int]) -> bytes:
    return encode_data(
        Data(
            Tag.ARRAY,
            tuple(
                Data(
                    Tag.STRUCTURE,
                    (
                        Data(Tag.LONG_UNSIGNED, class_id),
                        Data(Tag.OCTET_STRING, Obis.parse(obis).octets),
                        Data(Tag.INTEGER, attribute),
                        Data(Tag.LONG_UNSIGNED, index),
                    ),
                )
                for class_id, obis, attribute, index in objects
            ),
        )
    )


def number(tag: Tag, value: int) -> bytes:
    return encode_data(Data(tag, value))


def pushing(setup: int, *, form: int = 0, service: int = 0, **timeline: dict[int, Surrounded]) -> Made:
    made = Made()
    if timeline:
        made.meter.device.surroundings = Timeline({FIRST + at: state for at, state in timeline["timeline"].items()})
    assert put(made, 40, name(setup), 3, destination(b"127.0.0.1:5000", service=service, form=form)) == 0
    return made


def live(made: Made, second: int) -> None:
    made.meter.device.advance(Instant(START + second * SECOND))


def opened(sent: Outgoing, client: int = 1) -> DataNotification:
    keys = KeySet(unicast=KEYS[client].unicast_encryption, authentication=KEYS[client].authentication)
    sealer = Sealer(keys, (b"", b""), lambda _: 1, SeededEntropy(1), STANDARD)
    receiver = PushReceiver(lambda apdu: sealer.unwrap(apdu).plain)
    for octets in sent.datagrams:
        datagram = decode_datagram(octets)
        assert datagram[:2] == (1, client)
        found = receiver.receive(datagram.apdu)
    assert isinstance(found, DataNotification)
    return found


def values(notification: DataNotification) -> list[Data]:
    return list(decode_data(notification.body).value)


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


def refused(made: Made) -> None:
    (sent,) = outgoing(made.meter)
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=False)


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


def test_a_push_that_waits_for_its_window_goes_when_there_is_none_any_more() -> None:
    made = pushing(1)
    windowed(made, DateTime(hour=3, minute=0, second=0), DateTime(hour=3, minute=2, second=0))
    call(made, 40, name(1), 1)
    live(made, 10)
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, ()))) == 0
    live(made, 11)
    assert len(outgoing(made.meter)) == 1


def test_a_window_that_is_gone_for_good_by_a_new_time_ends_the_push_and_not_its_setup() -> None:
    made = pushing(1)
    windowed(made, DateTime(2026, 1, 2, 0xFF, 3, 0, 0), DateTime(2026, 1, 2, 0xFF, 4, 0, 0))
    call(made, 40, name(1), 1)
    live(made, 10)
    set_clock(made.meter.device, made.meter.device.now, DateTime.of(made.meter.device.now // SECOND + 10**7, -60, 0))
    live(made, 20)
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, ()))) == 0
    assert outgoing(made.meter) == []
    assert call(made, 40, name(1), 1) == 0
    assert len(outgoing(made.meter)) == 1


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


def test_a_push_waits_for_its_window() -> None:
    made = pushing(1)
    begin = DateTime(hour=3, minute=0, second=0)
    end = DateTime(hour=4, minute=0, second=0)
    window = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, begin.encode()), Data(Tag.OCTET_STRING, end.encode())))
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, (window,)))) == 0
    assert get(made, 40, name(1), 4) == encode_data(Data(Tag.ARRAY, (window,)))
    live(made, 10)
    call(made, 40, name(1), 1)
    live(made, 2 * 3600 - 1)
    assert outgoing(made.meter) == []
    live(made, 2 * 3600)
    (sent,) = outgoing(made.meter)
    assert DateTime.decode(opened(sent).time).iso() == "2026-01-01T03:00:00+01:00"
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=True)
    live(made, 2 * 3600 + 60)
    call(made, 40, name(1), 1)
    assert len(outgoing(made.meter)) == 1


def windowed(made: Made, begin: DateTime, end: DateTime) -> None:
    window = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, begin.encode()), Data(Tag.OCTET_STRING, end.encode())))
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, (window,)))) == 0


def test_a_random_delay_never_leads_out_of_a_window() -> None:
    made = pushing(1)
    windowed(made, DateTime(hour=3, minute=0, second=0), DateTime(hour=3, minute=2, second=0))
    assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 36_000)) == 0
    live(made, 10)
    call(made, 40, name(1), 1)
    live(made, 26 * 3600 + 130)
    (sent,) = outgoing(made.meter)
    when = DateTime.decode(opened(sent).time)
    assert (when.hour, when.minute < 2) == (3, True)


def test_a_clock_that_is_set_again_and_again_delays_no_push_for_ever() -> None:
    made = pushing(1)
    assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 36_000)) == 0
    live(made, 10)
    call(made, 40, name(1), 1)
    due = made.meter.device.behaviours.pushes.due
    assert due > FIRST + 1000
    sent: list[Outgoing] = []
    for at in range(60, 36_100, 60):
        live(made, at)
        shift_clock(made.meter.device, made.meter.device.now, 10 if at % 120 else -10)
        sent += outgoing(made.meter)
    assert len(sent) == 1
    assert made.meter.device.behaviours.pushes.due == FOREVER


def test_what_was_due_in_the_dark_is_spread_again_and_what_was_not_keeps_its_time() -> None:
    for dark_s in (100, 30_000):
        made = pushing(1)
        assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 20_000)) == 0
        live(made, 10)
        call(made, 40, name(1), 1)
        due = made.meter.device.behaviours.pushes.due
        made.meter.device.resume(Instant(START + dark_s * SECOND))
        after = made.meter.device.behaviours.pushes.due
        assert (after == due) is (due > FIRST + dark_s)
        assert FIRST + dark_s <= after <= FIRST + dark_s + 20_000


def test_what_does_not_fit_a_push_is_left_out() -> None:
    made = pushing(1)
    whole = (1, "0-0:96.13.0", 2, 0)
    assert put(made, 1, "0-0:96.13.0", 2, encode_data(Data(Tag.OCTET_STRING, bytes(1024)))) == 0
    assert put(made, 40, name(1), 2, listed(*[whole] * 64)) == 0
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    found = values(opened(sent))
    assert len(found) == 64
    assert [len(one.value) for one in found[:63]] == [1024] * 63
    assert found[63] == NULL
    assert len(opened(sent).body) <= MOST_OCTETS


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


@pytest.mark.parametrize(("form", "tag"), [(0, 0xDB), (PLAIN, 0x0F), (CIPHERING, 0xDD)])
def test_a_push_is_protected_as_its_setup_says(form: int, tag: int) -> None:
    made = pushing(1, form=form)
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    assert sent.datagrams[0][8] == tag
    assert len(values(opened(sent))) == 5


def test_consumer_information_is_for_the_readout_client_and_holds_what_it_may_read() -> None:
    made = pushing(CONSUMER)
    call(made, 40, name(CONSUMER), 1)
    (sent,) = outgoing(made.meter)
    assert values(opened(sent, client=2))[0].value == Obis.parse(name(CONSUMER)).octets
    with pytest.raises(RemoteProtocolError):
        opened(sent._replace(datagrams=(sent.datagrams[0][:2] + b"\0\1\0\1" + sent.datagrams[0][6:],)), client=1)


def test_elements_and_whole_objects_are_pushed_and_what_is_none_is_refused() -> None:
    made = pushing(1, form=PLAIN)
    assert (
        put(made, 40, name(1), 2, listed((3, "1-0:1.8.0", 3, 2), (3, "1-0:1.8.0", 0, 0), (3, "1-0:1.8.0", 3, 9))) == 0
    )
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    unit, whole, beyond = values(opened(sent))
    assert unit == Data(Tag.ENUM, 30)
    assert [one.type for one in whole.value][:1] == [Tag.OCTET_STRING]
    assert len(whole.value) == 3
    assert beyond.type == Tag.NULL
    assert put(made, 40, name(1), 2, listed((3, "1-0:99.99.0", 2, 0))) != 0
    assert put(made, 40, name(1), 2, listed((64, "0-0:43.0.0", 9, 0))) != 0


def test_a_long_value_is_taken_apart_once_for_all_its_elements_that_are_pushed() -> None:
    made, counts = pushing(1, form=PLAIN), list[int]()
    for times in (1, 2, 64):
        assert put(made, 40, name(1), 2, listed(*[(15, "0-0:40.0.1", 2, times)] * times)) == 0
        with counted() as calls:
            call(made, 40, name(1), 1)
        counts.append(len(calls))
        (sent,) = outgoing(made.meter)
        assert len(values(opened(sent))) == times
        made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=True)
    assert counts[2] < 2 * counts[0]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The calls of Python functions: counted, as the time that they take depends on what else runs."""
    calls, before = list[str](), sys.getprofile()
    sys.setprofile(lambda frame, event, _: calls.append(frame.f_code.co_name) if event == "call" else None)
    try:
        yield calls
    finally:
        sys.setprofile(before)


LOAD_PROFILE = (7, "1-0:99.1.0", 2)


def test_the_last_entries_of_a_profile_are_pushed_and_so_many_of_their_columns() -> None:
    made = pushing(1, form=PLAIN)
    wanted = [0xF003, 0xF201, 0xF0FF, 0xFF01, 1, 4, 5]
    assert put(made, 40, name(1), 2, listed(*[(*LOAD_PROFILE, index) for index in wanted])) == 0
    live(made, 3600)
    call(made, 40, name(1), 1)
    (sent,) = outgoing(made.meter)
    last, narrow, every, too_wide, first, fourth, fifth = values(opened(sent))
    rows = decode_data(get(made, 7, "1-0:99.1.0", 2)).value
    assert len(rows) == 4
    assert last.value == rows[1:]
    assert [one.value for one in narrow.value] == [rows[3].value[:2]]
    assert every.value == rows
    assert too_wide == NULL
    assert (first, fourth, fifth) == (rows[0], rows[3], NULL)


@pytest.mark.parametrize("index", [0x1001, 0xE001, 0xF000])
def test_an_index_that_selects_nothing_of_a_profile_is_refused(index: int) -> None:
    made = Made()
    assert put(made, 40, name(1), 2, listed((*LOAD_PROFILE, index))) == 250


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


@pytest.mark.parametrize("step", [37, 100_000])
def test_an_interval_is_pushed_by_its_schedule(step: int) -> None:
    made = pushing(1)
    every_quarter = Data(
        Tag.STRUCTURE, (Data(Tag.OCTET_STRING, b"\xff\x0f\x00\x00"), Data(Tag.OCTET_STRING, b"\xff" * 5))
    )
    assert put(made, 22, "0-1:15.0.4", 4, encode_data(Data(Tag.ARRAY, (every_quarter,)))) == 0
    put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 300))
    device, times = made.meter.device, []
    for second in range(0, 3 * 3600, 1800):
        while device.now < START + second * SECOND:
            device.advance(Instant(min(device.now + step * SECOND, START + second * SECOND)))
        for sent in outgoing(made.meter):
            times.append(DateTime.decode(opened(sent).time).iso())
            device.behaviours.pushes.settle(device, sent.number, arrived=True)
    assert [one[:14] for one in times] == ["2026-01-01T01:", "2026-01-01T02:", "2026-01-01T03:"]
    assert all("15:00" <= one[14:19] <= "20:00" for one in times)
    assert len({one[14:19] for one in times}) > 1
