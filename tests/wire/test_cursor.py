import pytest

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor, encode_length

LENGTHS = [
    (0, "00"),
    (1, "01"),
    (127, "7F"),
    (128, "8180"),
    (255, "81FF"),
    (256, "820100"),
    (65535, "82FFFF"),
    (65536, "8400010000"),
    (0xFFFFFFFF, "84FFFFFFFF"),
]


@pytest.mark.parametrize(("length", "octets"), LENGTHS)
def test_lengths_both_ways(length: int, octets: str) -> None:
    assert encode_length(length).hex().upper() == octets
    cursor = Cursor(bytes.fromhex(octets))
    assert cursor.length() == length
    cursor.finish()


@pytest.mark.parametrize("octets", ["", "80", "81", "8201", "85", "FF", "85000000000001"])
def test_lengths_that_are_none(octets: str) -> None:
    with pytest.raises(DecodeError):
        Cursor(bytes.fromhex(octets)).length()


def test_longer_forms_than_needed_are_read() -> None:
    assert Cursor(bytes.fromhex("820005")).length() == 5
    assert Cursor(bytes.fromhex("83010000")).length() == 65536


def test_a_count_is_checked_against_the_octets_left() -> None:
    assert Cursor(b"\x02\x00\x00").count() == 2
    with pytest.raises(DecodeError, match="3 elements announced in 2 octets"):
        Cursor(b"\x03\x00\x00").count()
    with pytest.raises(DecodeError):
        Cursor(bytes.fromhex("84FFFFFFFF00")).count()


def test_errors_name_the_offset() -> None:
    cursor = Cursor(b"\x01\x02\x03")
    cursor.take(2)
    with pytest.raises(DecodeError) as refused:
        cursor.take(2)
    assert refused.value.offset == 2
    with pytest.raises(DecodeError, match="1 octets too many"):
        cursor.finish()
    assert cursor.rest() == b"\x03"
    assert cursor.left == 0
    with pytest.raises(DecodeError):
        cursor.byte()
    with pytest.raises(DecodeError, match="array expected, found tag 02"):
        Cursor(b"\x02").expect(1, "array")


@pytest.mark.parametrize("size", [0, 1, 127, 128, 300])
def test_sized_octets_are_as_many_as_their_length_says(size: int) -> None:
    content = bytes(range(256))[:size].ljust(size, b"x")
    cursor = Cursor(encode_length(size) + content + b"next")
    assert cursor.sized() == content
    assert cursor.rest() == b"next"


@pytest.mark.parametrize("octets", ["", "01", "03AABB", "81", "8180", "80", "85AABB"])
def test_sized_octets_that_are_cut_or_have_no_length(octets: str) -> None:
    with pytest.raises(DecodeError):
        Cursor(bytes.fromhex(octets)).sized()
