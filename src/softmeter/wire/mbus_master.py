"""What a master says and hears on M-Bus: conversations that yield frames and receive answers (EN 13757-3, 11).

A conversation yields the octets to send and is sent what came back, nothing where nobody answered. Who runs it knows
the line: octets of a simulated one, or a real one with its time-outs.
"""

from collections.abc import Callable, Generator
from typing import NamedTuple, TypeVar

from softmeter.errors import DecodeError
from softmeter.wire import mbus_fixed
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import (
    ACKNOWLEDGE,
    ALL_WITH_ANSWER,
    ANYBODY,
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
    matches,
)
from softmeter.wire.mbus_records import part

T = TypeVar("T")
Conversation = Generator[bytes, bytes, T]

TRIES = 3
_SEARCH_TRIES = 2
MOST_SELECTIONS = 2500
"""Within which 250 sub-meters are told apart, however alike they are numbered."""
MOST_ANSWERS = 8
NOBODY = Header(0, 0, 0, 0)
_FROM_MASTER = 0x40
_REQUESTS = frozenset({Control.REQ_UD1 & 0x0F, Control.REQ_UD2 & 0x0F})
_SHARED = (SELECTED, ALL_WITH_ANSWER)
"""Addresses under which whoever answers says his own."""
_ANY, _ANY_DIGIT = 0xFF, f"{WILD:x}"
_MAKER_AT, _VERSION_AT, _MEDIUM_AT, _MOST_MEDIUM = 4, 6, 7, 0x3F
"""Where a secondary address has the octets after the identification; the last medium that is tried."""


class Told(NamedTuple):
    """An answer: who says it, and the records, perhaps encrypted; None where they could not be opened.

    The header of an answer with a short one, or none, has no identification and no manufacturer.
    """

    header: Header
    content: bytes | None


Open = Callable[[Header, bytes], bytes | None]
"""The records of one answer in clear; None where no key opens them."""


def reset(address: int) -> Conversation[bool]:
    """Begin anew with one sub-meter; of 253: nobody is selected any more."""
    return (yield from _acknowledged(Frame(Control.SND_NKE, address)))


def is_free(address: int) -> Conversation[bool]:
    """Whether nobody listens to a primary address: two who both do may garble each other."""
    for _ in range(TRIES):
        if (yield encode(Frame(Control.SND_NKE, address))):
            return False
    return True


def send(address: int, information: Information, content: bytes) -> Conversation[bool]:
    """Give data to a sub-meter, begun anew so that it takes them for new ones; whether it took them."""
    if address != SELECTED:  # where that would end the selection
        yield from reset(address)
    return (yield from _acknowledged(Frame(Control.SND_UD | FRAME_COUNT, address, information, content)))


def select(secondary: bytes, tries: int = TRIES) -> Conversation[bool]:
    """Have whoever is meant by a secondary address listen at 253; whether anybody does."""
    for _ in range(tries):
        answer = yield encode(Frame(Control.SND_UD, SELECTED, Information.SELECT, secondary))
        if answer:
            return True
    return False


def _as_said(_: Header, content: bytes) -> bytes | None:
    return content


def read(address: int, wanted: bytes = ANYBODY, opened: Open = _as_said) -> Conversation[Told | None]:
    """The values of a sub-meter, asked for anew; None where no answer can be understood, or another one than `wanted`.

    Of somebody who has more to say than fits in one answer all answers, as one.
    """
    if address != SELECTED:  # where that would end the selection
        yield from reset(address)
    count = FRAME_COUNT
    told = last = yield from _requested(address, count, wanted)
    if told is None:
        return None
    whole = b""
    for _ in range(MOST_ANSWERS):
        if last is None or (content := opened(last.header, last.content or b"")) is None:
            return told._replace(content=None)
        records, goes_on = part(content)
        whole += records
        if not goes_on:
            break
        count ^= FRAME_COUNT
        last = yield from _requested(address, count, told.header.address, last)
        if last is None or bool(last.header.configuration) != bool(told.header.configuration):
            break
    return told._replace(content=whole)


def _requested(address: int, count: int, wanted: bytes, before: Told | None = None) -> Conversation[Told | None]:
    """Another answer than that before, which may come twice where it was late."""
    for _ in range(TRIES):
        told = understood((yield encode(Frame(Control.REQ_UD2 | count | COUNT_VALID, address))))
        if told is None or told == before:
            continue
        if matches(wanted, told.header.address) or not told.header.is_named:
            return told
    return None


def understood(answer: bytes) -> Told | None:
    """What an answer says; None for what is none."""
    try:
        frame = decode(answer)
        if frame.control & 0x0F != Control.RSP_UD:
            return None
        cursor = Cursor(frame.content)
        match frame.information:
            case Information.LONG_HEADER:
                header = Header.read(cursor)
            case Information.FIXED:
                return Told(*mbus_fixed.told(frame.content))
            case Information.SHORT_HEADER:
                header = Header.read_short(cursor)
            case Information.NO_HEADER:
                header = NOBODY
            case _:
                return None
        return Told(header, cursor.rest())
    except DecodeError:
        return None


def heard(octets: bytes, asked: bytes, *, silent: bool = False) -> bytes | None:
    """The answer to a frame in what came over a line: an acknowledgement, or a frame without what stands before it.

    None while none is whole. Where the line is `silent` again, what came is all there is: nothing, or what cannot be
    understood, as when several answer at once. A master's own frames that the line gives back are no answer, nor is
    what another question was answered with, late.
    """
    question = decode(asked)
    wants_data, at, passed = question.purpose & 0x0F in _REQUESTS, 0, b""
    while at < len(octets):
        start = octets[at]
        if octets[at:] == ACKNOWLEDGE and not wants_data:
            return ACKNOWLEDGE
        if start not in (SHORT, LONG):
            passed += octets[at : at + 1]
            at += 1
            continue
        size = announced(octets[at : at + 4])
        if at + size > len(octets) and not silent:
            return None
        try:
            frame = decode(octets[at : at + size])
        except DecodeError:
            return octets[at:] if silent else None
        if wants_data and not frame.control & _FROM_MASTER and question.address in {frame.address, *_SHARED}:
            return octets[at : at + size]
        at += size
    if not silent:
        return None
    return b"" if wants_data else passed  # acknowledgements at different times garble each other


def is_order(frame: bytes) -> bool:
    """Whether only an acknowledgement tells that a frame was heard: whoever is selected or asked says who he is."""
    question = decode(frame)
    return question.purpose & 0x0F not in _REQUESTS and question.information != Information.SELECT


def search(until: Callable[[Header], bool] = lambda _: False) -> Conversation[list[Header]]:
    """Everybody on the line, or those up to the one that was looked for; found by trying one digit after the other.

    Where several answer at once nothing can be understood, and the next digit of the identification tells them apart;
    those with the same one their medium, then their version. On a line full of noise this ends all the same.
    """
    found: list[Header] = []
    pending = [ANYBODY]
    for _ in range(MOST_SELECTIONS):
        if not pending:
            break
        wanted = pending.pop()
        if not (yield from select(wanted, _SEARCH_TRIES if _digits(wanted).endswith(_ANY_DIGIT) else 1)):
            continue
        told = yield from read(SELECTED, wanted)
        if told is None or not told.header.is_named:
            pending += _narrower(wanted)
            continue
        found.append(told.header)
        if until(told.header):
            break
    yield from reset(SELECTED)
    return found


def _digits(wanted: bytes) -> str:
    """The identification in a secondary address, as people read it."""
    return wanted[_MAKER_AT - 1 :: -1].hex()


def _narrower(wanted: bytes) -> list[bytes]:
    """Secondary addresses that each mean a part of whom a wild one means, the first to try last."""
    digits = _digits(wanted)
    known = digits.find(_ANY_DIGIT)
    if known >= 0:
        texts = (f"{digits[:known]}{digit}{digits[known + 1 :]}" for digit in range(9, -1, -1))
        return [bytes.fromhex(text)[::-1] + wanted[_MAKER_AT:] for text in texts]
    for at, most in ((_MEDIUM_AT, _MOST_MEDIUM), (_VERSION_AT, _ANY - 1)):
        if wanted[at] == _ANY:
            return [wanted[:at] + bytes((one,)) + wanted[at + 1 :] for one in range(most, -1, -1)]
    return []


def _acknowledged(frame: Frame) -> Conversation[bool]:
    for _ in range(TRIES):
        answer = yield encode(frame)
        if answer == ACKNOWLEDGE:
            return True
    return False
