"""Frames: vectors both ways, streams in pieces, and what is passed over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.crc import x25
from softmeter.wire.hdlc import (
    LONGEST_FRAME,
    Address,
    Frame,
    FrameReader,
    Kind,
    control_of,
    decode_frame,
    encode_address,
    encode_frame,
)
from softmeter.wire.hdlc_parameters import LARGEST, Parameters, agreed, decode_parameters, encode_parameters
from vectors.table import cuts, harmless, names, refuses_damage, vector

NOW = LinkTime(5.0)
FRAMES = [name for name in names("hdlc.") if "crc" not in name]
KINDS = {
    "snrm": Kind.SNRM,
    "ua": Kind.UA,
    "disc": Kind.DISC,
    "dm": Kind.DM,
    "rr": Kind.RR,
    "rnr": Kind.RNR,
    "i": Kind.I,
    "frmr": Kind.FRMR,
    "ui": Kind.UI,
}


def frames(data: bytes, reader: FrameReader | None = None, now: LinkTime = NOW) -> list[Frame]:
    reader = reader or FrameReader()
    reader.receive(data, now)
    found = []
    while (frame := reader.take()) is not None:
        found.append(frame)
    return found


@pytest.mark.parametrize("name", FRAMES)
def test_vectors_both_ways(name: str) -> None:
    octets = vector(name)
    frame = decode_frame(octets)
    assert encode_frame(frame) == octets
    assert frame.kind is KINDS[name.split(".")[1]]


@pytest.mark.parametrize("name", FRAMES)
def test_vectors_cut_and_with_a_tail_are_refused(name: str) -> None:
    refuses_damage(decode_frame, vector(name))


@pytest.mark.parametrize("name", FRAMES)
def test_vectors_in_a_stream(name: str) -> None:
    octets = vector(name)
    frame = decode_frame(octets)
    assert frames(octets) == [frame]
    reader = FrameReader()
    assert [one for octet in octets for one in frames(bytes((octet,)), reader)] == [frame]
    assert frames(octets + b"\x00tail") == [frame]
    assert frames(b"noise\x7e" + octets + octets[1:] + octets) == [frame] * 3  # one flag closes and opens
    for cut in cuts(octets):
        reader = FrameReader()
        assert frames(cut, reader) == []
        assert frames(octets[len(cut) :], reader) == [frame]


@pytest.mark.parametrize("name", FRAMES)
def test_every_damaged_bit_is_noticed_and_the_next_frame_is_found(name: str) -> None:
    octets = vector(name)
    frame = decode_frame(octets)
    for bit in range(8, 8 * (len(octets) - 1)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 1 << bit % 8
        assert frame not in frames(bytes(damaged))
        following = frames(bytes(damaged) + octets)
        assert following in ([frame], []), bit
        if not following:  # a longer frame is expected: it has to come to its end, or a pause
            assert frame in frames(bytes(damaged) + octets + bytes(LONGEST_FRAME) + octets)


def test_the_fields_of_a_frame() -> None:
    frame = decode_frame(vector("hdlc.i.aare.public (ns0,nr1,F)"))
    assert (frame.destination, frame.source) == (Address(16), Address(1))
    assert (frame.kind, frame.poll, frame.sent, frame.received) == (Kind.I, True, 0, 1)
    assert frame.information.startswith(bytes.fromhex("E6E70061"))
    assert not frame.segmented
    snrm = decode_frame(vector("hdlc.snrm.params(128 rx/tx, win1).client1.server(1,17 4-byte)"))
    assert snrm.destination == Address(1, 17, 4)


@pytest.mark.parametrize(
    ("address", "octets"),
    [
        (Address(1), "03"),
        (Address(16), "21"),
        (Address(102), "CD"),
        (Address(0x7F), "FF"),
        (Address(1, 17, 2), "0223"),
        (Address(1, 17, 4), "00020023"),
        (Address(0x3FFF, 0x3FFF, 4), "FEFEFEFF"),
        (Address(1, 2836, 4), "00022C29"),
    ],
)
def test_addresses(address: Address, octets: str) -> None:
    assert encode_address(address).hex().upper() == octets
    frame = Frame(address, Address(16), control_of(Kind.RR))
    assert decode_frame(encode_frame(frame)) == frame


@pytest.mark.parametrize(
    "address", [Address(128), Address(-1), Address(1, 128, 2), Address(1, 1, 3), Address(1 << 14, 0, 4)]
)
def test_addresses_that_do_not_fit(address: Address) -> None:
    with pytest.raises(LocalProtocolError):
        encode_address(address)


@pytest.mark.parametrize(
    ("control", "kind", "poll"),
    [
        (0x10, Kind.I, True),
        (0x32, Kind.I, True),
        (0x22, Kind.I, False),
        (0xF1, Kind.RR, True),
        (0x15, Kind.RNR, True),
        (0x93, Kind.SNRM, True),
        (0x53, Kind.DISC, True),
        (0x73, Kind.UA, True),
        (0x0F, Kind.DM, False),
        (0x97, Kind.FRMR, True),
        (0x03, Kind.UI, False),
        (0x09, None, False),  # REJ is not used
        (0xFF, None, True),
    ],
)
def test_controls(control: int, kind: Kind | None, poll: bool) -> None:  # noqa: FBT001
    frame = Frame(Address(1), Address(1), control)
    assert (frame.kind, frame.poll) == (kind, poll)
    if kind is not None:
        numbers = {"sent": frame.sent} if kind is Kind.I else {}
        numbers |= {"received": frame.received} if kind in {Kind.I, Kind.RR, Kind.RNR} else {}
        assert control_of(kind, poll=poll, **numbers) == control


def test_flags_inside_a_frame_are_data() -> None:
    frame = Frame(Address(1, 17, 2), Address(16), 0x10, b"\x7e\x7e\xa0\x07\x7e" * 20, True)
    assert frames(encode_frame(frame) * 3) == [frame] * 3


def test_a_frame_inside_a_frame_is_data() -> None:
    inner = vector("hdlc.disc.client1.server1")
    outer = Frame(Address(1), Address(16), 0x10, inner * 3)
    reader = FrameReader()
    assert [one for octet in encode_frame(outer) for one in frames(bytes((octet,)), reader)] == [outer]


def test_the_longest_frame() -> None:
    room = LONGEST_FRAME - 2 - 1 - 1 - 1 - 4
    frame = Frame(Address(1), Address(1), 0x10, bytes(room))
    assert frames(encode_frame(frame)) == [frame]
    with pytest.raises(LocalProtocolError):
        encode_frame(frame._replace(information=bytes(room + 1)))


def test_a_pause_ends_a_frame() -> None:
    octets = vector("hdlc.disc.client1.server1")
    reader = FrameReader(0.025)
    assert frames(octets[:5], reader, LinkTime(1.0)) == []
    assert frames(octets[5:], reader, LinkTime(1.024)) != []
    assert frames(octets[:5], reader, LinkTime(2.0)) == []
    assert frames(octets[5:], reader, LinkTime(2.1)) == []
    assert len(frames(octets, reader, LinkTime(3.0))) == 1


def test_without_a_limit_a_pause_means_nothing() -> None:
    octets = vector("hdlc.disc.client1.server1")
    reader = FrameReader()
    frames(octets[:5], reader, LinkTime(1.0))
    assert reader.pending
    assert len(frames(octets[5:], reader, LinkTime(1000.0))) == 1


@pytest.mark.slow
@given(st.lists(st.binary(max_size=200) | st.sampled_from([vector(name) for name in FRAMES]), max_size=12), st.data())
def test_chunking_does_not_matter_and_nothing_raises(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    whole = frames(stream)
    reader, found, at = FrameReader(), [], 0
    while at < len(stream):
        size = data.draw(st.integers(1, 60))
        found += frames(stream[at : at + size], reader)
        at += size
    assert found == whole
    assert reader.pending <= LONGEST_FRAME + 2


@pytest.mark.slow
@settings(max_examples=300)
@given(st.binary(max_size=64))
def test_any_octets_between_flags_are_read_or_refused(octets: bytes) -> None:
    body = octets + x25(octets).to_bytes(2, "little")
    harmless(decode_frame, b"\x7e" + body + b"\x7e")


def test_a_stream_of_headers_keeps_no_more_than_a_frame() -> None:
    reader = FrameReader()
    for _ in range(200):
        assert frames(bytes.fromhex("7EA7FE") * 40, reader) == []
    assert reader.pending <= LONGEST_FRAME + 122


# -- parameters


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("hdlc.ua.params(154,154,1,1)", Parameters(154, 154, 1, 1)),
        ("hdlc.snrm.params(128 rx/tx, win1).client1.server(1,17 4-byte)", Parameters()),
        ("hdlc.snrm.params(1024,1024,1,1).client1.server1", Parameters(1024, 1024, 1, 1)),
        ("hdlc.ua.params(128,128,1,1 one-byte).client1.server1", Parameters()),
    ],
)
def test_parameters(name: str, parameters: Parameters) -> None:
    information = decode_frame(vector(name)).information
    assert decode_parameters(information) == parameters
    assert decode_parameters(encode_parameters(parameters)) == parameters
    if "128 rx" not in name:  # which has lengths of two octets where one would do
        assert encode_parameters(parameters) == information
    for cut in cuts(information):
        if cut:
            with pytest.raises(DecodeError):
                decode_parameters(cut)


@pytest.mark.parametrize(
    ("information", "parameters"),
    [
        ("", Parameters()),
        ("818000", Parameters()),
        ("818003060140", Parameters(receive_octets=64)),
        ("818006070103080107", Parameters(transmit_window=3, receive_window=7)),
        ("81800405020400F003616263", Parameters(transmit_octets=1024)),
        ("8180070902FFFF0501FF", Parameters(transmit_octets=255)),
        ("81800605040000FFFF", Parameters(transmit_octets=0xFFFF)),
    ],
)
def test_parameters_that_are_missing_or_unknown(information: str, parameters: Parameters) -> None:
    assert decode_parameters(bytes.fromhex(information)) == parameters


@pytest.mark.parametrize("information", ["80", "81", "8180", "81800105", "8180020500", "818007050500000000FF"])
def test_parameters_that_are_broken(information: str) -> None:
    with pytest.raises(DecodeError):
        decode_parameters(bytes.fromhex(information))


PARAMETERS = st.builds(Parameters, st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 9), st.integers(0, 9))


@pytest.mark.parametrize("parameters", [
    Parameters(65_536), Parameters(128, 1 << 20), Parameters(-1), Parameters(128, 128, 1 << 32),
])  # fmt: skip
def test_what_cannot_be_proposed_is_named(parameters: Parameters) -> None:
    with pytest.raises(LocalProtocolError, match="cannot be proposed"):
        encode_parameters(parameters)


@given(PARAMETERS)
def test_nothing_is_agreed_above_a_proposal(proposed: Parameters) -> None:
    server = agreed(LARGEST, proposed)
    assert server.transmit_octets <= proposed.receive_octets
    assert server.receive_octets <= proposed.transmit_octets
    assert server.transmit_window <= proposed.receive_window
    assert server.receive_window <= proposed.transmit_window
    client = agreed(proposed, server)
    assert (client.transmit_octets, client.receive_octets) == (server.receive_octets, server.transmit_octets)
    assert (client.transmit_window, client.receive_window) == (server.receive_window, server.transmit_window)
    assert decode_parameters(encode_parameters(proposed)) == proposed
