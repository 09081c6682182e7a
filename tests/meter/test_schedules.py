"""Schedules that clients set are executed: the script they name acts on the meter's objects."""

import pytest

from meter.making import Made, values_of
from softmeter.cosem.dictionary import View
from softmeter.device.adjustment import set_clock, set_zone
from softmeter.device.zone import Zone
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, encode_data

NAME = Obis.parse("0-0:15.0.3")
RESET_LOAD_PROFILE = bytes.fromhex("0202090600000A006DFF120001")


def place(attribute: int) -> bytes:
    return (22).to_bytes(2, "big") + NAME.octets + bytes((attribute,))


def times(*times: tuple[str, str]) -> bytes:
    return encode_data(
        Data(
            Tag.ARRAY,
            tuple(
                Data(Tag.STRUCTURE, tuple(Data(Tag.OCTET_STRING, bytes.fromhex(part)) for part in one)) for one in times
            ),
        )
    )


def view(made: Made) -> View:
    return made.meter.view(Audience.MANAGEMENT)


def scheduled(start: str, *when: tuple[str, str], script: bytes = RESET_LOAD_PROFILE) -> Made:
    """A meter that forgets its load profile at set times."""
    made = Made(start=parse_instant(start))
    view(made).writers[place(2)](made.meter, script)
    view(made).writers[place(4)](made.meter, times(*when))
    return made


def entries(made: Made) -> int:
    return len(made.meter.device.profile("load").ring)


def advance(made: Made, until: str) -> None:
    made.meter.device.advance(parse_instant(until))


def test_a_script_is_executed_at_its_second() -> None:
    made = scheduled("2026-01-01T00:00:00Z", ("0B1E1E00", "07EA0101FF"))  # 11:30:30 local, an hour earlier in UTC
    advance(made, "2026-01-01T10:30:29Z")
    assert entries(made) == 42
    advance(made, "2026-01-01T10:30:30Z")
    assert entries(made) == 0
    advance(made, "2026-01-01T12:00:00Z")
    assert entries(made) == 6


def test_steps_do_not_matter() -> None:
    counts = set()
    for step_s in (1, 7, 900, 86_400):
        made = scheduled("2026-01-01T10:00:00Z", ("FF070500", "FFFFFFFFFF"))
        end = parse_instant("2026-01-01T12:00:00Z")
        while made.meter.device.now < end:
            made.meter.device.advance(Instant(min(end, made.meter.device.now + step_s * SECOND)))
        counts.add((entries(made), made.meter.device.profile("load").ring.end))
    assert counts == {(4, 8)}


def test_what_a_client_set_outlives_a_power_cut() -> None:
    made = scheduled("2026-01-01T00:00:00Z", ("0C000000", "07EA0101FF"))
    saved = values_of(made.actor.changes())
    again = Made(start=parse_instant("2026-01-01T00:00:00Z"))
    again.actor.restore(saved, {})
    for attribute in (2, 3, 4):
        assert view(again).readers[place(attribute)](again.meter) == view(made).readers[place(attribute)](made.meter)
    advance(again, "2026-01-01T11:00:00Z")
    assert entries(again) == 0


def test_what_was_missed_without_power_is_not_made_up() -> None:
    made = scheduled("2026-01-01T00:00:00Z", ("04000000", "07EA0101FF"))
    advance(made, "2026-01-01T02:20:00Z")
    made.meter.device.resume(parse_instant("2026-01-01T04:20:00Z"))
    advance(made, "2026-01-01T05:00:00Z")
    assert entries(made) == 20


def test_the_clock_set_over_the_time_does_not_execute_it_and_set_back_it_comes_again() -> None:
    made = scheduled("2026-01-01T00:00:00Z", ("04000000", "07EA0101FF"))
    device = made.meter.device
    advance(made, "2026-01-01T02:20:00Z")
    five = device.clock.date_time(parse_instant("2026-01-01T04:20:00Z"))
    set_clock(device, device.now, five)
    before = entries(made)
    advance(made, "2026-01-01T02:30:00Z")
    assert entries(made) > before - 1
    half_past_three = device.clock.date_time(Instant(device.now - 2 * 3600 * SECOND))
    set_clock(device, device.now, half_past_three)
    device.advance(Instant(device.now + 3600 * SECOND))
    assert entries(made) < 5


def test_another_zone_moves_what_is_due() -> None:
    made = scheduled("2026-01-01T00:00:00Z", ("0C000000", "07EA0101FF"))
    device = made.meter.device
    zone = device.clock.zone
    set_zone(device, device.now, Zone(0, zone.begin, zone.end, zone.daylight_saving_min, enabled=False))
    advance(made, "2026-01-01T11:59:59Z")
    assert entries(made) > 40
    advance(made, "2026-01-01T12:00:00Z")
    assert entries(made) == 0


@pytest.mark.parametrize(
    ("attribute", "octets"),
    [
        (4, times(("18000000", "FFFFFFFFFF"))),
        (4, times(("00000000", "FFFF0D01FF"))),
        (4, times(("00000000", "FFFFFF01FF"), ("00000000", "FFFFFF02FF"))),
        (4, b"\x11\x01"),
        (2, b"\x11\x01"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(attribute: int, octets: bytes) -> None:
    made = scheduled("2026-01-01T00:00:00Z", ("0C000000", "07EA0101FF"))
    before = [view(made).readers[place(number)](made.meter) for number in (2, 3, 4)]
    with pytest.raises(AccessError):
        view(made).writers[place(attribute)](made.meter, octets)
    assert [view(made).readers[place(number)](made.meter) for number in (2, 3, 4)] == before


def test_power_that_comes_back_within_a_second_may_execute_scripts() -> None:
    made = Made(start=parse_instant("2026-01-01T00:00:00Z"))
    advance(made, "2026-01-01T01:00:00Z")
    made.meter.device.resume(Instant(parse_instant("2026-01-01T01:00:07Z") + SECOND // 3))
    execute = view(made).invokers[(9).to_bytes(2, "big") + Obis.parse("0-0:10.0.109").octets + b"\x01"]
    execute(made.meter, bytes.fromhex("120001"))
    assert entries(made) == 0


def test_a_client_executes_a_script_and_is_told_when_there_is_none() -> None:
    made = Made(start=parse_instant("2026-01-01T00:00:00Z"))
    advance(made, "2026-01-01T02:00:00Z")
    execute = view(made).invokers[(9).to_bytes(2, "big") + Obis.parse("0-0:10.0.109").octets + b"\x01"]
    with pytest.raises(AccessError):
        execute(made.meter, bytes.fromhex("120063"))
    assert entries(made) == 8
    execute(made.meter, bytes.fromhex("120001"))
    assert entries(made) == 0
