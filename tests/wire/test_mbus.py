"""Frames of M-Bus, both ways: what EN 13757-2 says, the answers of real sub-meters; whole, cut, damaged, any octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import (
    Control,
    DeviceType,
    Frame,
    FrameReader,
    Header,
    Information,
    decode,
    encode,
    manufacturer_code,
    manufacturer_letters,
    matches,
)
from wire.test_mbus_records import ANSWERS

GAS = "681B1B6808017278563412E91E01032A0000000C1345230100046D1E0CA127AF16"
ROWS = [
    (Frame(Control.SND_NKE, 1), "1040014116"),
    (Frame(0x7B, 1), "107B017C16"),
    (Frame(Control.REQ_UD2, 1), "105B015C16"),
    (
        Frame(Control.SND_UD, 253, Information.SELECT, bytes.fromhex("78563412E91E0103")),
        "680B0B6853FD5278563412E91E0103C116",
    ),
    (
        Frame(Control.RSP_UD, 1, Information.LONG_HEADER, bytes.fromhex(GAS)[7:-2]),
        GAS,
    ),
]


@pytest.mark.parametrize(("frame", "text"), ROWS)
def test_frames_both_ways(frame: Frame, text: str) -> None:
    octets = bytes.fromhex(text)
    assert encode(frame) == octets
    assert decode(octets) == frame
    for size in range(len(octets)):
        with pytest.raises(DecodeError):
            decode(octets[:size])
    for at in range(len(octets)):
        damaged = bytearray(octets)
        damaged[at] ^= 0x04
        with pytest.raises(DecodeError):
            decode(bytes(damaged))
    with pytest.raises(DecodeError):
        decode(octets + b"\x00")


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_of_real_sub_meters_both_ways(name: str) -> None:
    octets = bytes.fromhex(ANSWERS[name])
    frame = decode(octets)
    assert encode(frame) == octets
    header = Header.read(Cursor(frame.content))
    assert frame.content.startswith(header.octets)
    assert matches(header.address, header.address)
    assert FrameReader().receive(b"\xff\x68\x10" + octets + octets) == [frame, frame]


def test_a_header() -> None:
    header = Header.read(Cursor(decode(bytes.fromhex(GAS)).content))
    assert header == Header(0x12345678, manufacturer_code("GWI"), 1, DeviceType.GAS, 0x2A)
    assert manufacturer_letters(header.manufacturer) == "GWI"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("FFFFFFFFFFFFFFFF", True),
        ("78563412E91EFF03", True),
        ("FFFFFF1FE91E0103", True),
        ("FFFFFF2FFFFFFFFF", False),
        ("78563412E91E0203", False),
        ("78563412AAAAFFFF", False),
        ("78563412", False),
    ],
)
def test_who_is_meant_by_a_secondary_address(wanted: str, expected: object) -> None:
    assert matches(bytes.fromhex(wanted), bytes.fromhex("78563412E91E0103")) is expected


def test_content_has_a_limit() -> None:
    assert len(encode(Frame(Control.SND_UD, 1, Information.DATA, bytes(252)))) == 261
    with pytest.raises(ValueError, match="do not fit"):
        encode(Frame(Control.SND_UD, 1, Information.DATA, bytes(253)))
    for letters in ("gwi", "GW", "GWIE"):
        with pytest.raises(ValueError, match="capital"):
            manufacturer_code(letters)


@given(octets=st.binary(max_size=60), chunk=st.integers(1, 9))
def test_any_octets_make_frames_or_nothing(octets: bytes, chunk: int) -> None:
    stream = octets + bytes.fromhex(GAS)
    reader, frames = FrameReader(), []
    for at in range(0, len(stream), chunk):
        frames += reader.receive(stream[at : at + chunk])
    assert frames == FrameReader().receive(stream)
    reader.silence()
    assert reader.receive(bytes.fromhex(GAS)) == [decode(bytes.fromhex(GAS))]
