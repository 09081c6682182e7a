import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.clock import STAMP, DateTime, Stamp, encode_stamps
from softmeter.dlms.buffers import decode_rows, decode_times
from softmeter.errors import DecodeError
from softmeter.wire.types import NULL, Bits, Data, Tag, encode_data
from vectors.table import harmless, refuses_damage, vector


def _encoded(*rows: tuple[Data, ...]) -> bytes:
    return encode_data(Data(Tag.ARRAY, tuple(Data(Tag.STRUCTURE, row) for row in rows)))


CELLS = [
    (Tag.OCTET_STRING, bytes(range(12)), bytes(12)),
    (Tag.DOUBLE_LONG_UNSIGNED, 2**32 - 1, 1),
    (Tag.DOUBLE_LONG, -5, 5),
    (Tag.LONG, -1, 300),
    (Tag.LONG_UNSIGNED, 65535, 0),
    (Tag.INTEGER, -128, 127),
    (Tag.UNSIGNED, 255, 0),
    (Tag.ENUM, 3, 4),
    (Tag.LONG64, -(2**63), 1),
    (Tag.LONG64_UNSIGNED, 2**64 - 1, 1),
    (Tag.FLOAT32, 1.5, -0.25),
    (Tag.FLOAT64, 1e300, 0.0),
]
ROW_1 = tuple(Data(tag, value) for tag, value, _ in CELLS)
ROW_2 = tuple(Data(tag, value) for tag, _, value in CELLS)


@pytest.mark.parametrize("count", [1, 2, 200])
def test_rows_of_one_form(count: int) -> None:
    octets = _encoded(*(ROW_1 if number % 2 == 0 else ROW_2 for number in range(count)))
    columns = decode_rows(octets)
    assert [column.type for column in columns] == [tag for tag, *_ in CELLS]
    assert columns[0].values.shape == (count, 12)
    assert columns[0].values[0].tobytes() == bytes(range(12))
    for column, (_, first, second) in zip(columns[1:], CELLS[1:], strict=True):
        expected = [first if number % 2 == 0 else second for number in range(count)]
        assert column.values.tolist() == expected
        assert column.values.dtype.isnative
    if count < 3:
        refuses_damage(decode_rows, octets)


def test_rows_that_vary_are_decoded_one_by_one() -> None:
    columns = decode_rows(_encoded(ROW_1, (NULL, *ROW_2[1:]), ROW_1))
    assert columns[0].values.tolist() == [bytes(range(12)), None, bytes(range(12))]
    assert columns[1].values.tolist() == [2**32 - 1, 1, 2**32 - 1]
    assert columns[1].values.dtype == np.uint32
    strings = decode_rows(_encoded((Data(Tag.OCTET_STRING, b"a"),), (Data(Tag.OCTET_STRING, b"bc"),)))
    assert strings[0].values.tolist() == [b"a", b"bc"]


def test_types_that_change_without_changing_the_length() -> None:
    (column,) = decode_rows(_encoded((Data(Tag.UNSIGNED, 1),), (Data(Tag.INTEGER, -1),)))
    assert column.values.tolist() == [1, -1]


def test_nested_values_are_kept_whole() -> None:
    inner = Data(Tag.STRUCTURE, (Data(Tag.UNSIGNED, 1), Data(Tag.UNSIGNED, 2)))
    flags = Data(Tag.BIT_STRING, Bits(5, 3))
    nested, bits = decode_rows(_encoded((inner, flags), (inner, flags)))
    assert nested.values.shape == (2,)
    assert nested.values.tolist() == [inner.value, inner.value]
    assert bits.values.tolist() == [Bits(5, 3), Bits(5, 3)]


def test_an_empty_buffer_has_no_columns() -> None:
    assert decode_rows(b"\x01\x00") == ()


@pytest.mark.parametrize(
    "octets", ["", "00", "0200", "010111", "01011101", "01020201110102021101 1102", "0101020103", "01010201E0"]
)
def test_what_is_no_buffer(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_rows(bytes.fromhex(octets))


@given(st.binary(max_size=60))
@settings(max_examples=60)
def test_any_octets_are_harmless(octets: bytes) -> None:
    harmless(decode_rows, octets)
    harmless(decode_rows, b"\x01\x02" + octets)
    harmless(decode_rows, b"\x01\x01\x02\x01" + octets)


def _times(*moments: DateTime) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    octets = b"".join(moment.encode() for moment in moments)
    return decode_times(np.frombuffer(octets, np.uint8).reshape(-1, 12))


def test_times_of_rows() -> None:
    (time,) = _times(DateTime(2021, 7, 1, 4, 10, 4, 22, 0xFF, -120, 0x80))
    assert time.tolist()[1:] == (-120, 0x80)
    assert str(time["local"]) == "2021-07-01T10:04:22"


@pytest.mark.parametrize(
    "moment",
    [
        DateTime(),
        DateTime(0xFFFF, 7, 1, 4, 10, 4, 22),
        DateTime(2021, 0xFF, 1, 4, 10, 4, 22),
        DateTime(2021, 0xFE, 1, 4, 10, 4, 22),
        DateTime(2021, 7, 0xFE, 4, 10, 4, 22),
        DateTime(2021, 2, 29, 4, 10, 4, 22),
        DateTime(2021, 2, 0, 4, 10, 4, 22),
        DateTime(2021, 2, 1, 4, 0xFF, 4, 22),
        DateTime(2021, 2, 1, 4, 1, 60, 22),
        DateTime(2021, 2, 1, 4, 1, 6, 0xFF),
    ],
)
def test_times_that_are_not_definite(moment: DateTime) -> None:
    assert np.isnat(_times(moment)["local"][0])


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(-720, 840)), min_size=1, max_size=5))
@settings(max_examples=40)
def test_times_are_those_that_were_stamped(rows: list[tuple[int, int]]) -> None:
    stamps = np.array([Stamp.of(second, deviation, 0x81) for second, deviation in rows], STAMP)
    times = decode_times(encode_stamps(stamps))
    assert times["deviation_min"].tolist() == [deviation for _, deviation in rows]
    assert times["status"].tolist() == [0x81] * len(rows)
    utc = times["local"].astype(np.int64) + times["deviation_min"].astype(np.int64) * 60
    assert utc.tolist() == [second for second, _ in rows]


def test_a_compact_array_has_the_columns_of_its_structures() -> None:
    first, second = decode_rows(vector("xdlms.compact-array of {long-unsigned, unsigned} x2"))
    assert (first.type, second.type) == (Tag.LONG_UNSIGNED, Tag.UNSIGNED)
    assert (first.values.tolist(), second.values.tolist()) == ([0x0102, 0x0405], [3, 6])
    assert decode_rows(bytes.fromhex("1302021211 00")) == ()
    with pytest.raises(DecodeError):
        decode_rows(bytes.fromhex("1311020102"))


def test_delta_types_are_numbers() -> None:
    (column,) = decode_rows(bytes.fromhex("0102 02011F05 02011F06"))
    assert (column.type, column.values.tolist()) == (Tag.DELTA_UNSIGNED, [5, 6])
