"""Where sound units begin again in a stream that has been damaged: noise between frames, lost octets, cut frames.

A unit is only looked for where it must be right to be found: its check sequence, checksum or end has to fit.
"""

import re
from itertools import islice

from softmeter.wire.crc import x25
from softmeter.wire.mbus import ENVELOPE, LONG, STOP
from softmeter.wire.units import Kind, mbus_body_octets

_LEAST_FRAME = 7
_MOST_TRIED = 20_000
"""Places that are looked at for one damaged unit."""
_BEGIN = re.compile(
    rb"\x7E(?=[\xA0-\xAF])|\x68(?=..\x68)|/(?=[A-Za-z]{3}[0-9][^\x00-\x1F]{0,32}\r\n\r\n[0-9])|\x1B{4}(?=\x01{4})",
    re.DOTALL,
)
_TELEGRAM_END = re.compile(rb"![0-9A-Fa-f]{0,4}\r?\n")
_LONGEST_TELEGRAM = 1 << 14


def is_sound(kind: Kind, octets: bytes, at: int, stop: int) -> bool:
    """Whether a unit is what it says it is, where that can be told by a check over all of it."""
    match kind:
        case Kind.HDLC:
            unit = octets[at:stop].strip(b"\x7e")
            return len(unit) >= _LEAST_FRAME and x25(unit[:-2]).to_bytes(2, "little") == unit[-2:]
        case Kind.MBUS if octets[at] == LONG:
            body, end = octets[at + 4 : stop - 2], octets[stop - 2 : stop]
            whole = stop - at > ENVELOPE and stop - at == ENVELOPE + mbus_body_octets(octets, at)
            return whole and end == bytes((sum(body) & 0xFF, STOP))
        case Kind.OTHER:
            return False
        case _:
            return True


def next_sound(octets: bytes, at: int, stop: int) -> int:
    """Where between `at` and `stop` the next sound unit begins; `stop` where none does."""
    for found in islice(_BEGIN.finditer(octets, at, min(len(octets), stop + 1)), _MOST_TRIED):
        begin = found.start()
        if begin < stop and _begins(octets, begin):
            return begin
    return stop


def _begins(octets: bytes, at: int) -> bool:
    match octets[at]:
        case 0x7E:
            length = int.from_bytes(octets[at + 1 : at + 3], "big") & 0x07FF
            end = at + 1 + length
            if length < _LEAST_FRAME or octets[end : end + 1] not in {b"\x7e", b""} or end > len(octets):
                return False
            return is_sound(Kind.HDLC, octets, at + 1, end)
        case 0x68:
            same = octets[at + 1] == octets[at + 2]
            return same and is_sound(Kind.MBUS, octets, at, at + ENVELOPE + mbus_body_octets(octets, at))
        case 0x1B:
            return True  # nothing else begins so
        case _:
            return _TELEGRAM_END.search(octets, at, at + _LONGEST_TELEGRAM) is not None
