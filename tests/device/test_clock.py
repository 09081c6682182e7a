"""The meter's clock, apart from what setting it does to a device."""

from dataclasses import replace

import pytest

from softmeter.clock import DateTime
from softmeter.device.clock import Clock, Preset
from softmeter.device.zone import AMSTERDAM, Zone, next_boundary
from softmeter.errors import StorageError
from softmeter.instant import SECOND, Instant, parse_instant

START = parse_instant("2026-01-05T12:00:00Z")


def rule(octets: str) -> DateTime:
    return DateTime.decode(bytes.fromhex(octets + "FF8000FF"))


MIDNIGHT_CHANGES = Zone(180, rule("FFFF0A0107000000"), rule("FFFF020307000000"), 60, enabled=True)
"""Summer time begins and ends at midnight, as Brazil had it."""


def made(zone: Zone = AMSTERDAM) -> Clock:
    return Clock(zone, 7, START)


def boundaries(clock: Clock, begin: str, end: str, period: int) -> list[str]:
    second, last = parse_instant(begin) // SECOND, parse_instant(end) // SECOND
    found = []
    while (second := next_boundary(clock.segment, second, lambda local: (local // period + 1) * period)) <= last:
        found.append(clock.stamp_of(second).date_time.iso()[:16])
    return found


def test_hundredths_are_in_the_date_time_only() -> None:
    at = Instant(START + 1_239_999_999)
    assert made().date_time(at).hundredths == 23
    assert made().stamp(at).date_time.iso() == "2026-01-05T13:00:01+01:00"


@pytest.mark.parametrize(
    ("period", "begin", "end", "expected"),
    [
        (3600, "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z", ["01T03:00", "01T04:00", "01T05:00"]),
        (7200, "2026-03-28T23:00:00Z", "2026-03-29T03:00:00Z", ["01T03:00", "01T04:00"]),
        (3600, "2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z", ["01T02:00", "01T02:00", "01T03:00"]),
        (7200, "2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z", ["01T02:00", "01T02:00", "01T04:00"]),
    ],
)
def test_the_grid_of_local_time_over_its_changes(period: int, begin: str, end: str, expected: list[str]) -> None:
    assert [text[11:] for text in boundaries(made(), begin, end, period)] == [text[3:] for text in expected]


def test_a_day_that_begins_at_one_still_has_its_boundary() -> None:
    days = boundaries(made(MIDNIGHT_CHANGES), "2026-10-03T12:00:00Z", "2026-10-05T12:00:00Z", 86_400)
    assert days == ["2026-10-04T01:00", "2026-10-05T00:00"]


def test_a_day_that_ends_twice_has_one_boundary() -> None:
    days = boundaries(made(MIDNIGHT_CHANGES), "2026-02-07T12:00:00Z", "2026-02-09T12:00:00Z", 86_400)
    assert days == ["2026-02-08T00:00", "2026-02-09T00:00"]


def test_all_of_it_is_saved() -> None:
    clock = made()
    clock.hands = clock.hands.turned(START, 40 * SECOND + 7).slewed(START, -3 * SECOND)
    clock.preset = Preset(1, 2, 3)
    clock.invalid = True
    clock.limit_s = 9
    clock.zone = replace(AMSTERDAM, standard_min=0)
    twin = made()
    twin.restore(dict(clock.saved()))
    assert twin.saved() == clock.saved()
    later = Instant(START + 2 * SECOND)
    assert twin.date_time(later) == clock.date_time(later)


def test_a_state_with_fewer_names_is_completed() -> None:
    clock = made()
    clock.restore({"offset_ns": 5})
    assert clock.time(START) == START + 5
    assert clock.zone is AMSTERDAM


@pytest.mark.parametrize(("name", "value"), [("offset_ns", "5"), ("daylight_saving_begin", 5)])
def test_a_state_of_another_type_is_refused(name: str, value: str | int) -> None:
    with pytest.raises(StorageError, match=name):
        made().restore({name: value})


def test_stamps_run_over_as_32_bits_do() -> None:
    clock = made()
    clock.hands = clock.hands.turned(START, 2**32 * SECOND - START)
    assert clock.stamp(START).second == 0
