import pytest

from softmeter.apps.smartset.buffer import rows_of, timed
from softmeter.apps.smartset.columns import Column, captured, column_names, status_text, to_csv, to_json, to_text
from softmeter.apps.smartset.profiles import Part
from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.errors import ConfigurationError, DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Bits, Data, Tag

TIME = CaptureObject(8, Obis.parse("0-0:1.0.0"), 2, 0)
STATUS = CaptureObject(1, Obis.parse("0-1:96.10.3"), 2, 0)
ENERGY = CaptureObject(3, Obis.parse("1-0:1.8.0"), 2, 0)


def stamp(text: str, deviation: str = "FFC4") -> Data:
    hour, minute = map(int, text.split(":"))
    octets = DateTime(2026, 1, 31, 6, hour, minute, 0).encode()
    return Data(Tag.OCTET_STRING, octets[:9] + bytes.fromhex(deviation) + b"\x00")


def test_columns_have_short_names_and_no_two_the_same() -> None:
    objects = [
        TIME,
        STATUS,
        ENERGY,
        CaptureObject(3, ENERGY.name, 3, 0),
        CaptureObject(4, Obis.parse("1-0:1.6.0"), 5, 0),
        CaptureObject(3, ENERGY.name, 2, 1),
        CaptureObject(3, Obis.parse("1-0:21.25.0"), 2, 0),
    ]
    assert column_names(objects) == [
        "time",
        "status",
        "active_import",
        "active_import:scaler_unit",
        "1-0:1.6.0:capture_time",
        "1-0:1.8.0:2:1",
        "1-0:21.25.0",
    ]
    assert Column("active_import", ENERGY, 0, "Wh").heading == "active_import [Wh]"


@pytest.mark.parametrize("index_type", [Tag.LONG_UNSIGNED, Tag.INTEGER])
def test_capture_objects_of_any_version_are_read(index_type: Tag) -> None:
    fields = (
        Data(Tag.LONG_UNSIGNED, 3),
        Data(Tag.OCTET_STRING, ENERGY.name.octets),
        Data(Tag.INTEGER, 2),
        Data(index_type, 0),
    )
    assert captured(Data(Tag.ARRAY, (Data(Tag.STRUCTURE, fields),))) == [ENERGY]


NAME = Data(Tag.OCTET_STRING, ENERGY.name.octets)
NOT_WHOLE = [
    Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 3), NAME, Data(Tag.INTEGER, 2), one)),))
    for one in (
        NULL,
        Data(Tag.FLOAT32, 0.0),
        Data(Tag.BOOLEAN, False),
        Data(Tag.ARRAY, ()),
        Data(Tag.OCTET_STRING, b""),
    )
]


@pytest.mark.parametrize(
    "data", [NULL, Data(Tag.ARRAY, (NULL,)), Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (NULL,)),)), *NOT_WHOLE]
)
def test_capture_objects_that_are_none_are_refused(data: Data) -> None:
    with pytest.raises(DecodeError, match="capture_objects"):
        captured(data)


@pytest.mark.parametrize(
    ("status", "names"),
    [(0, ""), (0x08, "daylight_saving"), (0x86, "clock_invalid data_not_valid power_down"), (0x40, "0x40")],
)
def test_status_bits_have_names(status: int, names: str) -> None:
    assert sorted(status_text(Data(Tag.UNSIGNED, status)).split()) == sorted(names.split())


def test_cells_are_written_for_people_for_csv_and_for_json() -> None:
    status, power = Column("status", STATUS), Column("power", ENERGY, -1, "W")
    bits, value = Data(Tag.UNSIGNED, 0x80), Data(Tag.LONG, -15)
    assert (to_text(status)(bits), to_csv(status)(bits), to_json(status)(bits)) == ("power_down", "128", 128)
    assert (to_text(power)(value), to_csv(power)(value), to_json(power)(value)) == ("-1.5", "-1.5", -1.5)
    assert (to_text(power)(NULL), to_csv(power)(NULL), to_json(power)(NULL)) == ("", "", None)


def test_a_time_left_out_is_one_period_after_the_row_before() -> None:
    rows = [(stamp("11:30"), NULL), (NULL, NULL), (NULL, NULL)]
    assert [row[0] for row in timed(rows, 0, 900)] == [stamp("11:30"), stamp("11:45"), stamp("12:00")]
    local = [(stamp("11:30", "8000"),), (NULL,)]
    assert timed(local, 0, 900)[1] == (stamp("11:45", "8000"),)
    assert timed([(NULL,)], 0, 900) == [(NULL,)]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("", "", None, ""), Part()),
        (("", "", 5, ""), Part(last=5)),
        (("", "", None, "1:96"), Part(entries=(1, 96))),
    ],
)
def test_parts(options: tuple[str, str, int | None, str], part: Part) -> None:
    assert Part.of(*options) == part


@pytest.mark.parametrize("entries", ["0:5", "5", "a:b", "5:1", "1:2:3", "-1:5"])
def test_entries_count_from_one(entries: str) -> None:
    with pytest.raises(ConfigurationError, match="write it like 1:96"):
        Part.of("", "", None, entries)


def test_a_buffer_is_an_array_of_rows() -> None:
    power = Data(Tag.LONG, 5)
    assert rows_of(ENERGY.name, Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (NULL, power)),)), 2) == [(NULL, power)]
    assert rows_of(ENERGY.name, Data(Tag.ARRAY, (power,)), 1) == [(power,)]
    for none in (NULL, power, Data(Tag.BIT_STRING, Bits(5, 8)), Data(Tag.STRUCTURE, (power,))):
        with pytest.raises(DecodeError, match="holds no rows"):
            rows_of(ENERGY.name, none, 1)
    with pytest.raises(DecodeError, match="rows of another width"):
        rows_of(ENERGY.name, Data(Tag.ARRAY, (power,)), 2)
