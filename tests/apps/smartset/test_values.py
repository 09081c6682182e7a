from decimal import Decimal
from typing import Any

import pytest

from softmeter.apps.smartset.values import exact, plain, raw, scaled, text, type_name, unit_symbol
from softmeter.wire.types import NULL, Bits, Compact, Data, Tag

LONG = Data(Tag.LONG_UNSIGNED, 2301)
MOMENT = bytes.fromhex("07E50701040A041600FF8880")
NAME = bytes.fromhex("0100010800FF")


@pytest.mark.parametrize(
    ("value", "scaler", "shown", "number"),
    [
        (2301, -1, "230.1", 230.1),
        (2300, -1, "230.0", 230),
        (1234567, 0, "1234567", 1234567),
        (5, 3, "5000", 5000),
        (-5, -2, "-0.05", -0.05),
        (0, -3, "0.000", 0),
        (2**64 - 1, 0, "18446744073709551615", 2**64 - 1),
        (2**64 - 1, -3, "18446744073709551.615", "18446744073709551.615"),
    ],
)
def test_scalers_are_applied_exactly(value: int, scaler: int, shown: str, number: object) -> None:
    data = Data(Tag.LONG64_UNSIGNED if value >= 0 else Tag.LONG64, value)
    assert text(data, scaler) == shown
    assert plain(data, scaler) == number
    assert type(plain(data, scaler)) is type(number)
    assert raw(data) == value


def test_a_number_that_no_float_holds_is_written_as_text() -> None:
    assert exact(Decimal("0.1")) == 0.1
    assert exact(Decimal("12345678901234567.8")) == "12345678901234567.8"
    assert scaled(2**63, -40) * 10**40 == 2**63


@pytest.mark.parametrize(
    ("data", "shown", "in_json", "as_travelled"),
    [
        (NULL, "null", None, None),
        (Data(Tag.BOOLEAN, True), "true", True, True),
        (Data(Tag.ENUM, 3), "3", 3, 3),
        (Data(Tag.BIT_STRING, Bits(0b0110, 4)), "0110", "0110", "0110"),
        (Data(Tag.BIT_STRING, Bits(0, 0)), "", "", ""),
        (Data(Tag.FLOAT32, 1.5), "1.5", 1.5, 1.5),
        (Data(Tag.FLOAT64, float("nan")), "nan", "nan", "nan"),
        (Data(Tag.VISIBLE_STRING, "abc"), "abc", "abc", "abc"),
        (Data(Tag.UTF8_STRING, "ä\x1b[2J\n"), "ä\\x1b[2J\\n", *["ä\x1b[2J\n"] * 2),
        (
            Data(Tag.OCTET_STRING, b"KWQ1010412345678"),
            "KWQ1010412345678",
            "KWQ1010412345678",
            b"KWQ1010412345678".hex(),
        ),
        (Data(Tag.OCTET_STRING, MOMENT), *["2021-07-01T10:04:22+02:00"] * 2, MOMENT.hex()),
        (Data(Tag.DATE_TIME, MOMENT), *["2021-07-01T10:04:22+02:00"] * 2, MOMENT.hex()),
        (Data(Tag.OCTET_STRING, NAME), "1-0:1.8.0", "1-0:1.8.0", "0100010800ff"),
        (Data(Tag.OCTET_STRING, b"\x00\x01"), "0001", "0001", "0001"),
        (Data(Tag.OCTET_STRING, b""), "", "", ""),
        (Data(Tag.TIME, b"\x0a\x04\xff\xff"), "10:04:*", "10:04:*", "0a04ffff"),
        (Data(Tag.DATE, b"\xff\xff\x03\xfe\x07"), "*-03-FE(Sun)", "*-03-FE(Sun)", "ffff03fe07"),
        (Data(Tag.DATE, b"\x07\xe5\x07\x01\x04"), "2021-07-01(Thu)", "2021-07-01(Thu)", "07e5070104"),
        (Data(Tag.DATE, b"\x07\xe5\x63\x63\x63"), "07e5636363", "07e5636363", "07e5636363"),
        (
            Data(Tag.STRUCTURE, (LONG, Data(Tag.OCTET_STRING, NAME))),
            "{2301, 1-0:1.8.0}",
            [2301, "1-0:1.8.0"],
            [2301, NAME.hex()],
        ),
        (Data(Tag.ARRAY, ()), "[]", [], []),
        (Data(Tag.COMPACT_ARRAY, Compact(b"\x12", (LONG, LONG))), "[2301, 2301]", [2301, 2301], [2301, 2301]),
    ],
)
def test_every_type_has_three_faces(data: Data, shown: str, in_json: Any, as_travelled: Any) -> None:
    assert (text(data), plain(data), raw(data)) == (shown, in_json, as_travelled)


def test_a_long_structure_takes_several_lines() -> None:
    row = Data(Tag.STRUCTURE, (LONG, LONG))
    shown = text(Data(Tag.ARRAY, (row,) * 20)).splitlines()
    assert (shown[0], shown[1], shown[-1]) == ("[", "  {2301, 2301},", "]")


def test_words_of_the_standard() -> None:
    assert type_name(Tag.DOUBLE_LONG_UNSIGNED) == "double-long-unsigned"
    assert (unit_symbol(30), unit_symbol(99)) == ("Wh", "unit 99")
