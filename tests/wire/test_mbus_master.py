"""What a master takes for an answer, what it reads in several answers, and whom a search tells apart."""

from collections.abc import Callable

import pytest

from softmeter.wire.mbus import (
    ACKNOWLEDGE,
    ANYBODY,
    SELECTED,
    Control,
    Frame,
    Header,
    Information,
    decode,
    encode,
    matches,
)
from softmeter.wire.mbus_master import Conversation, T, Told, heard, is_free, read, search, send

GAS = Header(0x12345678, 0x1EE9, 1, 3)
GIVEN, ASKED, CHOSEN = (
    encode(Frame(control, address)) for control, address in ((0x73, 5), (0x7B, 5), (0x7B, SELECTED))
)
WANTED = encode(Frame(Control.SND_UD, SELECTED, Information.SELECT, ANYBODY))


def said(content: bytes, address: int = 5, header: Header = GAS) -> bytes:
    return encode(Frame(Control.RSP_UD, address, Information.LONG_HEADER, header.octets + content))


def hold(conversation: Conversation[T], answer: Callable[[Frame], bytes]) -> T:
    octets = next(conversation)
    while True:
        try:
            octets = conversation.send(answer(decode(octets)))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("came", "asked", "answer"),
    [
        (ACKNOWLEDGE, GIVEN, ACKNOWLEDGE),
        (said(b"") + ACKNOWLEDGE, GIVEN, ACKNOWLEDGE),
        (GIVEN + ACKNOWLEDGE, GIVEN, ACKNOWLEDGE),
        (said(b""), GIVEN, None),
        (said(b""), ASKED, said(b"")),
        (ACKNOWLEDGE + said(b""), ASKED, said(b"")),
        (ACKNOWLEDGE, ASKED, None),
        (said(b"", 6), ASKED, None),
        (said(b"", 6) + said(b""), ASKED, said(b"")),
        (said(b"", 6), CHOSEN, said(b"", 6)),
        (b"\x00\xff" + said(b""), ASKED, said(b"")),
        (said(b"")[:-1], ASKED, None),
    ],
)
def test_what_is_an_answer(came: bytes, asked: bytes, answer: bytes | None) -> None:
    assert heard(came, asked) == answer
    damaged = came[:-2] + b"\x00" + came[-1:]
    assert heard(came, asked, silent=True) == (answer or (came if came == said(b"")[:-1] else b""))
    if len(came) > 1:
        assert heard(damaged, asked) in {None, ACKNOWLEDGE}


@pytest.mark.parametrize("garbled", ["A5", "E5C1", "A5E1"])
def test_acknowledgements_that_garble_each_other_are_no_silence(garbled: str) -> None:
    came = bytes.fromhex(garbled)
    for octets in (came, WANTED + came):
        assert heard(octets, WANTED) is None
        assert heard(octets, WANTED, silent=True) == came
    assert heard(WANTED, WANTED, silent=True) == b""


@pytest.mark.parametrize(("answers", "free"), [([b""] * 3, True), ([b"", ACKNOWLEDGE], False), ([b"\xa5\xe1"], False)])
def test_an_address_is_free_where_nothing_is_heard(answers: list[bytes], free: bool) -> None:  # noqa: FBT001 - a row of a table
    coming = iter(answers)
    assert hold(is_free(5), lambda _: next(coming)) is free
    assert list(coming) == []


def test_an_order_begins_anew_so_that_no_sub_meter_takes_it_for_the_one_before() -> None:
    frames: list[Frame] = []

    def answer(frame: Frame) -> bytes:
        frames.append(frame)
        return ACKNOWLEDGE

    assert hold(send(5, Information.DATA, b"\x01\x7a\x05"), answer)
    assert [(frame.control, frame.address) for frame in frames] == [(0x40, 5), (0x73, 5)]


def test_an_answer_that_goes_on_is_read_to_its_end_whatever_stands_behind() -> None:
    parts = [b"\x01\x13\x05\x1f\xaa\xbb", b"\x01\x13\x06\x1f", b"\x01\x13\x07\x0f\x1f\x1f"]
    counts: list[int] = []

    def answer(frame: Frame) -> bytes:
        if frame.purpose == Control.SND_NKE:
            return ACKNOWLEDGE
        counts.append(frame.control)
        return said(parts[len(set(counts)) - 1 if len(counts) < 3 else 2])

    assert hold(read(5), answer) == Told(GAS, b"\x01\x13\x05\x01\x13\x06\x01\x13\x07")
    assert counts == [0x7B, 0x5B, 0x7B]


def test_each_of_several_encrypted_answers_is_opened_by_itself() -> None:
    parts = iter([b"\x1f\x05\x13\x01", b"\x06\x13\x01"])
    header = GAS._replace(configuration=0x0510)
    told = hold(
        read(5, ANYBODY, lambda _, content: content[::-1]),
        lambda frame: ACKNOWLEDGE if frame.purpose == Control.SND_NKE else said(next(parts), header=header),
    )
    assert told == Told(header, b"\x01\x13\x05\x01\x13\x06")
    closed = hold(read(SELECTED, ANYBODY, lambda _, __: None), lambda _: said(b"xx", header=header))
    assert closed == Told(header, None)


def test_headers_that_do_not_say_whose_they_are() -> None:
    short = encode(Frame(Control.RSP_UD, 5, Information.SHORT_HEADER, bytes.fromhex("2A080000") + b"\x01\x13\x05"))
    bare = encode(Frame(Control.RSP_UD, 5, Information.NO_HEADER, b"\x01\x13\x05"))
    for frame, access in ((short, 0x2A), (bare, 0)):
        told = hold(read(SELECTED), lambda _, frame=frame: frame)  # type: ignore[misc]
        assert told is not None
        assert (told.header.is_named, told.header.access, told.content) == (False, access, b"\x01\x13\x05")
    other = encode(Frame(Control.RSP_UD, 5, 0x70, b"\x00"))
    assert hold(read(SELECTED), lambda _: other) is None


def test_who_was_not_meant_is_not_heard() -> None:
    assert hold(read(SELECTED, bytes(8)), lambda _: said(b"")) is None


class Line:
    """Sub-meters that answer to their secondary addresses; several at once are not understood."""

    def __init__(self, *headers: Header) -> None:
        self.headers = headers
        self.chosen: tuple[Header, ...] = ()
        self.frames = 0

    def __call__(self, frame: Frame) -> bytes:
        self.frames += 1
        if frame.information == Information.SELECT:
            self.chosen = tuple(one for one in self.headers if matches(frame.content, one.address))
            return ACKNOWLEDGE if self.chosen else b""
        if frame.purpose == Control.SND_NKE:
            return ACKNOWLEDGE
        if len(self.chosen) != 1:
            return b"\x68\x00\x10\x68" if self.chosen else b""
        return said(b"", 0, self.chosen[0])


@pytest.mark.parametrize(
    "others",
    [
        [GAS._replace(device_type=7)],
        [GAS._replace(version=2)],
        [GAS._replace(manufacturer=0x2142, device_type=4), GAS._replace(version=9), GAS._replace(device_type=0x15)],
        [GAS._replace(identification=0x12345679), GAS._replace(identification=0x92345678)],
    ],
)
def test_a_search_tells_apart_who_has_the_same_number(others: list[Header]) -> None:
    line = Line(GAS, *others)
    assert {one.address for one in hold(search(), line)} == {one.address for one in (GAS, *others)}
    assert line.frames < 1200


def test_a_search_ends_with_the_one_that_was_looked_for() -> None:
    line = Line(GAS, GAS._replace(identification=0x12345679), GAS._replace(identification=0x92345678))
    assert len(hold(search(lambda _: True), line)) == 1


def test_two_that_are_alike_in_everything_are_not_told_apart_and_the_search_ends() -> None:
    line = Line(GAS, GAS, GAS._replace(identification=5))
    assert [one.identification for one in hold(search(), line)] == [5]
