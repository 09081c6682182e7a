"""Captures made by others: segments in any order, twice, lost; UDP; other link types."""

from apps.decode.showing import ring, text_of
from softmeter.apps.decode.capture import decoded_capture
from softmeter.wire.packets import SYN, TCP, UDP, End, Segment, tcp_packet, udp_packet
from softmeter.wire.pcapng import Direction, LinkType, interface, packet, section
from vectors.table import vector

CLIENT, METER = End("192.0.2.1", 50_000), End("192.0.2.7", 4059)
DATAGRAM = vector("wrapper.aarq.public")


def segment(payload: bytes, at: int, flags: int = 0) -> bytes:
    """A piece of the client's stream, which wraps around its sequence numbers."""
    return tcp_packet(Segment(TCP, CLIENT, METER, payload, (0xFFFFFFF0 + at) & 0xFFFFFFFF, flags), 1)


def capture(*octets: bytes, link: LinkType = LinkType.RAW) -> str:
    file = section("other") + interface(link, "eth0", "")
    file += b"".join(packet(0, number, one, Direction.UNKNOWN) for number, one in enumerate(octets))
    return text_of(list(decoded_capture(file, ring())))


def test_segments_in_any_order_and_twice() -> None:
    pieces = [DATAGRAM[:10], DATAGRAM[10:25], DATAGRAM[25:]]
    opening, first, second, third = (
        segment(b"", -1, SYN),
        segment(pieces[0], 0),
        segment(pieces[1], 10),
        segment(pieces[2], 25),
    )
    for order in ((first, second, third), (first, third, second), (first, first, second, third, second)):
        text = capture(opening, *order)
        assert text.count("AARQ") == 1
        assert "!!" not in text


def test_a_retransmission_that_brings_something_new() -> None:
    text = capture(segment(b"", -1, SYN), segment(DATAGRAM[:20], 0), segment(DATAGRAM[10:], 10))
    assert "AARQ" in text


def test_a_gap_is_told() -> None:
    text = capture(segment(b"", -1, SYN), segment(DATAGRAM[:10], 0), segment(DATAGRAM[20:], 20))
    assert "wait for some that were not captured" in text
    late = [segment(DATAGRAM, 100 + number * len(DATAGRAM)) for number in range(70)]
    text = capture(segment(b"", -1, SYN), *late)
    assert "100 octets before this were not captured" in text
    assert text.count("AARQ") == 70


def test_a_capture_that_begins_in_the_middle() -> None:
    assert "AARQ" in capture(segment(DATAGRAM, 500))


def test_udp_and_ethernet() -> None:
    datagram = udp_packet(Segment(UDP, CLIENT, METER, DATAGRAM))
    assert "192.0.2.1:50000 → 192.0.2.7:4059 UDP" in capture(datagram)
    assert "AARQ" in capture(bytes(12) + b"\x08\x00" + datagram, link=LinkType.ETHERNET)
    assert capture(bytes(12) + b"\x08\x06" + bytes(28), link=LinkType.ETHERNET) == ""


def test_bare_frames_of_a_serial_line() -> None:
    assert "HDLC frame: DISC" in capture(vector("hdlc.disc.client1.server1"), link=LinkType.USER0)
