from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.clock import DateTime
from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import (
    Bits,
    Codec,
    Data,
    EnumOf,
    Tag,
    anything,
    array_of,
    bits,
    boolean,
    date_time,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    logical_name,
    null,
    octet_string,
    octets,
    u8,
    u16,
    u32,
    u64,
    utf8,
    visible,
)
from vectors.table import harmless, refuses_damage

MOMENT = DateTime(2021, 7, 1, 4, 10, 4, 22, 0xFF, -120, 0x80)

ROWS: list[tuple[Codec[Any], Any, str, str]] = [
    (null, None, "00", ""),
    (boolean, True, "0301", "01"),
    (i8, -1, "0FFF", "FF"),
    (i16, -2, "10FFFE", "FFFE"),
    (i32, 1, "0500000001", "00000001"),
    (i64, -1, "14FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFF"),
    (u8, 200, "11C8", "C8"),
    (u16, 15, "12000F", "000F"),
    (u32, 0x1234, "0600001234", "00001234"),
    (u64, 2**63, "158000000000000000", "8000000000000000"),
    (f32, 1.5, "173FC00000", "3FC00000"),
    (f64, -2.0, "18C000000000000000", "C000000000000000"),
    (EnumOf(Unit), Unit.WATT, "161B", "1B"),
    (octets, b"\x01\x02", "09020102", "020102"),
    (octet_string(2), b"\x01\x02", "09020102", "020102"),
    (visible, "abc", "0A03616263", "03616263"),
    (utf8, "é", "0C02C3A9", "02C3A9"),
    (bits, Bits(5, 3), "0403A0", "03A0"),
    (date_time, MOMENT, "090C07E50701040A0416FFFF8880", "0C07E50701040A0416FFFF8880"),
    (logical_name, Obis(1, 0, 1, 8, 0), "09060100010800FF", "0100010800FF"),
    (anything, Data(Tag.UNSIGNED, 1), "1101", "1101"),
    (array_of(u8), (1, 2), "010211011102", "020102"),
    (array_of(logical_name), (Obis(1, 0, 1, 8, 0),), "010109060100010800FF", "010100010800FF"),
]


@pytest.mark.parametrize(("codec", "value", "tagged", "bare"), ROWS)
def test_both_forms_both_ways(codec: Codec[Any], value: Any, tagged: str, bare: str) -> None:
    assert codec.encode(value).hex().upper() == tagged
    assert codec.encode_bare(value).hex().upper() == bare
    assert codec.decode(bytes.fromhex(tagged)) == value
    assert codec.decode_bare(bytes.fromhex(bare)) == value
    refuses_damage(codec.decode, bytes.fromhex(tagged))
    refuses_damage(codec.decode_bare, bytes.fromhex(bare))
    assert repr(codec) == codec.name


@pytest.mark.parametrize(("codec", "value", "tagged", "bare"), ROWS)
def test_another_tag_is_refused(codec: Codec[Any], value: Any, tagged: str, bare: str) -> None:
    del value, bare
    if codec is anything:
        return
    with pytest.raises(DecodeError):
        codec.decode(b"\x0d" + bytes.fromhex(tagged)[1:])


def test_a_time_is_also_taken_as_the_type_date_time() -> None:
    assert date_time.decode(b"\x19" + MOMENT.encode()) == MOMENT
    with pytest.raises(DecodeError):
        date_time.decode(b"\x19" + MOMENT.encode()[:-1])
    with pytest.raises(DecodeError):
        date_time.decode(bytes.fromhex("090C07E50D01040A0416FFFF8880"))  # month 13


REFUSED: list[tuple[Codec[Any], str]] = [
    (EnumOf(Unit), "1600"),
    (octet_string(2), "0901FF"),
    (octet_string(least=2, most=3), "0901FF"),
    (octet_string(least=2, most=3), "0904FFFFFFFF"),
    (logical_name, "09050100010800"),
    (logical_name, "0A060100010800FF"),
    (array_of(u8, most=1), "010211011102"),
    (array_of(u8), "0103110111021203"),
    (u8, "0F01"),
    (utf8, "0C01FF"),
]


@pytest.mark.parametrize(("codec", "octets"), REFUSED)
def test_values_that_are_refused(codec: Codec[Any], octets: str) -> None:
    with pytest.raises(DecodeError):
        codec.decode(bytes.fromhex(octets))


UNFIT: list[tuple[Codec[Any], Any]] = [
    (u8, 256),
    (i8, -129),
    (u16, "1"),
    (octet_string(2), b"1"),
    (octets, None),
    (logical_name, 5.0),
    (date_time, 5),
    (array_of(u8), (1, 300)),
    (visible, "€"),
]


@pytest.mark.parametrize(("codec", "value"), UNFIT)
def test_values_that_do_not_fit(codec: Codec[Any], value: Any) -> None:
    with pytest.raises(LocalProtocolError):
        codec.encode(value)
    with pytest.raises(LocalProtocolError):
        codec.encode_bare(value)


@given(st.binary(max_size=24))
@settings(max_examples=30)
def test_any_octets_are_harmless(raw: bytes) -> None:
    for codec, *_ in ROWS:
        harmless(codec.decode, raw)
        harmless(codec.decode_bare, raw)
