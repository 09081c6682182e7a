"""What pushes hold: attributes, elements, entries of profiles, and for whom."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from meter.asking import call, get, put
from meter.making import Made
from meter.pushing import (
    PLAIN,
    listed,
    live,
    name,
    opened,
    pushing,
    values,
)
from softmeter.device.push_setting import CONSUMER
from softmeter.errors import RemoteProtocolError
from softmeter.meter.push import outgoing
from softmeter.meter.pushed_values import MOST_OCTETS
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Data, Tag, decode_data, encode_data


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
