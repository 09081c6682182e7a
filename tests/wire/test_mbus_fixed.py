"""Answers of old sub-meters in the fixed structure: the published example, each unit, what is cut."""

import pytest

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import Header
from softmeter.wire.mbus_fixed import told
from softmeter.wire.mbus_master import Told, understood
from softmeter.wire.mbus_records import Record, records

EXAMPLE = bytes.fromhex("68131368080573785634120A00E97E01000000350100003C16")


def read(content: str) -> tuple[Header, list[Record]]:
    header, octets = told(bytes.fromhex(content))
    return header, list(records(Cursor(octets)))


def test_the_published_example() -> None:
    answer = understood(EXAMPLE)
    assert answer == Told(Header(0x12345678, 0, 0, 7, 0x0A), bytes.fromhex("0C13010000004C1335010000"))
    with pytest.raises(DecodeError):
        told(EXAMPLE[7:-3])
    assert understood(EXAMPLE[:-2] + b"\x3d\x16") is None


@pytest.mark.parametrize(
    ("code", "unit", "exponent"),
    [
        (0x02, "Wh", 0),
        (0x06, "Wh", 4),
        (0x07, "MWh", -1),
        (0x08, "MWh", 0),
        (0x09, "MWh", 1),
        (0x0A, "MWh", 2),
        (0x0B, "J", 3),
        (0x0F, "J", 7),
        (0x10, "GJ", -1),
        (0x13, "GJ", 2),
        (0x14, "W", 0),
        (0x1A, "MW", 0),
        (0x1D, "J/h", 3),
        (0x25, "GJ/h", 2),
        (0x26, "m3", -6),
        (0x29, "m3", -3),
        (0x2C, "m3", 0),
        (0x2E, "m3", 2),
        (0x2F, "m3/h", -6),
        (0x35, "m3/h", 0),
        (0x37, "m3/h", 2),
        (0x38, "°C", -3),
        (0x39, "", 0),
        (0x00, "", 0),
        (0x3F, "", 0),
    ],
)
def test_units(code: int, unit: str, exponent: int) -> None:
    header, (first, second) = read(f"78563412 05 05 {code:02X} {0xC0 | code:02X} 0A000000 FFFFFFFF")
    assert (first.quantity.unit, first.quantity.exponent, first.value) == (unit, exponent, 10)
    assert (second.quantity, second.value) == (first.quantity, -1)
    assert (header.status, header.device_type) == (4, 6)
    assert not first.qualifiers


def test_counters_of_a_fixed_date_and_media_of_the_second_mode() -> None:
    header, (first, second) = read("78563412 05 02 29 BE 01000000 02000000")
    assert (header.device_type, first.storage, second.storage) == (8, 1, 1)
    assert read("78563412 05 00 A9 BE 01000000 02000000")[0].device_type == 3
