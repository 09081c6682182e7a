import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.wire.crc import arc, x25
from vectors.table import names, vector


def _slow(octets: bytes, polynomial: int, initial: int) -> int:
    crc = initial
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
    return crc


def test_published_check_values() -> None:
    assert x25(b"123456789") == 0x906E
    assert arc(b"123456789") == 0xBB3D
    assert arc(b"") == 0
    assert x25(b"") == 0


@pytest.mark.parametrize("name", [name for name in names("hdlc.") if not name.startswith("hdlc.crc")])
def test_frame_check_sequences_of_hdlc_frames(name: str) -> None:
    frame = vector(name)[1:-1]
    assert x25(frame[:-2]).to_bytes(2, "little") == frame[-2:]


@given(st.binary(max_size=64))
@settings(max_examples=50)
def test_the_fast_ways_equal_the_plain_one(octets: bytes) -> None:
    assert arc(octets) == _slow(octets, 0xA001, 0)
    assert x25(octets) == _slow(octets, 0x8408, 0xFFFF) ^ 0xFFFF


@pytest.mark.parametrize("count", [2047, 2048, 2049, 4096, 4097, 5000])
def test_the_checksum_of_what_is_longer_than_one_chunk(count: int) -> None:
    octets = bytes(number * 37 % 251 for number in range(count))
    assert arc(octets) == _slow(octets, 0xA001, 0)
