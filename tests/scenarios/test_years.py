"""A year with fifty outages, both changes of the clock and a new tariff, every row of it looked at."""

from pathlib import Path

import pytest

from scenarios.years import IMPORT, Life, cuts, seconds
from softmeter.device.events import Log
from softmeter.instant import SECOND, Instant, iso
from softmeter.runtime.store import Store

pytestmark = pytest.mark.slow


def test_a_year_keeps_every_invariant() -> None:
    life = Life()
    life.programme()
    life.live(365, life.look)
    device = life.stage.meter.device
    assert iso(device.now) == "2026-12-31T23:00:00Z"
    assert life.rows == 365 * 96 + 365
    assert device.behaviours.power_failures.count == 50
    assert device.tariff.table.name == b"longer nights"
    assert {1, 2} <= set(device.events.ring(Log.STANDARD).rows()["code"].tolist())


def test_the_outages_of_a_year_are_many_and_differ() -> None:
    found = cuts(Instant(0), Instant(365 * 86_400 * SECOND), 50)
    lengths = [(b[0] - a[0]) // SECOND for a, b in zip(found[::2], found[1::2], strict=True)]
    assert len(lengths) == len(set(lengths)) == 50
    assert [at for at, _ in found] == sorted(at for at, _ in found)


def test_what_is_stored_of_years_is_the_meter(tmp_path: Path) -> None:
    life = Life(source="constant:u=230,i=5", outages=12)
    store = Store.open(tmp_path)
    life.live(5, lambda: life.keep(store))
    life.compare(store)
    life.stage.bench.jump(Instant(life.stage.time.present() + SECOND))
    life.stage.actor.changes()  # taken, and not stored
    with pytest.raises(AssertionError):
        life.compare(store)
    store.close()


def test_a_register_that_falls_is_noticed() -> None:
    life = Life(source="constant:u=230,i=5", outages=12)
    life.live(2, life.look)
    life.live(2)
    ring = life.stage.meter.device.profile("load").ring
    rows = ring.rows()
    rows[IMPORT][-1] -= 10_000
    ring.load(ring.first, rows)
    with pytest.raises(AssertionError, match="falls at"):
        life.look()
    assert len(seconds(rows)) == len(ring)
