"""Data records of M-Bus answers, against what EN 13757-3 says of each form; whole, cut, and any octets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus_quantities import Quantity
from softmeter.wire.mbus_records import Function, Record, part, records
from vectors.table import HERE

ANSWERS: dict[str, str] = json.loads((HERE / "meter_frames" / "mbus_answers.json").read_text("utf-8"))
ROWS = [
    ("0C1427048502", "volume", "m3", -2, 2_850_427),
    ("0413CF000000", "volume", "m3", -3, 207),
    ("0403FFFFFFFF", "energy", "Wh", 0, -1),
    ("0A5A4305", "flow temperature", "°C", -1, 543),
    ("0B3B2701F0", "volume flow", "m3/h", -3, -127),
    ("0A5AA305", "flow temperature", "°C", -1, b"\x05\xa3"),
    ("052EC3F54840", "power", "W", 3, pytest.approx(3.14)),
    ("426CBF15", "date", "", 0, "2013-05-31"),
    ("046D25091E11", "time", "", 0, "2008-01-30T09:37"),
    ("046DA5091E11", "time", "", 0, "2008-01-30T09:37 (not valid)"),
    ("01867D05", "energy", "Wh", 6, 5),
    ("0D7AC23412", "bus address", "", 0, 1234),
    ("0D78034B5751", "fabrication number", "", 0, "QWK"),
    ("02FD170000", "error flags", "", 0, 0),
    ("02FDC9FF01DF00", "voltage", "V", 0, 223),
    ("04FB0105000000", "energy", "MWh", 0, 5),
    ("01FC0348522574DC", "%RH", "", -2, -36),
    ("0EFD3A210000000000", "number", "", 0, 21),
    ("007A", "bus address", "", 0, None),
    ("0D7AD23412", "bus address", "", 0, -1234),
    ("0D7AE23412", "bus address", "", 0, b"\x12\x34"),
    ("0D7AF0" + "01" + "00" * 15, "bus address", "", 0, bytes(15) + b"\x01"),
]


def read(octets: bytes) -> list[Record]:
    return list(records(Cursor(octets)))


@pytest.mark.parametrize(("octets", "name", "unit", "exponent", "value"), ROWS)
def test_one_record(octets: str, name: str, unit: str, exponent: int, value: object) -> None:
    whole = bytes.fromhex(octets)
    (record,) = read(whole)
    assert record.quantity == Quantity(name, unit, exponent)
    assert record.value == value
    assert (record.at, record.size, record.function) == (0, len(whole), Function.INSTANTANEOUS)
    for size in range(1, len(whole)):
        with pytest.raises(DecodeError):
            read(whole[:size])
    assert len(read(whole + b"\x2f\x2f" + whole)) == 2


def test_what_a_value_is_of() -> None:
    (record,) = read(bytes.fromhex("D4C1591301000000"))
    assert (record.function, record.storage, record.tariff, record.subunit) == (Function.MAXIMUM, 291, 4, 3)
    (unit,) = read(bytes.fromhex("01FF7F05"))
    assert (unit.quantity.name, unit.qualifiers) == ("manufacturer's own", b"\x7f")


@pytest.mark.parametrize("octets", ["0D78F9", "0E", "84" * 12, "01" + "FF" * 14, "037C", "0F", "1F"])
def test_forms_that_do_not_exist(octets: str) -> None:
    cursor = Cursor(bytes.fromhex("0113052F" + octets))
    found = records(cursor)
    assert next(found).value == 5
    if octets in {"0F", "1F"}:  # not an error, but no record: the rest is the manufacturer's own
        assert (list(found), cursor.left) == ([], 1)
    else:
        with pytest.raises(DecodeError):
            next(found)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_of_real_meters(name: str) -> None:
    octets = bytes.fromhex(ANSWERS[name])
    assert octets[6] == 0x72
    cursor = Cursor(octets[19:-2])
    found = list(records(cursor))
    assert found
    assert sum(record.size for record in found) <= len(octets) - 21
    assert not any(record.quantity.name.startswith("quantity") for record in found)


@given(octets=st.binary(max_size=80))
def test_any_octets(octets: bytes) -> None:
    try:
        found = read(octets)
    except DecodeError:
        return
    assert sum(record.size for record in found) <= len(octets)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("066D071EB2413B00", "2026-11-01T18:30:07"),
        ("066D479E12413B2D", "2026-11-01T18:30:07 (summer time) (not valid)"),
        ("036D071E12", "18:30:07"),
        ("036DFFFFFF", "*:*:*"),
        ("046D1E8CA127", "2021-07-01T12:30 (summer time)"),
        ("046D3F1FFF27", "2023-07-31T*:*"),
        ("046D1E2CA127", "2021-07-01T12:30"),
        ("426CFFFF", "not valid"),
        ("426CE0FF", "*-*-*"),
        ("026C2106", "2001-06-01"),
        ("82046C2106", "2001-06-01"),
        ("04FD701E0CA127", "2021-07-01T12:30"),
        ("0493391E0CA127", "2021-07-01T12:30"),
        ("056D00000000", 0.0),
        ("0C6D12345678", 78563412),
    ],
)
def test_dates_and_times(octets: str, value: object) -> None:
    (record,) = read(bytes.fromhex(octets))
    assert record.value == value


@pytest.mark.parametrize(
    ("octets", "error"),
    [("0C931500000000", 0x15), ("0C93F01800000000", 0x18), ("0C930000000000", None), ("0C1315000000", None)],
)
def test_a_record_may_say_that_its_value_is_none(octets: str, error: int | None) -> None:
    (record,) = read(bytes.fromhex(octets))
    assert record.error == error
    assert record.qualifiers == (bytes((error,)) if error else b"")


def test_behind_what_is_the_manufacturers_own_codes_mean_something_else() -> None:
    (record,) = read(bytes.fromhex("0C93FFF01505000000"))
    assert (record.quantity.exponent, record.qualifiers, record.error) == (-3, b"\x7f\x70\x15", None)
    (own,) = read(bytes.fromhex("0CFFF01505000000"))
    assert (own.quantity, own.error) == (Quantity("manufacturer's own"), None)


@pytest.mark.parametrize(
    ("octets", "quantity"),
    [
        ("01FB0201", Quantity("reactive energy", "varh", 3)),
        ("01FB1501", Quantity("reactive power", "var", 1)),
        ("01FB1B01", Quantity("relative humidity", "%", 0)),
        ("01FB2D01", Quantity("frequency", "Hz", -2)),
        ("01FB3401", Quantity("apparent power", "VA", 0)),
        ("01FD2501", Quantity("storage interval", "min")),
        ("01FD6F01", Quantity("operating time of the battery", "a")),
        ("01FD7101", Quantity("radio level", "dBm")),
        ("01FD7401", Quantity("remaining battery life", "d")),
        ("01A101", None),
        ("012101", Quantity("on time", "min")),
        ("017F01", Quantity("manufacturer's own")),
        ("01FD4801", Quantity("voltage", "V", -1)),
        ("01FD5901", Quantity("current", "A", -3)),
    ],
)
def test_quantities(octets: str, quantity: Quantity | None) -> None:
    if quantity is None:
        with pytest.raises(DecodeError):
            read(bytes.fromhex(octets))
    else:
        (record,) = read(bytes.fromhex(octets))
        assert record.quantity == quantity


@pytest.mark.parametrize(
    ("octets", "cut", "goes_on"),
    [
        ("0113051F", 3, True),
        ("0113051FAABB", 3, True),
        ("0113050F1F", 3, False),
        ("011305", 3, False),
        ("1F", 0, True),
        ("", 0, False),
        ("0113052F2F1F2F", 5, True),
        ("01130E", 3, False),
        ("0E1305", 3, False),
    ],
)
def test_what_goes_on_in_another_answer(octets: str, cut: int, goes_on: bool) -> None:  # noqa: FBT001 - a row of a table
    content = bytes.fromhex(octets)
    assert part(content) == (content[:cut], goes_on)
