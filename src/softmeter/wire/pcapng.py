"""Captures of packets: writing pcapng, reading pcapng and the older pcap (IETF draft-ietf-opsawg-pcapng, pcap).

Format only: octets in, octets out.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from softmeter.errors import DecodeError, LocalProtocolError

SECTION, INTERFACE, SIMPLE, ENHANCED = 0x0A0D0D0A, 0x00000001, 0x00000003, 0x00000006
"""Block types."""
LONGEST_COMMENT = 0xFFFF - 3
_MAGIC = 0x1A2B3C4D
_COMMENT, _NAME, _DESCRIPTION, _RESOLUTION, _FLAGS = 1, 2, 3, 9, 2
_APPLICATION = 4
_NANOSECONDS = 9
_PCAP = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}
"""Magic number of a pcap file, and nanoseconds per unit of its fractions."""
_SECOND = 1_000_000_000
_BLOCK = struct.Struct("<II")


class LinkType(IntEnum):
    """What the packets of an interface begin with; only those that are read or written here."""

    NULL = 0
    ETHERNET = 1
    RAW = 101
    LINUX_SLL = 113
    USER0 = 147
    IPV4 = 228
    IPV6 = 229
    LINUX_SLL2 = 276


class Direction(IntEnum):
    """Of a packet, as seen by who captured it."""

    UNKNOWN = 0
    IN = 1
    OUT = 2


class Packet(NamedTuple):
    """One captured packet."""

    link_type: int
    time_ns: int
    octets: bytes
    direction: Direction = Direction.UNKNOWN
    comment: str = ""
    interface: str = ""


def section(application: str) -> bytes:
    """The block that begins a file."""
    return _block(SECTION, struct.pack("<IHHq", _MAGIC, 1, 0, -1) + _options((_APPLICATION, application.encode())))


def interface(link_type: int, name: str, description: str) -> bytes:
    """The block that describes an interface; packets name interfaces by their number in the file."""
    options = _options(
        (_NAME, name.encode()), (_DESCRIPTION, description.encode()), (_RESOLUTION, bytes((_NANOSECONDS,)))
    )
    return _block(INTERFACE, struct.pack("<HHI", link_type, 0, 0) + options)


def packet(number: int, time_ns: int, octets: bytes, direction: Direction, comment: str = "") -> bytes:
    """The block of one packet on interface `number`."""
    head = struct.pack("<IIIII", number, time_ns >> 32 & 0xFFFFFFFF, time_ns & 0xFFFFFFFF, len(octets), len(octets))
    options = [(_FLAGS, struct.pack("<I", direction))]
    if comment:
        options.insert(0, (_COMMENT, comment.encode()[:LONGEST_COMMENT].decode(errors="ignore").encode()))
    return _block(ENHANCED, head + _padded(octets) + _options(*options))


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    if size > 0xFFFFFFFF:
        raise LocalProtocolError(f"a block of {size} octets")
    return _BLOCK.pack(kind, size) + body + struct.pack("<I", size)


def _options(*options: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options) + bytes(4)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def is_capture(octets: bytes) -> bool:
    """Whether a file begins like a pcapng or a pcap."""
    if octets[:4] == b"\x0a\x0d\x0d\x0a":
        return len(octets) >= 12
    return len(octets) >= 24 and any(_order(octets, magic) for magic in _PCAP)


def _order(octets: bytes, magic: int) -> str:
    for order in "<>":
        if octets[:4] == struct.pack(order + "I", magic):
            return order
    return ""


def packets(octets: bytes) -> Iterator[Packet]:
    """The packets of a pcapng or pcap file.

    Raises:
        DecodeError: it is neither, or broken; what came before has been given.
    """
    if octets[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _Reader(octets).packets()
        return
    for magic, unit_ns in _PCAP.items():
        order = _order(octets, magic)
        if order:
            yield from _pcap(octets, order, unit_ns)
            return
    raise DecodeError("no pcapng and no pcap file")


def _pcap(octets: bytes, order: str, unit_ns: int) -> Iterator[Packet]:
    if len(octets) < 24:
        raise DecodeError("the header of the file is cut", len(octets))
    (link_type,) = struct.unpack_from(order + "I", octets, 20)
    head = struct.Struct(order + "IIII")
    at = 24
    while at < len(octets):
        if at + head.size > len(octets):
            raise DecodeError("the header of a packet is cut", at)
        seconds, fraction, kept, _ = head.unpack_from(octets, at)
        start, at = at + head.size, at + head.size + kept
        if at > len(octets):
            raise DecodeError(f"a packet of {kept} octets is cut", start)
        yield Packet(link_type & 0xFFFF, seconds * _SECOND + fraction * unit_ns, octets[start:at])


class _Interface(NamedTuple):
    link_type: int
    unit: tuple[int, int]
    """A power: base and exponent; so many units make a second."""
    name: str


class _Reader:
    """Goes through the blocks of a pcapng file."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._order = "<"
        self._interfaces: list[_Interface] = []

    def packets(self) -> Iterator[Packet]:
        at = 0
        while at < len(self._octets):
            kind, body, following = self._block(at)
            if kind == INTERFACE:
                self._interfaces.append(self._interface(body, at))
            elif kind == ENHANCED:
                yield self._enhanced(body, at)
            elif kind == SIMPLE and self._interfaces:
                yield Packet(self._interfaces[0].link_type, 0, body[4:])
            at = following

    def _block(self, at: int) -> tuple[int, bytes, int]:
        octets = self._octets
        if at + 12 > len(octets):
            raise DecodeError("a block is cut", at)
        if octets[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            self._order = "<" if octets[at + 8 : at + 12] == struct.pack("<I", _MAGIC) else ">"
            self._interfaces = []
        kind, size = struct.unpack_from(self._order + "II", octets, at)
        if size < 12 or size % 4 or at + size > len(octets):
            raise DecodeError(f"a block of {size} octets, {len(octets) - at} are there", at)
        return kind, octets[at + 8 : at + size - 4], at + size

    def _interface(self, body: bytes, at: int) -> _Interface:
        if len(body) < 8:
            raise DecodeError("an interface without a type", at)
        (link_type,) = struct.unpack_from(self._order + "H", body)
        options = dict(self._options(body, 8))
        resolution = options.get(_RESOLUTION, b"\x06")[:1] or b"\x06"
        exponent = resolution[0] & 0x7F
        return _Interface(link_type, (2 if resolution[0] & 0x80 else 10, exponent), _text(options.get(_NAME, b"")))

    def _enhanced(self, body: bytes, at: int) -> Packet:
        if len(body) < 20:
            raise DecodeError("a packet without a header", at)
        number, high, low, kept, _ = struct.unpack_from(self._order + "IIIII", body)
        if number >= len(self._interfaces):
            raise DecodeError(f"interface {number} is not described", at)
        if 20 + kept > len(body):
            raise DecodeError(f"a packet of {kept} octets is cut", at)
        known = self._interfaces[number]
        base, exponent = known.unit
        options = dict(self._options(body, 20 + kept + -kept % 4))
        flags = int.from_bytes(options.get(_FLAGS, b""), "little" if self._order == "<" else "big") & 3
        return Packet(
            known.link_type,
            (high << 32 | low) * _SECOND // base**exponent,
            body[20 : 20 + kept],
            Direction(flags) if flags < 3 else Direction.UNKNOWN,
            _text(options.get(_COMMENT, b"")),
            known.name,
        )

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self._order + "HH", body, at)
            if not code:
                return
            yield code, body[at + 4 : at + 4 + size]
            at += 4 + size + -size % 4


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
