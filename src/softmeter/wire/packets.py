"""IP packets with TCP and UDP, as far as captures need them (RFC 791, RFC 8200, RFC 9293, RFC 768)."""

import ipaddress
import struct
from typing import NamedTuple

from softmeter.errors import DecodeError
from softmeter.wire.pcapng import LinkType

TCP, UDP = 6, 17
SYN, FIN, RESET, PUSH, ACKNOWLEDGE = 0x02, 0x01, 0x04, 0x08, 0x10
_IPV4, _IPV6 = 0x0800, 0x86DD
_VLANS = {0x8100, 0x88A8}
_EXTENSIONS = {0, 43, 60}
"""Headers of IPv6 that may stand before TCP and UDP, and say their length."""
_SKIPPED = {LinkType.NULL: 4, LinkType.RAW: 0, LinkType.IPV4: 0, LinkType.IPV6: 0}
_TYPED = {LinkType.ETHERNET: (12, 14), LinkType.LINUX_SLL: (14, 16), LinkType.LINUX_SLL2: (0, 20)}
"""Where a link header says what it carries, and how long it is."""
_TTL = 64


class End(NamedTuple):
    """One end of a conversation."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Segment(NamedTuple):
    """A TCP segment or a UDP datagram."""

    protocol: int
    source: End
    destination: End
    payload: bytes
    sequence: int = 0
    flags: int = 0


def tcp_packet(segment: Segment, acknowledged: int) -> bytes:
    """An IP packet with a TCP segment."""
    head = struct.pack(
        ">HHIIBBHHH",
        segment.source.port,
        segment.destination.port,
        segment.sequence & 0xFFFFFFFF,
        acknowledged & 0xFFFFFFFF,
        5 << 4,
        segment.flags,
        0xFFFF,
        0,
        0,
    )
    return _ip(segment, head, 16)


def udp_packet(segment: Segment) -> bytes:
    """An IP packet with a UDP datagram."""
    size = 8 + len(segment.payload)
    return _ip(segment, struct.pack(">HHHH", segment.source.port, segment.destination.port, size, 0), 6)


def _ip(segment: Segment, head: bytes, checksum_at: int) -> bytes:
    """The packet around a transport header, whose checksum is filled in."""
    source, destination = (ipaddress.ip_address(end.host) for end in (segment.source, segment.destination))
    if source.version != destination.version:
        source, destination = (_mapped(address) for address in (source, destination))
    body = head + segment.payload
    pseudo = source.packed + destination.packed + struct.pack(">IHBB", len(body), 0, 0, segment.protocol)
    total = _checksum(pseudo + body)
    if total == 0 and segment.protocol == UDP:  # where zero says that there is none
        total = 0xFFFF
    body = body[:checksum_at] + struct.pack(">H", total) + body[checksum_at + 2 :]
    if source.version == 6:
        return (
            struct.pack(">IHBB", 6 << 28, len(body), segment.protocol, _TTL) + source.packed + destination.packed + body
        )
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, _TTL, segment.protocol, 0)
    header += source.packed + destination.packed
    return header[:10] + struct.pack(">H", _checksum(header)) + header[12:] + body


def _mapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv6Address:
    return ipaddress.IPv6Address(f"::ffff:{address}") if isinstance(address, ipaddress.IPv4Address) else address


def _checksum(octets: bytes) -> int:
    """The ones' complement sum of RFC 1071; 2**16 is 1 modulo its modulus, so one division does."""
    number = int.from_bytes(octets + bytes(len(octets) % 2), "big")
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))


def segment_of(link_type: int, octets: bytes) -> Segment | None:
    """The TCP segment or UDP datagram in a packet; None where there is no whole one.

    Raises:
        DecodeError: a header is broken.
    """
    at = _network_at(link_type, octets)
    if at is None or at >= len(octets):
        return None
    try:
        return _ipv4(octets, at) if octets[at] >> 4 == 4 else _ipv6(octets, at) if octets[at] >> 4 == 6 else None
    except struct.error as error:
        raise DecodeError(f"a header is cut: {error}", at) from error


def _network_at(link_type: int, octets: bytes) -> int | None:
    """Where the IP header begins; None if there is none."""
    if link_type in _SKIPPED:
        return _SKIPPED[LinkType(link_type)]
    if link_type not in _TYPED:
        return None
    type_at, at = _TYPED[LinkType(link_type)]
    kind = int.from_bytes(octets[type_at : type_at + 2], "big")
    while kind in _VLANS:
        kind = int.from_bytes(octets[at + 2 : at + 4], "big")
        at += 4
    return at if kind in {_IPV4, _IPV6} else None


def _ipv4(octets: bytes, at: int) -> Segment | None:
    first, total, fragment, protocol = struct.unpack_from(">BxH2xHxB", octets, at)
    header = (first & 0x0F) * 4
    if header < 20 or total < header:
        raise DecodeError("lengths of an IPv4 header", at)
    if fragment & 0x3FFF or protocol not in {TCP, UDP}:
        return None
    source, destination = struct.unpack_from(">4s4s", octets, at + 12)
    stop = min(at + total, len(octets))
    return _transport(octets, at + header, stop, protocol, (source, destination))


def _ipv6(octets: bytes, at: int) -> Segment | None:
    length, following = struct.unpack_from(">4xHB", octets, at)
    source, destination = struct.unpack_from(">16s16s", octets, at + 8)
    stop = min(at + 40 + length, len(octets))
    at += 40
    while following in _EXTENSIONS and at + 2 <= stop:
        following, size = octets[at], octets[at + 1]
        at += (size + 1) * 8
    return _transport(octets, at, stop, following, (source, destination)) if following in {TCP, UDP} else None


def _transport(octets: bytes, at: int, stop: int, protocol: int, hosts: tuple[bytes, bytes]) -> Segment:
    source_port, destination_port = struct.unpack_from(">HH", octets, at)
    ends = [
        End(str(ipaddress.ip_address(host)), port)
        for host, port in zip(hosts, (source_port, destination_port), strict=True)
    ]
    if protocol == UDP:
        return Segment(UDP, ends[0], ends[1], octets[at + 8 : stop])
    sequence, offset, flags = struct.unpack_from(">I4xBB", octets, at + 4)
    header = (offset >> 4) * 4
    if header < 20:
        raise DecodeError("the length of a TCP header", at)
    return Segment(TCP, ends[0], ends[1], octets[at + header : stop], sequence, flags)
