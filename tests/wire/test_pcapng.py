"""pcapng and pcap, written and read; what is written is also read here by plain `struct`."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import DecodeError
from softmeter.wire.pcapng import Direction, LinkType, Packet, interface, is_capture, packet, packets, section

TIME = 1_700_000_000_123_456_789
FILE = section("test 1") + interface(LinkType.RAW, "wan", "a port")
HEAD = len(FILE)
WHOLE = FILE + packet(0, TIME, b"abcde", Direction.OUT, "said: é") + packet(0, TIME + 1, b"", Direction.IN)


def blocks(octets: bytes) -> list[tuple[int, bytes]]:
    found = []
    at = 0
    while at < len(octets):
        kind, size = struct.unpack_from("<II", octets, at)
        assert size % 4 == 0
        assert struct.unpack_from("<I", octets, at + size - 4) == (size,)
        found.append((kind, octets[at + 8 : at + size - 4]))
        at += size
    return found


def options(body: bytes) -> dict[int, bytes]:
    found = {}
    at = 0
    while at < len(body):
        code, size = struct.unpack_from("<HH", body, at)
        if code == 0:
            break
        found[code] = body[at + 4 : at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    return found


def test_what_is_written_reads_by_the_letter_of_the_format() -> None:
    (shb, head), (idb, described), (epb, first), (_, second) = blocks(WHOLE)
    assert (shb, idb, epb) == (0x0A0D0D0A, 1, 6)
    assert struct.unpack_from("<IHHq", head) == (0x1A2B3C4D, 1, 0, -1)
    assert options(head[16:]) == {4: b"test 1"}
    assert struct.unpack_from("<HHI", described) == (101, 0, 0)
    assert options(described[8:]) == {2: b"wan", 3: b"a port", 9: b"\x09"}
    number, high, low, kept, length = struct.unpack_from("<IIIII", first)
    assert (number, high << 32 | low, kept, length) == (0, TIME, 5, 5)
    assert first[20:28] == b"abcde\x00\x00\x00"
    assert options(first[28:]) == {1: "said: é".encode(), 2: struct.pack("<I", 2)}
    assert options(second[20:]) == {2: struct.pack("<I", 1)}


def test_it_is_read_back() -> None:
    assert is_capture(WHOLE)
    assert list(packets(WHOLE)) == [
        Packet(101, TIME, b"abcde", Direction.OUT, "said: é", "wan"),
        Packet(101, TIME + 1, b"", Direction.IN, "", "wan"),
    ]


def test_a_comment_never_outgrows_its_field() -> None:
    (_, _, _, _, comment, _) = next(packets(FILE + packet(0, 0, b"", Direction.IN, "é" * 70_000)))
    assert len(comment.encode()) <= 0xFFFF
    assert set(comment) == {"é"}


@pytest.mark.parametrize("order", ["<", ">"])
def test_other_octet_orders_and_units_of_time(order: str) -> None:
    def block(kind: int, body: bytes) -> bytes:
        size = len(body) + 12
        return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)

    octets = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    octets += block(1, struct.pack(order + "HHI", 1, 0, 0))  # microseconds, as nobody says otherwise
    octets += block(5, b"\x00" * 12)  # statistics, passed over
    octets += block(6, struct.pack(order + "IIIII", 0, 0, 1_500_000, 2, 2) + b"xy\x00\x00")
    octets += block(3, struct.pack(order + "I", 4) + b"abcd")
    assert [(one.time_ns, one.octets) for one in packets(octets)] == [(1_500_000_000, b"xy"), (0, b"abcd")]


@pytest.mark.parametrize(("order", "magic", "unit_ns"), [
    ("<", 0xA1B2C3D4, 1000), (">", 0xA1B2C3D4, 1000), ("<", 0xA1B23C4D, 1),
])  # fmt: skip
def test_pcap(order: str, magic: int, unit_ns: int) -> None:
    octets = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, 1)
    octets += struct.pack(order + "IIII", 7, 5, 3, 60) + b"xyz"
    assert is_capture(octets)
    assert list(packets(octets)) == [Packet(1, 7_000_000_000 + 5 * unit_ns, b"xyz")]
    with pytest.raises(DecodeError, match="cut"):
        list(packets(octets[:-1]))


def test_what_came_before_the_break_is_given() -> None:
    found = []
    reading = packets(WHOLE[:-3])
    found.append(next(reading))
    with pytest.raises(DecodeError):
        next(reading)
    assert found[0].octets == b"abcde"


@given(octets=st.binary(max_size=80))
def test_any_tail(octets: bytes) -> None:
    try:
        list(packets(FILE + octets))
    except DecodeError as error:
        assert error.offset >= HEAD  # noqa: PT017 - what matters is that nothing else is raised
