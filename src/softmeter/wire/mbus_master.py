"""What a master says and hears on M-Bus: conversations that yield frames and receive answers (EN 13757-3, 11).

A conversation yields the octets to send and is sent what came back, nothing where nobody answered. Who runs it knows
the line: octets of a simulated one, or a real one with its time-outs.
"""

from collections.abc import Generator
from typing import NamedTuple, TypeVar

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import (
    ACKNOWLEDGE,
    COUNT_VALID,
    FRAME_COUNT,
    LONG,
    SELECTED,
    SHORT,
    WILD,
    Control,
    Frame,
    Header,
    Information,
    announced,
    decode,
    encode,
)

T = TypeVar("T")
Conversation = Generator[bytes, bytes, T]

TRIES = 3
MOST_SELECTIONS = 2500
"""Within which 250 sub-meters are told apart, however alike they are numbered."""
MOST_ANSWERS = 8
MORE_FOLLOWS = b"\x1f"
"""What ends an answer that goes on in the next one."""
_FROM_MASTER = 0x40
_DIGITS = 8
_ANY_MAKER = b"\xff\xff\xff\xff"
_IDENTIFICATION = 4


class Told(NamedTuple):
    """An answer with a long header: who says it, and the records, perhaps encrypted."""

    header: Header
    content: bytes


def reset(address: int) -> Conversation[bool]:
    """Begin anew with one sub-meter; of 253: nobody is selected any more."""
    return (yield from _acknowledged(Frame(Control.SND_NKE, address)))


def send(address: int, records: bytes) -> Conversation[bool]:
    """Give data to a sub-meter; whether it took them."""
    return (yield from _acknowledged(Frame(Control.SND_UD | FRAME_COUNT, address, Information.DATA, records)))


def select(secondary: bytes) -> Conversation[bool]:
    """Have whoever is meant by a secondary address listen at 253; whether anybody does."""
    for _ in range(TRIES):
        answer = yield encode(Frame(Control.SND_UD, SELECTED, Information.SELECT, secondary))
        if answer:
            return True
    return False


def read(address: int) -> Conversation[Told | None]:
    """The values of a sub-meter, asked for anew; None where no answer can be understood.

    Of somebody who has more to say than fits in one answer all answers, as one.
    """
    if address != SELECTED:  # where that would end the selection
        yield from reset(address)
    count = FRAME_COUNT
    told = last = yield from _requested(address, count)
    for _ in range(MOST_ANSWERS - 1):
        if told is None or last is None or last.header.configuration or last.content[-1:] != MORE_FOLLOWS:
            break
        count ^= FRAME_COUNT
        last, before = (yield from _requested(address, count)), last
        if last is None or last == before or last.header.address != told.header.address:
            break
        told = Told(told.header, told.content[:-1] + last.content)
    return told


def _requested(address: int, count: int) -> Conversation[Told | None]:
    for _ in range(TRIES):
        told = understood((yield encode(Frame(Control.REQ_UD2 | count | COUNT_VALID, address))))
        if told is not None:
            return told
    return None


def understood(answer: bytes) -> Told | None:
    """What an answer says; None for what is none with a long header."""
    try:
        frame = decode(answer)
        if frame.control & 0x0F != Control.RSP_UD or frame.information != Information.LONG_HEADER:
            return None
        cursor = Cursor(frame.content)
        return Told(Header.read(cursor), cursor.rest())
    except DecodeError:
        return None


def heard(octets: bytes, *, silent: bool = False) -> bytes | None:
    """The answer in what came over a line: an acknowledgement, or a frame without what stands before it.

    None while none is whole. Where the line is `silent` again, what came is all there is: nothing, or what cannot be
    understood, as when several answer at once. A master's own frames that the line gives back are no answer.
    """
    at = 0
    while at < len(octets):
        start = octets[at]
        if octets[at:] == ACKNOWLEDGE:
            return ACKNOWLEDGE
        if start not in (SHORT, LONG):
            at += 1
            continue
        size = announced(octets[at : at + 4])
        if at + size > len(octets) and not silent:
            return None
        try:
            frame = decode(octets[at : at + size])
        except DecodeError:
            return octets[at:] if silent else None
        if not frame.control & _FROM_MASTER:
            return octets[at : at + size]
        at += size
    return b"" if silent else None


def search() -> Conversation[list[Header]]:
    """Everybody on the line, found by trying digits of the identification from the first one on.

    Where several answer at once nothing can be understood, and the next digit tells them apart. On a line full of noise
    this ends all the same.
    """
    found: list[Header] = []
    pending = ["f" * _DIGITS]
    for _ in range(MOST_SELECTIONS):
        if not pending:
            break
        mask = pending.pop()
        if not (yield from select(bytes.fromhex(mask)[::-1] + _ANY_MAKER)):
            continue
        told = yield from read(SELECTED)
        if told is not None:
            found.append(told.header)
            continue
        known = _DIGITS - mask.count(f"{WILD:x}")
        if known < _DIGITS:
            pending += [f"{mask[:known]}{digit}{mask[known + 1 :]}" for digit in range(9, -1, -1)]
    yield from reset(SELECTED)
    return found


def _acknowledged(frame: Frame) -> Conversation[bool]:
    for _ in range(TRIES):
        answer = yield encode(frame)
        if answer == ACKNOWLEDGE:
            return True
    return False
