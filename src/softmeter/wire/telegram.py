"""Telegrams of the P1 port: frame and value formats (DSMR 5.0.2 P1 Companion Standard, chapters 5 and 6).

A ciphered telegram travels whole in a general-glo-ciphering APDU, one after the other with nothing between them.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from softmeter.clock import DAYLIGHT_SAVING, DateTime
from softmeter.errors import LocalProtocolError, RemoteProtocolError
from softmeter.wire.crc import arc

LONGEST_TEXT = 1024
"""Characters a text message may have at most."""
CIPHERED_BEGIN, TWO_OCTETS_OF_LENGTH = b"\xdb\x08", 0x82
CIPHERED_HEAD_OCTETS = 13
"""Tag, length and title of the sender, and the length of what it protected, in two octets however short that is."""
_IDENTIFICATION = re.compile(r"[A-Za-z]{3}5[ -~]{0,16}")
_LINE = re.compile(r"(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})((?:\([ -'*-~]*\))+)")


def wrapped(value: int, digits: int, decimals: int = 0) -> str:
    """Fixed point as Fn(x,x): `value` counts the last decimal; what has too many digits loses its first ones.

    Raises:
        LocalProtocolError: `value` is negative, and the format has no sign.
    """
    if value < 0:
        raise LocalProtocolError(f"{value} in a format without a sign")
    text = str(value).zfill(digits)[-digits:]
    return f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text


def saturated(value: int, digits: int, decimals: int = 0) -> str:
    """Like `wrapped`, but what has too many digits becomes all nines."""
    return wrapped(min(value, 10**digits - 1), digits, decimals)


def stamp(time: DateTime) -> str:
    """A local time as YYMMDDhhmmssX, X being S in summer and W in winter."""
    season = "S" if time.status & DAYLIGHT_SAVING else "W"
    return (
        f"{time.year % 100:02d}{time.month:02d}{time.day:02d}{time.hour:02d}{time.minute:02d}{time.second:02d}{season}"
    )


def text(octets: bytes) -> str:
    """Octets as pairs of upper-case hexadecimal digits."""
    return octets.hex().upper()


def line(code: str, *values: str) -> str:
    """A code, and each value in brackets."""
    return f"{code}({')('.join(values)})"


def is_identification(text: str) -> bool:
    """Whether it is three letters, 5 and up to 16 characters, as what follows the slash must be."""
    return _IDENTIFICATION.fullmatch(text) is not None


def build(identification: str, lines: Iterable[str]) -> bytes:
    """A whole telegram: `/identification`, an empty line, the lines, and the checksum after `!`.

    Raises:
        LocalProtocolError: the identification is not three letters, 5 and up to 16 characters; or not all is ASCII.
    """
    if not is_identification(identification):
        raise LocalProtocolError(f"{identification!r} is no identification of a P1 port")
    try:
        body = "\r\n".join((f"/{identification}\r\n", *lines, "!")).encode("ascii")
    except UnicodeEncodeError as error:
        raise LocalProtocolError(f"a telegram is ASCII: {error}") from error
    return b"%b%04X\r\n" % (body, arc(body))


def enveloped(title: bytes, protected: bytes) -> bytes:
    """A ciphered telegram: the title of the sender, of eight octets, and what it protected."""
    return b"%b%b%c%b%b" % (CIPHERED_BEGIN, title, TWO_OCTETS_OF_LENGTH, len(protected).to_bytes(2, "big"), protected)


class Line(NamedTuple):
    """One line of a telegram taken apart."""

    code: str
    values: tuple[str, ...]


class Telegram(NamedTuple):
    """A telegram taken apart."""

    identification: str
    lines: tuple[Line, ...]


def parse(octets: bytes) -> Telegram:
    """Take a whole telegram apart.

    Raises:
        RemoteProtocolError: its frame, its checksum or a line is wrong.
    """
    body, mark, checksum = octets.rpartition(b"!")
    if not mark or not octets.startswith(b"/") or len(checksum) != 6 or not checksum.endswith(b"\r\n"):
        raise RemoteProtocolError("a telegram stands between / and !, with a checksum and CR LF behind")
    if checksum[:4] != b"%04X" % arc(body + mark):
        raise RemoteProtocolError(f"checksum {checksum[:4]!r} does not fit the telegram")
    head, separator, rest = body[1:].decode("latin-1").partition("\r\n\r\n")
    if not separator or not is_identification(head):
        raise RemoteProtocolError(f"{head[:40]!r} is no identification with an empty line behind")
    return Telegram(head, tuple(_parse_line(item) for item in rest.split("\r\n")[:-1]))


def _parse_line(item: str) -> Line:
    match = _LINE.fullmatch(item)
    if match is None:
        raise RemoteProtocolError(f"{item[:60]!r} is no line of a telegram")
    return Line(match[1], tuple(match[2][1:-1].split(")(")))
