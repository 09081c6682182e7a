"""Attacks by requests that are dear, wrong or never finished: refused, reported, nothing moves, others are served."""

import gc
import time

import pytest

from conformance.appl import MANAGEMENT, PUBLIC, Bench
from dlms.device import PROFILE, READOUT_SAP, SmallMeter
from dlms.link import NOW, Link, aarq, initiate
from softmeter.clock import DateTime
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.block_server import IDLE_S
from softmeter.dlms.conversation import drive
from softmeter.dlms.host import BadRequest, LoginFailed
from softmeter.dlms.messages import AttributeReference
from softmeter.instant import LinkTime
from softmeter.obis import Obis

ALL_SERVICES = "7E1FFF"
GET_ROWS = bytes.fromhex("C001C10007") + bytes(Obis.parse(PROFILE)) + b"\x02\x01"
GET_ENERGY = "C001C100030100010800FF0200"
CLOCK_COLUMN = bytes.fromhex("0204120008090600000100 00FF0F02120000")
EVERY_COLUMN = b"\x01\x00"
OTHER_REASON, TYPE_UNMATCHED, EMPTY = "C401C101FA", "C401C1010C", "C401C1000100"
BROKEN, TOO_LONG = "D80103", "D80104"
DEAREST_S = 0.05


def day(year: int, month: int, of_month: int) -> bytes:
    moment = DateTime(year, month, of_month, 0xFF, 0, 0, 0, 0)
    return b"\x09\x0c" + moment.encode()


def range_of(first: bytes, last: bytes, columns: bytes = EVERY_COLUMN) -> bytes:
    return GET_ROWS + b"\x01\x02\x04" + CLOCK_COLUMN + first + last + columns


def entries(first: int, last: int, from_column: int, to_column: int) -> bytes:
    ends = b"".join(b"\x06" + number.to_bytes(4, "big") for number in (first, last))
    return (
        GET_ROWS + b"\x02\x02\x04" + ends + b"".join(b"\x12" + n.to_bytes(2, "big") for n in (from_column, to_column))
    )


def full() -> Link:
    """An association with a device whose profile is full."""
    meter = SmallMeter()
    meter.profile.fill(5280)
    link = Link(meter)
    link.open_readout(initiate(ALL_SERVICES))
    link.events.clear()
    return link


def cheap(link: Link, request: bytes | str) -> str:
    """The answer to a request that must not take long, whatever is asked."""
    collects = gc.isenabled()
    gc.disable()  # what the tests before have left behind costs more than any request
    try:
        began = time.thread_time()
        answer = link.ask(request) or b""
        assert time.thread_time() - began < DEAREST_S
    finally:
        if collects:
            gc.enable()
    return answer.hex().upper()


JANUARY, LATER = day(2021, 1, 1), day(2030, 1, 1)
UNSPECIFIED = b"\x09\x0c" + b"\xff" * 9 + b"\x80\x00\xff"
WILD = bytes.fromhex("090CFFFFFDFEFFFFFFFFFF800000")
SELECTIONS = [
    pytest.param(range_of(LATER, JANUARY), EMPTY, id="from after to"),
    pytest.param(range_of(UNSPECIFIED, UNSPECIFIED), OTHER_REASON, id="nothing but wild cards"),
    pytest.param(range_of(WILD, WILD), OTHER_REASON, id="every year, last days"),
    pytest.param(range_of(day(2021, 13, 40), LATER), TYPE_UNMATCHED, id="no such date"),
    pytest.param(range_of(JANUARY, LATER, b"\x01\x82\xff\xff"), BROKEN, id="columns that are not there"),
    pytest.param(range_of(JANUARY, LATER, b"\x01\x81\xfa" + CLOCK_COLUMN * 250), TOO_LONG, id="one column 250 times"),
    pytest.param(entries(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFF, 0xFFFF), OTHER_REASON, id="entries beyond all"),
    pytest.param(entries(0xFFFFFFFF, 1, 0xFFFF, 1), OTHER_REASON, id="entries backwards"),
]


@pytest.mark.parametrize(("request_", "answer"), SELECTIONS)
def test_a_selection_of_everything_or_nothing_is_cheap(request_: bytes, answer: str) -> None:
    link = full()
    state = link.meter.state
    assert cheap(link, request_) == answer
    assert all(isinstance(event, BadRequest) for event in link.events)
    assert bool(link.events) == (answer in {BROKEN, TOO_LONG})
    assert link.meter.state == state
    assert link.get(GET_ENERGY).startswith("C401C100")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        pytest.param("C003C18203E8" + "00030100010800FF0200" * 1000, TOO_LONG, id="a thousand at once"),
        pytest.param("C003C18203E8" + "00030100010800FF0200" * 3, BROKEN, id="a thousand announced, three there"),
        pytest.param("C003C184FFFFFFFF", BROKEN, id="four milliard announced"),
    ],
)
def test_a_list_beyond_measure_is_refused(request_: str, answer: str) -> None:
    link = full()
    assert cheap(link, request_) == answer
    assert isinstance(link.events[-1], BadRequest)
    assert link.get(GET_ENERGY).startswith("C401C100")


def test_a_whole_profile_asked_for_over_and_over_in_one_list_is_answered_block_by_block() -> None:
    link = full()
    answer = link.ask(bytes.fromhex("C003C150") + (GET_ROWS[3:-1] + b"\x00") * 80)
    assert answer is not None
    assert answer[:4] == bytes.fromhex("C402C100")
    assert len(answer) <= 1200
    assert link.get(GET_ENERGY).startswith("C401C100")  # and is forgotten when something else is asked


@pytest.mark.parametrize(
    "going_on",
    [
        pytest.param("C103C10000000003 0141", id="a block that was not due"),
        pytest.param("C103C10000000001 0141", id="the first block again, changed"),
        pytest.param("C103C101FFFFFFFF 0141", id="the last number there is"),
        pytest.param("C103C100000000 02", id="a block cut short"),
        pytest.param("C002C100000001", id="a block of another service"),
    ],
)
def test_blocks_of_a_write_that_come_wrong_write_nothing(going_on: str) -> None:
    link = Link(SmallMeter())
    link.open_management(initiate("601A5D"))
    state = link.meter.state
    assert link.get("C102C1 0001 0000600101FF 02 00 00 00000001 03 093041".replace(" ", "")) == "C502C100000001"
    assert link.get(going_on.replace(" ", ""))[:4] in {"C503", "C402", "D801"}
    assert link.meter.state == state
    assert link.get("C001C100010000600101FF0200") == "C401C10009066E6F626F6479"


def test_who_stops_in_the_middle_of_a_block_transfer_keeps_nobody_out_for_long() -> None:
    """A meter has one transfer at a time: its turn ends when nothing moves for a while."""
    first = Link(SmallMeter())
    first.open_public(initiate("200011", "0040"))
    second = Link(first.meter, READOUT_SAP)
    second.open_readout(initiate("200011", "0040"))
    block = "E001000100000CC001C1000F0000280000FF02"
    assert first.ask(block)
    assert second.ask(block) == bytes.fromhex("D80101")
    late = LinkTime(NOW + IDLE_S)
    second.send(bytes.fromhex(block), late)
    assert (second.answer() or b"")[:1] == b"\xe0"


def test_passwords_tried_by_the_thousand_open_nothing_and_lock_nobody_out() -> None:
    link = Link()
    reported: list[object] = []
    state = link.meter.state
    for number in range(1000):
        answer = link.open_readout(password=b"%08d" % (number * 7919 % 10**8))
        assert answer is not None
        assert bytes.fromhex("A203020101A305A10302010D") in answer
        reported += [event for event in link.events if isinstance(event, LoginFailed)]
        link.events.clear()
    assert len(reported) == 1000
    assert link.meter.state == state
    assert bytes.fromhex("A203020100") in (link.open_readout() or b"")


def test_openings_half_done_keep_no_honest_client_out() -> None:
    """Two hundred peers get a challenge and fall silent; the client with the keys comes in as ever."""
    bench = Bench(MANAGEMENT)
    honest = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    opening = next(honest.associate())
    for _ in range(200):
        bench.connect()
        bench.ask(opening)
    bench.connect()
    again = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC, counter=1000)
    drive(again.associate(), bench.ask)
    clock = AttributeReference(8, Obis.parse("0-0:1.0.0"), 2)
    assert drive(again.get(clock), bench.ask).startswith(b"\x09\x0c")


@pytest.mark.parametrize("sap", [0, 3, 0x7F, 0xFFFF])
def test_unknown_clients_are_refused_like_those_without_secrets(sap: int) -> None:
    bench = Bench(PUBLIC)
    bench.sap = sap
    for opening in (aarq("A109060760857405080101BE10040E01000000065F1F0400007E1F04B0"), aarq("A109060760857405080103")):
        answer = bench.aare(opening)
        assert answer.result != 0
        assert not bench.is_open()
