"""Long results and parameters in blocks, at every size, and everything that can go wrong with them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlms.device import DICTIONARY, PUBLIC_SAP, Audience
from dlms.link import Link, initiate
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.blocks import LONGEST_PARAMETER, Fault, Incoming, Outgoing
from softmeter.dlms.messages import DataBlock, GetResponseBlock, Target
from softmeter.wire.types import encode_length

OBJECT_LIST = "C001C1000F0000280000FF0200"
ALIAS = "0001 0000600101FF 02"
LIMIT = "0003 01001F0400FF 02"


def next_block(number: int) -> str:
    return f"C002C1{number:08X}"


def taken(answer: str, room: int) -> tuple[bool, int, bytes]:
    """A block taken apart."""
    octets = bytes.fromhex(answer)
    assert octets[:3].hex() == "c402c1"
    assert len(octets) <= room
    last, number, choice = octets[3], int.from_bytes(octets[4:8], "big"), octets[8]
    assert choice == 0
    length = octets[9]
    raw = octets[10:]
    if length > 0x80:
        raw = octets[10 + length - 0x80 :]
        length = int.from_bytes(octets[10 : 10 + length - 0x80], "big")
    assert len(raw) == length
    return bool(last), number, raw


def whole(link: Link, request: str, room: int) -> bytes:
    """All blocks of a long result."""
    last, number, raw = taken(link.get(request), room)
    count = 1
    while not last:
        last, number, more = taken(link.get(next_block(number)), room)
        count += 1
        assert number == count
        raw += more
    return raw


@pytest.mark.parametrize("size", [*range(20, 40), 100, 127, 128, 137, 138, 139, 255, 256, 265, 266, 300, 350])
def test_a_long_result_is_cut_to_the_clients_size(size: int) -> None:
    link = Link()
    link.open_public(initiate(pdu=f"{size:04X}"))
    assert whole(link, OBJECT_LIST, size) == DICTIONARY.object_list(Audience.PUBLIC)
    assert link.get(next_block(1)) == "C402C101000000010110"


@pytest.mark.parametrize("size", [64, 128, 150, 300, 700])
def test_ciphered_blocks_fit_the_clients_size_with_their_protection(size: int) -> None:
    link = Link().open_management(initiate("601A5D", f"{size:04X}"))
    sent = link.glo(bytes.fromhex(OBJECT_LIST))
    collected, number, last = b"", 0, False
    while not last:
        answer = link.ask(sent)
        assert answer is not None
        assert len(answer) <= size
        last, number, raw = taken(link.unprotect(answer).hex(), size)
        collected += raw
        sent = link.glo(bytes.fromhex(next_block(number)))
    assert collected == DICTIONARY.object_list(Audience.MANAGEMENT)


def test_a_result_that_fits_exactly_is_not_cut() -> None:
    size = len(DICTIONARY.object_list(Audience.PUBLIC)) + 4
    link = Link()
    link.open_public(initiate(pdu=f"{size:04X}"))
    assert link.get(OBJECT_LIST).startswith("C401C100")
    link.open_public(initiate(pdu=f"{size - 1:04X}"))
    assert link.get(OBJECT_LIST).startswith("C402C100")


def test_a_read_in_blocks_is_of_one_moment() -> None:
    link = Link()
    link.open_readout(initiate(pdu="0064"))
    link.meter.profile.fill(10)
    request = "C001C1 0007 0100630100FF 02 00"
    expected = 2 + 10 * 28
    last, number, raw = taken(link.get(request), 100)
    link.meter.profile.capture()
    while not last:
        last, number, more = taken(link.get(next_block(number)), 100)
        raw += more
    assert len(raw) == expected


def test_without_blocks_a_long_result_is_refused() -> None:
    link = Link()
    link.open_public(initiate("000011", "0040"))
    assert link.get(OBJECT_LIST) == "C401C101FA"
    link.open_readout(initiate("00021C", "0040"))
    assert link.get(OBJECT_LIST) == "C401C101FA"
    assert link.get(f"C003C102{OBJECT_LIST[6:]}{OBJECT_LIST[6:]}") == "D80104"


def test_a_list_in_blocks_is_the_list_with_its_count() -> None:
    link = Link()
    link.open_readout(initiate(pdu="0040"))
    raw = whole(link, f"C003C102{OBJECT_LIST[6:]}{LIMIT}00", 64)
    assert raw == b"\x02\x00" + DICTIONARY.object_list(Audience.READOUT) + bytes.fromhex("00120041")


@pytest.mark.parametrize("number", [0, 2, 0xFFFFFFFF])
def test_a_wrong_block_number_ends_the_transfer(number: int) -> None:
    link = Link()
    link.open_public(initiate(pdu="0040"))
    link.get(OBJECT_LIST)
    assert link.get(next_block(number)) == f"C402C101{number:08X}0113"
    assert link.get(next_block(1)) == "C402C101000000010110"


@pytest.mark.parametrize("other", ["C001C100080000010000FF0200", "C001C1000800000A0000FF0200", OBJECT_LIST])
def test_a_new_get_ends_the_transfer(other: str) -> None:
    link = Link()
    link.open_public(initiate(pdu="0040"))
    link.get(OBJECT_LIST)
    link.get(next_block(1))
    link.get(other)
    assert link.get(next_block(2)) in {"C402C101000000020110", "C402C101000000020113"}


def test_a_transfer_does_not_outlive_its_association() -> None:
    link = Link()
    link.open_public(initiate(pdu="0040"))
    link.get(OBJECT_LIST)
    link.open_public(initiate(pdu="0040"))
    assert link.get(next_block(1)) == "C402C101000000010110"


@given(st.binary(min_size=1, max_size=600), st.integers(1, 300))
def test_any_result_at_any_size(raw: bytes, room: int) -> None:
    transfer = Outgoing(raw)
    collected = b""
    while not transfer.is_finished:
        block = transfer.block(room)
        answer = encode_apdu(GetResponseBlock(0xC1, block.last, block.number, block.raw))
        _, number, part = taken(answer.hex(), max(room, 12))
        assert number == transfer.acknowledges
        collected += part
    assert collected == raw


# -- SET


def first(value: bytes, *, last: bool = False, number: int = 1) -> str:
    return f"C102C1{ALIAS}00{last:02X}{number:08X}{(encode_length(len(value)) + value).hex()}"


def following(value: bytes, number: int, *, last: bool) -> str:
    return f"C103C1{last:02X}{number:08X}{(encode_length(len(value)) + value).hex()}"


VALUE = b"\x09\x10" + bytes(range(16))


@pytest.mark.parametrize("size", range(1, 19))
def test_a_long_parameter_in_blocks_of_every_size(size: int) -> None:
    link = Link().open_management()
    parts = [VALUE[at : at + size] for at in range(0, len(VALUE), size)]
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        request = first(part, last=last) if number == 1 else following(part, number, last=last)
        expected = f"C503C100{number:08X}" if last else f"C502C1{number:08X}"
        assert link.get(request) == expected
    assert link.meter.attributes == {bytes.fromhex(ALIAS): VALUE}
    assert link.meter.changes == 1


def test_a_list_in_blocks() -> None:
    link = Link().open_management()
    values = bytes.fromhex("02 120009 0600000000")
    targets = f"C105C102{LIMIT}00{ALIAS}00"
    assert link.get(f"{targets}00000000010 3{values[:3].hex()}".replace(" ", "")) == "C502C100000001"
    assert link.get(following(values[3:], 2, last=True)) == "C504C102000C00000002"
    assert link.meter.limit == 9


@pytest.mark.parametrize(
    ("requests", "answer"),
    [
        ([following(VALUE, 1, last=True)], "C503C11200000001"),
        ([first(VALUE, number=2)], "C503C11300000002"),
        ([first(VALUE, number=0, last=True)], "C503C11300000000"),
        ([first(VALUE[:5]), following(VALUE[5:], 3, last=True)], "C503C11300000003"),
        ([first(VALUE[:5]), following(VALUE[5:], 1, last=True)], "C503C11300000001"),
        ([first(VALUE[:5]), following(b"", 2, last=True)], "D80103"),
        (
            [first(VALUE[:5]), following(VALUE[5:], 3, last=True), following(VALUE[5:], 2, last=True)],
            "C503C11200000002",
        ),
        ([first(VALUE[:5]), f"C101C1{ALIAS}000601010101", following(VALUE[5:], 2, last=True)], "C503C11200000002"),
        ([first(VALUE[:5]), following(VALUE[5:] + b"\x00", 2, last=True)], "D80103"),
        ([first(b"\x06\x00"), following(b"\x00\x00\x00", 2, last=True)], "C503C10C00000002"),
        ([f"C105C102{LIMIT}00{ALIAS}0001 00000001 04 01120009"], "D80103"),
    ],
)
def test_a_long_parameter_that_goes_wrong_changes_nothing(requests: list[str], answer: str) -> None:
    link = Link().open_management()
    before = link.meter.state
    for request in requests[:-1]:
        link.get(request)
    assert link.get(requests[-1]) == answer
    assert link.meter.state == before


def test_blocks_do_not_fill_the_memory() -> None:
    transfer: Incoming[Target] = Incoming((), is_list=False)
    block: Callable[[int], DataBlock] = lambda number: DataBlock(last=False, number=number, raw=bytes(1000))  # noqa: E731
    taken_blocks = LONGEST_PARAMETER // 1000
    assert all(transfer.take(block(number)) is None for number in range(1, taken_blocks + 1))
    assert transfer.take(block(taken_blocks + 1)) is Fault.TOO_LONG


def test_the_public_has_no_blocks_for_setting() -> None:
    link = Link(sap=PUBLIC_SAP)
    link.open_public()
    assert link.get(first(VALUE)) == "D80102"
