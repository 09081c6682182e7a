"""Where one link unit ends and the next begins in a stream: HDLC frames, datagrams, M-Bus frames, lines of text.

For tools that look at a stream without being a party to it. What belongs to none of them is one unit with the rest.
"""

import re
from enum import Enum

from softmeter.wire.mbus import ACKNOWLEDGE, ENVELOPE, LEAST_LONG, LONG, SHORT, SHORT_OCTETS, STOP
from softmeter.wire.mbus_wireless import CHECKSUM_OCTETS, length_on_air
from softmeter.wire.mode_e import with_parity, without_parity
from softmeter.wire.telegram import CIPHERED_BEGIN, CIPHERED_HEAD_OCTETS, TWO_OCTETS_OF_LENGTH
from softmeter.wire.wrapper import HEADER_OCTETS

_FLAG = 0x7E
_HDLC_TYPE = 0xA0
SND_NR = 0x44
"""The control octet of a wireless sub-meter that says something unasked."""
_SPEAKING = {SND_NR, 0x46, 0x47, 0x48}
"""SND_NR and what a sub-meter says when it is installed or wants to be heard."""
WIRELESS_LINK_OCTETS = 10
_WIRELESS_INFORMATION = {0x72, 0x78, 0x79, 0x7A, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, *range(0xA0, 0xB8)}
_ETX, _ACK, _NAK, _FILLED = 0x03, 0x06, 0x15, 0xFF
_MESSAGE = re.compile(rb"[\x01\x02][\x20-\x7E\r\n\x02]*\x03[^/]?|\x06[0-9A-Z]{3}\r\n", re.DOTALL)
"""SOH or STX … ETX and a check character, or an option select message; the same octets begin values of A-XDR."""
_BEGUN = re.compile(rb"[\x01\x02][\x20-\x7E\r\n\x02]{0,4096}\x03?|\x06[0-9A-Z]{0,3}\r?", re.DOTALL)
"""As much of such a message as may have arrived."""
_LONGEST_MESSAGE, _OPTION_OCTETS = 4096, 6
_STARTS = with_parity(b"/\x01\x02\x06")
_EVEN = re.compile(b"[" + b"".join(b"\\x%02x" % octet for octet in with_parity(bytes(range(128)))) + b"]*")
_LINE_ENDS = re.compile(rb"[\r\n]+(?=/|\Z)")


class Kind(Enum):
    """What a unit is."""

    HDLC = "HDLC frame"
    WRAPPER = "datagram"
    MBUS = "M-Bus frame"
    WIRELESS = "wireless M-Bus telegram"
    TEXT = "text"
    FILLER = "filler"
    OTHER = "octets"


def unit_at(octets: bytes, at: int, *, complete: bool = True) -> tuple[Kind, int]:
    """The kind of the unit at `at`, and where it ends.

    With `complete`, nothing will follow `octets`: a unit that is cut ends with them. Without, its end may lie beyond
    them; an end of -1 means that it cannot be known yet.
    """
    for recognise in (_seven_bits, _hdlc, _wrapper, _mbus, _wireless, _ciphered, _text):
        found = recognise(octets, at, complete=complete)
        if found is not None:
            return found
    return Kind.OTHER, len(octets)


def _within(octets: bytes, stop: int, *, complete: bool) -> int:
    return min(stop, len(octets)) if complete and stop >= 0 else len(octets) if complete else stop


def _run(octets: bytes, at: int) -> int:
    first = octets[at]
    while at < len(octets) and octets[at] == first:
        at += 1
    return at


_Found = tuple[Kind, int] | None


def _hdlc(octets: bytes, at: int, *, complete: bool) -> _Found:
    """A frame with its flags, or without the first, which closed another frame; flags without a frame are filler."""
    if octets[at] & 0xF0 == _HDLC_TYPE:
        return _bare_frame(octets, at, complete=complete)
    if octets[at] != _FLAG:
        return None
    start = _run(octets, at)
    if start >= len(octets) and complete:
        return Kind.FILLER, start
    if start > at + 1:  # the last flag may open a frame; those before it are not waited for, or they would pile up
        return Kind.FILLER, start - 1
    if start + 2 > len(octets):
        return Kind.HDLC, len(octets) if complete else -1
    if octets[start] & 0xF0 != _HDLC_TYPE:
        following = octets.find(bytes((_FLAG,)), start)
        return Kind.OTHER, following if following >= 0 or not complete else len(octets)
    stop = start + _frame_octets(octets, start) + 1
    if stop > len(octets) or octets[stop - 1] == _FLAG:
        return Kind.HDLC, _within(octets, stop, complete=complete)
    return Kind.HDLC, stop - 1


def _bare_frame(octets: bytes, at: int, *, complete: bool) -> _Found:
    if len(octets) - at < 2:
        return None if complete else (Kind.HDLC, -1)
    stop = at + _frame_octets(octets, at)
    if stop < len(octets):
        return (Kind.HDLC, stop + 1) if octets[stop] == _FLAG else None
    if not complete:
        return Kind.HDLC, -1
    return (Kind.HDLC, stop) if stop == len(octets) else None


def _frame_octets(octets: bytes, at: int) -> int:
    return int.from_bytes(octets[at : at + 2], "big") & 0x07FF


def _wrapper(octets: bytes, at: int, *, complete: bool) -> _Found:
    if not complete and octets[at] == 0 and at + 1 == len(octets):
        return Kind.WRAPPER, -1
    if octets[at : at + 2] != b"\x00\x01":
        return None
    if len(octets) - at < HEADER_OCTETS:
        return Kind.WRAPPER, len(octets) if complete else -1
    stop = at + HEADER_OCTETS + int.from_bytes(octets[at + 6 : at + 8], "big")
    return Kind.WRAPPER, _within(octets, stop, complete=complete)


def _wireless(octets: bytes, at: int, *, complete: bool) -> _Found:
    """A wireless telegram, with the checksums of its blocks or without; only where all that follows are others."""
    if not complete or not _begins_wireless(octets, at):
        return None
    for length in (length_on_air(octets[at]), octets[at] + 1):
        stop = at + length
        is_in_format_a = length != octets[at] + 1
        place = at + WIRELESS_LINK_OCTETS + CHECKSUM_OCTETS * is_in_format_a
        is_one = place < stop <= len(octets) and octets[place] in _WIRELESS_INFORMATION
        if is_one and (stop == len(octets) or _begins_wireless(octets, stop)):
            return Kind.WIRELESS, stop
    return None


def _begins_wireless(octets: bytes, at: int) -> bool:
    """Whether length, control and what may be control information are those of a telegram."""
    if len(octets) - at <= WIRELESS_LINK_OCTETS + CHECKSUM_OCTETS or octets[at + 1] not in _SPEAKING:
        return False
    places = octets[at + WIRELESS_LINK_OCTETS], octets[at + WIRELESS_LINK_OCTETS + CHECKSUM_OCTETS]
    return not _WIRELESS_INFORMATION.isdisjoint(places) and octets[at] + 1 <= len(octets) - at


def _ciphered(octets: bytes, at: int, *, complete: bool) -> _Found:
    """A ciphered P1 telegram; another one may follow, with nothing between them."""
    head = octets[at : at + CIPHERED_HEAD_OCTETS]
    if len(head) < CIPHERED_HEAD_OCTETS or head[:2] != CIPHERED_BEGIN or head[-3] != TWO_OCTETS_OF_LENGTH:
        return None
    stop = at + CIPHERED_HEAD_OCTETS + int.from_bytes(head[-2:], "big")
    if stop < len(octets) and octets[stop] != CIPHERED_BEGIN[0]:
        return None
    return Kind.OTHER, _within(octets, stop, complete=complete)


def _mbus(octets: bytes, at: int, *, complete: bool) -> _Found:
    first, left = octets[at], len(octets) - at
    if (
        first == SHORT
        and octets[at + 4 : at + 5] == bytes((STOP,))
        and sum(octets[at + 1 : at + 3]) & 0xFF == octets[at + 3]
    ):
        return Kind.MBUS, at + SHORT_OCTETS
    if first == ACKNOWLEDGE[0] and octets[at + 1 : at + 2] in {b"", bytes((SHORT,)), bytes((LONG,))}:
        return Kind.MBUS, at + 1
    if first != LONG:
        return None
    if left < 4:
        return Kind.MBUS, len(octets) if complete else -1
    if octets[at + 3] != LONG or octets[at + 1] != octets[at + 2]:
        return None
    return Kind.MBUS, _within(octets, at + ENVELOPE + mbus_body_octets(octets, at), complete=complete)


def mbus_body_octets(octets: bytes, at: int) -> int:
    """How many octets the length of the long frame at `at` counts.

    Some meters count more than 255 and send what fits into an octet: then the frame ends, with the right checksum, 256
    octets later.
    """
    counted = octets[at + 1]
    if counted >= LEAST_LONG and (_mbus_ends(octets, at, counted) or not _mbus_ends(octets, at, counted + 256)):
        return counted
    return counted + 256


def _mbus_ends(octets: bytes, at: int, counted: int) -> bool:
    body, end = octets[at + 4 : at + 4 + counted], octets[at + 4 + counted : at + ENVELOPE + counted]
    return len(end) == 2 and end[1] == STOP and sum(body) & 0xFF == end[0]


def _seven_bits(octets: bytes, at: int, *, complete: bool) -> _Found:
    """A message of IEC 62056-21 whose characters carry their parity as the eighth bit."""
    if octets[at] not in _STARTS:
        return None
    even = _EVEN.match(octets, at, _last(octets, at))
    run = even.group() if even else b""
    characters = without_parity(run)
    if characters == run:  # none is set: as on a line of eight bits
        return None
    to_come = not complete and at + len(run) == len(octets)
    if characters[:1] == b"/":
        stop = _lines(characters, 0, complete=False)
    else:
        message = _MESSAGE.match(characters)
        is_whole = message is not None and not (to_come and characters[message.end() - 1] == _ETX)
        stop = message.end() if message is not None and is_whole else -1
        to_come = to_come and _BEGUN.fullmatch(characters) is not None
    if stop >= 0:
        return Kind.TEXT, at + stop
    return (Kind.TEXT, -1) if to_come else None


def _last(octets: bytes, at: int) -> int:
    """Where a message of characters with parity ends at the latest; nothing further is looked at."""
    if octets[at] == _ACK:
        return at + _OPTION_OCTETS
    end, behind = (
        (b"\n", 1) if octets[at] & 0x7F == ord("/") else (b"\x03", 2)
    )  # these two have even parity as they are
    found = octets.find(end, at, at + _LONGEST_MESSAGE)
    return found + behind if found >= 0 else at + _LONGEST_MESSAGE


def _text(octets: bytes, at: int, *, complete: bool) -> _Found:
    if octets[at] == ord("/"):
        return Kind.TEXT, _lines(octets, at, complete=complete)
    message = _MESSAGE.match(octets, at)
    if message is not None and (complete or octets[message.end() - 1] != _ETX):
        return Kind.TEXT, message.end()
    if not complete and _BEGUN.fullmatch(octets, at):
        return Kind.TEXT, -1
    if octets[at] in {_ACK, _NAK} and at + 1 == len(octets):
        return Kind.TEXT, len(octets)
    if octets[at] == _FILLED:
        return Kind.FILLER, _run(octets, at)
    ends = _LINE_ENDS.match(octets, at)
    return None if ends is None else (Kind.FILLER, ends.end())


def _lines(octets: bytes, at: int, *, complete: bool) -> int:
    """The end of an identification or of a telegram."""
    line_end = octets.find(b"\n", at)
    if line_end < 0:
        return len(octets) if complete else -1
    if octets[at : at + 2] == b"/?" or octets[line_end + 1 : line_end + 2] not in {b"\r", b"\n"}:
        return line_end + 1
    end = octets.find(b"!", at)
    stop = octets.find(b"\n", end) + 1 if end >= 0 else 0
    if stop:
        return stop
    return len(octets) if complete else -1


class Cutter:
    """Cuts a stream into link units as it arrives."""

    __slots__ = ("_buffer", "_longest")

    def __init__(self, longest: int = 1 << 17) -> None:
        self._buffer = b""
        self._longest = longest

    def receive(self, data: bytes) -> list[bytes]:
        """The units that `data` completes."""
        buffer = self._buffer + data
        units = []
        at = 0
        while at < len(buffer):
            _, stop = unit_at(buffer, at, complete=False)
            if not at < stop <= len(buffer):
                break
            units.append(buffer[at:stop])
            at = stop
        self._buffer = buffer[at:]
        if len(self._buffer) > self._longest:
            units.append(self.rest())
        return units

    def rest(self) -> bytes:
        """What was never completed."""
        left, self._buffer = self._buffer, b""
        return left
