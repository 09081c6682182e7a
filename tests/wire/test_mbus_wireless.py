"""Blocks of wireless telegrams: both formats, of every length, and every wrong bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import DecodeError
from softmeter.wire.mbus_wireless import Format, checksum, length_on_air, with_checksums, without_checksums

FORMATS = list(Format)


def telegram(length: int) -> bytes:
    return bytes((length,)) + bytes(7 * at & 0xFF for at in range(length))


def test_the_checksum_of_the_catalogue() -> None:
    assert checksum(b"123456789") == 0xC2B7  # CRC-16/EN-13757


def test_a_telegram_of_a_water_meter_in_format_a() -> None:
    """Block for block: the link layer, and sixteen octets behind it."""
    on_air = with_checksums(telegram(0x1E), Format.A)
    assert len(on_air) == length_on_air(0x1E) == 0x1E + 1 + 6
    assert checksum(on_air[:10]) == int.from_bytes(on_air[10:12], "big")
    assert checksum(on_air[12:28]) == int.from_bytes(on_air[28:30], "big")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("length", [9, 10, 25, 26, 124, 125, 126, 127, 128, 200, 251])
def test_to_and_fro(form: Format, length: int) -> None:
    plain = telegram(length)
    on_air = with_checksums(plain, form)
    assert without_checksums(on_air, form) == plain
    assert on_air[0] == (length if form is Format.A else len(on_air) - 1)
    for cut in (0, 1, len(on_air) - 1):
        with pytest.raises(DecodeError):
            without_checksums(on_air[:cut], form)
    with pytest.raises(DecodeError):
        without_checksums(on_air + b"\0", form)


@pytest.mark.parametrize("form", FORMATS)
def test_every_wrong_bit_is_seen(form: Format) -> None:
    on_air = with_checksums(telegram(40), form)
    for bit in range(8 * len(on_air)):
        wrong = bytearray(on_air)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError):
            without_checksums(bytes(wrong), form)


def test_what_does_not_fit_is_not_written() -> None:
    with pytest.raises(ValueError, match="length octet"):
        with_checksums(b"\x05abc", Format.A)
    with pytest.raises(ValueError, match="no room"):
        with_checksums(telegram(254), Format.B)


@given(st.binary(max_size=300), st.sampled_from(FORMATS))
def test_any_octets_are_a_telegram_or_refused(octets: bytes, form: Format) -> None:
    try:
        plain = without_checksums(octets, form)
    except DecodeError:
        return
    assert with_checksums(plain, form) == octets
