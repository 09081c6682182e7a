import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import DecodeError
from softmeter.wire.packets import PUSH, TCP, UDP, End, Segment, segment_of, tcp_packet, udp_packet
from softmeter.wire.pcapng import LinkType

V4 = End("127.0.0.1", 50_000), End("192.0.2.7", 4059)
V6 = End("::1", 50_000), End("2001:db8::7", 4059)


def summed(octets: bytes) -> int:
    """The sum of RFC 1071, as it stands there."""
    total = sum(struct.unpack(f">{(len(octets) + 1) // 2}H", octets + bytes(len(octets) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(total)


@pytest.mark.parametrize("ends", [V4, V6])
@pytest.mark.parametrize("payload", [b"", b"abc", b"\xff" * 100])
def test_tcp_there_and_back(ends: tuple[End, End], payload: bytes) -> None:
    segment = Segment(TCP, *ends, payload, 77, PUSH)
    octets = tcp_packet(segment, 5)
    assert segment_of(LinkType.RAW, octets) == segment
    assert segment_of(LinkType.ETHERNET, bytes(12) + _kind(octets) + octets) == segment
    assert segment_of(LinkType.LINUX_SLL, bytes(14) + _kind(octets) + octets) == segment
    assert segment_of(LinkType.ETHERNET, bytes(12) + b"\x81\x00\x00\x05" + _kind(octets) + octets) == segment
    assert segment_of(LinkType.USER0, octets) is None


def _kind(octets: bytes) -> bytes:
    return b"\x08\x00" if octets[0] >> 4 == 4 else b"\x86\xdd"


@pytest.mark.parametrize("ends", [V4, V6])
def test_udp_there_and_back(ends: tuple[End, End]) -> None:
    segment = Segment(UDP, *ends, b"datagram")
    assert segment_of(LinkType.RAW, udp_packet(segment)) == segment


def test_the_checksums_fit() -> None:
    octets = tcp_packet(Segment(TCP, *V4, b"abcde", 77, PUSH), 5)
    assert summed(octets[:20]) == 0xFFFF
    pseudo = octets[12:20] + struct.pack(">BBH", 0, 6, len(octets) - 20)
    assert summed(pseudo + octets[20:]) == 0xFFFF


def test_only_udp_writes_a_checksum_of_zero_as_ones() -> None:
    """There zero says that there is none (RFC 768); in TCP it is a sum like others (RFC 1624)."""
    tcp = tcp_packet(Segment(TCP, *V4, bytes(2), 0, PUSH), 0)
    completed = tcp_packet(Segment(TCP, *V4, tcp[36:38], 0, PUSH), 0)
    assert completed[36:38] == b"\x00\x00"
    udp = udp_packet(Segment(UDP, *V4, bytes(2)))
    assert udp_packet(Segment(UDP, *V4, udp[26:28]))[26:28] == b"\xff\xff"


def test_ends_of_two_families_meet_in_ipv6() -> None:
    found = segment_of(LinkType.RAW, tcp_packet(Segment(TCP, V4[0], V6[1], b"x"), 0))
    assert found is not None
    assert found.source.host in {"::ffff:127.0.0.1", "::ffff:7f00:1"}


def test_fragments_and_other_protocols_are_none_of_ours() -> None:
    octets = bytearray(tcp_packet(Segment(TCP, *V4, b"x"), 0))
    octets[6] = 0x20
    assert segment_of(LinkType.RAW, bytes(octets)) is None
    octets[6], octets[9] = 0x40, 1
    assert segment_of(LinkType.RAW, bytes(octets)) is None


@given(octets=st.binary(max_size=60), link=st.sampled_from(list(LinkType)))
def test_any_octets(octets: bytes, link: LinkType) -> None:
    for start in (b"", b"\x45", b"\x60"):
        try:
            segment_of(link, start + octets)
        except DecodeError as error:
            assert str(error)  # noqa: PT017 - what matters is that nothing else is raised
