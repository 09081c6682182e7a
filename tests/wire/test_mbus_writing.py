"""Records written are read back as they were meant."""

import pytest

from softmeter.wire import mbus_times, mbus_writing
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus_quantities import Quantity
from softmeter.wire.mbus_records import records


def value(octets: bytes) -> object:
    (record,) = records(Cursor(octets))
    assert (record.at, record.size) == (0, len(octets))
    return record.value


@pytest.mark.parametrize(("number", "count"), [(0, 2), (7, 4), (123456, 6), (12345678, 8), (999999999999, 12)])
def test_numbers_of_digits(number: int, count: int) -> None:
    octets = mbus_writing.digits(b"\x13", number, count)
    assert value(octets) == number
    assert value(mbus_writing.digits(b"\x13", number + 10**count, count)) == number
    (stored,) = records(Cursor(mbus_writing.digits(b"\x13", number, count, storage=1)))
    assert (stored.storage, stored.quantity) == (1, Quantity("volume", "m3", -3))


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (1_625_142_600, "2021-07-01T12:30"),
        (946_684_800, "2000-01-01T00:00"),
        (4_102_444_740 - 86_400 * 7000, "2080-10-31T23:59"),
    ],
)
def test_times(second: int, text: str) -> None:
    octets = mbus_writing.time(second)
    assert value(octets) == text
    assert mbus_times.local_second_of(octets[2:]) == second // 60 * 60


def test_the_published_time() -> None:
    assert mbus_writing.time(1_625_142_600).hex().upper() == "046D1E0CA127"


def test_octets_and_blocks() -> None:
    assert value(mbus_writing.octet(mbus_writing.ERROR_FLAGS, 3)) == 3
    assert value(mbus_writing.string(mbus_writing.KEY, b"abc")) == "cba"
    for size in range(40):
        padded = mbus_writing.padded(bytes(size))
        assert len(padded) % 16 == 0
        assert padded[2 : 2 + size] == bytes(size)


@pytest.mark.parametrize(
    "octets",
    ["", "1E0C", "9E0CA127", "3F0CA127", "1E18A127", "1E0CA020", "1E0CA1FF", "1E0CFE22", "071EB2413B", "079EB2413B00"],
)
def test_what_names_no_second(octets: str) -> None:
    assert mbus_times.local_second_of(bytes.fromhex(octets)) is None


def test_a_time_in_seconds_there_and_back() -> None:
    for second in (1_625_142_607, 946_684_800, 4_102_444_799):
        octets = mbus_times.seconds(second, summer=True)
        assert mbus_times.local_second_of(octets) == second
        assert octets[2] >> 5 == (second // 86_400 + 3) % 7 + 1
    assert mbus_times.text(b"") is None
