"""Profiles: what they capture and how they are changed."""

from dataclasses import replace

import pytest

from device.making import CATALOGUE, LOAD, SETTINGS, advance, device, restored, rows
from softmeter.clock import Stamp
from softmeter.device.profile import MOST_FORMS, Catalogue, Column, ProfileSettings, Status
from softmeter.errors import ConfigurationError


@pytest.mark.manual("8.1.cleared-by-change")
def test_a_changed_profile_is_empty_and_goes_on_at_the_next_regular_instant() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:40:00Z", "2026-01-05T12:41:00Z"))
    advance(meter, "2026-01-05T12:45:35Z")
    load = meter.profile("load")
    load.latched |= Status.CLOCK_ADJUSTED
    changed = replace(LOAD, period_s=1800, columns=("clock", "load status", "U", "+A"), capacity=5)
    load.configure(changed, meter.clock, meter.clock.time(meter.now) // 10**9)
    assert rows(meter) == []
    advance(meter, "2026-01-05T13:31:00Z")
    assert rows(meter) == [("2026-01-05T14:00:00+01:00", 0), ("2026-01-05T14:30:00+01:00", 0)]
    assert load.ring.first == 3  # numbers are never used again
    assert load.ring.rows()["U"][-1] > 200_000
    twin = restored(meter)
    assert twin.profile("load").settings == changed
    assert rows(twin) == rows(meter)


def test_a_refused_change_changes_nothing() -> None:
    meter = device("2026-01-05T12:00:00Z")
    advance(meter, "2026-01-05T12:15:00Z")
    load = meter.profile("load")
    with pytest.raises(ConfigurationError, match="cannot be captured"):
        load.configure(replace(LOAD, columns=("clock", "unknown")), meter.clock, 0)
    assert load.settings is LOAD
    assert len(rows(meter)) == 1


@pytest.mark.parametrize(
    ("change", "match"),
    [({"period_s": 30}, "period 30"), ({"period_s": 1000}, "period 1000"), ({"capacity": 0}, "0 entries")],
)
@pytest.mark.manual("8.1.periods")
def test_impossible_settings_are_refused(change: dict[str, int], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(LOAD, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", [(), ("+A", "+A"), ("nothing",)])
def test_impossible_columns_are_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError):
        CATALOGUE.form(keys)


def test_an_extra_row_leaves_the_grid_and_the_latch_alone() -> None:
    meter = device("2026-01-05T12:00:00Z", ("2026-01-05T12:02:00Z", "2026-01-05T12:03:00Z"))
    advance(meter, "2026-01-05T12:07:00Z")
    meter.capture(meter.profile("load"))
    advance(meter, "2026-01-05T12:16:00Z")
    assert rows(meter) == [("2026-01-05T13:07:00+01:00", 0x80), ("2026-01-05T13:15:00+01:00", 0x80)]


@pytest.mark.manual("8.2.levels")
def test_the_status_shows_levels_of_the_time_stamp() -> None:
    load = device("2026-01-05T12:00:00Z").profile("load")
    load.latched |= Status.CRITICAL_ERROR | Status.DATA_NOT_VALID
    assert load.status(Stamp.of(0, -120, 0x80)) == 0x0D
    assert load.status(Stamp.of(0, -60, 0x01)) == 0x07


def test_forms_are_shared_and_forgotten_when_there_are_many() -> None:
    columns = [Column(str(number), "u1", lambda _: 0) for number in range(MOST_FORMS + 1)]
    catalogue = Catalogue(columns)
    first = catalogue.form(("0",))
    assert catalogue.form(("0",)) is first
    for column in columns[1:]:
        catalogue.form((column.key,))
    assert catalogue.form(("0",)) is not first


def test_meters_share_their_settings() -> None:
    meter = restored(device("2026-01-05T12:00:00Z"))
    assert meter.settings is SETTINGS
    assert meter.profile("load").settings is LOAD
    assert isinstance(LOAD, ProfileSettings)
