import numpy as np
import pytest

from dlms.device import COLUMNS, ROW, SUMMER, SmallProfile, captured
from softmeter.cosem.buffer import SIGNED, Column, encode_rows
from softmeter.errors import LocalProtocolError
from softmeter.wire.types import Data, Tag, decode_data, encode_data


def test_no_rows_are_an_empty_array() -> None:
    assert encode_rows(np.zeros(0, ROW), COLUMNS).hex() == "0100"


def test_rows_are_structures_of_their_columns() -> None:
    profile = SmallProfile()
    profile.fill(2, first=3)
    encoded = encode_rows(profile.stored, COLUMNS).hex().upper()
    assert encoded == (
        "0102"
        "0204 090C07E5031C07032D0000FF8880 1103 06000003EB 0600000015"
        "0204 090C07E5031C0704000000FF8880 1104 06000003EC 060000001C"
    ).replace(" ", "")


@pytest.mark.parametrize("count", [1, 127, 128, 255, 256, 5280])
def test_the_template_says_what_row_by_row_encoding_says(count: int) -> None:
    profile = SmallProfile()
    profile.fill(count, begin=SUMMER.stop - 40 * 900)
    rows = profile.stored
    by_row = Data(
        Tag.ARRAY,
        tuple(
            Data(
                Tag.STRUCTURE,
                (
                    Data(
                        Tag.OCTET_STRING, decode_data(encode_rows(rows[at : at + 1], COLUMNS)).value[0].value[0].value
                    ),
                    Data(Tag.UNSIGNED, int(rows["status"][at])),
                    Data(Tag.DOUBLE_LONG_UNSIGNED, int(rows["import"][at])),
                    Data(Tag.DOUBLE_LONG_UNSIGNED, int(rows["export"][at])),
                ),
            )
            for at in range(min(count, 300))
        ),
    )
    assert encode_rows(rows[:300], COLUMNS) == encode_data(by_row)


def test_every_fixed_type_travels() -> None:
    kept = {
        "b": ("u1", Tag.BOOLEAN, 1),
        "i": ("i1", Tag.INTEGER, -2),
        "l": ("<i2", Tag.LONG, -300),
        "n": ("<i4", Tag.DOUBLE_LONG, -70_000),
        "q": ("<i8", Tag.LONG64, -5_000_000_000),
        "w": ("<u8", Tag.LONG64_UNSIGNED, 2**63),
        "e": ("u1", Tag.ENUM, 30),
        "f": ("<f4", Tag.FLOAT32, 1.5),
        "d": ("<f8", Tag.FLOAT64, -0.1),
    }
    rows = np.zeros(1, [(name, form) for name, (form, _, _) in kept.items()])
    rows[0] = tuple(value for _, _, value in kept.values())
    columns = tuple(Column(captured(1, f"0-0:96.0.{at}"), name, kept[name][1]) for at, name in enumerate(kept))
    (row,) = decode_data(encode_rows(rows, columns)).value
    assert [(one.type, one.value) for one in row.value] == [(tag, value) for _, tag, value in kept.values()]


def test_octets_of_fixed_width_travel() -> None:
    rows = np.zeros(2, [("text", "V4")])
    rows["text"] = [b"0001", b"0002"]
    assert encode_rows(rows, (Column(captured(1, "0-0:96.14.0"), "text", Tag.OCTET_STRING),)) == (
        bytes.fromhex("0102") + b"\x02\x01\x09\x040001" + b"\x02\x01\x09\x040002"
    )


def test_a_column_of_another_width_is_a_mistake() -> None:
    with pytest.raises(LocalProtocolError, match="cannot travel as UNSIGNED"):
        encode_rows(np.zeros(1, [("v", "<u4")]), (Column(captured(1, "0-0:96.0.0"), "v", Tag.UNSIGNED),))


def test_a_signed_column_has_the_type_of_each_sign() -> None:
    rows = np.zeros(4, np.dtype([("v", SIGNED), ("s", "u1")]))
    rows["v"], rows["s"] = (5, -7, 2**32 - 1, -(2**31)), (1, 2, 3, 4)
    captures = COLUMNS[0].captures
    columns = (Column(captures, "v", Tag.DOUBLE_LONG_UNSIGNED), Column(captures, "s", Tag.UNSIGNED))
    told = [[one.value for one in row.value] for row in decode_data(encode_rows(rows, columns)).value]
    assert told == [[5, 1], [-7, 2], [2**32 - 1, 3], [-(2**31), 4]]
    types = [row.value[0].type for row in decode_data(encode_rows(rows, columns)).value]
    assert types == [Tag.DOUBLE_LONG_UNSIGNED, Tag.DOUBLE_LONG] * 2
