import numpy as np
import pytest

from dlms.device import CLOCK, COLUMNS, ENERGY, SUMMER, SmallProfile, captured
from softmeter.clock import DAYLIGHT_SAVING, NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.cosem.buffer import Column
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.selection import EntryDescriptor, RangeDescriptor, by_entry, by_range
from softmeter.errors import AccessError
from softmeter.wire.types import Data, Tag, decode_data, struct

AUTUMN = SUMMER.stop  # 2021-10-31 03:00 CEST = 02:00 CET
LOCAL = NOT_SPECIFIED_DEVIATION


@pytest.fixture
def profile() -> SmallProfile:
    """Two hours before the end of summer time, and two after it."""
    profile = SmallProfile()
    profile.fill(17, begin=AUTUMN - 2 * 3600)
    return profile


def moment(hour: int, minute: int = 0, deviation: int = LOCAL, status: int = 0xFF, second: int = 0) -> Data:
    octets = DateTime(2021, 10, 31, 7, hour, minute, second, 0xFF, deviation, status).encode()
    return Data(Tag.OCTET_STRING, octets)


def chosen(profile: SmallProfile, low: Data, high: Data, restricting: CaptureObject | None = None) -> list[int]:
    wanted = RangeDescriptor(restricting or captured(8, CLOCK), low, high, ())
    rows, columns = by_range(profile.rows(), profile.columns, wanted, profile)
    assert columns == COLUMNS
    return [int(energy) - 1000 for energy in rows["import"]]


# Row 0 is 01:00 CEST, 4 is 02:00 CEST, 8 is 02:00 CET, 12 is 03:00 CET.
@pytest.mark.parametrize(
    ("low", "high", "rows"),
    [
        (moment(1, 0, -120), moment(1, 30, -120), [0, 1, 2]),
        (moment(1, 1, -120), moment(1, 29, -120), [1]),
        (moment(2, 30, -120), moment(2, 30, -60), [6, 7, 8, 9, 10]),
        (moment(2, 30), moment(2, 30), [6, 7, 8, 9, 10]),
        (moment(2, 30, status=DAYLIGHT_SAVING), moment(2, 45, status=DAYLIGHT_SAVING), [6, 7]),
        (moment(2, 30, status=0), moment(2, 45, status=0), [10, 11]),
        (moment(2, 30, -60, DAYLIGHT_SAVING), moment(2, 30, -60, DAYLIGHT_SAVING), [10]),
        (moment(3), moment(3, 15), [12, 13]),
        (moment(1, second=0xFF), moment(1, second=0xFF), [0]),
        (moment(3, 0xFF), moment(3, 0xFF, second=0xFF), [12, 13, 14, 15]),
        (moment(0xFF, 0xFF), moment(1, 15), [0, 1]),
        (moment(3), moment(1), []),
        (moment(14), moment(15), []),
    ],
)
@pytest.mark.manual("8.1.by-range")
def test_a_range_of_time_has_both_ends(profile: SmallProfile, low: Data, high: Data, rows: list[int]) -> None:
    assert chosen(profile, low, high) == rows


def test_the_type_date_time_is_taken_too(profile: SmallProfile) -> None:
    low, high = (Data(Tag.DATE_TIME, one.value) for one in (moment(3), moment(3, 15)))
    assert chosen(profile, low, high) == [12, 13]


@pytest.mark.parametrize("attribute", [2, 0, -1])
def test_the_column_is_found_by_its_attribute_or_none(profile: SmallProfile, attribute: int) -> None:
    assert chosen(profile, moment(3), moment(3), captured(8, CLOCK, attribute)) == [12]


def test_any_column_of_numbers_may_restrict(profile: SmallProfile) -> None:
    low, high = Data(Tag.DOUBLE_LONG_UNSIGNED, 1003), Data(Tag.LONG_UNSIGNED, 1005)
    assert chosen(profile, low, high, captured(3, ENERGY)) == [3, 4, 5]
    assert chosen(profile, Data(Tag.INTEGER, -1), Data(Tag.LONG64_UNSIGNED, 2**64 - 1), captured(3, ENERGY)) == list(
        range(17)
    )


OTHERS = (
    Column(captured(3, "1-0:32.7.0"), "voltage", Tag.FLOAT32),
    Column(captured(3, "1-0:31.7.0"), "current", Tag.FLOAT64),
    Column(captured(70, "0-0:96.3.10"), "closed", Tag.BOOLEAN),
    Column(captured(1, "0-0:96.14.0"), "rate", Tag.OCTET_STRING),
)
OTHER_ROWS = np.array(
    [(229.5, 1.5, True, b"\x00\x01"), (230.0, -2.0, False, b"\x01\x00"), (231.5, 4.0, True, b"\xff\x00")],
    [("voltage", "<f4"), ("current", "<f8"), ("closed", "?"), ("rate", "V2")],
)


@pytest.mark.parametrize(
    ("column", "low", "high", "rows"),
    [
        (0, Data(Tag.FLOAT32, 229.5), Data(Tag.FLOAT64, 230.25), [0, 1]),
        (0, Data(Tag.LONG_UNSIGNED, 230), Data(Tag.FLOAT32, float("inf")), [1, 2]),
        (1, Data(Tag.LONG, -2), Data(Tag.UNSIGNED, 2), [0, 1]),
        (1, Data(Tag.FLOAT64, float("nan")), Data(Tag.FLOAT64, 2.0), []),
        (2, Data(Tag.BOOLEAN, True), Data(Tag.BOOLEAN, True), [0, 2]),
        (2, Data(Tag.BOOLEAN, False), Data(Tag.BOOLEAN, False), [1]),
        (3, Data(Tag.OCTET_STRING, b"\x00\x01"), Data(Tag.OCTET_STRING, b"\x01\x00"), [0, 1]),
        (3, Data(Tag.OCTET_STRING, b"\x00\x01\x00"), Data(Tag.OCTET_STRING, b"\xff\x00"), [1, 2]),
        (3, Data(Tag.OCTET_STRING, b"\xff\x00"), Data(Tag.OCTET_STRING, b""), []),
    ],
)
def test_columns_of_other_types_may_restrict(column: int, low: Data, high: Data, rows: list[int]) -> None:
    wanted = RangeDescriptor(OTHERS[column].captures, low, high, ())
    found, shown = by_range(OTHER_ROWS, OTHERS, wanted, SmallProfile())
    assert shown == OTHERS
    assert found.tobytes() == OTHER_ROWS[rows].tobytes()
    assert len(by_range(OTHER_ROWS[:0], OTHERS, wanted, SmallProfile())[0]) == 0


@pytest.mark.parametrize("column", range(len(OTHERS)))
@pytest.mark.parametrize("end", [Data(Tag.NULL), Data(Tag.DONT_CARE), Data(Tag.VISIBLE_STRING, "1"), moment(1)])
def test_ends_of_another_type_than_the_column_are_refused(column: int, end: Data) -> None:
    if column == 3 and end.type is Tag.OCTET_STRING:
        end = Data(Tag.DATE_TIME, end.value)
    wanted = RangeDescriptor(OTHERS[column].captures, end, end, ())
    with pytest.raises(AccessError) as refused:
        by_range(OTHER_ROWS, OTHERS, wanted, SmallProfile())
    assert refused.value.result == 12


def test_selected_values_choose_columns_in_their_own_order(profile: SmallProfile) -> None:
    wanted = RangeDescriptor(captured(8, CLOCK), moment(3), moment(3), (captured(3, ENERGY), captured(8, CLOCK)))
    _, columns = by_range(profile.rows(), profile.columns, wanted, profile)
    assert columns == (COLUMNS[0], COLUMNS[2])


@pytest.mark.parametrize(
    ("restricting", "low", "high", "selected", "result"),
    [
        (captured(8, CLOCK, 3), moment(1), moment(2), (), 250),
        (captured(3, "1-0:9.9.9"), moment(1), moment(2), (), 250),
        (captured(1, CLOCK), moment(1), moment(2), (), 250),
        (captured(8, CLOCK), moment(1), moment(2), (captured(3, "1-0:9.9.9"),), 250),
        (captured(8, CLOCK), Data(Tag.UNSIGNED, 1), moment(2), (), 12),
        (captured(8, CLOCK), moment(1), Data(Tag.NULL), (), 12),
        (captured(8, CLOCK), Data(Tag.OCTET_STRING, bytes(12)), moment(2), (), 12),
        (captured(8, CLOCK), Data(Tag.OCTET_STRING, DateTime().encode()), moment(2), (), 250),
        (captured(3, ENERGY), moment(1), moment(2), (), 12),
        (captured(3, ENERGY), Data(Tag.FLOAT32, 1.0), Data(Tag.FLOAT32, 2.0), (), 12),
    ],
)
def test_a_range_that_cannot_be_is_refused(
    profile: SmallProfile,
    restricting: CaptureObject,
    low: Data,
    high: Data,
    selected: tuple[CaptureObject, ...],
    result: int,
) -> None:
    wanted = RangeDescriptor(restricting, low, high, selected)
    with pytest.raises(AccessError) as refused:
        by_range(profile.rows(), profile.columns, wanted, profile)
    assert refused.value.result == result


@pytest.mark.parametrize(
    ("entries", "rows", "columns"),
    [
        ((1, 0, 1, 0), range(17), (0, 1, 2, 3)),
        ((1, 3, 1, 0), range(3), (0, 1, 2, 3)),
        ((17, 17, 2, 3), [16], (1, 2)),
        ((16, 40, 4, 4), [15, 16], (3,)),
        ((18, 20, 1, 0), [], (0, 1, 2, 3)),
        ((5, 4, 1, 1), [], (0,)),
        ((2**32 - 1, 0, 1, 0), [], (0, 1, 2, 3)),
    ],
)
@pytest.mark.manual("8.1.by-entry")
def test_entries_count_from_one(
    profile: SmallProfile, entries: tuple[int, ...], rows: list[int], columns: tuple[int, ...]
) -> None:
    found, shown = by_entry(profile.rows(), profile.columns, EntryDescriptor(*entries))
    assert [int(energy) - 1000 for energy in found["import"]] == list(rows)
    assert shown == tuple(COLUMNS[at] for at in columns)


@pytest.mark.parametrize("entries", [(0, 0, 1, 0), (1, 0, 0, 0), (1, 0, 5, 0), (1, 0, 1, 5), (1, 0, 3, 2)])
def test_entries_that_cannot_be_are_refused(profile: SmallProfile, entries: tuple[int, ...]) -> None:
    with pytest.raises(AccessError) as refused:
        by_entry(profile.rows(), profile.columns, EntryDescriptor(*entries))
    assert refused.value.result == 250


def test_the_published_descriptors_are_read() -> None:
    clock = "0204 120008 09060000010000FF 0F02 120000"
    ends = "090C07E5070104000000FF800000 090C07E5070205000000FF800000"
    octets = bytes.fromhex(f"0204 {clock} {ends} 0100")
    wanted = struct(RangeDescriptor).decode(octets)
    assert wanted.restricting_object == captured(8, CLOCK)
    assert struct(RangeDescriptor).encode(wanted) == octets
    assert decode_data(octets).value[1].value == wanted.from_value.value
    entries = bytes.fromhex("0204 0600000001 060000000A 120001 120000")
    assert struct(EntryDescriptor).decode(entries) == EntryDescriptor(1, 10, 1, 0)
