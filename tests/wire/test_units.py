import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.wire.mode_e import with_parity
from softmeter.wire.units import Cutter, Kind, mbus_body_octets, unit_at
from vectors.table import HERE, vector

FRAME = vector("hdlc.i.aarq.public (ns0,nr0,P)")
DATAGRAM = vector("wrapper.aarq.public")
MBUS = vector("mbus.rsp_ud gas example")
TELEGRAM = (HERE / "nl_dsmr502_single_phase.txt").read_bytes()
ROWS = [
    (FRAME, Kind.HDLC),
    (DATAGRAM, Kind.WRAPPER),
    (MBUS, Kind.MBUS),
    (vector("mbus.snd_nke a1"), Kind.MBUS),
    (TELEGRAM, Kind.TEXT),
    (b"/?12345678!\r\n", Kind.TEXT),
    (b"\x06252\r\n", Kind.TEXT),
    (b"\x021.8.0(1)\r\n!\r\n\x03\x15", Kind.TEXT),
    (with_parity(b"/?12345678!\r\n"), Kind.TEXT),
    (with_parity(b"/KWQ5\\2IQ0102065BNEM01\r\n"), Kind.TEXT),
    (with_parity(b"\x06252\r\n"), Kind.TEXT),
    (with_parity(b"\x021.8.0(1)\r\n!\r\n\x03\x15"), Kind.TEXT),
    (bytes.fromhex("AFEE0322"), Kind.OTHER),  # the beginning of a frame, not of a request with parity
    (vector("xdlms.get-normal clock time"), Kind.OTHER),
    (bytes.fromhex("0202120003030109"), Kind.OTHER),  # a structure with 03 in it, no STX … ETX
    (bytes.fromhex("0A03616263"), Kind.OTHER),  # a visible-string, no line end
    (bytes.fromhex("0600000001"), Kind.OTHER),  # a double-long-unsigned, no ACK
]


def test_ciphered_telegrams_follow_one_another() -> None:
    one = bytes.fromhex((HERE / "p1_general_glo.hex").read_text("ascii"))
    assert unit_at(one, 0) == unit_at(one * 3, 0) == (Kind.OTHER, len(one))
    assert unit_at(one * 3, 2 * len(one)) == (Kind.OTHER, 3 * len(one))
    assert unit_at(one[:50], 0) == (Kind.OTHER, 50)
    assert unit_at(one + b"\x00", 0) == (Kind.OTHER, len(one) + 1)
    cutter = Cutter()
    assert (cutter.receive(one[:50]), cutter.receive(one[50:] + one)) == ([], [one, one])


@pytest.mark.parametrize(("octets", "kind"), ROWS)
def test_a_unit_alone(octets: bytes, kind: Kind) -> None:
    assert unit_at(octets, 0) == (kind, len(octets))


@pytest.mark.parametrize(("octets", "kind"), ROWS[:5])
def test_a_unit_before_another(octets: bytes, kind: Kind) -> None:
    assert unit_at(octets + octets, 0) == (kind, len(octets))


OPENING = [b"/?!\r\n", b"/KWQ5\\2X\r\n", b"\x06252\r\n", b"\x021.8.0(1)\r\n!\r\n\x03\x15", b"/?!\r\n"]


@pytest.mark.parametrize("parity", [False, True])
def test_an_opening_octet_by_octet(parity: bool) -> None:  # noqa: FBT001
    """As a slow line brings it; HDLC follows."""
    units = [with_parity(one) if parity else one for one in OPENING] + [FRAME]
    cutter = Cutter()
    found: list[bytes] = []
    for octet in b"".join(units):
        found += cutter.receive(bytes((octet,)))
    assert found == units


def test_two_frames_may_share_a_flag() -> None:
    octets = FRAME + FRAME[1:]
    assert unit_at(octets, len(FRAME)) == (Kind.HDLC, len(octets))


@given(units=st.lists(st.sampled_from([FRAME, DATAGRAM, DATAGRAM[:8] + DATAGRAM[8:]]), max_size=6), data=st.data())
def test_pieces_do_not_matter(units: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(units)
    cutter = Cutter()
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += cutter.receive(stream[:size])
        stream = stream[size:]
    assert found == units
    assert cutter.rest() == b""


@given(octets=st.binary(max_size=60))
def test_every_octet_belongs_to_one_unit(octets: bytes) -> None:
    at = 0
    while at < len(octets):
        _, stop = unit_at(octets, at)
        assert at < stop <= len(octets)
        at = stop
    cutter = Cutter(longest=30)
    assert b"".join(cutter.receive(octets)) + cutter.rest() == octets


def test_an_m_bus_frame_of_more_than_255_octets_ends_where_its_checksum_fits() -> None:
    body = bytes(range(256)) + b"\x01"
    frame = b"\x68\x01\x01\x68" + body + bytes((sum(body) & 0xFF, 0x16))
    assert mbus_body_octets(frame, 0) == 257
    assert unit_at(frame + frame, 0) == (Kind.MBUS, len(frame))
    assert mbus_body_octets(MBUS, 0) == MBUS[1]
