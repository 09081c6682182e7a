from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.data import DEEPEST, FIXED, NULL, Bits, Compact, Data, Tag, decode_data, encode_data, skip_data
from softmeter.wire.types import Cursor
from vectors.table import harmless, refuses_damage, vector

ROWS = [
    (NULL, "00"),
    (Data(Tag.ARRAY, ()), "0100"),
    (Data(Tag.STRUCTURE, (Data(Tag.INTEGER, -1), Data(Tag.ENUM, 27))), "02020FFF161B"),
    (Data(Tag.BOOLEAN, True), "0301"),
    (Data(Tag.BOOLEAN, False), "0300"),
    (Data(Tag.BIT_STRING, Bits(0b101, 3)), "0403A0"),
    (Data(Tag.BIT_STRING, Bits(0x601A5D, 24)), "0418601A5D"),
    (Data(Tag.BIT_STRING, Bits(0, 0)), "0400"),
    (Data(Tag.DOUBLE_LONG, -2), "05FFFFFFFE"),
    (Data(Tag.DOUBLE_LONG_UNSIGNED, 0xFFFFFFFF), "06FFFFFFFF"),
    (Data(Tag.OCTET_STRING, b"KWQ"), "09034B5751"),
    (Data(Tag.OCTET_STRING, bytes(128)), "098180" + "00" * 128),
    (Data(Tag.VISIBLE_STRING, "abc"), "0A03616263"),
    (Data(Tag.UTF8_STRING, "é"), "0C02C3A9"),
    (Data(Tag.BCD, 0x42), "0D42"),
    (Data(Tag.INTEGER, -128), "0F80"),
    (Data(Tag.LONG, -1), "10FFFF"),
    (Data(Tag.UNSIGNED, 255), "11FF"),
    (Data(Tag.LONG_UNSIGNED, 8), "120008"),
    (Data(Tag.LONG64, -1), "14FFFFFFFFFFFFFFFF"),
    (Data(Tag.LONG64_UNSIGNED, 1), "150000000000000001"),
    (Data(Tag.FLOAT32, 1.5), "173FC00000"),
    (Data(Tag.FLOAT64, -2.0), "18C000000000000000"),
    (Data(Tag.DATE_TIME, bytes(12)), "19" + "00" * 12),
    (Data(Tag.DATE, bytes(5)), "1A0000000000"),
    (Data(Tag.TIME, bytes(4)), "1B00000000"),
    (Data(Tag.DELTA_INTEGER, -1), "1CFF"),
    (Data(Tag.DELTA_DOUBLE_LONG_UNSIGNED, 7), "2100000007"),
    (Data(Tag.DONT_CARE), "FF"),
]


@pytest.mark.parametrize(("data", "octets"), ROWS)
def test_data_both_ways(data: Data, octets: str) -> None:
    raw = bytes.fromhex(octets)
    assert encode_data(data) == raw
    assert decode_data(raw) == data
    refuses_damage(decode_data, raw)


def test_a_compact_array_both_ways() -> None:
    raw = vector("xdlms.compact-array of {long-unsigned, unsigned} x2")
    data = decode_data(raw)
    assert isinstance(data.value, Compact)
    assert [[field.value for field in element.value] for element in data.value.elements] == [[0x0102, 3], [0x0405, 6]]
    assert encode_data(data) == raw
    refuses_damage(decode_data, raw)


def test_a_compact_array_of_arrays_and_strings() -> None:
    raw = bytes.fromhex("13 02 02 01 0002 11 09 08 0102 01 AA 0304 01 BB".replace(" ", ""))
    data = decode_data(raw)
    assert [field.value for field in data.value.elements[1].value] == [
        (Data(Tag.UNSIGNED, 3), Data(Tag.UNSIGNED, 4)),
        b"\xbb",
    ]
    assert encode_data(data) == raw


@pytest.mark.parametrize(
    "octets",
    [
        "130000",  # elements of null-data: no content, any number of them
        "1301FFFF01FFFF000100",  # 65535 x 65535 nulls
        "13" + "0201" * 20 + "1100",  # nested without end
        "13130011",  # a compact array of compact arrays
        "13020A" + "00" * 9 + "110101",  # nine nulls for an octet
        "130403",
        "1302010007",
    ],
)
def test_compact_arrays_that_would_unfold(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_data(bytes.fromhex(octets))


@pytest.mark.parametrize("mark", ["01", "02"])
def test_nesting_is_limited(mark: str) -> None:
    deep = bytes.fromhex((mark + "01") * DEEPEST + "00")
    assert encode_data(decode_data(deep)) == deep
    with pytest.raises(DecodeError, match="nested deeper than 16"):
        decode_data(bytes.fromhex(mark + "01") + deep)
    with pytest.raises(DecodeError):
        decode_data(b"\x01" * 10_000)


@pytest.mark.parametrize(
    "octets", ["", "03", "07", "0B", "0E", "22", "7F", "0A01FF00", "0C01FF", "0102", "0184FFFFFFFF"]
)
def test_octets_that_are_no_data(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_data(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "data",
    [
        Data(Tag.UNSIGNED, 256),
        Data(Tag.UNSIGNED, -1),
        Data(Tag.LONG, "1"),
        Data(Tag.DATE_TIME, b"123"),
        Data(Tag.OCTET_STRING, None),
        Data(Tag.VISIBLE_STRING, "€"),
        Data(Tag.ARRAY, 5),
        Data(Tag.BIT_STRING, Bits(8, 3)),
        Data(Tag.STRUCTURE, (Data(Tag.ENUM, 999),)),
    ],
)
def test_values_that_do_not_fit_their_type(data: Data) -> None:
    with pytest.raises(LocalProtocolError):
        encode_data(data)


def test_skipping_gives_the_octets_as_they_are() -> None:
    cursor = Cursor(bytes.fromhex("0202 11 05 0901AA 1107".replace(" ", "")))
    assert skip_data(cursor).hex() == "020211050901aa"
    assert cursor.left == 2


def _leaf() -> st.SearchStrategy[Data]:
    integers = {
        Tag.DOUBLE_LONG: (-(2**31), 2**31 - 1),
        Tag.DOUBLE_LONG_UNSIGNED: (0, 2**32 - 1),
        Tag.INTEGER: (-128, 127),
        Tag.LONG: (-(2**15), 2**15 - 1),
        Tag.UNSIGNED: (0, 255),
        Tag.LONG_UNSIGNED: (0, 65535),
        Tag.LONG64: (-(2**63), 2**63 - 1),
        Tag.LONG64_UNSIGNED: (0, 2**64 - 1),
        Tag.ENUM: (0, 255),
    }
    numbers: list[st.SearchStrategy[Data]] = [
        st.builds(Data, st.just(tag), st.integers(low, high)) for tag, (low, high) in integers.items()
    ]
    return st.one_of(
        st.just(NULL),
        st.builds(Data, st.just(Tag.BOOLEAN), st.booleans()),
        st.builds(Data, st.just(Tag.OCTET_STRING), st.binary(max_size=300)),
        st.builds(Data, st.just(Tag.UTF8_STRING), st.text(max_size=20)),
        st.builds(Data, st.just(Tag.FLOAT64), st.floats(allow_nan=False)),
        *numbers,
    )


def _tree(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    many = st.lists(children, max_size=4).map(tuple)
    return st.builds(Data, st.sampled_from([Tag.ARRAY, Tag.STRUCTURE]), many)


@given(st.recursive(_leaf(), _tree, max_leaves=12))
@settings(max_examples=60)
def test_whatever_is_encoded_decodes_to_itself(data: Data) -> None:
    assert decode_data(encode_data(data)) == data


@given(st.binary(max_size=60))
@settings(max_examples=100)
def test_any_octets_are_harmless(octets: bytes) -> None:
    harmless(decode_data, octets)
    harmless(decode_data, b"\x13" + octets)


def test_every_fixed_type_has_its_length() -> None:
    assert {
        tag: len(encode_data(Data(tag, bytes(int(form[:-1])) if form.endswith("s") else 0))) - 1
        for tag, form in FIXED.items()
    } == {
        Tag.DOUBLE_LONG: 4,
        Tag.DOUBLE_LONG_UNSIGNED: 4,
        Tag.BCD: 1,
        Tag.INTEGER: 1,
        Tag.LONG: 2,
        Tag.UNSIGNED: 1,
        Tag.LONG_UNSIGNED: 2,
        Tag.LONG64: 8,
        Tag.LONG64_UNSIGNED: 8,
        Tag.ENUM: 1,
        Tag.FLOAT32: 4,
        Tag.FLOAT64: 8,
        Tag.DATE_TIME: 12,
        Tag.DATE: 5,
        Tag.TIME: 4,
        Tag.DELTA_INTEGER: 1,
        Tag.DELTA_LONG: 2,
        Tag.DELTA_DOUBLE_LONG: 4,
        Tag.DELTA_UNSIGNED: 1,
        Tag.DELTA_LONG_UNSIGNED: 2,
        Tag.DELTA_DOUBLE_LONG_UNSIGNED: 4,
    }
