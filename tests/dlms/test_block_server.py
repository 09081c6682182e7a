"""General block transfer at the server, block by block: acknowledged, repeated, given up, refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlms.device import DICTIONARY, Audience, SmallMeter
from dlms.link import Link, initiate
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.block_server import IDLE_S, LONGEST_REQUEST
from softmeter.dlms.gbt import ABORT
from softmeter.dlms.messages import GeneralBlock
from softmeter.errors import DecodeError
from softmeter.instant import LinkTime
from softmeter.wire.types import octets

OBJECT_LIST = "C001C1000F0000280000FF0200"
CLOCK_TIME = bytes.fromhex("C001C100080000010000FF0200")
ALIAS = "0001 0000600101FF 02"
BY_GBT = initiate("200011", "0040")  # GBT, GET and ACTION, but no blocks of GET
LIST = DICTIONARY.object_list(Audience.PUBLIC)
REFUSED, UNKNOWN = bytes.fromhex("D80101"), bytes.fromhex("D80102")
NOW = LinkTime(100.0)


def block(number: int, acknowledged: int, data: bytes = b"", *, window: int = 5, last: bool = True) -> bytes:
    return encode_apdu(GeneralBlock(0x80 * last | window, number, acknowledged, data))


def streamed(number: int, data: bytes) -> bytes:
    return encode_apdu(GeneralBlock(0x40, number, 0, data))


def answers(link: Link, apdu: bytes, now: LinkTime = NOW) -> list[bytes]:
    link.send(apdu, now)
    found = []
    while (one := link.answer()) is not None:
        found.append(one)
    return found


def blocks(link: Link, apdu: bytes) -> list[GeneralBlock]:
    return [decode_apdu(one) for one in answers(link, apdu)]


def public(meter: SmallMeter | None = None) -> Link:
    link = Link(meter)
    link.open_public(BY_GBT)
    return link


def test_a_long_answer_to_a_plain_request_comes_block_by_block() -> None:
    link = public()
    first = blocks(link, bytes.fromhex(OBJECT_LIST))
    assert [(one.control, one.number, one.acknowledged) for one in first] == [(63, 1, 0)]
    collected, received, own = first[0].data, 1, 1
    while True:
        burst = blocks(link, block(own, received))
        assert len(burst) <= 5
        assert [one.number for one in burst] == list(range(received + 1, received + 1 + len(burst)))
        assert all(one.control & 0x40 for one in burst[:-1])
        assert not burst[-1].control & 0x40
        assert {one.acknowledged for one in burst} == {own}
        collected += b"".join(one.data for one in burst)
        own, received = own + 1, burst[-1].number
        if burst[-1].control & 0x80:
            break
    assert collected == b"\xc4\x01\xc1\x00" + LIST


def test_a_request_may_begin_by_acknowledging_the_answer_before_it() -> None:
    """pydlms does; whose numbers then go on, and who says the same again is answered the same again."""
    link = public()
    first = blocks(link, block(1, 0, CLOCK_TIME))
    for _ in range(3):
        (answer,) = blocks(link, block(1, first[-1].number, CLOCK_TIME))
        assert (answer.number, answer.acknowledged, answer.data) == (first[-1].number + 1, 1, first[0].data)
        assert blocks(link, block(1, first[-1].number, CLOCK_TIME)) == [answer]
        first = [answer]
    other = public(link.meter)
    (answer,) = blocks(other, block(1, 7, CLOCK_TIME))
    assert (answer.number, answer.acknowledged) == (8, 1)
    assert answers(public(link.meter), block(1, 0xFFFF, CLOCK_TIME)) == [bytes.fromhex("D80104")]


def test_every_block_fits_the_client() -> None:
    for size in (20, 64, 127, 140, 300):
        link = Link()
        link.open_public(initiate("200011", f"{size:04X}"))
        found = answers(link, bytes.fromhex(OBJECT_LIST))
        assert max(map(len, found)) <= size
        assert len(found[0]) >= size - 1


def test_only_what_was_lost_is_sent_again() -> None:
    link = public()
    blocks(link, bytes.fromhex(OBJECT_LIST))
    burst = blocks(link, block(1, 1))
    assert [one.number for one in burst] == [2, 3, 4, 5, 6]
    again = blocks(link, block(2, 3, window=1))  # 4 was lost
    assert again == [GeneralBlock(63, 4, 2, burst[2].data)]
    following = blocks(link, block(3, 6))
    assert [one.number for one in following] == [7, 8, 9, 10, 11][: len(following)]


def test_a_short_request_in_a_block_is_answered_in_one() -> None:
    link = public()
    (answer,) = blocks(link, block(1, 0, CLOCK_TIME))
    assert (answer.control, answer.number, answer.acknowledged) == (0x80 | 63, 1, 1)
    assert answer.data.startswith(b"\xc4\x01\xc1\x00\x09\x0c")


def test_a_read_that_comes_again_is_read_again() -> None:
    link = public()
    (before,) = blocks(link, block(1, 0, CLOCK_TIME))
    link.meter.clock.second += 1
    (after,) = blocks(link, block(1, 0, CLOCK_TIME))
    assert before.data != after.data


def test_a_call_that_comes_again_is_answered_from_memory() -> None:
    link = Link().open_management()
    before = link.meter.clock.second
    request = block(1, 0, link.glo(bytes.fromhex("C301C1 0008 0000010000FF 06 01 100005")))
    first = answers(link, request)
    assert answers(link, request) == answers(link, request) == first
    assert link.meter.clock.second == before + 5


def test_a_long_request_is_gathered_and_served_once() -> None:
    link = Link().open_management(initiate("601A5D"))
    sealed = link.glo(bytes.fromhex(f"C101C1{ALIAS}00") + octets.encode(bytes(40)))
    parts = [sealed[at : at + 20] for at in range(0, len(sealed), 20)]
    for number, part in enumerate(parts[:-1], 1):
        acknowledgement = blocks(link, block(number, number - 1, part, last=False))
        assert acknowledgement == [GeneralBlock(63, number, number, b"")]
    (done,) = blocks(link, block(len(parts), len(parts) - 1, parts[-1]))
    assert link.unprotect(done.data) == bytes.fromhex("C501C100")
    assert link.meter.changes == 1


def test_blocks_that_come_early_wait_and_the_gap_is_asked_for() -> None:
    link = Link().open_management(initiate("601A5D"))
    sealed = link.glo(bytes.fromhex(f"C101C1{ALIAS}00") + octets.encode(bytes(40)))
    parts = [sealed[at : at + 20] for at in range(0, len(sealed), 20)]
    assert answers(link, streamed(1, parts[0])) == []
    (asked,) = blocks(link, block(4, 0, parts[3]))
    assert (asked.control & 63, asked.acknowledged) == (2, 1)
    assert answers(link, streamed(2, parts[1])) == []
    unheard, done = blocks(link, block(3, 0, parts[2], last=False))
    assert unheard == GeneralBlock(0x40 | 63, 1, 4, b"")
    assert link.unprotect(done.data) == bytes.fromhex("C501C100")


def test_an_unconfirmed_request_in_blocks_is_done_in_silence() -> None:
    link = Link().open_management(initiate("601A5D"))
    request = link.glo(bytes.fromhex("C30181 0008 0000010000FF 06 01 100005"))
    before = link.meter.clock.second
    assert answers(link, block(1, 0, request)) == []
    assert link.meter.clock.second == before + 5


# -- one client at a time


def test_a_second_client_waits_for_its_turn() -> None:
    meter = SmallMeter()
    one, other = public(meter), public(meter)
    answers(one, bytes.fromhex(OBJECT_LIST))
    assert answers(other, bytes.fromhex(OBJECT_LIST)) == [REFUSED]
    assert answers(other, block(1, 0, CLOCK_TIME)) == [REFUSED]
    assert other.get(CLOCK_TIME.hex()).startswith("C401C100")  # what needs no blocks is served
    assert len(answers(one, block(1, 1))) == 5
    assert answers(other, bytes.fromhex(OBJECT_LIST), LinkTime(NOW + IDLE_S - 1)) == [REFUSED]
    assert len(answers(other, bytes.fromhex(OBJECT_LIST), LinkTime(NOW + IDLE_S))) == 1
    assert answers(one, block(2, 6), LinkTime(NOW + IDLE_S)) == [REFUSED]


@pytest.mark.parametrize("ending", ["abort", "request", "new association", "close", "all sent", "time"])
def test_a_turn_ends(ending: str) -> None:
    meter = SmallMeter()
    one, other = public(meter), public(meter)
    answers(one, bytes.fromhex(OBJECT_LIST))
    match ending:
        case "abort":
            assert answers(one, ABORT) == []
            assert answers(one, block(1, 1)) == [REFUSED]
        case "request":
            one.get(CLOCK_TIME.hex())
        case "new association":
            one.open_public(BY_GBT)
        case "close":
            one.server.receive(b"", NOW)
        case "time":
            deadline = one.server.deadline
            assert deadline == NOW + IDLE_S
            one.server.expire(deadline)
            assert not one.server.closed
        case _:
            assert blocks(one, block(1, 1, window=63))[-1].control & 0x80
    assert meter.sessions.transfer is None or ending == "all sent"
    assert len(answers(other, bytes.fromhex(OBJECT_LIST))) == 1


@pytest.mark.parametrize("ending", ["abort", "request", "new association", "time"])
@pytest.mark.parametrize("late", [block(1, 1), block(2, 3), block(2, 3, b"\x00"), block(1, 1, last=False)])
def test_a_block_after_the_end_of_its_transfer_is_refused_and_moves_nothing(late: bytes, ending: str) -> None:
    meter = SmallMeter()
    link = public(meter)
    answers(link, bytes.fromhex(OBJECT_LIST))
    match ending:
        case "abort":
            answers(link, ABORT)
        case "request":
            link.get(CLOCK_TIME.hex())
        case "new association":
            link.open_public(BY_GBT)
        case _:
            link.server.expire(LinkTime(NOW + IDLE_S))
    before, deadline = meter.state, link.server.deadline
    assert answers(link, late) == [REFUSED]
    assert meter.sessions.transfer is None
    assert (meter.state, link.server.deadline) == (before, deadline)
    assert len(answers(public(meter), bytes.fromhex(OBJECT_LIST))) == 1


# -- what is refused


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        ("E0", "D80103"),
        ("E08300010000", "D80103"),
        ("E0830001000001", "D80103"),
        ("E083000100000000", "D80103"),
        (block(2, 0, CLOCK_TIME).hex(), "D80101"),  # begins in the middle
        (block(1, 1).hex(), "D80101"),  # acknowledges what was never sent
        (block(1, 0).hex(), "D80101"),  # nothing
        (ABORT.hex(), ""),
    ],
)
def test_blocks_that_belong_to_no_transfer(apdu: str, answer: str) -> None:
    assert b"".join(answers(public(), bytes.fromhex(apdu))).hex().upper() == answer


def test_blocks_without_the_service_or_an_association() -> None:
    link = Link()
    assert answers(link, block(1, 0, CLOCK_TIME)) == [UNKNOWN]
    link.open_public(initiate("001011"))
    assert answers(link, block(1, 0, CLOCK_TIME)) == [UNKNOWN]


@pytest.mark.parametrize("wrong", [block(66, 0, b"\x00"), block(2, 9, b"\x00")])
def test_a_transfer_that_goes_wrong_is_over(wrong: bytes) -> None:
    link = public()
    assert len(answers(link, block(1, 0, b"\xc0\x01", last=False))) == 1
    assert answers(link, wrong) == [REFUSED]
    assert answers(link, block(2, 1, b"\xc1")) == [REFUSED]
    assert link.meter.sessions.transfer is None


def test_requests_without_end_do_not_fill_the_memory() -> None:
    link = public()
    number, answer = 0, [b""]
    while REFUSED not in answer:
        number += 1
        answer = answers(link, block(number, number - 1, bytes(900), last=False))
    assert LONGEST_REQUEST // 900 <= number <= LONGEST_REQUEST // 900 + 1


def test_without_a_window_one_block_is_sent_at_a_time() -> None:
    link = public()
    answers(link, bytes.fromhex(OBJECT_LIST))
    assert len(answers(link, block(1, 1, window=0))) == 1


def test_an_association_request_does_not_travel_in_blocks() -> None:
    link = public()
    (answer,) = blocks(link, block(1, 0, bytes.fromhex("6200")))
    assert answer.data[:1] == b"\x63"
    assert answers(link, block(2, 1)) == [UNKNOWN]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0x40, 0x80, 0xC0]),
            st.integers(0, 63),
            st.integers(0, 70),
            st.integers(0, 70),
            st.binary(max_size=30) | st.just(CLOCK_TIME) | st.just(bytes.fromhex(OBJECT_LIST)),
        ),
        max_size=20,
    )
)
@settings(max_examples=150)
def test_any_blocks_are_answered_or_refused(sent: list[tuple[int, int, int, int, bytes]]) -> None:
    link = public()
    before = link.meter.state
    for flags, window, number, acknowledged, data in sent:
        found = answers(link, encode_apdu(GeneralBlock(flags | window, number, acknowledged, data)))
        assert len(found) <= 63
        assert all(len(one) <= 64 for one in found)
    assert not link.server.closed
    assert link.meter.state == before
    assert link.get(CLOCK_TIME.hex()).startswith("C401C100")


@given(st.binary(max_size=40))
@settings(max_examples=100)
def test_any_octets_for_a_block(tail: bytes) -> None:
    link = public()
    answers(link, b"\xe0" + tail)
    assert link.get(CLOCK_TIME.hex()).startswith("C401C100")
    try:
        decode_apdu(b"\xe0" + tail)
    except DecodeError as error:
        assert error.offset is not None  # noqa: PT017
