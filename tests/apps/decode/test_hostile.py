"""Whatever the octets are: a tree, in bounded time and of bounded size."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.decode.showing import AUTHENTICATION, ENCRYPTION, pushes, ring, shown, text_of, trees
from softmeter.apps.decode.capture import decoded_capture
from softmeter.apps.decode.tree import plain
from softmeter.apps.decode.written import octets_of
from softmeter.wire.packets import TCP, End, Segment, tcp_packet
from softmeter.wire.pcapng import Direction, LinkType, interface, packet, section
from vectors.table import HERE, cuts, names, vector

KEYS = ring(ENCRYPTION, AUTHENTICATION, "4D4D4D0000BC614E")
SEEDS = [
    *(vector(name) for name in names("hdlc", "wrapper", "acse", "sec", "xdlms", "mbus")),
    *(bytes.fromhex(row["hex"])[:400] for row in pushes().values()),
    (HERE / "nl_dsmr502_single_phase.txt").read_bytes(),
    b"/?!\r\n/ISk5ME172-0001\r\n\x06252\r\n\x021.8.0(0001.5*kWh)\r\n!\r\n\x03\x15",
]
MIB = 1 << 20


def harmless(octets: bytes) -> None:
    for node in trees(octets, KEYS):
        json.dumps(plain(node), allow_nan=False)
    assert all(line.isprintable() for line in shown(octets, KEYS).split("\n"))


@given(octets=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_octets(octets: bytes) -> None:
    harmless(octets)


@given(text=st.text(alphabet="0123456789abcdefABCDEFxX'\"\\bB(){}[]|;:,./*#-_ \t\r\n~+=T", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_writes_octets_or_none(text: str) -> None:
    octets = octets_of(text.encode())
    assert octets is None or len(octets) <= len(text)


@pytest.mark.parametrize("text", ["/*", "//", "b'\\x", "0x", "12 ", "(", "a(", "00000000: ", "|;", "*/ /* "])
def test_a_long_text_takes_no_time(text: str) -> None:
    began = time.thread_time()
    octets_of(text.encode() * (200_000 // len(text)))
    assert time.thread_time() - began < 20


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_vectors(data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets)))
        size = data.draw(st.integers(0, 4))
        octets[at : at + size] = data.draw(st.binary(max_size=6))
    harmless(bytes(octets))


@pytest.mark.parametrize("name", ["hdlc.i.aare.public (ns0,nr1,F)", "wrapper.aarq.public", "acse.aarq.ciphered+LLS"])
def test_a_unit_cut_at_every_length_is_called_wrong(name: str) -> None:
    for cut in cuts(vector(name)):
        nodes = trees(cut, KEYS)
        assert any(node.faulty for node in nodes) or len(cut) in {0, 1, len(vector(name)) - 1}  # all but a flag


def capture(payload: bytes) -> bytes:
    ends = End("127.0.0.1", 50_000), End("127.0.0.1", 4059)
    octets = tcp_packet(Segment(TCP, *ends, payload, 7), 1)
    return section("test") + interface(LinkType.RAW, "wan", "") + packet(0, 5, octets, Direction.IN)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_captures(data: st.DataObject) -> None:
    octets = bytearray(capture(vector("wrapper.aarq.public")))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    for node in decoded_capture(bytes(octets), KEYS):
        json.dumps(plain(node), allow_nan=False)


def test_what_is_broken_is_named_with_its_place_and_what_was_understood_is_shown() -> None:
    text = shown("C401C1000203" + "090C07E50701040A0416FFFF8880" + "1205" + "99")
    assert "0017    !! wrong: the octets end too early" in text
    assert "2021-07-01T10:04:22+02:00" in text


def test_escapes_of_a_hostile_meter_never_reach_the_terminal() -> None:
    text = shown(b"\x0a\x06" + b"\x1b[2Jab")
    assert "\\x1b[2Jab" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("tag", ["DB084D4D4D0000BC614E", "C8"])
def test_protection_within_protection_ends(tag: str) -> None:
    octets = bytes.fromhex("C001C100080000010000FF0200")
    head = bytes.fromhex(tag)
    for counter in range(20):
        content = b"\x10" + counter.to_bytes(4, "big") + octets + bytes(12)
        octets = head + b"\x82" + len(content).to_bytes(2, "big") + content
    assert "protected more than" in shown(octets)


@pytest.mark.slow
@pytest.mark.parametrize("octets", [
    b"\x01\x83\x0f\xff\x00" + bytes(0x0FFF00),
    b"\x01\x01" * MIB,
    b"\x7e" * MIB,
    b"\x7e\xa0\x07\x03\x03\x53\x80\xd7\x7e" * (MIB // 9),
    b"\x06" * MIB,
    b"/\n\n" * (MIB // 3),
    b"\x02a\x03\x00" * (MIB // 4),
    b"\x00\x01" + bytes(6) + b"\x00\x01" * (MIB // 2),
    b"\x68" * MIB,
    bytes.fromhex("dac00000010000830fff00") + bytes(0x0FFF00) + b"\x00",
    b"\x13\x11\x83\x0f\xff\x00" + bytes(0x0FFF00),
    b"\x7e\xa8\x0a\x03\x03\x13\x00\x00\x01\x00\x00\x7e" * (MIB // 12),
])  # fmt: skip
def test_a_mebibyte_of_anything_takes_seconds_at_most(octets: bytes) -> None:
    begun = time.thread_time()
    printed = sum(text.count("\n") for text in (text_of([node]) for node in trees(octets)))
    assert time.thread_time() - begun < 60
    assert printed < 800_000
