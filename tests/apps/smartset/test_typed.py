import pytest

from softmeter.apps.smartset.typed import date_time_of, value_of
from softmeter.errors import ConfigurationError
from softmeter.wire.types import NULL, Bits, Data, Tag, encode_data

MOMENT = bytes.fromhex("07E50701040A041600FF8880")
STRUCTURE = Data(Tag.STRUCTURE, (Data(Tag.INTEGER, 1), Data(Tag.OCTET_STRING, b"name")))


@pytest.mark.parametrize(
    ("text", "like", "scaler", "expected"),
    [
        ("900", Data(Tag.DOUBLE_LONG_UNSIGNED, 60), 0, Data(Tag.DOUBLE_LONG_UNSIGNED, 900)),
        ("230.5", Data(Tag.LONG_UNSIGNED, 0), -1, Data(Tag.LONG_UNSIGNED, 2305)),
        ("5e3", Data(Tag.LONG_UNSIGNED, 0), 3, Data(Tag.LONG_UNSIGNED, 5)),
        ("-60", Data(Tag.LONG, 0), 0, Data(Tag.LONG, -60)),
        ("-60.000", Data(Tag.LONG, 0), 0, Data(Tag.LONG, -60)),
        ("0e99999999", Data(Tag.LONG, 1), 0, Data(Tag.LONG, 0)),
        ("18446744073709551615", Data(Tag.LONG64_UNSIGNED, 1), 0, Data(Tag.LONG64_UNSIGNED, 18446744073709551615)),
        ("1.5", Data(Tag.FLOAT32, 0.0), 0, Data(Tag.FLOAT32, 1.5)),
        ("off", Data(Tag.BOOLEAN, True), 0, Data(Tag.BOOLEAN, False)),
        ("0110", Data(Tag.BIT_STRING, Bits(0, 4)), 0, Data(Tag.BIT_STRING, Bits(6, 4))),
        ("abc", Data(Tag.VISIBLE_STRING, "x"), 0, Data(Tag.VISIBLE_STRING, "abc")),
        ("abc", Data(Tag.OCTET_STRING, b"text"), 0, Data(Tag.OCTET_STRING, b"abc")),
        ("0aff", Data(Tag.OCTET_STRING, b"\x00"), 0, Data(Tag.OCTET_STRING, b"\x0a\xff")),
        ("0x0aff", Data(Tag.OCTET_STRING, b""), 0, Data(Tag.OCTET_STRING, b"\x0a\xff")),
        ("text:0a", Data(Tag.OCTET_STRING, b"\x00"), 0, Data(Tag.OCTET_STRING, b"0a")),
        ("obis:1-0:1.8.0", Data(Tag.OCTET_STRING, b""), 0, Data(Tag.OCTET_STRING, bytes.fromhex("0100010800FF"))),
        ('[2, "other"]', STRUCTURE, 0, Data(Tag.STRUCTURE, (Data(Tag.INTEGER, 2), Data(Tag.OCTET_STRING, b"other")))),
        ("[[2, 3]]", Data(Tag.ARRAY, (Data(Tag.ARRAY, (Data(Tag.INTEGER, 1),)),)), 0,
         Data(Tag.ARRAY, (Data(Tag.ARRAY, (Data(Tag.INTEGER, 2), Data(Tag.INTEGER, 3))),))),
    ],
)  # fmt: skip
def test_a_value_is_typed_like_the_one_there_is(text: str, like: Data, scaler: int, expected: Data) -> None:
    assert value_of(text, like, "", scaler) == expected


@pytest.mark.parametrize(
    ("text", "like", "reason"),
    [
        ("1", None, "add --type"),
        ("1", NULL, "add --type"),
        ("ten", Data(Tag.LONG, 1), "no number"),
        ("NaN", Data(Tag.LONG, 1), "no multiple"),
        ("1.5", Data(Tag.LONG, 1), "no multiple of 1"),
        ("70000", Data(Tag.LONG_UNSIGNED, 1), "does not fit the type long-unsigned"),
        ("maybe", Data(Tag.BOOLEAN, True), "neither true nor false"),
        ("2", Data(Tag.BIT_STRING, Bits(0, 1)), "no bit-string"),
        ("abc", Data(Tag.OCTET_STRING, b""), "may mean text or octets"),
        ("xyz", Data(Tag.OCTET_STRING, b"\x00"), "no hex"),
        ("tomorrow", Data(Tag.OCTET_STRING, MOMENT), "write now, or 2026"),
        ("2", STRUCTURE, "no list"),
        ("[2]", STRUCTURE, "1 elements given"),
        ("[2", STRUCTURE, "no JSON list"),
        ("[1]", Data(Tag.ARRAY, ()), "use --type a-xdr"),
        ("1e99", Data(Tag.LONG, 1), "does not fit the type long"),
        ("1e9999", Data(Tag.LONG, 1), "does not fit the type long"),
        ("1e999999999", Data(Tag.LONG, 1), "does not fit the type long"),
        ("1e-999999999", Data(Tag.LONG, 1), "no multiple of 1"),
        (f"1.{'0' * 40}1", Data(Tag.LONG, 1), "no multiple of 1"),
        ("sNaN", Data(Tag.LONG, 1), "no multiple"),
        ("1e400", Data(Tag.FLOAT64, 1.0), "does not fit the type float64"),
        ("2026-11-03T12:00:00+23:59", Data(Tag.OCTET_STRING, MOMENT), "no date and time"),
        ("[" * 100_000, STRUCTURE, "no JSON list"),
        (f"[{'1' * 5000}, 2]", STRUCTURE, "no JSON list"),
        ("text:caf\udce9", Data(Tag.OCTET_STRING, b""), "no text in UTF-8; write 0x"),
    ],
)
def test_what_does_not_fit_or_may_mean_two_things_is_refused(text: str, like: Data | None, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        value_of(text, like)


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("5", "long-unsigned", Data(Tag.LONG_UNSIGNED, 5)),
        ("0x31", "octet-string", Data(Tag.OCTET_STRING, b"1")),
        ("null", "null-data", None),
        ("02 02 0F 01 09 04 6E616D65", "a-xdr", STRUCTURE),
    ],
)
def test_a_named_type_needs_no_example(text: str, word: str, expected: Data | None) -> None:
    if expected is None:
        with pytest.raises(ConfigurationError, match="no type; known are"):
            value_of(text, None, word)
        return
    assert value_of(text, None, word) == expected


@pytest.mark.parametrize("word", ["structure", "array", "number"])
def test_a_type_without_elements_types_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="--type"):
        value_of("[1]", None, word)


def test_damaged_encoded_data_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no encoded value"):
        value_of("1200", None, "a-xdr")
    assert value_of(encode_data(STRUCTURE).hex(), None, "a-xdr") == STRUCTURE


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("2021-07-01T10:04:22+02:00", "07E50701040A041600FF88FF"),
        ("2021-07-01T10:04:22", "07E50701040A0416008000FF"),
        ("2021-07-01", "07E50701040000000080 00FF"),
        ("2021-07-01T10:04:22.25Z", "07E50701040A0416190000FF"),
    ],
)
def test_times_without_an_offset_are_the_meter_s_own(text: str, octets: str) -> None:
    assert date_time_of(text).encode() == bytes.fromhex(octets.replace("00FF88FF", "00FF88FF"))
